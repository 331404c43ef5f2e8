"""What a run says while its first test waits."""

import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from filelock import FileLock

from pytest_zkrollup import progress
from pytest_zkrollup.progress import Progress


@pytest.fixture
def said(monkeypatch):
    """Lines said, and a clock that stands still unless a test moves it."""
    lines, clock = [], [100.0]
    monkeypatch.setattr(Progress, "_say", lambda self, message: lines.append(message))
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])

    class Said:
        def __init__(self):
            self.lines = lines

        def wait(self, seconds):
            clock[0] += seconds

    return Said()


def test_steps_that_the_cache_answers_are_not_worth_a_line(said):
    told = Progress(None, 1)
    for label in ("load kernels", "deploy"):
        for fraction in (0.0, 0.5, 1.0):
            told(label, fraction)
            said.wait(0.1)
    assert said.lines == []


def test_a_step_that_takes_its_time_is_announced_once_and_closed(said):
    told = Progress(None, 1)
    for fraction in (0.0, 0.3, 0.6, 1.0):
        told("compile kernels", fraction)
        said.wait(7)
    assert said.lines == ["compile kernels, about 30 s ...", "compile kernels: done in 21.0 s"]


def test_keys_are_announced_at_once_with_seconds_that_grow_with_the_circuit(said):
    Progress(None, 7)("make keys", 0.0)
    assert said.lines == ["make keys, about 9 s ..."]


def test_the_small_circuit_that_follows_the_large_one_is_not_announced(said):
    told = Progress(None, 1)
    for _ in range(2):
        told("build circuits", 0.0)
        said.wait(0.1)
        told("build circuits", 1.0)
    assert said.lines == ["build circuits, about 1 s ...", "build circuits: done in 0.1 s"]


def test_steps_of_circuits_of_unknown_size_are_mentioned_once_they_take_long_without_a_guess(said):
    told = Progress(None, 0)
    for fraction in (0.0, 0.1, 1.0):
        told("make keys", fraction)
        said.wait(0.1)
    assert said.lines == []
    for fraction in (0.0, 0.1, 1.0):
        told("make keys", fraction)
        said.wait(3)
    assert said.lines == ["make keys ...", "make keys: done in 6.0 s"]


def test_a_run_that_has_waited_is_also_told_of_the_deployment(said):
    told = Progress(None, 1)
    told.waiting("waiting for another process: make-keys")
    told("deploy", 0.0)
    told("deploy", 1.0)
    assert said.lines == [
        "waiting for another process: make-keys",
        "deploy, about 1 s ...",
        "deploy: done in 0.0 s",
    ]


NEW_SIZE = """
from pytest_zkrollup import ETH

def test_settles(rollup, alice):
    print("from the test")
    rollup.deposit(ETH, 5, sender=alice)
    assert rollup.settle().number == 1
"""

KEYS = [
    "zkrollup*: make keys, about 1 s ...",
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
        said = next((line for line in process.stdout if b"waiting for another process" in line), None)
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
        ["zkrollup: compile kernels, about 30 s ...", "zkrollup: compile kernels: done in * s", *KEYS]
    )
