"""Contracts that nobody here wrote, compiled from a project's sources as a user's are."""

from pathlib import Path

import pytest

from zkrollup.compilers import compile_project

PROJECTS = Path(__file__).parents[1] / "projects"


def compiled(name):
    """Artifacts by name of the project's own contracts and of those that it imports."""
    found = compile_project(PROJECTS / name, [Path("src")])
    return {artifact.name: artifact for artifact in found if artifact.bytecode}


@pytest.fixture(scope="session")
def tokens():
    return compiled("tokens")


@pytest.fixture(scope="session")
def snakes():
    return compiled("vyper")


@pytest.fixture
def deploy(chain, request):
    """Deploy a contract of the project that the test module names ``PROJECT``."""
    artifacts = request.getfixturevalue(request.module.PROJECT)

    def deploy_one(name, *args, sender):
        return chain.deploy(artifacts[name].abi, artifacts[name].bytecode, *args, sender=sender)

    return deploy_one


@pytest.fixture
def owner(accounts):
    return accounts[3]


@pytest.fixture
def friend(accounts):
    return accounts[4]


@pytest.fixture
def stranger(accounts):
    return accounts[5]
