"""Compiled contracts: what one is, and where it comes from. One file a format; compiles nothing."""

from zkrollup.artifacts.artifact import Abi, Artifact, BrokenArtifact, ByteRange, LinkReference
from zkrollup.artifacts.shipped import UnknownArtifact, load, names, read

__all__ = [
    "Abi",
    "Artifact",
    "BrokenArtifact",
    "ByteRange",
    "LinkReference",
    "UnknownArtifact",
    "load",
    "names",
    "read",
]
