"""Compiles contracts of these tests with the pinned solc."""

import subprocess
from pathlib import Path

from zkrollup import artifacts
from zkrollup.artifacts import Artifact

ROOT = Path(__file__).parents[2]
CONTRACTS = Path(__file__).parent / "contracts"


def compiled(out: Path, *sources: Path) -> dict[str, Artifact]:
    """The contracts of ``sources`` by name; their artifacts stay in ``out``."""
    command = ["node", str(ROOT / "contracts" / "build.mjs"), "--out", str(out), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path.stem: artifacts.read(path) for path in out.glob("*.json")}
