"""Runs of pytest inside tests. They share this machine's cache, so only the first one ever compiles."""

import pytest

from zkrollup import storage
from zkrollup.snark import storesize


@pytest.fixture(scope="session")
def shared_cache():
    """The cache folder, asked for before pytester gives each test a home of its own."""
    return storage.cache_dir()


@pytest.fixture
def run(shared_cache, pytester, monkeypatch):
    """Runs pytest in a process of its own over a file's text, and returns the result."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    if shared_cache is not None:
        monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(shared_cache))

    def run_tests(text, *options):
        pytester.makepyfile(text)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run_tests


@pytest.fixture
def own_store(run, shared_cache, monkeypatch, tmp_path):
    """Runs with this machine's kernels, circuits and keys, and no proofs yet."""
    if shared_cache is None:
        pytest.skip("no cache folder can be written: set ZK_CACHE_DIR to one that can")
    for name in ("kernels", "circuits", "keys"):
        (shared_cache / name).mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(shared_cache / name, target_is_directory=True)
    monkeypatch.delenv(storesize.ENVIRONMENT_VARIABLE, raising=False)

    def run_tests(text, *options):
        monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
        return run(text, *options)

    return run_tests
