"""Tokens and callers compiled for tests of cheats."""

from pathlib import Path

import pytest
from tests.compiled import compiled as build


@pytest.fixture(scope="session")
def compiled():
    return build(Path(__file__).parent / "Contracts.sol")


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
