"""Contracts that nobody here wrote, compiled from a project's sources as a user's are."""

from pathlib import Path

import pytest

from zkrollup.compilers import compile_project
from zkrollup.devnet import Project

PROJECTS = Path(__file__).parents[1] / "projects"


@pytest.fixture(scope="session")
def tokens():
    """OpenZeppelin's and Solady's contracts."""
    return compile_project(PROJECTS / "tokens", [Path("src")])


@pytest.fixture(scope="session")
def snakes():
    """A token in Vyper."""
    return compile_project(PROJECTS / "vyper", [Path("src")])


@pytest.fixture
def project(chain, request):
    """The contracts that the test module names ``PROJECT``."""
    return Project(chain, request.getfixturevalue(request.module.PROJECT))


@pytest.fixture
def owner(accounts):
    return accounts[3]


@pytest.fixture
def friend(accounts):
    return accounts[4]


@pytest.fixture
def stranger(accounts):
    return accounts[5]
