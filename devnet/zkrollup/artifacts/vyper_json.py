"""What Vyper writes: ``vyper -f combined_json``, and its part of a standard-JSON output.

Owns what is Vyper's own. It keeps immutables behind the runtime code, which its output does not include:
``Artifact.runtime`` has zeros there, so that immutables lie within the runtime, as Solidity's do.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from zkrollup.artifacts import document
from zkrollup.artifacts.artifact import Artifact, ByteRange
from zkrollup.artifacts.document import Node


def read_output(output: Mapping[str, Any], *, origin: str) -> tuple[Artifact, ...]:
    """Return the contracts of a combined JSON.

    Args:
        output: ``{"version": ..., "src/Piggy.vy": {...}, ...}``.
        origin: its file, for errors.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    whole = Node(origin, "", output)
    return tuple(
        _contract(
            name=PurePosixPath(source).stem,
            source_name=source,
            abi=contract["abi"],
            init=contract["bytecode"],
            runtime=contract["bytecode_runtime"],
            source_map=contract.get("source_map_runtime"),
            layout=contract.get("layout"),
            ids={},  # its source maps number the units, and nothing in the file says how
        )
        for source, contract in whole.items()
        if source != "version"
    )


def contract_of(name: str, source_name: str, contract: Node, code: Node, ids: Mapping[int, str]) -> Artifact:
    """Return a contract of Vyper's that is described in solc's words.

    Args:
        name: of the contract.
        source_name: its file.
        contract: has ``abi`` and perhaps ``layout``.
        code: has ``bytecode`` and ``deployedBytecode``.
        ids: source units by the numbers in source maps.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    return _contract(
        name=name,
        source_name=source_name,
        abi=contract["abi"],
        init=code["bytecode"]["object"],
        runtime=code["deployedBytecode"]["object"],
        source_map=code["deployedBytecode"].get("sourceMap"),
        layout=contract.get("layout"),
        ids=ids,
    )


def _contract(
    *,
    name: str,
    source_name: str,
    abi: Node,
    init: Node,
    runtime: Node,
    source_map: Node | None,
    layout: Node | None,
    ids: Mapping[int, str],
) -> Artifact:
    body = document.code(runtime)[0]
    places = dict(_immutables(layout.get("code_layout"), "")) if layout else {}
    size = max((place.start + place.length for place in places.values()), default=0)
    return Artifact(
        name=name,
        source_name=source_name,
        abi=abi.abi(),
        bytecode=document.code(init)[0],
        runtime=body + bytes(size),
        source_map=_source_map(source_map),
        source_ids=ids,
        immutables={
            key: (ByteRange(len(body) + place.start, place.length),) for key, place in places.items()
        },
        storage_layout=_mapping(layout.get("storage_layout")) if layout else {},
        origin=abi.origin,
        language="Vyper",
    )


def _immutables(layout: Node | None, prefix: str) -> Iterator[tuple[str, ByteRange]]:
    """Places of immutables behind the code; those of a module are below its name."""
    for name, entry in layout.items() if layout else ():
        if entry.get("offset") is None:
            yield from _immutables(entry, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", ByteRange(entry["offset"].number(), entry["length"].number())


def _source_map(node: Node | None) -> str:
    if node is None:
        return ""
    # Before 0.4 it was the compressed map itself.
    compressed = node if isinstance(node.value, str) else node.get("pc_pos_map_compressed")
    return compressed.text() if compressed else ""


def _mapping(node: Node | None) -> dict[str, Any]:
    return node.mapping() if node else {}
