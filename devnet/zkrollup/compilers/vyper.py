"""Vyper through its Python package, in processes of its own.

Owns which files a contract may depend on, and how Vyper is run. Each file is compiled by itself, several at
once: Vyper starts in 0.15 s, stops at the first file that it refuses, and shares nothing between files.
"""

import importlib.metadata
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zkrollup import jsontext
from zkrollup.artifacts import Artifact
from zkrollup.artifacts.vyper_json import read_output
from zkrollup.compilers.errors import (
    CompilationFailed,
    CompilerCrashed,
    CompilerNotFound,
    Diagnostic,
    UnreadableSource,
)
from zkrollup.compilers.imports import read
from zkrollup.compilers.processes import run
from zkrollup.compilers.settings import Settings
from zkrollup.compilers.store import key_of

_SUFFIXES: Final = (".vy", ".vyi", ".json")
_REFUSAL: Final = re.compile(r"^vyper\.exceptions\.(?P<kind>\w+): ?(?P<message>.*)", re.MULTILINE)
_WARNING: Final = re.compile(
    r"^\S.*?:\d+: (?P<kind>\w+): (?P<text>(?P<message>.*?)$.*?)\s+^ *vyper_warn\(", re.MULTILINE | re.DOTALL
)
"""As Python prints them: place in Vyper, kind, text, and the line of Vyper that warned."""


@dataclass(frozen=True, slots=True)
class VyperUnit:
    """One Vyper file, which one run of Vyper compiles.

    Attributes:
        version: Vyper's.
        root: the project's, where imports are looked for, beside the file's folder and Python's path.
        name: path of the file, relative to the root where it is in it.
        evm_version: the EVM to compile for; empty for Vyper's default.
        sources: text of the file and of all that its imports may mean, by path.
    """

    version: str
    root: Path
    name: str
    evm_version: str
    sources: tuple[tuple[str, str], ...]

    @property
    def compiler(self) -> str:
        """Its name and version."""
        return f"vyper {self.version}"

    @property
    def key(self) -> str:
        """Another one for other sources, settings or another Vyper."""
        parts = (part for source in self.sources for part in source)
        return key_of(self.compiler, self.name, self.evm_version, *parts)

    def compile(self) -> str:
        """Run Vyper and return what it printed, as JSON: ``output`` and ``errors``.

        Raises:
            CompilationFailed: Vyper refused the file.
            CompilerCrashed: it neither compiled nor said why not.
            UnreadableSource: a source was changed meanwhile.
        """
        chosen = ("--evm-version", self.evm_version) if self.evm_version else ()
        # -P: a project's own folder `vyper` is not the compiler.
        command = [sys.executable, "-P", "-m", "vyper", "-f", "combined_json", "-p", str(self.root), *chosen]
        done = run(self.compiler, [*command, self.name], folder=self.root)
        if done.code == 0:
            self._require_unchanged()
            return json.dumps({"output": done.output, "errors": done.errors})
        said = _REFUSAL.search(done.errors)
        if said is None:
            raise CompilerCrashed(self.compiler, done.code, done.errors or done.output)
        text = done.errors[said.start() :].rstrip()  # before it stands what led to it inside Vyper
        refusal = Diagnostic("error", said["kind"], said["message"], text, self.name)
        raise CompilationFailed([self.compiler], [refusal])

    def _require_unchanged(self) -> None:
        """Vyper has read the files once more: what it made of others must not be kept for these."""
        now = dict(_closure(self.root / self.name, self.root))
        for name, text in self.sources:
            if now.get(name) != text:
                raise UnreadableSource(name, "it was changed while it was compiled; run again")

    def warnings(self, output: str) -> tuple[Diagnostic, ...]:
        """What Vyper says of a file that it compiled."""
        found = _WARNING.finditer(jsontext.loads(output)["errors"])
        return tuple(
            Diagnostic("warning", each["kind"], each["message"], each["text"], self.name) for each in found
        )

    def artifacts(self, output: str) -> tuple[Artifact, ...]:
        """The contract."""
        found = jsontext.loads(jsontext.loads(output)["output"])
        return read_output(found, origin=str(self.root / self.name))


def vyper_units(root: Path, files: Sequence[Path], settings: Settings) -> tuple[VyperUnit, ...]:
    """A unit for each Vyper file.

    Raises:
        CompilerNotFound: Vyper is not installed.
        UnreadableSource: a file cannot be read.
    """
    version = vyper_version()
    if version is None:
        raise CompilerNotFound(
            "Vyper",
            [f"the Python package vyper: not installed for {sys.executable}"],
            "Run `pip install 'pytest-zkrollup[vyper]'`.",
        )
    return tuple(
        VyperUnit(version, root, _name(file, root), settings.evm_version, tuple(_closure(file, root).items()))
        for file in files
    )


def vyper_version() -> str | None:
    """The version of the Vyper in this environment, None where there is none; it is not imported."""
    try:
        return importlib.metadata.version("vyper")
    except importlib.metadata.PackageNotFoundError:
        return None


def is_module(file: Path) -> bool:
    """Whether a file is a part for other contracts: it uses a module that it does not initialise.

    Vyper compiles such a file only where another imports it.
    """
    statements = list(_statements(read(file)))
    used = {name for words in statements if words[:2] == ["uses", ":"] for name in words[2:]}
    return bool(used - {",", *(words[2] for words in statements if words[:2] == ["initializes", ":"])})


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def _closure(file: Path, root: Path) -> dict[str, str]:
    """The file and every file that an import in it, or in one of those, could mean, as text by path.

    More than Vyper reads, for which of them it takes is its own affair; never less.
    """
    search = (file.resolve().parent, root, *(Path(folder or ".").absolute() for folder in sys.path))
    found: dict[str, str] = {}
    waiting = {file}
    while waiting:
        current = waiting.pop()
        text = read(current)
        found[_name(current, root)] = text
        if current.suffix != ".json":
            meant = _candidates(current, text, search)
            waiting |= {each for each in meant if _name(each, root) not in found}
    return dict(sorted(found.items()))


def _candidates(file: Path, text: str, search: Iterable[Path]) -> Iterator[Path]:
    for module in _imported(text):
        path = module.lstrip(".")
        dots = len(module) - len(path)
        for folder in file.resolve().parents[dots - 1 : dots] if dots else search:
            place = folder / path.replace(".", "/")
            candidates = (place.with_name(place.name + suffix) for suffix in _SUFFIXES)
            yield from (each for each in candidates if each.is_file())


def _imported(text: str) -> Iterator[str]:
    """The modules that a source imports, with their leading dots: ``from ..a import b`` is ``..a.b``."""
    for words in _statements(text):
        if words[0] == "import":
            yield _until_as(words[1:])
        elif words[0] == "from" and "import" in words:
            place = words.index("import")
            package = "".join(words[1:place])
            separator = "" if package.endswith(".") else "."
            yield f"{package}{separator}{_until_as(words[place + 1 :])}"


def _until_as(words: list[str]) -> str:
    return "".join(words[: words.index("as")] if "as" in words else words)


def _statements(text: str) -> Iterator[list[str]]:
    """Logical lines as words, without parentheses. What Python cannot read, Vyper refuses too."""
    words: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE and words:
                yield words
                words = []
            elif token.type in (tokenize.NAME, tokenize.OP) and token.string not in ("(", ")"):
                words.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        return
