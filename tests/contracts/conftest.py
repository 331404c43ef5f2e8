"""A chain with a rollup on it, rolled back after each test, and contracts compiled for the tests."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.compiled import ROOT
from tests.compiled import compiled as build
from tests.contracts.support import deploy

from zkrollup.evm import Chain, Contract, Reverted

TOKENS = Path(__file__).parent / "tokens"
THIRD_PARTY = (ROOT / "node_modules" / "solady" / "src" / "tokens" / "WETH.sol",)


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
def compiled():
    """Artifacts of the tests' own contracts and of tokens that nobody here wrote."""
    return build(TOKENS, *THIRD_PARTY)


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
