"""A devnet with users, put back after each test; tokens compiled from npm packages and from tests."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.lifecycle.support import cast, shared_devnet

from zkrollup import artifacts

ROOT = Path(__file__).parents[2]
SOURCES = ("OpenZeppelinToken", "Receivers", "WeirdTokens")
THIRD_PARTY = ("solady/src/tokens/WETH.sol",)


@pytest.fixture(scope="module")
def module_devnet():
    """For what the tests of a file share, such as proofs; undone at its end."""
    devnet = shared_devnet()
    with devnet.anchor():
        yield devnet


@pytest.fixture
def actors(module_devnet):
    with module_devnet.anchor():
        yield cast(module_devnet)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Artifacts of tokens and receivers that nobody here wrote, or wrote to be odd."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "solc").is_dir():
        pytest.fail("tests marked node need Node and `npm ci`; leave them out with -m 'not node'")
    folder = tmp_path_factory.mktemp("compiled")
    sources = [str(ROOT / "tests" / "contracts" / "tokens" / f"{name}.sol") for name in SOURCES]
    sources.append(str(Path(__file__).parent / "contracts" / "BatchDataHarness.sol"))
    command = [node, str(ROOT / "contracts" / "build.mjs"), "--out", str(folder), *sources, *THIRD_PARTY]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path.stem: artifacts.read(path) for path in folder.glob("*.json")}


@pytest.fixture
def ship(actors, compiled):
    """Deploy one of them on L1, from alice's account."""

    def deploy(name: str, *args: object):
        artifact = compiled[name]
        return actors.l1.deploy(artifact.abi, artifact.bytecode, *args, sender=actors.alice)

    return deploy
