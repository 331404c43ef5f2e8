"""Names of a circom circuit's signals: .sym, lines of ``label,wire,component,name``.

Owns the file in both directions. Wire -1 marks a signal that the compiler removed.

Source: https://docs.circom.io/circom-language/formats/sym/.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from zkrollup.snark.formats.sections import InvalidFile

_LINE = re.compile(rb"(\d{1,18}),(-1|\d{1,10}),(\d{1,18}),([^,\s]+)")


class Symbol(NamedTuple):
    """A signal of the source.

    Attributes:
        label: Its number among signals.
        wire: That carries it; -1 for none.
        component: Its component's number.
        name: Such as ``main.prices[2]``.
    """

    label: int
    wire: int
    component: int
    name: str


def read(path: Path) -> tuple[Symbol, ...]:
    """All signals of a .sym file.

    Raises:
        FileNotFoundError: There is none.
        InvalidFile: A line is none of the format, or its label does not come after the one before.
    """
    symbols: list[Symbol] = []
    at = 0
    for line in path.read_bytes().splitlines(keepends=True):
        found = _LINE.fullmatch(line.rstrip(b"\r\n"))
        if found is None:
            raise InvalidFile(path, None, at, f"{line[:60]!r} is not label,wire,component,name")
        label, wire, component, name = found.groups()
        symbols.append(Symbol(int(label), int(wire), int(component), name.decode(errors="replace")))
        if len(symbols) > 1 and symbols[-2].label >= symbols[-1].label:
            raise InvalidFile(path, None, at, f"label {int(label)} does not come after {symbols[-2].label}")
        at += len(line)
    return tuple(symbols)


def write(symbols: Iterable[Symbol], file: IO[bytes]) -> None:
    """Write a .sym file to an open file."""
    for symbol in symbols:
        file.write(f"{symbol.label},{symbol.wire},{symbol.component},{symbol.name}\n".encode())


def wire_names(symbols: Sequence[Symbol]) -> dict[int, str]:
    """The name of each wire: of signals that share one, the first."""
    return {symbol.wire: symbol.name for symbol in reversed(symbols) if symbol.wire >= 0}
