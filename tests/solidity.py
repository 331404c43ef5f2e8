"""Compiles Solidity of the tests with the pinned npm solc."""

import shutil
import subprocess
from pathlib import Path

import pytest

from zkrollup import artifacts

ROOT = Path(__file__).parents[1]


def compile_solidity(folder: Path, *sources: object):
    """Artifacts by name; a source is a path, or a name inside node_modules."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "solc").is_dir():
        pytest.fail("tests marked node need Node and `npm ci`; leave them out with -m 'not node'")
    command = [node, str(ROOT / "contracts" / "build.mjs"), "--out", str(folder), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path.stem: artifacts.read(path) for path in folder.glob("*.json")}
