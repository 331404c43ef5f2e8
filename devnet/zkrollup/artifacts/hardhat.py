"""What Hardhat 2 and 3 write: ``artifacts/contracts/Vault.sol/Vault.json``, and the build-info it names.

Owns the artifact file and the way to its build-info, which has the source map, the storage layout if
selected, names of immutables and, in Hardhat 2, where they are. Without it those are not known.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from eth_utils import keccak

from zkrollup.artifacts import document, formats, standard_json
from zkrollup.artifacts.artifact import Artifact, LinkReference
from zkrollup.artifacts.document import Node
from zkrollup.artifacts.formats import Format

_FORMATS: Final = {
    "hh-sol-artifact-1": "Solidity",
    "hh3-artifact-1": "Solidity",
    "hh-vyper-artifact-1": "Vyper",
}
_PACKAGE: Final = re.compile(r"npm/((?:@[^/]+/)?[^@/]+)@[^/]+/(.*)")


class Reader:
    """Reads a folder of artifacts, and each of its build-info files once.

    Args:
        artifacts: the folder.
    """

    def __init__(self, artifacts: Path) -> None:
        self._artifacts = artifacts
        self._known: dict[Path, dict[str, Artifact]] = {}

    def read(self, file: Path) -> Artifact:
        """Return the contract of an artifact file.

        Raises:
            BrokenArtifact: the file is not Hardhat's, or a field is missing or malformed.
        """
        whole = document.load(file)
        formats.require(whole, Format.HARDHAT)
        found = _contract(whole)
        input_name = whole.get("inputSourceName")
        key = f"{input_name.text() if input_name else found.source_name}:{found.name}"
        details = self._details(file, whole).get(key)
        if details is None:
            return found
        return replace(
            found,
            source_map=details.source_map,
            source_ids=details.source_ids,
            immutables=details.immutables or found.immutables,
            storage_layout=details.storage_layout,
            source_hashes=details.source_hashes,
        )

    def _details(self, file: Path, artifact: Node) -> Mapping[str, Artifact]:
        """The contracts of the artifact's build-info, by the compiler's names."""
        path = self._build_info(file, artifact)
        if path is None or not path.is_file():
            return {}
        if path not in self._known:
            self._known[path] = _read_build_info(path)
        return self._known[path]

    def _build_info(self, file: Path, artifact: Node) -> Path | None:
        build = artifact.get("buildInfoId")
        if build:  # Hardhat 3
            return self._artifacts / "build-info" / f"{build.text()}.output.json"
        debug = file.with_suffix(".dbg.json")
        if not debug.is_file():
            return None
        return (debug.parent / document.load(debug)["buildInfo"].text()).resolve()


def _contract(whole: Node) -> Artifact:
    kind = whole["_format"].text()
    if kind not in _FORMATS:
        raise whole["_format"].broken(f"field '_format' is {kind!r}; read are {', '.join(_FORMATS)}")
    bytecode, links = document.code(whole["bytecode"], whole.get("linkReferences"))
    runtime, runtime_links = document.code(whole["deployedBytecode"], whole.get("deployedLinkReferences"))
    return Artifact(
        name=whole["contractName"].text(),
        source_name=whole["sourceName"].text(),
        abi=whole["abi"].abi(),
        bytecode=bytecode,
        runtime=runtime,
        immutables=document.ranges(whole.get("immutableReferences")),
        link_references=tuple(map(_by_user_name, links)),
        runtime_link_references=tuple(map(_by_user_name, runtime_links)),
        origin=whole.origin,
        language=_FORMATS[kind],
    )


def _by_user_name(link: LinkReference) -> LinkReference:
    return replace(link, source_name=_user_name(link.source_name))


def _user_name(name: str) -> str:
    """Hardhat 3 tells the compiler project/contracts/A.sol and npm/package@1.2.3/A.sol."""
    package = _PACKAGE.fullmatch(name)
    return f"{package[1]}/{package[2]}" if package else name.removeprefix("project/")


def _read_build_info(path: Path) -> dict[str, Artifact]:
    whole = document.load(path)
    output = whole["output"]
    # Hardhat 3 keeps the input in a file of its own.
    beside = path.with_name(path.name.replace(".output.json", ".json"))
    given = (whole if beside == path else document.load(beside))["input"]["sources"]
    hashes = {name: keccak(text=unit["content"].text()).hex() for name, unit in given.items()}
    imports = {name: tuple(_imports(unit)) for name, unit in output["sources"].items()}
    return {
        each.qualified_name: replace(
            each,
            source_ids={number: _user_name(name) for number, name in each.source_ids.items()},
            source_hashes={_user_name(name): hashes[name] for name in _reached(each.source_name, imports)},
        )
        for each in standard_json.read_output(output.mapping(), origin=str(path))
    }


def _imports(unit: Node) -> Iterator[str]:
    tree = unit.get("ast")
    for node in tree["nodes"].elements() if tree else ():
        if node["nodeType"].text() == "ImportDirective":
            yield node["absolutePath"].text()


def _reached(source: str, imports: Mapping[str, tuple[str, ...]]) -> set[str]:
    """A source unit and all that it imports, directly or not."""
    found: set[str] = set()
    waiting = [source]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imports.get(name, ())
    return found
