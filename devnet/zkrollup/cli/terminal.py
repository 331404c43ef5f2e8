"""The console that commands write to: when it is a plain one, and what fits into it."""

import io
import os
import sys
from collections.abc import Mapping

from rich.console import Console, RenderableType
from rich.measure import Measurement

_DUMB = frozenset({"dumb", "unknown"})
_UNBOUNDED = 10_000


def console(*, stderr: bool = False) -> Console:
    """A console on standard output, or on standard error.

    Plain where the reader asks for it or the terminal can show nothing else: no colour, no bold, no bar, no
    spinner, not one escape code. Bars and spinners need a terminal even where FORCE_COLOR asks for colours.
    """
    stream, plain = sys.stderr if stderr else sys.stdout, is_plain(os.environ)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(
            errors="replace"
        )  # an old code page has no box drawing, which must not end a command
    return Console(
        stderr=stderr,
        highlight=False,
        force_terminal=False if plain else None,
        force_interactive=stream.isatty() and not plain,
    )


def is_plain(environment: Mapping[str, str]) -> bool:
    """Whether NO_COLOR is set (https://no-color.org), or TERM names a terminal without escape codes."""
    return environment.get("NO_COLOR", "") != "" or environment.get("TERM", "").lower() in _DUMB


def width_of(console: Console, part: RenderableType) -> int:
    """Columns that something takes where nothing in it is broken or cut, however wide the terminal is."""
    return Measurement.get(console, console.options.update(max_width=_UNBOUNDED), part).maximum
