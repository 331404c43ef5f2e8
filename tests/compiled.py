"""Solidity of the tests, compiled as the shipped contracts are; each version of it once a machine."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from zkrollup.artifacts import Artifact
from zkrollup.compilers import Settings, compile_project

ROOT = Path(__file__).parents[1]
SHIPPED = Settings(optimizer_runs=1_000_000)
"""As in contracts/solc-input.json, for the gas to be comparable."""


def compiled(*sources: Path) -> Mapping[str, Artifact]:
    """Contracts by name, of sources and of what these import."""
    if not (ROOT / "node_modules" / "solc").is_dir():
        pytest.fail("tests marked node need Node and `npm ci`; leave them out with -m 'not node'")
    found = compile_project(ROOT, sources, settings=SHIPPED)
    return {artifact.name: artifact for artifact in found if artifact.bytecode}
