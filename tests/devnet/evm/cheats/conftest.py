"""Tokens and callers compiled for tests of cheats."""

from pathlib import Path

import pytest
from tests.solidity import compile_solidity


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    return compile_solidity(tmp_path_factory.mktemp("cheats"), Path(__file__).parent / "Contracts.sol")


@pytest.fixture
def deploy(chain, compiled):
    def deploy_one(name, *args, **options):
        artifact = compiled[name]
        return chain.deploy(artifact.abi, artifact.bytecode, *args, **options)

    return deploy_one


@pytest.fixture
def alice(chain):
    return chain.accounts[1]


@pytest.fixture
def bob(chain):
    return chain.accounts[2]
