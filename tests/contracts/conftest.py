"""A chain with a rollup on it, rolled back after each test, and contracts compiled for the tests."""

import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.contracts.support import deploy

from zkrollup import artifacts
from zkrollup.evm import Chain, Contract, Reverted

ROOT = Path(__file__).parents[2]
TOKENS = Path(__file__).parent / "tokens"
THIRD_PARTY = ("solady/src/tokens/WETH.sol",)


@pytest.fixture(scope="session")
def session_system():
    return deploy(Chain())


@pytest.fixture
def system(session_system):
    with session_system.chain.anchor():
        yield session_system


@pytest.fixture
def chain(system):
    return system.chain


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Artifacts of the tests' own contracts and of tokens that nobody here wrote."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "solc").is_dir():
        pytest.fail("tests marked node need Node and `npm ci`; leave them out with -m 'not node'")
    folder = tmp_path_factory.mktemp("compiled")
    sources = [str(path) for path in sorted(TOKENS.glob("*.sol"))]
    command = [node, str(ROOT / "contracts" / "build.mjs"), "--out", str(folder), *sources, *THIRD_PARTY]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path.stem: artifacts.read(path) for path in folder.glob("*.json")}


@pytest.fixture
def deploy_compiled(chain, compiled):
    def deploy_one(name: str, *args: object, **keywords: object) -> Contract:
        artifact = compiled[name]
        return chain.deploy(artifact.abi, artifact.bytecode, *args, **keywords)

    return deploy_one


@pytest.fixture
def reverts():
    """Expect a revert by the name of its error, and its arguments where they are given."""

    @contextmanager
    def expect(name: str, /, **arguments: object):
        with pytest.raises(Reverted) as caught:
            yield
        assert caught.value.name == name, str(caught.value)
        given = {key: caught.value.args_by_name[key] for key in arguments}
        assert given == arguments

    return expect
