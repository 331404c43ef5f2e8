"""eth-tester is an extra: without it all but its backend can be imported."""

import subprocess
import sys

SCRIPT = """
import importlib, pkgutil, sys
sys.modules["eth_tester"] = None  # as if it were not installed
import pytest_zkrollup, zkrollup

packages = [zkrollup, pytest_zkrollup]
names = [m.name for p in packages for m in pkgutil.walk_packages(p.__path__, p.__name__ + ".")]
assert len(names) > 100, names
for name in names:
    if name not in ("zkrollup.evm.eth_tester_backend", "zkrollup.__main__"):
        importlib.import_module(name)
try:
    import zkrollup.evm.eth_tester_backend
except zkrollup.errors.ZkRollupError as error:
    assert isinstance(error, ImportError)
    print(error)
"""


def test_only_its_backend_needs_eth_tester_and_says_how_to_get_it():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pip install 'pytest-zkrollup[eth-tester]'" in done.stdout
