"""A devnet with users, put back after each test; tokens compiled from npm packages and from tests."""

from pathlib import Path

import pytest
from tests.lifecycle.support import cast, shared_devnet
from tests.solidity import ROOT, compile_solidity

TOKENS = ROOT / "tests" / "contracts" / "tokens"
SOURCES = ("Collectibles", "OpenZeppelinToken", "Receivers", "WeirdTokens")
THIRD_PARTY = (ROOT / "node_modules" / "solady" / "src" / "tokens" / "WETH.sol",)


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
def compiled():
    """Artifacts of tokens and receivers that nobody here wrote, or wrote to be odd."""
    own = [TOKENS / f"{name}.sol" for name in SOURCES]
    return compile_solidity(*own, Path(__file__).parent / "contracts" / "BatchDataHarness.sol", *THIRD_PARTY)


@pytest.fixture
def ship(actors, compiled):
    """Deploy one of them on L1, from alice's account."""

    def deploy(name: str, *args: object):
        artifact = compiled[name]
        return actors.l1.deploy(artifact.abi, artifact.bytecode, *args, sender=actors.alice)

    return deploy
