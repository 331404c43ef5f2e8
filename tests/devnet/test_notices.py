"""What is told in lines, to whom no bar can be shown, while work goes on; by an injected clock."""

import pytest

from zkrollup.expectations import EXPECTED, about
from zkrollup.notices import INTERVAL, Notices

FACTOR = 2.5
"""The machine of these tests takes that many times as long as the reference."""


LONG = FACTOR * EXPECTED["compile kernels"].seconds
"""Seconds that compilation is foreseen to take there."""

ANNOUNCED = f"compile kernels, {about(LONG)}, once a machine ..."


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    monkeypatch.setattr("zkrollup.expectations.compilers", lambda: 2)


class Told:
    """Notices, what they said, and a clock that stands still unless a test moves it."""

    def __init__(self, size=1):
        self.lines, self.now = [], 100.0
        self.notices = Notices(self.lines.append, size=size, clock=lambda: self.now, factor=self.measure)
        self.measured = 0

    def measure(self):
        self.measured += 1
        return FACTOR

    def work(self, label, *fractions, every):
        """Reports the fractions, with ``every`` seconds after each but the last."""
        for fraction in fractions:
            self.notices(label, fraction)
            self.now += every if fraction < 1 else 0


@pytest.fixture
def told():
    return Told()


@pytest.mark.parametrize("label", ["load kernels", "deploy", "count the stars"])
def test_what_each_run_does_is_not_worth_a_line_if_it_is_over_soon(told, label):
    told.work(label, 0.0, 0.5, 1.0, every=0.1)
    assert told.lines == []
    assert told.measured == 0  # the machine is not measured for nothing


def test_kernels_that_are_all_in_the_cache_are_loaded_without_a_line(told):
    told.work("load kernels", 1.0, every=0)
    assert told.lines == []


def test_compilation_is_announced_at_once_for_this_machine_and_closed(told):
    told.work("compile kernels", 0.0, 0.3, 0.6, 1.0, every=5)
    assert told.lines == [
        ANNOUNCED,
        "compile kernels: done in 15.0 s",
    ]


def remaining(elapsed, fraction):
    """By the pace, in which what was foreseen counts as one more run."""
    return (1 - fraction) * (elapsed + LONG) / (fraction + 1)


def test_long_work_says_now_and_then_how_far_it_is_and_what_remains(told):
    step = INTERVAL - 1
    told.work("compile kernels", 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, every=step)
    assert told.lines == [
        ANNOUNCED,
        f"compile kernels: 40% in {2 * step:.0f} s, {about(remaining(2 * step, 0.4))} left",
        f"compile kernels: 80% in {4 * step:.0f} s, {about(remaining(4 * step, 0.8))} left",
        f"compile kernels: done in {5 * step:.1f} s",
    ]


def test_what_was_done_before_is_not_foreseen_again(told):
    told.work("compile kernels", 0.75, 1.0, every=4)
    assert told.lines[0] == f"compile kernels, {about(LONG / 4)}, once a machine ..."


def test_what_overruns_its_estimate_is_estimated_anew(told):
    told.work("compile kernels", 0.0, 0.5, 1.0, every=2 * LONG)
    # That for the half, and half of it that was foreseen for a whole, make twice as much for a whole.
    assert f"compile kernels: 50% in {2 * LONG:.0f} s, {about(LONG)} left" in told.lines


def test_the_longer_work_takes_the_rarer_its_lines_get(told):
    told.work("compile kernels", *(step / 1000 for step in range(1000)), every=1)
    times = [float(line.split(" in ")[1].split(" s")[0]) for line in told.lines[1:]]
    gaps = [later - earlier for earlier, later in zip([0, *times], times, strict=False)]
    assert gaps[0] == INTERVAL
    assert gaps == sorted(gaps)
    assert len(times) < 12


def test_loading_that_takes_unusually_long_is_mentioned(told):
    told.work("load kernels", 0.0, 0.3, 0.6, 1.0, every=60)
    assert told.lines[0].startswith("load kernels")
    assert told.lines[-1] == "load kernels: done in 180.0 s"


def test_keys_are_announced_with_seconds_that_grow_with_circuit_and_machine():
    told = Told(size=7)
    told.notices("make keys", 0.0)
    assert told.lines == ["make keys, about 25 s, once a circuit ..."]  # 1.3 * 7 * 2.5, rounded


def test_the_small_circuit_that_follows_the_large_one_is_not_announced(told):
    told.work("build circuits", 0.0, 1.0, every=0.1)
    told.work("build circuits", 0.0, 1.0, every=0.2)
    assert told.lines == ["build circuits, about 3 s, once a circuit ...", "build circuits: done in 0.1 s"]


def test_work_that_reports_nothing_between_is_told_of_at_its_end(told):
    told.work("build circuits", 0.0, 1.0, every=0.1)
    told.work("build circuits", 0.0, 1.0, every=11)
    assert told.lines[2:] == ["build circuits: done in 11.0 s"]


def test_circuits_of_unknown_size_are_mentioned_once_they_take_long_without_a_guess():
    told = Told(size=0)
    told.work("make keys", 0.0, 0.1, 1.0, every=0.1)
    assert told.lines == []
    told.work("make keys", 0.0, 0.1, 1.0, every=3)
    assert told.lines == ["make keys ...", "make keys: done in 6.0 s"]


def test_a_run_that_has_waited_is_also_told_of_the_deployment(told):
    for _ in range(3):  # a batch's keys, a claim's and an escape's
        told.notices.waiting("waiting while another process makes keys")
    told.work("deploy", 0.0, 1.0, every=0)
    assert told.lines == [
        "waiting while another process makes keys",
        "deploy, about 1 s ...",
        "deploy: done in 0.0 s",
    ]


def test_two_pieces_of_work_at_once_are_told_apart(told):
    told.notices("make keys", 0.0)
    told.now += 3
    told.notices("compile contracts", 0.0)
    told.now += 4
    told.notices("make keys", 1.0)
    told.notices("compile contracts", 1.0)
    assert told.lines[2:] == ["make keys: done in 7.0 s", "compile contracts: done in 4.0 s"]
