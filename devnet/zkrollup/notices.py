"""Lines that tell somebody who waits, where no bar can be drawn: in files, in CI's logs, in a pytest run.

Owns what is worth a line and its words. Where the lines go is the caller's matter.
"""

import time
from collections.abc import Callable
from typing import Final

from zkrollup.expectations import EXPECTED, Clock, Pace, about, machine_factor

PATIENCE: Final = 2.0
"""Seconds before work is mentioned that may well be over by then."""

INTERVAL: Final = 20.0
"""Seconds between two lines about the same work, at least; the longer it takes, the rarer they get."""


class Notices:
    """Turns progress callbacks into lines: that work begins, how far it is now and then, how long it took.

    Work that is kept is announced when it begins, since a run that finds it in the cache never begins it;
    other work once it takes long. The batch circuit comes before the small ones of claims and escapes, whose
    steps are over before they are worth a line: what is done again is announced once it takes long, and
    without a guess.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        size: float = 1,
        clock: Clock = time.monotonic,
        factor: Callable[[], float] = machine_factor,
    ) -> None:
        """Tells ``say`` each line.

        Args:
            say: Called with a line, without its end.
            size: Of the batch circuit, 1 for the default one; 0 for circuits of unknown size, for which there
                is no estimate.
            clock: Seconds.
            factor: How many times as long as the reference machine this one takes.
        """
        self._say, self._size, self._clock, self._factor = say, size, clock, factor
        self._running: dict[str, _Work] = {}
        self._seen: set[str] = set()
        self._waited: set[str] = set()
        self._is_cold = False

    def __call__(self, label: str, fraction: float) -> None:
        """Called by the work itself with what it does and how much of it is done."""
        work = self._running.get(label) or self._begin(label)
        work.pace.report(fraction)
        if fraction >= 1.0:
            del self._running[label]
            if work.is_said or work.pace.elapsed >= self._patience(work):
                self._say(f"{label}: done in {work.pace.elapsed:.1f} s")
        elif not work.is_said:
            if work.is_news or work.pace.elapsed >= self._patience(work):
                self._announce(work)
        elif work.pace.elapsed >= work.next_line:
            self._say(f"{label}: {fraction:.0%} in {work.pace.elapsed:.0f} s{_rest(work.pace)}")
            work.wait_for_next()

    def waiting(self, message: str) -> None:
        """Called when another process does the work; each sentence is said once."""
        self._is_cold = True
        if message not in self._waited:
            self._waited.add(message)
            self._say(message)

    def _begin(self, label: str) -> "_Work":
        foreseen = self._is_foreseen(label)
        is_news = foreseen and (self._is_cold or bool(EXPECTED[label].once))
        work = self._running[label] = _Work(label, Pace(None, self._clock), foreseen, is_news)
        self._seen.add(label)
        return work

    def _is_foreseen(self, label: str) -> bool:
        if label not in EXPECTED or label in self._seen:
            return False
        return bool(self._size) or not EXPECTED[label].grows

    def _announce(self, work: "_Work") -> None:
        self._expect(work)
        once = EXPECTED[work.label].once if work.is_foreseen else ""
        guess = "" if work.pace.foreseen is None else f", {about(work.pace.foreseen)}"
        self._say(f"{work.label}{guess}{f', once {once}' if once else ''} ...")
        self._is_cold = work.is_said = True
        work.wait_for_next()

    def _patience(self, work: "_Work") -> float:
        """What is foreseen to be short is worth a line once it takes twice as long."""
        if work.pace.elapsed < PATIENCE:
            return PATIENCE
        self._expect(work)
        return max(PATIENCE, 2 * (work.pace.foreseen or 0))

    def _expect(self, work: "_Work") -> None:
        """Only now, since it measures the machine, which a run without a line has no use for."""
        if work.is_foreseen and work.pace.expected is None:
            work.pace.expected = EXPECTED[work.label].on(self._factor(), self._size)


class _Work:
    """A piece of work and what was said of it."""

    def __init__(self, label: str, pace: Pace, is_foreseen: bool, is_news: bool) -> None:
        self.label, self.pace = label, pace
        self.is_foreseen, self.is_news = is_foreseen, is_news
        self.is_said = False
        self.next_line = 0.0

    def wait_for_next(self) -> None:
        """Says when the next line is due, now that one was said."""
        elapsed = self.pace.elapsed
        self.next_line = elapsed + max(INTERVAL, elapsed / 2)


def _rest(pace: Pace) -> str:
    return "" if pace.remaining is None else f", {about(pace.remaining)} left"
