"""Solidity and Vyper, compiled from Python with the compilers that a machine has."""

from zkrollup.compilers.compilation import Compilation, compile_project, compile_sources
from zkrollup.compilers.errors import (
    CompilationFailed,
    CompilerCrashed,
    CompilerNotFound,
    Diagnostic,
    NoFittingCompiler,
    UnreadableSource,
)
from zkrollup.compilers.settings import InvalidSettings, Settings

__all__ = [
    "Compilation",
    "CompilationFailed",
    "CompilerCrashed",
    "CompilerNotFound",
    "Diagnostic",
    "InvalidSettings",
    "NoFittingCompiler",
    "Settings",
    "UnreadableSource",
    "compile_project",
    "compile_sources",
]
