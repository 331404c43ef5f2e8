"""Runs of pytest inside tests. They share the user's cache, so only the first one compiles."""

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest in a process of its own over a file's text, and returns the result."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)

    def run_tests(text, *options):
        pytester.makepyfile(text)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run_tests
