"""Solidity through solc: a program of the machine, or the npm package through Node.

Owns which solc is taken, and its standard JSON. All files go in together: Node starts once, and what
several files import is read once. Six contracts over OpenZeppelin and Solady, on two cores: 2.9 s in one
process, 4.4 s in four at once.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zkrollup.artifacts import Artifact
from zkrollup.artifacts.standard_json import read_output
from zkrollup.compilers.errors import (
    CompilationFailed,
    CompilerCrashed,
    CompilerNotFound,
    Diagnostic,
    NodeNotFound,
)
from zkrollup.compilers.imports import closure, layout
from zkrollup.compilers.node import find_node
from zkrollup.compilers.processes import run
from zkrollup.compilers.settings import Settings
from zkrollup.compilers.store import key_of

ENVIRONMENT_VARIABLE: Final = "SOLC"

_DRIVER: Final = """
const solc = require(process.argv[1]);
process.stdout.write(solc.compile(require("fs").readFileSync(0, "utf8")));
"""
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+[\w.+-]*")
_PRAGUE_SINCE: Final = (0, 8, 30)
"""The first release that takes Prague unless told otherwise; what older ones take runs here too."""

_OUTPUTS: Final = (
    "abi",
    "evm.bytecode.object",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "evm.deployedBytecode.linkReferences",
    "evm.deployedBytecode.sourceMap",
    "storageLayout",
)


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
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:3])


@dataclass(frozen=True, slots=True)
class SolidityUnit:
    """Solidity sources that one run of solc compiles.

    Attributes:
        solc: the compiler.
        root: the project's.
        input: standard JSON with every source in it.
    """

    solc: Solc
    root: Path
    input: str

    @property
    def compiler(self) -> str:
        """Its name and version."""
        return str(self.solc)

    @property
    def key(self) -> str:
        """Another one for another input or compiler."""
        return key_of(str(self.solc), self.input)

    def compile(self) -> str:
        """Run solc and return its standard JSON.

        Raises:
            CompilationFailed: solc refused the sources.
            CompilerCrashed: it did not answer with standard JSON.
        """
        with tempfile.TemporaryDirectory() as empty:  # solc would look here for what the input lacks
            done = run(self.compiler, self.solc.command, text=self.input, folder=Path(empty))
        output = done.output[max(0, done.output.find("{")) :]  # solcjs says something before
        try:
            said = _diagnostics(output)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise CompilerCrashed(self.compiler, done.code, done.errors or done.output) from error
        refusals = [each for each in said if each.severity == "error"]
        if refusals:
            raise CompilationFailed([self.compiler], refusals)
        return output

    def warnings(self, output: str) -> tuple[Diagnostic, ...]:
        """What solc says of the sources that it compiled."""
        return _diagnostics(output)

    def artifacts(self, output: str) -> tuple[Artifact, ...]:
        """The contracts that came out, those of imported files too."""
        return read_output(json.loads(output), origin=f"{self.compiler} over {self.root}")


def solidity_unit(root: Path, files: Sequence[Path], settings: Settings) -> SolidityUnit:
    """The unit of all Solidity files of a project.

    Raises:
        CompilerNotFound: there is no solc.
        CompilerCrashed: there is one that does not tell its version.
        BrokenProject: foundry.toml is not what forge reads.
        UnreadableSource: a file or remappings.txt cannot be read.
    """
    near = Path(os.path.commonpath([file.parent for file in files]))
    solc, places = find_solc(near), layout(root, near=near)
    texts = closure(places, files)
    # The AST tells immutables' names, and would be most of the output.
    selection = {unit: {"": ["ast"]} for unit, text in texts.items() if "immutable" in text}
    chosen: dict[str, Any] = {
        "optimizer": {"enabled": True, "runs": settings.optimizer_runs},
        "outputSelection": {"*": {"*": list(_OUTPUTS)}, **selection},
        "remappings": [str(each) for each in places.remappings],
    }
    if settings.via_ir:
        chosen["viaIR"] = True
    if settings.evm_version or solc.release >= _PRAGUE_SINCE:
        chosen["evmVersion"] = settings.evm_version or "prague"
    sources = {unit: {"content": text} for unit, text in texts.items()}
    request = {"language": "Solidity", "sources": sources, "settings": chosen}
    return SolidityUnit(solc, root, json.dumps(request, sort_keys=True))


def find_solc(near: Path) -> Solc:
    """The solc for sources at ``near``: ``$SOLC``, else of PATH, else the npm package there or above.

    Raises:
        CompilerNotFound: there is none; a ``$SOLC`` that is none is not passed over.
        CompilerCrashed: there is one that does not tell its version.
    """
    looked_for: list[str] = []
    for look in (_named, _of_path, _of_npm):
        found = look(near, looked_for.append)
        if found is not None:
            return found
    raise CompilerNotFound(
        "Solidity",
        looked_for,
        "Run `npm install solc` in the project, and `pip install 'pytest-zkrollup[solidity]'` for a Node. "
        f"Or put a solc on PATH, or name one in the environment variable {ENVIRONMENT_VARIABLE}.",
    )


def _named(_near: Path, missing: Callable[[str], None]) -> Solc | None:
    value = os.environ.get(ENVIRONMENT_VARIABLE)
    if not value:
        missing(f"the environment variable {ENVIRONMENT_VARIABLE}: not set")
        return None
    program = shutil.which(value)
    if program is None:
        looked_for = [f"the environment variable {ENVIRONMENT_VARIABLE}: {value} is no program"]
        raise CompilerNotFound("Solidity", looked_for, "Name a program, or unset the variable.")
    return _program(program, f"${ENVIRONMENT_VARIABLE}, {program}")


def _of_path(_near: Path, missing: Callable[[str], None]) -> Solc | None:
    program = shutil.which("solc")
    if program is None:
        missing("solc on PATH: none")
        return None
    return _program(program, program)


def _program(program: str, place: str) -> Solc:
    program = str(Path(program).absolute())  # it is not run in this folder
    done = run(program, [program, "--version"])
    version = _VERSION.search(done.output)
    if done.code or version is None:
        raise CompilerCrashed(program, done.code, done.errors or done.output)
    return Solc(version[0], (program, "--standard-json"), place)


def _of_npm(near: Path, missing: Callable[[str], None]) -> Solc | None:
    above = (folder / "node_modules" / "solc" for folder in (near, *near.parents))
    package = next((folder for folder in above if (folder / "package.json").is_file()), None)
    if package is None:
        missing(f"the npm package solc: in no node_modules at {near} or above")
    node = _node(missing)
    if package is None or node is None:
        return None
    try:
        version = str(json.loads((package / "package.json").read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CompilerCrashed(f"{package}/package.json", None, f"no version: {error}") from error
    return Solc(version, (node, "-e", _DRIVER, str(package.resolve())), f"{package}, by {node}")


def _node(missing: Callable[[str], None]) -> str | None:
    try:
        return find_node().program
    except NodeNotFound as error:
        missing(f"Node for the npm package: {error}")
        return None


def _diagnostics(output: str) -> tuple[Diagnostic, ...]:
    return tuple(_diagnostic(each) for each in json.loads(output).get("errors", ()))


def _diagnostic(problem: Mapping[str, Any]) -> Diagnostic:
    place = problem.get("sourceLocation") or {}
    return Diagnostic(
        severity=problem["severity"],
        kind=problem.get("type", ""),
        message=problem["message"],
        formatted=problem.get("formattedMessage", problem["message"]),
        source=place.get("file", ""),
        start=place.get("start", -1),
        end=place.get("end", -1),
    )
