"""Solidity of the tests, compiled as the shipped contracts are; each version of it once a machine."""

from collections.abc import Mapping
from pathlib import Path

from zkrollup.artifacts import Artifact
from zkrollup.compilers import Settings, compile_project

ROOT = Path(__file__).parents[1]
SHIPPED = Settings(optimizer_runs=1_000_000)
"""As in contracts/solc-input.json, for the gas to be comparable."""


def compile_solidity(*sources: Path) -> Mapping[str, Artifact]:
    """Contracts by name, of sources and of what these import."""
    found = compile_project(ROOT, sources, settings=SHIPPED)
    return {artifact.name: artifact for artifact in found if artifact.bytecode}
