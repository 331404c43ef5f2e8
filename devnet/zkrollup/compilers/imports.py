"""Which files a Solidity source imports, found as solc finds them.

Owns import statements, source unit names, remappings and where a unit lies. With all of it known beforehand
solc reads no file itself, and the content of what it compiles can name its output. Source: "Import Path
Resolution" in Solidity's documentation; remappings as Foundry writes them.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from zkrollup.artifacts.projects import BrokenProject, foundry_profile
from zkrollup.compilers.errors import UnreadableSource
from zkrollup.compilers.tokens import tokens


class Remapping(NamedTuple):
    """``context:prefix=target``: in units that start with ``context``, ``target`` stands for ``prefix``."""

    context: str
    prefix: str
    target: str

    def __str__(self) -> str:
        context = f"{self.context}:" if self.context else ""
        return f"{context}{self.prefix}={self.target}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a project's imports lead.

    Attributes:
        root: what unit names are relative to.
        modules: folders called ``node_modules``, the nearest first.
        remappings: in the order in which solc gets them.
    """

    root: Path
    modules: tuple[Path, ...]
    remappings: tuple[Remapping, ...]

    def unit_name(self, file: Path) -> str:
        """The name under which a file is compiled: its path in the root, or how a package's is imported."""
        for folder in (*self.modules, self.root):
            if file.is_relative_to(folder):
                return file.relative_to(folder).as_posix()
        return file.as_posix()

    def locate(self, unit: str) -> Path | None:
        """The file of a unit: below the root, else in a package; None where there is none."""
        places = (folder / unit for folder in (self.root, *self.modules))
        return next((place for place in places if place.is_file()), None)

    def resolve(self, path: str, unit: str) -> str:
        """The unit that ``import "path"`` in ``unit`` means."""
        name = _joined(unit, path) if path.startswith(("./", "../")) else path
        fitting = [
            (len(each.context), len(each.prefix), place, each)
            for place, each in enumerate(self.remappings)
            if unit.startswith(each.context) and name.startswith(each.prefix)
        ]
        if not fitting:
            return name
        chosen = max(fitting)[-1]  # the longest context, then the longest prefix, then the last
        return chosen.target + name.removeprefix(chosen.prefix)


def layout(root: Path, *, near: Path | None = None) -> Layout:
    """A project's layout: its packages and remappings.

    Args:
        root: what unit names and remappings are relative to.
        near: folder from which packages are looked for upwards, the root if not given.

    Raises:
        BrokenProject: foundry.toml is no TOML, or its remappings are no texts.
        UnreadableSource: remappings.txt cannot be read.
    """
    near = near or root
    above = (folder / "node_modules" for folder in (near, *near.parents))
    return Layout(root, tuple(folder for folder in above if folder.is_dir()), tuple(_remappings(root)))


class Source(NamedTuple):
    """A source unit: its text, and the units that it imports and that are there."""

    text: str
    imports: tuple[str, ...]


def closure(layout: Layout, files: Iterable[Path]) -> dict[str, Source]:
    """Files and all that they import, by unit name, sorted.

    An import of nothing is left out: the compiler says so better.

    Raises:
        UnreadableSource: a file cannot be read.
    """
    found: dict[str, Source] = {}
    waiting = {layout.unit_name(file): file for file in files}
    while waiting:
        unit, file = waiting.popitem()
        text = read(file)
        names = dict.fromkeys(layout.resolve(path, unit) for path in imports(text))
        unseen = [name for name in names if name not in found and name not in waiting]
        waiting |= {name: place for name in unseen if (place := layout.locate(name)) is not None}
        found[unit] = Source(text, tuple(name for name in names if name in found or name in waiting))
    return dict(sorted(found.items()))


def reached(sources: Mapping[str, Source], units: Iterable[str]) -> dict[str, Source]:
    """The part of a closure that some of its units need, sorted."""
    found: set[str] = set()
    waiting = set(units)
    while waiting:
        unit = waiting.pop()
        found.add(unit)
        waiting |= set(sources[unit].imports) - found
    return {unit: source for unit, source in sources.items() if unit in found}


def imports(source: str) -> Iterator[str]:
    """The paths that a source imports, as they are written; comments and other strings do not count."""
    inside = False
    for token in tokens(source):
        if token["word"] == "import":
            inside = True
        elif token["string"] and inside:
            yield token["string"][1:-1]
            inside = False
        elif token["end"]:
            inside = False


def read(file: Path) -> str:
    """A source's text.

    Raises:
        UnreadableSource: there is none, or it is not UTF-8.
    """
    try:
        return file.read_bytes().decode()  # line ends as they are: offsets and digests count them
    except OSError as error:
        raise UnreadableSource(str(file), f"it cannot be read ({error})") from error
    except UnicodeDecodeError as error:
        raise UnreadableSource(str(file), f"it is not UTF-8 ({error})") from error


def _joined(unit: str, path: str) -> str:
    """A relative path from a unit's folder; as solc does, no ``..`` leads above where unit names start."""
    name = posixpath.normpath(posixpath.join("/", posixpath.dirname(unit), path))
    return name if unit.startswith("/") else name.removeprefix("/")


# --- remappings ---------------------------------------------------------------------------------------------


def _remappings(root: Path) -> Sequence[Remapping]:
    """Of the libraries that lie there, then those of foundry.toml and remappings.txt, which replace them."""
    profile = foundry_profile(root)
    lines = _texts(root, profile, "remappings", ())
    listed = root / "remappings.txt"
    if listed.is_file():
        lines = (*lines, *read(listed).splitlines())
    given = [_parse(line.strip()) for line in lines if "=" in line]
    found = [*_of_libraries(root, _texts(root, profile, "libs", ("lib",))), *given]
    return list({(each.context, each.prefix): each for each in found}.values())


def _texts(root: Path, profile: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = profile.get(name, default)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise BrokenProject(root / "foundry.toml", f"{name} = {value!r} is no array of texts", field=name)
    return tuple(value)


def _parse(line: str) -> Remapping:
    where, _, target = line.partition("=")
    context, _, prefix = where.rpartition(":")
    return Remapping(context, prefix, target)


def _of_libraries(root: Path, folders: Iterable[str]) -> Iterator[Remapping]:
    """As forge finds them: ``lib/NAME`` is imported as ``NAME/``."""
    for folder in folders:
        if Path(folder).name == "node_modules" or not (root / folder).is_dir():
            continue
        for library in sorted(each for each in (root / folder).iterdir() if each.is_dir()):
            inner = next((f"{name}/" for name in ("src", "contracts") if (library / name).is_dir()), "")
            yield Remapping("", f"{library.name}/", f"{folder}/{library.name}/{inner}")
