"""How long work is expected to take on this machine, by an injected clock."""

import pytest

from zkrollup.circuits.batch import BatchSize, batch_circuit
from zkrollup.expectations import (
    EXPECTED,
    Expectation,
    Pace,
    about,
    constraints_expected,
    measured_factor,
    relative_size,
)


class Clock:
    """Stands still unless a test moves it."""

    def __init__(self, *ticks):
        self.now, self.ticks = 100.0, list(ticks)

    def __call__(self):
        self.now += self.ticks.pop(0) if self.ticks else 0
        return self.now

    def wait(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize(("loop", "factor"), [(0.0255, 1), (0.01275, 0.5), (0.1785, 7)])
def test_a_machine_on_which_a_loop_takes_longer_takes_that_much_longer(loop, factor):
    assert measured_factor(Clock(0, loop, 0, loop, 0, loop)) == pytest.approx(factor)


@pytest.mark.parametrize("loops", [(0.051, 9, 7), (9, 0.051, 7), (9, 7, 0.051)])
def test_what_interrupts_one_loop_does_not_count(loops):
    assert measured_factor(Clock(*(tick for loop in loops for tick in (0, loop)))) == pytest.approx(2)


@pytest.mark.parametrize(("once", "seconds"), [("a machine", 15), ("a circuit", 105), ("", 15)])
def test_figures_grow_with_the_machines_factor_and_those_of_a_circuit_with_its_size(once, seconds):
    assert Expectation(5, once).on(3, size=7) == seconds


@pytest.mark.parametrize(("processes", "seconds"), [(1, 60), (2, 30), (4, 15)])
def test_what_is_divided_among_processes_takes_less_where_there_are_more(monkeypatch, processes, seconds):
    monkeypatch.setattr("zkrollup.expectations.compilers", lambda: processes)
    assert Expectation(10, "a machine", processes=2).on(3) == seconds
    assert Expectation(10, "a machine").on(3) == 30


def test_nothing_is_foreseen_of_a_circuit_of_unknown_size():
    assert Expectation(5, "a circuit").on(3, size=0) is None
    assert Expectation(5, "a machine").on(3, size=0) == 15


def test_compilation_belongs_to_the_machine_and_keys_to_the_circuit():
    assert not EXPECTED["compile kernels"].grows
    assert EXPECTED["make keys"].grows


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.01, "1 s"),
        (1.6, "2 s"),
        (19.4, "19 s"),
        (36.9, "35 s"),
        (87, "85 s"),
        (97.7, "100 s"),
        (253, "250 s"),
    ],
)
def test_an_estimate_has_no_digits_that_nobody_could_know(seconds, words):
    assert about(seconds) == f"about {words}"


def test_what_remains_is_counted_down_from_what_was_foreseen(clock):
    pace = Pace(30, clock)
    assert pace.remaining == 30
    clock.wait(7)
    assert (pace.elapsed, pace.remaining) == (7, 23)


def test_what_is_done_counts_more_than_what_was_foreseen(clock):
    pace = Pace(29, clock)
    pace.report(0.0)
    clock.wait(26)
    pace.report(0.24)  # three seconds, as foreseen, would be an absurd claim
    assert pace.remaining == pytest.approx(0.76 * 55 / 1.24)
    clock.wait(11)
    assert pace.remaining == pytest.approx(0.76 * 55 / 1.24 - 11)


def test_what_was_done_before_counts_neither_as_foreseen_nor_as_pace(clock):
    pace = Pace(40, clock)
    pace.report(0.75)
    assert (pace.foreseen, pace.remaining) == (10, 10)
    clock.wait(8)
    pace.report(0.875)
    assert pace.remaining == pytest.approx(0.5 * 18 / 1.5)
    pace.report(1.0)
    assert pace.remaining is None


def test_work_that_takes_longer_than_foreseen_is_estimated_anew_by_its_pace(clock):
    pace = Pace(30, clock)
    pace.report(0.0)
    clock.wait(90)
    pace.report(0.5)
    # 90 s for the half, and 30 s foreseen for a whole: 120 s for one and a half.
    assert pace.remaining == pytest.approx(0.5 * 120 / 1.5)
    clock.wait(60)
    pace.report(0.75)
    assert pace.remaining == pytest.approx(0.25 * 180 / 1.75)


def test_work_that_nobody_foresaw_is_estimated_by_its_pace_alone(clock):
    pace = Pace(None, clock)
    pace.report(0.0)
    clock.wait(12)
    assert pace.remaining is None
    pace.report(0.25)
    assert pace.remaining == 36


def test_nothing_is_claimed_of_work_that_overruns_without_a_report(clock):
    pace = Pace(5, clock)
    clock.wait(11)
    assert pace.remaining is None


@pytest.mark.parametrize(("slots", "levels"), [(2, 5), (3, 4), (7, 1)])
def test_the_expected_constraints_are_within_five_percent(slots, levels):
    constraints = batch_circuit(BatchSize(slots, levels)).n_constraints
    assert constraints_expected(slots, levels) == pytest.approx(constraints, rel=0.05)


def test_sizes_are_relative_to_the_default_one():
    default = BatchSize()
    assert relative_size(default.slots, default.levels) == 1
    assert relative_size(1, 1) < 0.4 < 6 < relative_size(20, 5)
