"""Projects that their tools built, and documents of a few fields."""

import json

import pytest
from tests.projects.building import (  # noqa: F401  # fixtures
    foundry_project,
    hardhat2_project,
    hardhat3_project,
)


@pytest.fixture
def write(tmp_path):
    """Writes JSON, or text as it is, below a folder, and returns the path."""

    def write_file(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write_file


@pytest.fixture(params=["foundry", "hardhat2", "hardhat3"])
def built_project(request):
    """Root of the same contracts, built by each tool."""
    return request.getfixturevalue(f"{request.param}_project")
