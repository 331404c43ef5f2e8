"""What somebody sees who waits for one-time work."""

import io
import re

import pytest
from rich.console import Console

from zkrollup.circuits.batch import BatchSize
from zkrollup.cli import progress
from zkrollup.cli.progress import progress_shown, time_text, warn_of_size
from zkrollup.expectations import EXPECTED, about


def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def shown(console):
    return console.file.getvalue()


@pytest.fixture(autouse=True)
def _known_machine(monkeypatch):
    """Twice as slow as the reference."""
    monkeypatch.setattr(progress, "machine_factor", lambda: 2.0)
    monkeypatch.setattr("zkrollup.expectations.compilers", lambda: 2)


@pytest.fixture
def _no_patience(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)


@pytest.fixture
def _endless_patience(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", float("inf"))


@pytest.mark.usefixtures("_no_patience")
@pytest.mark.parametrize("label", [label for label in EXPECTED if (EXPECTED[label].seconds or 0) > 1])
def test_slow_work_shows_its_name_and_how_long_it_still_takes_on_this_machine(label):
    console = terminal()
    with progress_shown(console, BatchSize()) as report:
        report(label, 0.0)
    assert label in shown(console)
    assert re.search(r"0 s, about \d+ s left", shown(console))
    if label == "compile kernels":
        assert f"{about(2 * EXPECTED[label].seconds)} left, once a machine" in shown(console)


@pytest.mark.usefixtures("_no_patience")
@pytest.mark.parametrize("label", ["make keys", "build circuits"])
def test_circuits_of_unknown_size_get_a_bar_without_the_time_of_a_batch(label):
    console = terminal()
    with progress_shown(console) as report:
        report(label, 0.0)
    assert label in shown(console)
    assert "left" not in shown(console)


def test_circuits_of_unknown_size_get_no_line_with_the_time_of_a_batch():
    console = Console(file=io.StringIO(), force_terminal=False)
    with progress_shown(console) as report:
        report("make keys", 0.0)
        report("compile kernels", 0.0)
    assert re.fullmatch(r"compile kernels, about \d+ s, once a machine ...\n", shown(console))


@pytest.mark.usefixtures("_no_patience")
def test_work_that_nobody_foresaw_gets_a_bar_without_an_estimate():
    console = terminal()
    with progress_shown(console) as report:
        report("count the stars", 0.0)
    assert "count the stars" in shown(console)
    assert "left" not in shown(console)


@pytest.mark.parametrize(
    ("label", "remaining", "text"),
    [
        ("compile kernels", 33.0, "17 s, about 35 s left[dim], once a machine[/dim]"),
        ("deploy", 2.2, "17 s, about 2 s left"),
        ("count the stars", None, "17 s"),
    ],
)
def test_beside_a_bar_stand_elapsed_and_remaining_seconds(label, remaining, text):
    assert time_text(17.3, remaining, label) == text


@pytest.mark.usefixtures("_endless_patience")
def test_quick_work_gets_no_bar():
    console = terminal()
    with progress_shown(console) as report:
        report("make keys", 0.0)
        report("make keys", 1.0)
    assert "make keys" not in shown(console)


@pytest.mark.usefixtures("_no_patience")
def test_work_that_is_done_twice_gets_two_bars():
    console = terminal()
    with progress_shown(console) as report:
        for fraction in (0.0, 1.0, 0.0, 1.0):
            report("make keys", fraction)
    assert re.search(r"make keys[^\n]*\n\r?make keys", shown(console))  # in one frame


def test_where_no_terminal_watches_lines_say_that_work_begins_and_how_long_it_took():
    console = Console(file=io.StringIO(), force_terminal=False, width=20)  # no line is broken or cut
    with progress_shown(console) as report:
        report("compile kernels", 0.0)
        assert re.fullmatch(r"compile kernels, about \d+ s, once a machine ...\n", shown(console))
        report("compile kernels", 1.0)
    assert re.search(r"\ncompile kernels: done in \d+\.\d s\n$", shown(console))
    assert "\x1b" not in shown(console)


def test_the_estimate_grows_with_the_circuit(monkeypatch):
    monkeypatch.setattr("zkrollup.cli.progress.relative_size", lambda _slots, _levels: 1000.0)
    console = Console(file=io.StringIO(), force_terminal=False)
    with progress_shown(console, BatchSize(2, 3)) as report:
        report("make keys", 0.0)
    assert int(re.search(r"about (\d+) s", shown(console))[1]) > 100


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
