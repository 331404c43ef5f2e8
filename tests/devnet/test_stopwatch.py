"""Seconds of overlapping work count once, on whatever threads; by an injected clock."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from zkrollup.snark.timed import TimedEngine
from zkrollup.stopwatch import Stopwatch


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return Stopwatch(clock)


def test_pieces_of_work_one_after_the_other_add_up_without_what_lies_between(watch, clock):
    for seconds in (3, 7):
        with watch.running():
            clock.now += seconds
        clock.now += 100
    assert watch.seconds == 10


def test_overlapping_work_counts_once(watch, clock):
    first, second = watch.running(), watch.running()
    first.__enter__()
    clock.now += 2
    second.__enter__()
    clock.now += 5
    first.__exit__(None, None, None)
    clock.now += 11
    second.__exit__(None, None, None)
    assert watch.seconds == 18  # their own seconds are 7 and 16


def test_work_that_fails_was_under_way_too(watch, clock):
    def fail():
        with watch.running():
            clock.now += 13
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    clock.now += 1
    assert watch.seconds == 13


def test_work_under_way_counts_up_to_now(watch, clock):
    with watch.running():
        clock.now += 17
        assert watch.seconds == 17


class Handmade:
    """An engine of a test's own: each proof waits until it is released."""

    width = 19

    def __init__(self):
        self.begun = {name: Event() for name in "ab"}
        self.released = {name: Event() for name in "ab"}

    def prove(self, circuit, _key, _witness, _progress):
        self.begun[circuit].set()
        assert self.released[circuit].wait(60)
        return f"proof of {circuit}"


def test_proofs_of_several_threads_count_once(watch, clock):
    engine = Handmade()
    timed = TimedEngine(engine, watch)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(timed.prove, "a", None, None, None)
        assert engine.begun["a"].wait(60)
        clock.now += 23
        second = threads.submit(timed.prove, "b", None, None, None)
        assert engine.begun["b"].wait(60)
        clock.now += 29
        engine.released["a"].set()
        assert first.result() == "proof of a"
        clock.now += 31
        engine.released["b"].set()
        assert second.result() == "proof of b"
    assert watch.seconds == 23 + 29 + 31
    assert timed.width == 19
