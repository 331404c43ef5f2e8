"""Caches to damage."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.devnet import faults

SAY = """
from zkrollup.kernels import jit, limbs, vectors
from zkrollup.kernels.montgomery import R
labels = {}
jit.prepare([vectors._fill_powers, vectors.multiply], progress=labels.__setitem__)
powers = limbs.from_montgomery(vectors.powers(3, 40), R)
assert powers == [3**i for i in range(40)], powers
print(*labels, sep=", ")
"""
"""Uses two small kernels, and says how it came by them."""


@pytest.fixture(scope="session")
def two_kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the code of two small kernels and nothing else."""
    cache = tmp_path_factory.mktemp("two-kernels") / "cache"
    done = faults.run(SAY, cache)
    assert faults.warnings_of(done) == []
    assert done.stdout == "compile kernels\n"
    return cache


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that all users may enter, which pytest's are not."""
    folder = Path(tempfile.mkdtemp(prefix="zkrollup-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def warm(two_kernels: Path, open_path: Path) -> Path:
    """A copy of that cache."""
    return shutil.copytree(two_kernels, open_path / "cache")


@pytest.fixture
def nobody() -> tuple[str, ...]:
    """What a command is run under to run as another user."""
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("a second user takes root, which containers run as")
    try:
        subprocess.run([*faults.AS_NOBODY, sys.executable, "-c", ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no second user can run Python here: {error}")
    return faults.AS_NOBODY
