"""The standard-JSON output of a compiler, solc's or Vyper's, as it is or inside Hardhat's build-info.

Owns what solc says of a contract: code, links, immutables and their names, source map, storage layout.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zkrollup.artifacts import document, vyper_json
from zkrollup.artifacts.artifact import Artifact, ByteRange
from zkrollup.artifacts.document import Node


def read_output(output: Mapping[str, Any], *, origin: str) -> tuple[Artifact, ...]:
    """Return the contracts of a standard-JSON output.

    A contract needs ``abi``, ``evm.bytecode.object`` and ``evm.deployedBytecode.object``. The rest is read
    where it was selected: ``linkReferences``, ``immutableReferences``, ``sourceMap``, ``storageLayout``, and the
    sources' ``ast``, from which immutables have their names.

    Args:
        output: see Solidity's documentation, "Compiler Input and Output JSON Description".
        origin: its file, for errors.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    whole = Node(origin, "", output)
    is_vyper = str(output.get("compiler", "")).startswith("vyper")
    units = Units.of(whole.get("sources"))
    return tuple(
        vyper_json.standard_contract(name, source, contract, units.ids)
        if is_vyper
        else solidity_contract(name, source, contract, units)
        for source, contracts in whole["contracts"].items()
        for name, contract in contracts.items()
    )


@dataclass(frozen=True, slots=True)
class Units:
    """What a compiler says of source units.

    Attributes:
        ids: names, by the numbers in source maps.
        immutables: contract and name, by the id of the declaration in the AST.
    """

    ids: Mapping[int, str]
    immutables: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, sources: Node | None) -> "Units":
        """Read ``sources`` of an output."""
        listed = list(sources.items()) if sources else []
        ids = {unit["id"].number(): name for name, unit in listed if unit.get("id")}
        trees = (tree for _, unit in listed if (tree := unit.get("ast")))
        return cls(ids, {key: found for tree in trees for key, found in declared_immutables(tree)})

    def named(self, places: Mapping[str, tuple[ByteRange, ...]]) -> dict[str, tuple[ByteRange, ...]]:
        """Return ranges by the immutables' names, where the AST tells them.

        Private ones of two contracts may share a name: then it is ``Contract.name``.
        """
        names = Counter(self.immutables[key][1] for key in places if key in self.immutables)
        return {self._name(key, names): found for key, found in places.items()}

    def _name(self, key: str, names: Mapping[str, int]) -> str:
        if key not in self.immutables:
            return key
        contract, name = self.immutables[key]
        return name if names[name] == 1 else f"{contract}.{name}"


def declared_immutables(tree: Node) -> Iterator[tuple[str, tuple[str, str]]]:
    """Return the immutables that a source unit's AST declares: id, then contract and name."""
    for contract in _children(tree):
        for variable in _children(contract):
            if variable.value.get("mutability") == "immutable":
                yield str(variable["id"].number()), (contract["name"].text(), variable["name"].text())


def _children(node: Node) -> Iterator[Node]:
    children = node.get("nodes")
    return children.elements() if children else iter(())


def solidity_contract(name: str, source_name: str, contract: Node, units: Units) -> Artifact:
    """Return one contract of a standard-JSON output of solc.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    init, runtime = contract["evm"]["bytecode"], contract["evm"]["deployedBytecode"]
    bytecode, links = document.code(init["object"], init.get("linkReferences"))
    deployed, runtime_links = document.code(runtime["object"], runtime.get("linkReferences"))
    source_map, layout = runtime.get("sourceMap"), contract.get("storageLayout")
    return Artifact(
        name=name,
        source_name=source_name,
        abi=contract["abi"].abi(),
        bytecode=bytecode,
        runtime=deployed,
        source_map=source_map.text() if source_map else "",
        source_ids=units.ids,
        immutables=units.named(document.ranges(runtime.get("immutableReferences"))),
        storage_layout=layout.mapping() if layout else {},
        link_references=links,
        runtime_link_references=runtime_links,
        origin=contract.origin,
    )
