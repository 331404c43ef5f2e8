"""Runs of pytest inside tests. They share the user's cache, so only the first one compiles."""

import pytest

from zkrollup import storage


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest in a process of its own over a file's text, and returns the result."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    cache = storage.cache_dir()
    if cache is not None:  # pytester gives each run a home of its own
        monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(cache))

    def run_tests(text, *options):
        pytester.makepyfile(text)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run_tests
