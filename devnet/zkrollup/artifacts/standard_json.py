"""The standard-JSON output of a compiler, solc's or Vyper's, as it is or inside Hardhat's build-info.

Owns what solc says of a contract: code, links, immutables and their names, source map, storage layout.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zkrollup import jsontext
from zkrollup.artifacts import document, vyper_json
from zkrollup.artifacts.artifact import Artifact, ByteRange
from zkrollup.artifacts.document import Node


def read_output(output: Mapping[str, Any], *, origin: str) -> tuple[Artifact, ...]:
    """Return the contracts of a standard-JSON output.

    A contract needs ``abi``, ``evm.bytecode.object`` and ``evm.deployedBytecode.object``. The rest is read
    where it was selected: ``linkReferences``, ``immutableReferences``, ``sourceMap``, ``storageLayout``,
    ``metadata``, and the sources' ``ast``, from which immutables have their names.

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
        vyper_json.contract_of(name, source, contract, contract["evm"], units.ids)
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
            mutability = variable.get("mutability")
            if mutability and mutability.value == "immutable":
                yield str(variable["id"].number()), (contract["name"].text(), variable["name"].text())


def _children(node: Node) -> Iterator[Node]:
    children = node.get("nodes")
    return children.elements() if children else iter(())


def solidity_contract(name: str, source_name: str, contract: Node, units: Units) -> Artifact:
    """Return one contract of a standard-JSON output of solc.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    metadata = contract.get("metadata")
    hashes = source_hashes(metadata) if metadata else {}
    return contract_of(name, source_name, contract, contract["evm"], units, hashes)


def contract_of(
    name: str, source_name: str, contract: Node, code: Node, units: Units, hashes: Mapping[str, str]
) -> Artifact:
    """Return a contract whose code is described in solc's words.

    Args:
        name: of the contract.
        source_name: source unit that defines it.
        contract: has ``abi`` and perhaps ``storageLayout``.
        code: has ``bytecode`` and ``deployedBytecode``.
        units: of its compilation.
        hashes: of its sources.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    init, runtime = code["bytecode"], code["deployedBytecode"]
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
        source_hashes=hashes,
        origin=contract.origin,
    )


def parsed(metadata: Node) -> Node:
    """Return solc's metadata as an object; as solc emits it, it is one in a string, which forge has read."""
    if isinstance(metadata.value, dict):
        return metadata
    text = metadata.text()
    try:
        return Node(metadata.origin, metadata.path, jsontext.loads(text) if text else {})
    except ValueError as error:
        raise metadata.broken(f"field {metadata.path!r} is no JSON ({error})") from error


def compilation_target(metadata: Node) -> str | None:
    """Return the source unit that solc's metadata says it compiled; None where it does not."""
    settings = parsed(metadata).get("settings")
    target = settings.get("compilationTarget") if settings else None
    return next(iter(target.mapping()), None) if target else None


def source_hashes(metadata: Node) -> dict[str, str]:
    """Return the Keccak-256 hashes, 64 hex digits, of the sources that solc's metadata lists."""
    sources = parsed(metadata).get("sources")
    listed = sources.items() if sources else ()
    return {name: unit["keccak256"].text().removeprefix("0x") for name, unit in listed}
