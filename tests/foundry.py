"""Programs of Foundry for tests that need them."""

import platform
from pathlib import Path

import pytest
from benchmarks.foundry import foundry_binary


def foundry_program(name: str) -> Path:
    """``anvil`` or ``forge`` as npm installed it; the test is skipped where npm has none for this machine."""
    found = foundry_binary(name)
    if found is None:
        pytest.skip(
            f"npm has installed no {name} for {platform.system()} {platform.machine()}: "
            "`make test` does on Linux, macOS and Windows, x86-64 or arm64"
        )
    return found
