"""How work tells its progress, and how long it takes: figures of a reference machine, fitted to this one.

Owns the figures and the estimates, not how they are shown. Imports nothing heavy, so that the plugin may load
it in every run.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from zkrollup.cores import compilers

Progress = Callable[[str, float], None]
"""Called with what is being done and the fraction of it that is done."""

Clock = Callable[[], float]
"""Seconds since some moment, never going back."""


def ignore_progress(label: str, fraction: float) -> None:
    """Work in silence."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What to expect of a piece of work.

    Attributes:
        seconds: For the default size, on ``REFERENCE``, where nothing is cached; None where nobody knows.
        once: What it is done once for and then kept: such as "a machine", "a circuit"; "" if it is not kept.
        processes: Among which it is divided on ``REFERENCE``; 0 if it is not divided.
    """

    seconds: float | None
    once: str = ""
    processes: int = 0

    @property
    def grows(self) -> bool:
        """Whether it takes longer for a larger circuit."""
        return self.once == "a circuit"

    def on(self, factor: float, size: float = 1) -> float | None:
        """Seconds on this machine's cores; None where nobody knows.

        Args:
            factor: How many times as long everything takes.
            size: Of the circuit, 1 for the default one, 0 for an unknown size.
        """
        if self.seconds is None or (self.grows and not size):
            return None
        share = self.processes / compilers() if self.processes else 1
        return self.seconds * factor * share * (size if self.grows else 1)


REFERENCE: Final = "two idle cores of an x86-64 server of 2024 with AVX-512 IFMA, under CPython 3.11"
"""The machine on which the figures here were measured. ``machine_factor`` fits them to others."""

EXPECTED: Final[Mapping[str, Expectation]] = {
    "load kernels": Expectation(1),
    "compile kernels": Expectation(30, "a machine", processes=2),
    "build circuits": Expectation(1.3, "a circuit"),
    "make keys": Expectation(1.3, "a circuit"),
    "deploy": Expectation(0.2),
    "compile WebAssembly": Expectation(None, "a file"),
    "compile contracts": Expectation(3, "a version of the sources"),
}
"""By the label with which the work itself reports its progress."""

_LOOPS: Final = 3
_ROUNDS: Final = 300_000
_REFERENCE_SECONDS: Final = 0.0255
"""What each of ``measured_factor``'s loops takes on ``REFERENCE``."""


def constraints_expected(slots: int, levels: int) -> int:
    """About how many constraints a batch circuit has, without building it: that alone may take minutes."""
    fixed = 2_300 + 605 * levels  # header, exit tree, and the account that takes the fees
    return fixed + slots * (5_840 + 1_210 * levels)


def relative_size(slots: int, levels: int) -> float:
    """Constraints of a batch circuit over those of the default one, of 3 slots and 4 levels, roughly."""
    return constraints_expected(slots, levels) / constraints_expected(3, 4)


def measured_factor(clock: Clock = time.perf_counter) -> float:
    """How many times as long as ``REFERENCE`` this machine takes now: measured, in about 0.1 s.

    A plain loop will do: of two threads of work, too, each takes its time. The least of several counts, since
    whatever interrupts one for a moment says nothing of the minutes to come.
    """
    return min(_loop(clock) for _ in range(_LOOPS)) / _REFERENCE_SECONDS


def _loop(clock: Clock) -> float:
    start, total = clock(), 0
    for number in range(_ROUNDS):
        total += number * number % 7
    return clock() - start


@cache
def machine_factor() -> float:
    """``measured_factor``, once a process."""
    return measured_factor()


def about(seconds: float) -> str:
    """Seconds as an estimate in words: at least one, and no digits that nobody could know."""
    step = 1 if seconds < 20 else 5 if seconds < 100 else 10
    return f"about {max(1, step * round(seconds / step))} s"


class Pace:
    """A piece of work under way: how long it has taken, and how long it still takes."""

    def __init__(self, expected: float | None, clock: Clock) -> None:
        """Begins now; ``expected`` are the seconds foreseen on this machine, None where nobody knows."""
        self.expected = expected
        self.fraction = 0.0
        self._share, self._is_begun = 1.0, False
        self._clock = clock
        self._started = self._reported = clock()

    def report(self, fraction: float) -> None:
        """Takes the fraction that is done by now; the first one says how much was done before it began."""
        if not self._is_begun:
            self._share, self._is_begun = 1 - fraction, True
        self.fraction, self._reported = fraction, self._clock()

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._started

    @property
    def foreseen(self) -> float | None:
        """Seconds foreseen of what was not done before; None where nobody knows."""
        return None if self.expected is None else self.expected * self._share

    @property
    def remaining(self) -> float | None:
        """Seconds from now on; None where nothing tells.

        By the pace so far, in which what was foreseen counts as one more run: the steps of work are of
        unequal length, and the first ones alone would mislead. What was done before it began is left out.
        """
        done = 1 - (1 - self.fraction) / self._share if self._share else 1.0
        seconds, runs = self._reported - self._started, done
        if self.foreseen is not None:
            seconds, runs = seconds + self.foreseen, runs + 1
        if not runs:
            return None
        left = (1 - done) * seconds / runs - (self._clock() - self._reported)
        return left if left > 0 else None
