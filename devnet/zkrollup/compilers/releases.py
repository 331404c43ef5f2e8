"""Which release of solc compiles which file: the first that is found where it may, else the newest that may.

Owns the choice. A file's own pragma counts, and those of all that it imports.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zkrollup.compilers.errors import NoFittingCompiler
from zkrollup.compilers.imports import Source, reached
from zkrollup.compilers.pragmas import mentioned, pragmas, takes
from zkrollup.compilers.solc import ENVIRONMENT_VARIABLE, Kept, Solc, find_solc, kept_solcs

Asked = Sequence[tuple[str, str]]
"""Pragmas that all have to fit, each with the unit that has it."""


def assigned(sources: Mapping[str, Source], files: Sequence[str], near: Path) -> dict[Solc, list[str]]:
    """The files that each release compiles, by unit name; a solc that the environment names gets all.

    Args:
        sources: the closure of the files.
        files: their unit names.
        near: folder from which packages are looked for upwards.

    Raises:
        CompilerNotFound: there is no solc.
        CompilerCrashed: there is one that does not tell its version.
        NoFittingCompiler: no release that is here suits a file and what it imports.
    """
    first = find_solc(near)
    if os.environ.get(ENVIRONMENT_VARIABLE):
        return {first: list(files)}
    choice, runs = _Choice(first, near), dict[Solc, list[str]]()
    asked = {unit: [(unit, each) for each in pragmas(source.text)] for unit, source in sources.items()}
    for unit in files:
        all_asked = [each for name in reached(sources, (unit,)) for each in asked[name]]
        runs.setdefault(choice.fitting(unit, all_asked), []).append(unit)
    return runs


@dataclass
class _Choice:
    """The releases that are here, each run for its version only where a file needs it."""

    first: Solc
    near: Path
    _kept: list[Kept] | None = None
    _opened: dict[Path, Solc] = field(default_factory=dict)

    def fitting(self, unit: str, asked: Asked) -> Solc:
        if _fits(asked, self.first.release):
            return self.first
        for kept in self._others():
            if _fits(asked, kept.release):
                return self._open(kept)
        raise NoFittingCompiler(unit, asked, [str(self.first), *self._names()], _named(asked))

    def _open(self, kept: Kept) -> Solc:
        if kept.place not in self._opened:
            self._opened[kept.place] = kept.open()
        return self._opened[kept.place]

    def _others(self) -> list[Kept]:
        if self._kept is None:
            self._kept = kept_solcs(self.near)
        return self._kept

    def _names(self) -> Iterator[str]:
        return (f"solc {'.'.join(map(str, each.release))}" for each in self._others())


def _named(asked: Asked) -> str:
    """A release that the pragmas name themselves and all admit, the newest; empty where there is none."""
    named = {release for _, pragma in asked for release in mentioned(pragma)}
    suiting = [release for release in named if _fits(asked, release)]
    return ".".join(map(str, max(suiting))) if suiting else ""


def _fits(asked: Asked, release: tuple[int, ...]) -> bool:
    return all(takes(pragma, release) for _, pragma in asked)
