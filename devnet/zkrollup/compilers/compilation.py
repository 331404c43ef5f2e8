"""A project's sources compiled: what is out of the cache, what runs at once, what fails together.

Owns the plan. Each language owns its units: one for each release of solc, one for each Vyper file.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from zkrollup import storage
from zkrollup.artifacts import Artifact
from zkrollup.compilers import store
from zkrollup.compilers.errors import CompilationFailed, Diagnostic, UnreadableSource
from zkrollup.compilers.settings import DEFAULT, Settings
from zkrollup.compilers.solidity import solidity_units
from zkrollup.compilers.vyper import is_module, vyper_units
from zkrollup.cores import cores
from zkrollup.expectations import Progress, ignore_progress

_LABEL: Final = "compile contracts"
_SUFFIXES: Final = (".sol", ".vy")
_FORGE_ONLY: Final = (".t.sol", ".s.sol")
"""Tests and scripts, which need forge's own library."""


class Unit(Protocol):
    """Sources that one run of a compiler compiles."""

    @property
    def compiler(self) -> str: ...  # noqa: D102  # name and version

    @property
    def key(self) -> str: ...  # noqa: D102  # names all that the output depends on

    def compile(self) -> str: ...  # noqa: D102  # the output; raises CompilationFailed

    def warnings(self, output: str) -> tuple[Diagnostic, ...]: ...  # noqa: D102

    def artifacts(self, output: str) -> tuple[Artifact, ...]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Compilation:
    """What came out of a project's sources.

    Attributes:
        artifacts: all contracts, those of imported files too.
        warnings: what the compilers said without refusing.
        compilers: with versions.
    """

    artifacts: tuple[Artifact, ...]
    warnings: tuple[Diagnostic, ...]
    compilers: tuple[str, ...]


def compile_project(
    root: Path,
    sources: Sequence[Path],
    *,
    settings: Settings = DEFAULT,
    progress: Progress = ignore_progress,
    waiting: storage.Waiting = storage.ignore_waiting,
) -> tuple[Artifact, ...]:
    """The contracts of Solidity and Vyper sources; see :func:`compile_sources`."""
    return compile_sources(root, sources, settings=settings, progress=progress, waiting=waiting).artifacts


def compile_sources(
    root: Path,
    sources: Sequence[Path],
    *,
    settings: Settings = DEFAULT,
    progress: Progress = ignore_progress,
    waiting: storage.Waiting = storage.ignore_waiting,
) -> Compilation:
    """Compile Solidity and Vyper sources, or take from the cache what was compiled before.

    Args:
        root: the project's folder: imports, remappings and packages are looked for from here.
        sources: files, and folders whose ``.sol`` and ``.vy`` files are meant, at any depth. Of a folder,
            packages, hidden folders, forge's tests and scripts, and Vyper modules that only others can
            initialise are left out.
        settings: for the compilers.
        progress: called with "compile contracts" if something is not in the cache.
        waiting: called if another process is compiling the same.

    Raises:
        CompilationFailed: compilers refused sources; it has the errors of all of them.
        CompilerNotFound: a language has no compiler here.
        CompilerCrashed: a compiler did not answer.
        NoFittingCompiler: no release of solc that is here suits a source.
        UnreadableSource: a source is missing, not UTF-8, or was changed meanwhile.
        BrokenProject: foundry.toml, which has remappings, is not what forge reads.
    """
    units = _units(_normal(root), sources, settings)
    compiled = list(zip(units, _outputs(units, progress, waiting), strict=True))
    return Compilation(
        artifacts=tuple(each for unit, output in compiled for each in unit.artifacts(output)),
        warnings=tuple(each for unit, output in compiled for each in unit.warnings(output)),
        compilers=tuple(dict.fromkeys(unit.compiler for unit in units)),
    )


def _units(root: Path, sources: Sequence[Path], settings: Settings) -> list[Unit]:
    files = sorted({file for source in sources for file in _files(_normal(root / source))})
    solidity = [file for file in files if file.suffix == ".sol"]
    vyper = [file for file in files if file.suffix == ".vy"]
    units: list[Unit] = [*solidity_units(root, solidity, settings)] if solidity else []
    units.extend(vyper_units(root, vyper, settings) if vyper else ())
    return units


def _normal(path: Path) -> Path:
    """Absolute, without ``..``: names of sources come from it. Links stay, as they are part of a name."""
    return Path(os.path.normpath(path.absolute()))


def _files(source: Path) -> Iterator[Path]:
    if source.is_file() and source.suffix in _SUFFIXES:
        yield source
    elif source.is_file():
        raise UnreadableSource(str(source), f"a file that ends with {' or '.join(_SUFFIXES)} is needed")
    elif not source.is_dir():
        raise UnreadableSource(str(source), "there is no such file or folder")
    else:
        for folder, inner, names in os.walk(source):
            inner[:] = [name for name in inner if name != "node_modules" and not name.startswith(".")]
            files = [Path(folder, name) for name in names if not name.endswith(_FORGE_ONLY)]
            yield from (file for file in files if file.suffix == ".sol")
            yield from (file for file in files if file.suffix == ".vy" and not is_module(file))


def _outputs(units: Sequence[Unit], progress: Progress, waiting: storage.Waiting) -> list[str]:
    """What the compilers say, in the units' order. Threads suffice: the work is in other processes."""
    keys = [unit.key for unit in units]
    outputs = {key: output for key in keys if (output := store.find(key)) is not None}
    missing = {key: unit for key, unit in zip(keys, units, strict=True) if key not in outputs}
    if missing:
        outputs |= _compile(missing, progress, waiting)
    return [outputs[key] for key in keys]


def _compile(units: Mapping[str, Unit], progress: Progress, waiting: storage.Waiting) -> dict[str, str]:
    """The units' outputs by key, all made before any refusal is raised."""
    progress(_LABEL, 0.0)
    with ThreadPoolExecutor(cores()) as pool:
        running = {
            key: pool.submit(store.find_or_make, key, unit.compile, waiting=waiting)
            for key, unit in units.items()
        }
        for done, _ in enumerate(as_completed(running.values()), start=1):
            progress(_LABEL, done / len(running))
    errors = [error for future in running.values() if (error := future.exception())]
    refusals = [error for error in errors if isinstance(error, CompilationFailed)]
    if refusals and len(refusals) == len(errors):
        raise CompilationFailed.merged(refusals)
    return {key: future.result() for key, future in running.items()}
