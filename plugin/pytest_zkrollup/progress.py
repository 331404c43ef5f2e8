"""Says what the first test of a run waits for: compiling, circuits, keys, deployment.

Owns how lines reach the reader: through pytest's terminal reporter, with output capturing suspended. A worker
of pytest-xdist has no terminal, and its results reach the controller only once a test ends, so it speaks
through the standard error that it shares with the controller. ``zkrollup.notices`` owns what is worth a line.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from zkrollup.notices import Notices


class Progress(Notices):
    """Progress callbacks of a run's one-time work."""

    def __init__(self, config: pytest.Config, relative_size: float) -> None:
        """``relative_size`` is the batch circuit's, 1 for the default one; 0 for circuits of unknown size."""
        super().__init__(self._write, size=relative_size)
        self._config = config

    def _write(self, message: str) -> None:
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
