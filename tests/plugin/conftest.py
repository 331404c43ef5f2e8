"""Runs of pytest inside tests. They share this machine's cache, so only the first one ever compiles."""

import pytest

from zkrollup import storage


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
