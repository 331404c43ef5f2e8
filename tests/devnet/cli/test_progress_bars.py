"""What somebody sees who waits for one-time work."""

import io
import re

import pytest
from rich.console import Console

from zkrollup.circuits.batch import BatchSize, batch_circuit
from zkrollup.cli import progress
from zkrollup.cli.progress import constraints_expected, expectation, progress_bars, warn_of_size
from zkrollup.expectations import EXPECTED
from zkrollup.kernels.jit import ignore_progress


def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def shown(console):
    return console.file.getvalue()


@pytest.fixture
def _no_patience(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)


@pytest.fixture
def _endless_patience(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", float("inf"))


@pytest.mark.usefixtures("_no_patience")
@pytest.mark.parametrize("label", EXPECTED)
def test_slow_work_shows_its_name_and_how_long_it_is_expected_to_take(label):
    console = terminal()
    with progress_bars(console) as report:
        report(label, 0.25)
    assert label in shown(console)
    assert EXPECTED[label].about() in shown(console)
    assert expectation(label) in shown(console)


@pytest.mark.usefixtures("_no_patience")
def test_work_that_nobody_foresaw_gets_a_bar_without_an_expectation():
    console = terminal()
    with progress_bars(console) as report:
        report("count the stars", 0.25)
    assert "count the stars" in shown(console)
    assert "of about" not in shown(console)


@pytest.mark.usefixtures("_endless_patience")
def test_quick_work_gets_no_bar():
    console = terminal()
    with progress_bars(console) as report:
        report("make keys", 0.0)
        report("make keys", 1.0)
    assert "make keys" not in shown(console)


@pytest.mark.usefixtures("_no_patience")
def test_work_that_is_done_twice_gets_two_bars():
    console = terminal()
    with progress_bars(console) as report:
        for fraction in (0.0, 1.0, 0.0, 1.0):
            report("make keys", fraction)
    assert re.search(r"make keys[^\n]*\n\r?make keys", shown(console))  # in one frame


@pytest.mark.usefixtures("_no_patience")
def test_nothing_is_drawn_where_no_terminal_watches():
    console = Console(file=io.StringIO(), force_terminal=False)
    with progress_bars(console) as report:
        assert report is ignore_progress
        report("make keys", 0.5)
    assert shown(console) == ""


@pytest.mark.parametrize(("slots", "levels"), [(2, 5), (3, 4), (7, 1)])
def test_the_expected_constraints_are_within_five_percent(slots, levels):
    size = BatchSize(slots, levels)
    assert constraints_expected(size) == pytest.approx(batch_circuit(size).n_constraints, rel=0.05)


def test_a_large_circuit_is_announced_with_what_it_costs():
    console = terminal()
    warn_of_size(console, BatchSize(64, 8))
    said = " ".join(shown(console).split())
    assert "64 operations over 65,536 accounts" in said
    assert re.search(r"about \d+ GB of memory", said)


def test_the_default_circuit_needs_no_announcement():
    console = terminal()
    warn_of_size(console, BatchSize())
    assert shown(console) == ""
