"""The console that commands write to: when it is a plain one, and what fits into it."""

import io
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
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
        file=None if stream.isatty() else cast("IO[str]", _Trimmed(stream)),
        stderr=stderr,
        highlight=False,
        force_terminal=False if plain else None,
        force_interactive=stream.isatty() and not plain,
    )


class _Trimmed(io.TextIOBase):
    """A file or pipe without the blanks that fill a terminal's lines: they would be in each diff of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._blanks = ""  # that may be followed by more than the end of the line

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """What the stream can show."""
        return self._stream.encoding

    def write(self, text: str) -> int:
        """Writes all but the blanks before a line's end."""
        trimmed = re.sub(" +(?=\n)", "", self._blanks + text)
        shown = trimmed.rstrip(" ")
        self._blanks = trimmed[len(shown) :]
        self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        """Hands on what was written."""
        self._stream.flush()


def is_plain(environment: Mapping[str, str]) -> bool:
    """Whether NO_COLOR is set (https://no-color.org), or TERM names a terminal without escape codes."""
    return environment.get("NO_COLOR", "") != "" or environment.get("TERM", "").lower() in _DUMB


def width_of(console: Console, part: RenderableType) -> int:
    """Columns that something takes where no line of it is broken, however wide the terminal is."""
    return _measured(console, part).maximum


def print_whole(console: Console, part: RenderableType, *, wrap: bool) -> None:
    """Prints something without cutting a word of it, or without ``wrap`` a line: the terminal breaks it."""
    least = _measured(console, part)
    width = max(console.width, least.minimum if wrap else least.maximum)
    console.print(_Wide(part, width), crop=False)


@dataclass(frozen=True, slots=True)
class _Wide:
    """Something that is rendered as in a wider terminal; rich's own ``width`` is the terminal's at most."""

    part: RenderableType
    width: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.part, options.update(width=self.width))


def _measured(console: Console, part: RenderableType) -> Measurement:
    return Measurement.get(console, console.options.update(max_width=_UNBOUNDED), part)
