"""An installation that cannot be written to: machine code goes to the cache, nothing beside the sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zkrollup

COMPILE = """
import numpy as np, zkrollup
from zkrollup.kernels.vectors import enter_montgomery
out = np.zeros((1, 4), np.uint64)
enter_montgomery(np.array([[7, 0, 0, 0]], np.uint64), out)
print(zkrollup.__file__, out.any())
"""


@pytest.fixture
def site(tmp_path):
    """A copy of the package in which nobody may write; root may, so the test compares listings."""
    site = tmp_path / "site"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(zkrollup.__file__).parent, site / "zkrollup", ignore=ignored)
    folders = [path for path in (site, *site.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    yield site
    for folder in folders:
        folder.chmod(0o755)


@pytest.mark.slow
def test_kernels_compile_from_read_only_site_packages_and_write_nothing_there(site, tmp_path):
    before = sorted(site.rglob("*"))
    environment = os.environ | {"PYTHONPATH": str(site), "ZK_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", COMPILE], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(site / "zkrollup" / "__init__.py"), "True"]
    assert sorted(site.rglob("*")) == before
    assert list((tmp_path / "cache").rglob("*.code"))
