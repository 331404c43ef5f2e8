"""Solidity through solc's standard JSON, a run for each release that is needed.

Owns what solc is asked, and what becomes of its answer. All files of a release go in together: Node starts
once, and what several files import is read once. Six contracts over OpenZeppelin and Solady, on two cores:
2.9 s in one process, 4.4 s in four at once.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zkrollup import jsontext
from zkrollup.artifacts import Artifact
from zkrollup.artifacts.standard_json import read_output
from zkrollup.compilers.errors import CompilationFailed, CompilerCrashed, Diagnostic
from zkrollup.compilers.imports import Layout, closure, layout, reached
from zkrollup.compilers.processes import run
from zkrollup.compilers.releases import assigned
from zkrollup.compilers.settings import Settings
from zkrollup.compilers.solc import Solc
from zkrollup.compilers.store import key_of

_PRAGUE_SINCE: Final = (0, 8, 30)
"""The first release that takes Prague unless told otherwise; what older ones take runs here too."""

_KNOWN_SINCE: Final = {
    "london": (0, 8, 7),
    "paris": (0, 8, 18),
    "shanghai": (0, 8, 20),
    "cancun": (0, 8, 24),
    "prague": (0, 8, 27),
    "osaka": (0, 8, 29),
}
"""The first release that compiles for an EVM, where that is younger than the oldest release tested. Source:
Solidity's changelog."""

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
class SolidityUnit:
    """Solidity sources that one run of solc compiles.

    Attributes:
        solc: the compiler.
        root: the project's.
        input: standard JSON with every source in it.
        own: unit names whose contracts come from here. Imports that several runs share come from one.
    """

    solc: Solc
    root: Path
    input: str
    own: frozenset[str]

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
        found = read_output(jsontext.loads(output), origin=f"{self.compiler} over {self.root}")
        return tuple(each for each in found if each.source_name in self.own)


def solidity_units(root: Path, files: Sequence[Path], settings: Settings) -> list[SolidityUnit]:
    """A run of solc for each release that the project's Solidity files need, mostly one for all of them.

    Raises:
        CompilerNotFound: there is no solc.
        CompilerCrashed: there is one that does not tell its version.
        NoFittingCompiler: no release that is here suits a file and what it imports.
        BrokenProject: foundry.toml is not what forge reads.
        UnreadableSource: a file or remappings.txt cannot be read.
    """
    near = Path(os.path.commonpath([file.parent for file in files]))
    places = layout(root, near=near)
    sources = closure(places, files)
    runs = assigned(sources, [places.unit_name(file) for file in files], near)
    taken = {name for names in runs.values() for name in names}
    units = []
    for solc, names in runs.items():
        needed = reached(sources, names)
        own = frozenset(names) | (needed.keys() - taken)
        taken |= own
        texts = {name: source.text for name, source in needed.items()}
        units.append(SolidityUnit(solc, root, _request(solc, texts, places, settings), own))
    return units


def _request(solc: Solc, texts: Mapping[str, str], places: Layout, settings: Settings) -> str:
    """Standard JSON that asks a compiler for all that artifacts have."""
    # The AST tells immutables' names, and would be most of the output.
    selection = {unit: {"": ["ast"]} for unit, text in texts.items() if "immutable" in text}
    chosen: dict[str, Any] = {
        "optimizer": {"enabled": True, "runs": settings.optimizer_runs},
        "outputSelection": {"*": {"*": list(_OUTPUTS)}, **selection},
        "remappings": [str(each) for each in places.remappings],
    }
    if settings.via_ir:
        chosen["viaIR"] = True
    evm = settings.evm_version or ("prague" if solc.release >= _PRAGUE_SINCE else "")
    if evm and solc.release >= _KNOWN_SINCE.get(evm.lower(), (0,)):  # else its own default, as forge does
        chosen["evmVersion"] = evm
    sources = {unit: {"content": text} for unit, text in texts.items()}
    return json.dumps({"language": "Solidity", "sources": sources, "settings": chosen}, sort_keys=True)


def _diagnostics(output: str) -> tuple[Diagnostic, ...]:
    return tuple(_diagnostic(each) for each in jsontext.loads(output).get("errors", ()))


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
