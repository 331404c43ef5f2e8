"""Where a project's contracts are: found by what its tool leaves, or named.

Owns the search and its precedence: what is named wins; else, from the starting folder upwards to the
repository's root, the first folder with a ``foundry.toml`` or, failing that, a ``hardhat.config.*``. Reads no
artifact.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from zkrollup.errors import ZkRollupError

SOURCE_SUFFIXES: Final = (".sol", ".vy")
_FOUNDRY: Final = "foundry.toml"
_HARDHAT: Final = tuple(f"hardhat.config.{suffix}" for suffix in ("ts", "js", "mjs", "cjs", "mts", "cts"))
_LIBRARIES: Final = ("lib", "node_modules")
_TESTS: Final = ("test", "tests", "script", "scripts")


class Kind(StrEnum):
    """Who compiles a project; the value is what a header calls it."""

    FOUNDRY = "Foundry"
    HARDHAT = "Hardhat"
    FILES = "artifact files"
    SOURCES = "sources"


class NoProject(ZkRollupError):
    """There is no project at a folder or above.

    Attributes:
        start: the folder.
    """

    def __init__(self, start: Path) -> None:
        self.start = start
        super().__init__(
            f"no project at {start} or above: there is neither {_FOUNDRY} nor hardhat.config.*; name "
            "artifact folders, JSON files or sources in the ini key zk_contracts"
        )


class NoContracts(ZkRollupError):
    """A path that was named has no contracts.

    Attributes:
        path: the path.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"zk_contracts names {path}, but {reason}; name a folder of artifacts, JSON files, .sol or .vy "
            "files, or a project's root; globs may be used"
        )


class BrokenProject(ZkRollupError):
    """A project's own file cannot be understood.

    Attributes:
        path: the file.
        field: where in it; empty for the whole.
    """

    def __init__(self, path: Path, reason: str, *, field: str = "") -> None:
        self.path, self.field = path, field
        super().__init__(f"{path} is broken: {reason}; correct it, or name artifacts in zk_contracts")


@dataclass(frozen=True, slots=True)
class Layout:
    """A project, or a named part of one, as it lies on disk.

    Attributes:
        kind: who compiles it.
        root: folder that source names are relative to.
        places: the folder of artifacts; or what was named: JSON files and folders of them, or sources and
            folders of those.
        libraries: folders below the root that hold dependencies.
        tests: folders below the root whose contracts are tests and scripts.
        cache: forge's cache file, of a Foundry project.
    """

    kind: Kind
    root: Path
    places: tuple[Path, ...]
    libraries: tuple[str, ...] = _LIBRARIES
    tests: tuple[str, ...] = _TESTS
    cache: Path | None = None

    @property
    def command(self) -> str:
        """What builds it."""
        commands = {Kind.FOUNDRY: "forge build", Kind.HARDHAT: "npx hardhat compile"}
        return commands.get(self.kind, "the command that made it")

    def __str__(self) -> str:
        first, *others = self.places
        shown = os.path.relpath(first, self.root) if first.is_relative_to(self.root) else str(first)
        more = f" and {len(others)} more" if others else ""
        return f"{self.kind} at {self.root} ({shown}{more})"


def find(start: Path, named: Sequence[Path] = ()) -> tuple[Layout, ...]:
    """Return where contracts are.

    Args:
        start: folder to search from, upwards, when nothing is named.
        named: artifact folders, JSON files, sources, projects' roots, or globs of them; absolute.

    Raises:
        NoProject: nothing is named, and no project was found.
        NoContracts: a path has nothing of the kind.
        BrokenProject: a foundry.toml cannot be read.
    """
    if named:
        return _named(start, named)
    for folder in _upwards(start):
        layout = _detected(folder)
        if layout:
            return (layout,)
    raise NoProject(start)


def _upwards(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _detected(folder: Path) -> Layout | None:
    if (folder / _FOUNDRY).is_file():
        return _foundry(folder)
    if any((folder / name).is_file() for name in _HARDHAT):
        return Layout(Kind.HARDHAT, folder, (folder / "artifacts",))
    return None


# --- Foundry


def _foundry(root: Path) -> Layout:
    settings = foundry_profile(root)

    def setting(name: str, default: str) -> str:
        value = os.environ.get(f"FOUNDRY_{name.upper()}", settings.get(name, default))
        if not isinstance(value, str):
            raise BrokenProject(root / _FOUNDRY, f"{name} = {value!r} is no path", field=name)
        return value

    libraries = settings.get("libs", _LIBRARIES)
    if not isinstance(libraries, list | tuple):
        raise BrokenProject(root / _FOUNDRY, f"libs = {libraries!r} is no array of paths", field="libs")
    return Layout(
        Kind.FOUNDRY,
        root,
        (root / setting("out", "out"),),
        libraries=(*map(str, libraries), "node_modules"),
        tests=(setting("test", "test"), setting("script", "script")),
        cache=root / setting("cache_path", "cache") / "solidity-files-cache.json",
    )


def foundry_profile(root: Path) -> dict[str, Any]:
    """Settings of the profile that forge would take, over the default one's; none without a foundry.toml.

    Raises:
        BrokenProject: foundry.toml is no TOML, or has a profile that is no table.
    """
    file = root / _FOUNDRY
    if not file.is_file():
        return {}
    try:
        whole = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenProject(file, f"it is no TOML ({error})") from error
    profiles = whole.get("profile", {})
    chosen = os.environ.get("FOUNDRY_PROFILE", "default")
    tables = [
        profiles.get(name, {}) if isinstance(profiles, Mapping) else None for name in ("default", chosen)
    ]
    if not all(isinstance(table, Mapping) for table in tables):
        raise BrokenProject(file, f"profile.{chosen} is no table", field=f"profile.{chosen}")
    return {key: value for table in tables for key, value in dict(table or {}).items()}


# --- what is named


def _named(start: Path, named: Sequence[Path]) -> tuple[Layout, ...]:
    layouts: list[Layout] = []
    sources: list[Path] = []
    files: list[Path] = []
    for path in (found for each in named for found in _expanded(each)):
        detected = _detected(path) if path.is_dir() else None
        if detected:
            layouts.append(detected)
        elif _has_sources(path):
            sources.append(path)
        elif path.suffix == ".json" or (path.is_dir() and any(path.rglob("*.json"))):
            files.append(path)
        else:
            raise NoContracts(path, "it is neither JSON nor a source, nor a folder with any")
    if files:
        layouts.append(Layout(Kind.FILES, start, tuple(files)))
    if sources:
        layouts.append(Layout(Kind.SOURCES, start, tuple(dict.fromkeys(sources))))
    return tuple(layouts)


def _expanded(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not found:
        raise NoContracts(path, "there is nothing of that name")
    return found


def _has_sources(path: Path) -> bool:
    """Whether it is a source, or a folder of any; forge's folders of artifacts end in .sol too."""
    found = path.rglob("*") if path.is_dir() else (path,)
    return any(each.suffix in SOURCE_SUFFIXES and each.is_file() for each in found)
