"""How a run reaches its reader while its first test waits. What it says is tests/devnet/test_notices.py's."""

import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from filelock import FileLock

NEW_SIZE = """
from pytest_zkrollup import ETH

def test_settles(rollup, alice):
    print("from the test")
    rollup.deposit(ETH, 5, sender=alice)
    assert rollup.settle().number == 1
"""

KEYS = [
    "zkrollup*: make keys, about * s, once a circuit ...",
    "zkrollup*: make keys: done in * s",
    "zkrollup*: deploy, about *",
]


@pytest.fixture
def without_keys(run, shared_cache, monkeypatch, tmp_path):
    """Runs with machine code at hand, but no keys."""
    if shared_cache is None:
        pytest.skip("no cache folder can be written: set ZK_CACHE_DIR to one that can")
    (tmp_path / "kernels").symlink_to(shared_cache / "kernels", target_is_directory=True)

    def run_tests(*options):
        monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
        return run(NEW_SIZE, "--zk-slots=1", "--zk-levels=1", *options)

    return run_tests


@pytest.mark.parametrize("options", [(), ("-s",), ("-q", "--capture=sys")])
def test_the_terminal_is_told_of_keys_in_the_making(without_keys, options):
    result = without_keys(*options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(KEYS)
    assert ("from the test" in result.stdout.str()) == ("-s" in options)


def test_a_worker_says_it_where_the_terminal_shows_it(without_keys):
    result = without_keys("-n1")
    result.assert_outcomes(passed=1)
    result.stderr.fnmatch_lines([line.replace("*:", " [[]gw0]:", 1) for line in KEYS])


PIPES = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}


@pytest.fixture
def held_locks(tmp_path):
    """Holds every lock that a run has left in the cache; released when left, or after three minutes."""

    @contextmanager
    def hold():
        locks = [FileLock(path) for path in sorted((tmp_path / "locks").iterdir())]
        for lock in locks:
            lock.acquire()

        def release():
            for lock in locks:
                lock.release(force=True)

        watchdog = threading.Timer(180, release)
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()
            release()

    return hold


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
def test_a_run_that_waits_for_another_says_so_and_goes_on(
    without_keys, held_locks, pytester, tmp_path, options
):
    without_keys().assert_outcomes(passed=1)
    shutil.rmtree(tmp_path / "keys")
    with held_locks():
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--zk-slots=1", "--zk-levels=1"]
        process = pytester.popen([*command, *options], **PIPES)
        said = next((line for line in process.stdout if b"waiting while another process" in line), None)
    rest, _ = process.communicate(timeout=180)
    assert said is not None
    assert said.startswith(b"zkrollup")
    assert b"1 passed" in rest


@pytest.mark.slow
def test_the_very_first_use_on_a_machine_says_that_it_compiles(run, monkeypatch, tmp_path):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    result = run(NEW_SIZE, "--zk-slots=1", "--zk-levels=1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "zkrollup: compile kernels, about * s, once a machine ...",
            "zkrollup: compile kernels: done in * s",
            *KEYS,
        ]
    )
