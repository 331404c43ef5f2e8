"""Projects as their tools build them, from the sources of one: tests/projects/foundry.

Fixtures to import into a conftest. Each builds once a run, for all workers of pytest-xdist.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock
from tests.foundry import foundry_program

PROJECTS = Path(__file__).parent
ROOT = PROJECTS.parents[1]


def run(command: list[str], folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, f"{command} in {folder}: {done.stdout}{done.stderr}"


def build_foundry(forge: Path, folder: Path) -> None:
    shutil.copytree(PROJECTS / "foundry", folder, dirs_exist_ok=True)
    run([str(forge), "build", "--offline"], folder, FOUNDRY_SOLC=str(PROJECTS / "solc.mjs"))


def build_hardhat(name: str, cli: str, folder: Path) -> None:
    packages = PROJECTS / name / "node_modules"
    shutil.copytree(
        PROJECTS / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules")
    )
    shutil.copytree(PROJECTS / "foundry" / "src", folder / "contracts")
    # Hardhat wants to be installed in the project itself.
    (folder / "node_modules").symlink_to(packages)
    command = ["node", str(packages / "hardhat" / cli), "compile"]
    run(
        command,
        folder,
        SOLC=str(ROOT / "node_modules" / "solc"),
        HARDHAT_DISABLE_TELEMETRY_PROMPT="true",
        CI="true",
    )


def built(name: str, build: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """The folder of a project, built by whoever comes first."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "projects" / name
    with FileLock(shared / f"{name}.lock"):
        if not (folder / ".built").exists():
            folder.mkdir(parents=True)
            build(folder)
            (folder / ".built").touch()
    return folder


def built_by_hardhat(name: str, cli: str, factory: pytest.TempPathFactory) -> Path:
    packages = PROJECTS / name / "node_modules"
    if not packages.is_dir():
        pytest.fail(f"{packages} is missing: `make test` installs it; leave it out with -m 'not node'")
    return built(name, partial(build_hardhat, name, cli), factory)


@pytest.fixture(scope="session")
def foundry_project(tmp_path_factory):
    """Root of a project that forge built."""
    return built("foundry", partial(build_foundry, foundry_program("forge")), tmp_path_factory)


@pytest.fixture(scope="session")
def hardhat2_project(tmp_path_factory):
    """Root of a project that Hardhat 2 built."""
    return built_by_hardhat("hardhat2", "internal/cli/cli.js", tmp_path_factory)


@pytest.fixture(scope="session")
def hardhat3_project(tmp_path_factory):
    """Root of a project that Hardhat 3 built."""
    return built_by_hardhat("hardhat3", "dist/src/cli.js", tmp_path_factory)
