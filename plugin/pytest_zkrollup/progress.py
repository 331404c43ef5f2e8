"""Says what the first test of a run waits for: compiling, circuits, keys, deployment.

Owns how it is said: by pytest's terminal reporter, with output capturing suspended. A worker of pytest-xdist
has no terminal, and its results reach the controller only once a test ends, so it speaks through the standard
error that it shares with the controller.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from zkrollup.expectations import EXPECTED

_ALSO_WHEN_CACHED: Final = frozenset({"load kernels", "deploy"})
_PATIENCE: Final = 2.0
"""Seconds before a step is mentioned that may well be over by then."""


class Progress:
    """Turns progress callbacks into lines, two a step: that it runs, and how long it took.

    A run that finds everything in the cache is told nothing. The batch circuit comes before the small one of
    claims, whose steps are over before they are worth a line.
    """

    def __init__(self, config: pytest.Config, relative_size: float) -> None:
        """``relative_size`` is the batch circuit's, 1 for the default one; 0 for circuits of unknown size.

        What depends on an unknown size is mentioned once it takes long, without saying how long it will.
        """
        self._config = config
        self._relative_size = relative_size
        self._done: set[str] = set()
        self._label = ""
        self._started = 0.0
        self._said = False
        self._is_cold = False

    def __call__(self, label: str, fraction: float) -> None:
        """Called by the work itself with what it does and how much of it is done."""
        now = time.monotonic()
        if label != self._label:
            self._label, self._started, self._said = label, now, False
        seconds = now - self._started
        if fraction >= 1.0:
            if self._said:
                self._say(f"{label}: done in {seconds:.1f} s")
            self._done.add(label)
            self._label = ""
        elif not self._said and (self._is_news(label) or seconds >= _PATIENCE):
            self._said = self._is_cold = True
            self._say(f"{label}{self._expected(label)} ...")

    def waiting(self, message: str) -> None:
        """Called when another process does the work."""
        self._is_cold = True
        self._say(message)

    def _is_news(self, label: str) -> bool:
        if label in self._done or self._is_unforeseen(label):
            return False
        return self._is_cold or label not in _ALSO_WHEN_CACHED

    def _is_unforeseen(self, label: str) -> bool:
        return not self._relative_size and label in EXPECTED and EXPECTED[label].grows

    def _expected(self, label: str) -> str:
        if label not in EXPECTED or self._is_unforeseen(label):
            return ""
        expected = EXPECTED[label]
        return f", {expected.about(self._relative_size if expected.grows else 1)}"

    def _say(self, message: str) -> None:
        worker = getattr(self._config, "workerinput", None)
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        with self._uncaptured():
            if worker is not None or reporter is None:
                name = f" [{worker['workerid']}]" if worker else ""
                sys.stderr.write(f"zkrollup{name}: {message}\n")
                sys.stderr.flush()
            else:
                reporter.ensure_newline()
                reporter.write_line(f"zkrollup: {message}")
                reporter.flush()

    @contextmanager
    def _uncaptured(self) -> Iterator[None]:
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is None:
            yield
        else:
            with capture.global_and_fixture_disabled():
                yield
