"""How long overlapping work takes on the clock on the wall: side by side, its seconds count once.

Imports nothing heavy, so that the plugin may load it in every run.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from zkrollup import forks


class Stopwatch:
    """Runs while at least one of several pieces of work is under way, on whatever threads."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = Lock()
        self._under_way = 0
        self._since = self._before = 0.0
        forks.renew_in_children(self)

    def after_fork(self) -> None:
        """In a forked child, none of its parent's work is under way."""
        self._lock = Lock()
        self._under_way = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around a piece of work; those of several threads may overlap."""
        with self._lock:
            if not self._under_way:
                self._since = self._clock()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if not self._under_way:
                    self._before += self._clock() - self._since

    @property
    def seconds(self) -> float:
        """Seconds in which something was under way, up to now."""
        with self._lock:
            return self._before + (self._clock() - self._since if self._under_way else 0.0)
