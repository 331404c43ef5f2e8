"""Which solc is taken: of the environment, of PATH, of npm, and releases that version managers have kept.

Owns where they are and which comes first. What a source asks of them is in `pragmas`.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from zkrollup import jsontext
from zkrollup.compilers.errors import CompilerCrashed, CompilerNotFound, NodeNotFound
from zkrollup.compilers.node import find_node
from zkrollup.compilers.processes import run

ENVIRONMENT_VARIABLE: Final = "SOLC"

_DRIVER: Final = """
const solc = require(process.argv[1]);
process.stdout.write(solc.compile(require("fs").readFileSync(0, "utf8")));
"""
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+[\w.+-]*")
_OLDEST_OF_NPM: Final = (0, 5)
"""Older packages have another way to be called."""


@dataclass(frozen=True, slots=True)
class Solc:
    """A solc that this machine has.

    Attributes:
        version: such as ``0.8.37``, with the commit where it tells.
        command: reads standard JSON and writes standard JSON.
        place: where it was found.
    """

    version: str
    command: tuple[str, ...]
    place: str

    def __str__(self) -> str:
        return f"solc {self.version}"

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers."""
        return _numbers(self.version)


@dataclass(frozen=True, slots=True)
class Kept:
    """A solc that lies on this machine and was not asked for its version yet.

    Attributes:
        release: that its folder or file names, as numbers.
        place: its path.
        open: gives the compiler; raises CompilerCrashed where it does not tell its version.
    """

    release: tuple[int, ...]
    place: Path
    open: Callable[[], Solc]


def find_solc(near: Path) -> Solc:
    """The solc for sources at ``near``: ``$SOLC``, else of PATH, of npm there or above, the newest kept one.

    Raises:
        CompilerNotFound: there is none; a ``$SOLC`` that is none is not passed over.
        CompilerCrashed: there is one that does not tell its version.
    """
    looked_for: list[str] = []
    for look in (named_solc, _of_path, _of_npm, _newest):
        found = look(near, looked_for.append)
        if found is not None:
            return found
    raise CompilerNotFound(
        "Solidity",
        looked_for,
        "Run `npm install solc` in the project; `pip install 'pytest-zkrollup[solidity]'` brings Node and "
        f"npm. Or put a solc on PATH, or name one in the environment variable {ENVIRONMENT_VARIABLE}.",
    )


def kept_solcs(near: Path) -> list[Kept]:
    """Further releases, the newest first: npm's under other names, and what version managers have kept.

    npm keeps several releases where all but one have an alias that begins with ``solc``, as in
    ``npm install solc-0.5.16@npm:solc@0.5.16``. Version managers are svm (Foundry's), solc-select and
    py-solc-x.
    """
    found = [*_packages(near), *_managed()]
    return sorted(found, key=lambda each: each.release, reverse=True)


def named_solc(_near: Path, missing: Callable[[str], None]) -> Solc | None:
    """The solc that the environment names.

    Raises:
        CompilerNotFound: it names no program.
        CompilerCrashed: that does not tell its version.
    """
    value = os.environ.get(ENVIRONMENT_VARIABLE)
    if not value:
        missing(f"the environment variable {ENVIRONMENT_VARIABLE}: not set")
        return None
    program = shutil.which(value)
    if program is None:
        looked_for = [f"the environment variable {ENVIRONMENT_VARIABLE}: {value} is no program"]
        raise CompilerNotFound("Solidity", looked_for, "Name a program, or unset the variable.")
    return _program(program, f"${ENVIRONMENT_VARIABLE}, {program}")


# --- programs -----------------------------------------------------------------------------------------------


def _of_path(_near: Path, missing: Callable[[str], None]) -> Solc | None:
    program = shutil.which("solc")
    if program is None:
        missing("solc on PATH: none")
        return None
    return _program(program, program)


def _newest(near: Path, missing: Callable[[str], None]) -> Solc | None:
    kept = kept_solcs(near)
    if not kept:
        missing("releases that svm, solc-select or py-solc-x keep: none")
        return None
    return kept[0].open()


def _managed() -> Iterator[Kept]:
    try:
        home = Path.home()
    except RuntimeError:  # of a user without a home
        return
    folders = (
        (user_data_path("svm", appauthor=False), "*/solc-*"),
        (home / ".svm", "*/solc-*"),
        (home / ".solc-select" / "artifacts", "solc-*/solc-*"),
        (home / ".solcx", "solc-v*"),
    )
    for folder, pattern in folders:
        for file in folder.glob(pattern):
            version = _VERSION.search(file.name)
            if version and file.is_file() and os.access(file, os.X_OK):
                yield Kept(_numbers(version[0]), file, partial(_program, str(file), str(file)))


def _program(program: str, place: str) -> Solc:
    program = str(Path(program).absolute())  # it is not run in this folder
    done = run(program, [program, "--version"])
    version = _VERSION.search(done.output)
    if done.code or version is None:
        raise CompilerCrashed(program, done.code, done.errors or done.output)
    return Solc(version[0], (program, "--standard-json"), place)


# --- npm's packages -----------------------------------------------------------------------------------------


def _of_npm(near: Path, missing: Callable[[str], None]) -> Solc | None:
    packages = (folder / "solc" for folder in _modules(near))
    package = next((folder for folder in packages if (folder / "package.json").is_file()), None)
    if package is None:
        missing(f"the npm package solc: in no node_modules at {near} or above")
    node = _node(missing)
    if package is None or node is None:
        return None
    try:
        version = str(jsontext.loads((package / "package.json").read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CompilerCrashed(f"{package}/package.json", None, f"no version: {error}") from error
    return _package(package, version, node)


def _packages(near: Path) -> Iterator[Kept]:
    files = [file for folder in _modules(near) for file in folder.glob("solc*/package.json")]
    node = _node(lambda _reason: None) if files else None
    for file in files:
        name, version = _told(file)
        if node and version and name == "solc" and _numbers(version[0]) >= _OLDEST_OF_NPM:
            yield Kept(_numbers(version[0]), file.parent, partial(_package, file.parent, version[0], node))


def _told(file: Path) -> tuple[object, re.Match[str] | None]:
    """Name and version of a package; a file that is none is not asked for, and so is no error."""
    try:
        told = jsontext.loads(file.read_bytes())
        return told["name"], _VERSION.match(told["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def _package(package: Path, version: str, node: str) -> Solc:
    return Solc(version, (node, "-e", _DRIVER, str(package.resolve())), f"{package}, by {node}")


def _modules(near: Path) -> Iterator[Path]:
    return (folder / "node_modules" for folder in (near, *near.parents))


def _node(missing: Callable[[str], None]) -> str | None:
    try:
        return find_node().program
    except NodeNotFound as error:
        missing(f"Node for the npm package: {error}")
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
