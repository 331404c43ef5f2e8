"""Which files a Solidity source imports, found as solc finds them.

Owns import statements, source unit names, remappings and where a unit lies. With all of it known beforehand
solc reads no file itself, and the content of what it compiles can name its output. Source: "Import Path
Resolution" in Solidity's documentation; remappings as Foundry writes them.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from zkrollup.artifacts.projects import BrokenProject, foundry_profile
from zkrollup.compilers.errors import UnreadableSource

_TOKEN: Final = re.compile(
    r"""//[^\n]* | /\*.*?\*/                                              # comments
        | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
        | (?P<word> [A-Za-z_$][\w$]* )
        | ;""",
    re.DOTALL | re.VERBOSE,
)


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
        name = (
            posixpath.normpath(posixpath.join(posixpath.dirname(unit), path)) if _is_relative(path) else path
        )
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


def closure(layout: Layout, files: Iterable[Path]) -> dict[str, str]:
    """Files and all that they import, as text by unit name, sorted.

    An import of nothing is left out: the compiler says so better.

    Raises:
        UnreadableSource: a file cannot be read.
    """
    found: dict[str, str] = {}
    waiting = {layout.unit_name(file): file for file in files}
    while waiting:
        unit, file = waiting.popitem()
        found[unit] = read(file)
        for path in imports(found[unit]):
            name = layout.resolve(path, unit)
            place = None if name in found else layout.locate(name)
            if place is not None:
                waiting[name] = place
    return dict(sorted(found.items()))


def imports(source: str) -> Iterator[str]:
    """The paths that a source imports, as they are written; comments and other strings do not count."""
    inside = False
    for token in _TOKEN.finditer(source):
        if token["word"] == "import":
            inside = True
        elif token["string"] and inside:
            yield token["string"][1:-1]
            inside = False
        elif token[0] == ";":
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


def _is_relative(path: str) -> bool:
    return path.startswith(("./", "../"))


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
