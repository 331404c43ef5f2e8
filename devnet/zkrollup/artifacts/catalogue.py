"""The contracts of a project by name, each read when it is first asked for.

Owns names: which contract a name means, and what is said of one that means none or several. A Foundry project
has hundreds of files and a test wants three of them, so files are listed first and read on demand.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Final

from eth_utils import keccak

from zkrollup.artifacts import document, files, formats, foundry, hardhat
from zkrollup.artifacts.artifact import Artifact, BrokenArtifact
from zkrollup.artifacts.projects import SOURCE_SUFFIXES, Kind, Layout
from zkrollup.errors import ZkRollupError

_SHOWN: Final = 12
"""Names in a message."""
_SCRIPTS: Final = (".t.sol", ".s.sol")


class UnknownContract(ZkRollupError, AttributeError):
    """A project has no contract of a name.

    Attributes:
        key: the name asked for.
        close: names like it.
    """

    def __init__(self, key: str, names: tuple[str, ...], places: str) -> None:
        self.key = key
        wanted = key.rpartition(":")[2]
        self.close = tuple(difflib.get_close_matches(wanted, names, n=3))
        shown = self.close or names[:_SHOWN]
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        super().__init__(f"no contract {key!r} in {places}; there is {', '.join(shown) or 'none'}{more}")


class AmbiguousContract(ZkRollupError, AttributeError):
    """Several contracts have the name.

    Attributes:
        key: the name asked for.
        candidates: names that mean one of them each: ``source:name``, or files where that is the same too.
    """

    def __init__(self, key: str, candidates: tuple[str, ...]) -> None:
        self.key = key
        self.candidates = candidates
        choices = " or ".join(f"project[{each!r}]" for each in candidates)
        super().__init__(f"{len(candidates)} contracts are named {key!r}: use {choices}")


class MissingBuild(ZkRollupError):
    """A project has not been built.

    Attributes:
        layout: of the project.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        super().__init__(
            f"{layout.kind} project at {layout.root} has no artifacts in {layout.places[0]}: run "
            f"`{layout.command}` there, or name the folder in the ini key zk_contracts"
        )


class StaleBuild(ZkRollupError):
    """A source has changed since it was compiled.

    Attributes:
        artifact: as it was compiled.
        source: the file that changed.
    """

    def __init__(self, artifact: Artifact, source: Path, command: str) -> None:
        self.artifact = artifact
        self.source = source
        super().__init__(
            f"{source} has changed since {artifact.origin} was made: run `{command}`; to test what was "
            "compiled before, name the artifacts in the ini key zk_contracts"
        )


class Role(IntEnum):
    """What a contract is to its project; where names clash, the smaller wins."""

    OWN = 0
    DEPENDENCY = 1
    TEST = 2


class Entry:
    """A contract that may not have been read yet.

    Args:
        name: of the contract.
        file: that it is in.
        layout: of its project.
        read: reads it.
    """

    def __init__(self, name: str, file: Path, layout: Layout, read: Callable[[], Artifact]) -> None:
        self.name = name
        self.file = file
        self.layout = layout
        self._read = read

    @cached_property
    def artifact(self) -> Artifact:
        """The contract.

        Raises:
            BrokenArtifact: its file is not what its tool writes.
        """
        return self._read()

    @cached_property
    def role(self) -> Role:
        """By where its source lies; one that is not below the root is a dependency's."""
        source, layout = PurePosixPath(self.artifact.source_name), self.layout
        if source.name.endswith(_SCRIPTS) or any(source.is_relative_to(folder) for folder in layout.tests):
            return Role.TEST
        if any(source.is_relative_to(folder) for folder in layout.libraries):
            return Role.DEPENDENCY
        # Of files that were named, the sources may be anywhere.
        is_here = layout.kind is Kind.FILES or (layout.root / source).is_file()
        return Role.OWN if is_here else Role.DEPENDENCY

    @property
    def path(self) -> str:
        """Of the file, from the project's root."""
        file, root = self.file, self.layout.root
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)

    @cached_property
    def fresh(self) -> Artifact:
        """The contract, if no source has changed since its tool built it; looked at once.

        What was named instead of found is taken as it is.

        Raises:
            BrokenArtifact: its file is not what its tool writes.
            StaleBuild: a source has changed.
        """
        is_built = self.layout.kind in (Kind.FOUNDRY, Kind.HARDHAT)
        for name, digest in self.artifact.source_hashes.items() if is_built else ():
            source = self.layout.root / name
            if source.is_file() and not _has_digest(source, digest):
                raise StaleBuild(self.artifact, source, self.layout.command)
        return self.artifact


def _has_digest(source: Path, digest: str) -> bool:
    content = source.read_bytes()
    # forge reads a file with Windows' line ends as if it had the others.
    readings = (content, content.replace(b"\r\n", b"\n"))
    return any(keccak(each).hex() == digest for each in readings)


class Catalogue:
    """Contracts by name.

    Args:
        entries: of one project, or of several.
        layouts: where they come from, for messages.
    """

    def __init__(self, entries: Iterable[Entry], layouts: tuple[Layout, ...] = ()) -> None:
        self.layouts = layouts
        self._by_name: dict[str, list[Entry]] = {}
        for entry in entries:
            self._by_name.setdefault(entry.name, []).append(entry)

    @classmethod
    def open(cls, layouts: tuple[Layout, ...]) -> "Catalogue":
        """List what lies in folders and files; sources are for a compiler, and not among them.

        Raises:
            MissingBuild: a project's tool has not been run.
            BrokenArtifact: a file with several contracts is not what its tool writes.
        """
        return cls((entry for layout in layouts for entry in _entries(layout)), layouts)

    @classmethod
    def of(cls, artifacts: Iterable[Artifact], layout: Layout | None = None) -> "Catalogue":
        """Take artifacts that are at hand; what several compilations have in common counts once."""
        given = layout or Layout(Kind.FILES, Path(), ())
        distinct = {(each.qualified_name, each.bytecode): each for each in artifacts}
        return cls(_read_entries(distinct.values(), given), (layout,) if layout else ())

    def __or__(self, other: "Catalogue") -> "Catalogue":
        return Catalogue([*self.entries(), *other.entries()], (*self.layouts, *other.layouts))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all contracts, sorted, each once."""
        return tuple(sorted(self._by_name))

    def entries(self, role: Role | None = None) -> Iterator[Entry]:
        """Return all contracts, or those of a role, which reads every file."""
        every = (entry for name in self.names for entry in self._by_name[name])
        return (entry for entry in every if role is None or entry.role is role)

    def readable(self) -> tuple[list[Entry], list[BrokenArtifact]]:
        """Read every file; return the contracts of those that can be read, and what is wrong with others."""
        found: list[Entry] = []
        broken: list[BrokenArtifact] = []
        for entry in self.entries():
            try:
                _ = entry.artifact
            except BrokenArtifact as error:
                broken.append(error)
            else:
                found.append(entry)
        return found, broken

    def find(self, key: str) -> Entry:
        """Return the contract that a name means; `Entry.fresh` is it, built from the sources as they are.

        Args:
            key: a contract's name; ``source:name``, where the last parts of the source's path do; or the path
                of an artifact's file from the project's root.

        Raises:
            UnknownContract: none has it.
            AmbiguousContract: several have it. The project's own come before those of dependencies, and these
                before tests and scripts.
            BrokenArtifact: a file is not what its tool writes.
        """
        candidates = self._candidates(key)
        if not candidates:
            places = ", ".join(map(str, self.layouts)) or "what was given"
            raise UnknownContract(key, self.names, places)
        if len(candidates) > 1:
            first = min(entry.role for entry in candidates)
            candidates = [entry for entry in candidates if entry.role is first]
        if len(candidates) > 1:
            raise AmbiguousContract(key, _choices(candidates))
        return candidates[0]

    def __contains__(self, key: str) -> bool:
        return bool(self._candidates(key))

    def _candidates(self, key: str) -> list[Entry]:
        if key.endswith(".json"):
            return [entry for entry in self.entries() if entry.path == key]
        source, colon, name = key.rpartition(":")
        found = self._by_name.get(name, [])
        if not colon:
            return found
        exact = [entry for entry in found if entry.artifact.source_name == source]
        return exact or [entry for entry in found if entry.artifact.source_name.endswith(f"/{source}")]


def _choices(entries: list[Entry]) -> tuple[str, ...]:
    qualified = [entry.artifact.qualified_name for entry in entries]
    # One contract that several compilers have compiled.
    is_enough = len(set(qualified)) == len(qualified)
    return tuple(qualified if is_enough else (entry.path for entry in entries))


# --- listing


def _entries(layout: Layout) -> Iterator[Entry]:
    if layout.kind is Kind.FILES:
        for place in layout.places:
            yield from _named_entries(place, layout)
    elif layout.kind is not Kind.SOURCES:
        yield from _built_entries(layout)


def _built_entries(layout: Layout) -> Iterator[Entry]:
    folder = layout.places[0]
    reader: foundry.Reader | hardhat.Reader
    if layout.kind is Kind.FOUNDRY and layout.cache:
        reader = foundry.Reader(folder, layout.cache)
    else:
        reader = hardhat.Reader(folder)
    listed = [file for file in _json_files(folder) if _is_of_one_contract(file)]
    if not listed:
        raise MissingBuild(layout)
    for file in listed:
        yield Entry(files.name_of(file), file, layout, partial(reader.read, file))


def _named_entries(place: Path, layout: Layout) -> Iterator[Entry]:
    if place.is_file():
        yield from _read_entries(files.Reader(files.folder_of(place)).read(place), layout)
        return
    reader = files.Reader(place)
    for file in _json_files(place):
        if _is_of_one_contract(file):
            yield Entry(files.name_of(file), file, layout, partial(_only, reader, file))
        else:
            yield from _listed_entries(reader, file, layout)


def _listed_entries(reader: files.Reader, file: Path, layout: Layout) -> Iterator[Entry]:
    """The contracts of a file in a named folder; one that is broken is said to be when it is asked for."""
    try:
        is_artifact = formats.of(document.load(file)) in files.READABLE
        yield from _read_entries(reader.read(file) if is_artifact else (), layout)
    except BrokenArtifact:
        yield Entry(files.name_of(file), file, layout, partial(_only, reader, file))


def _read_entries(artifacts: Iterable[Artifact], layout: Layout) -> Iterator[Entry]:
    for each in artifacts:
        yield Entry(each.name, Path(each.origin), layout, partial(_same, each))


def _only(reader: files.Reader, file: Path) -> Artifact:
    (artifact,) = reader.read(file)
    return artifact


def _same(artifact: Artifact) -> Artifact:
    return artifact


def _json_files(folder: Path) -> list[Path]:
    found = folder.rglob("*.json") if folder.is_dir() else ()
    return sorted(
        file for file in found if "build-info" not in file.parts and not file.name.endswith(".dbg.json")
    )


def _is_of_one_contract(file: Path) -> bool:
    """Foundry and Hardhat have a folder named as the source, and in it a file a contract."""
    return file.parent.suffix in SOURCE_SUFFIXES
