"""A chain with a rollup on it, rolled back after each test, and contracts compiled for the tests."""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.contracts.support import TOKENS_FOLDER, compile_tokens, deploy

from zkrollup import artifacts
from zkrollup.evm import Chain, Contract, Reverted


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
    ready = os.environ.get(TOKENS_FOLDER)
    folder = Path(ready) if ready else tmp_path_factory.mktemp("compiled")
    if not ready:
        compile_tokens(folder)
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
