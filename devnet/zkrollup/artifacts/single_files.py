"""Files of one contract by Waffle, Truffle, Brownie and deployment tools: all that is known is in them.

Owns where each keeps code, name and source. Waffle has solc's own words for code, the others have it as text.
"""

from typing import Final

from zkrollup.artifacts import document, standard_json
from zkrollup.artifacts.artifact import Artifact
from zkrollup.artifacts.document import Node
from zkrollup.artifacts.standard_json import Units

_SOURCE_FIELDS: Final = ("sourcePath", "sourceName")


def read_waffle(whole: Node, stem: str) -> Artifact:
    """Return the contract of a file with ``abi`` beside ``evm.bytecode``.

    Args:
        whole: the document.
        stem: of the file's name, which is the contract's.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    metadata = whole.get("metadata")
    source = (standard_json.compilation_target(metadata) if metadata else None) or f"{stem}.sol"
    return standard_json.solidity_contract(stem, source, whole, Units({}, {}))


def read_flat(whole: Node, stem: str) -> Artifact:
    """Return the contract of a file with ``abi`` and, as text, ``bytecode`` and perhaps ``deployedBytecode``.

    Truffle's and Brownie's tell name, source and source map; where nothing does, the file's name is the
    contract's, and nothing is known of the rest.

    Raises:
        BrokenArtifact: a field is missing or malformed.
    """
    name, runtime = whole.get("contractName"), whole.get("deployedBytecode")
    source = next((found for field in _SOURCE_FIELDS if (found := whole.get(field))), None)
    language, source_map = whole.get("language"), whole.get("deployedSourceMap")
    bytecode, links = document.code(whole["bytecode"], whole.get("linkReferences"))
    deployed, runtime_links = (
        document.code(runtime, whole.get("deployedLinkReferences")) if runtime else (b"", ())
    )
    contract = name.text() if name else stem
    return Artifact(
        name=contract,
        source_name=source.text() if source else f"{contract}.sol",
        abi=whole["abi"].abi(),
        bytecode=bytecode,
        runtime=deployed,
        source_map=source_map.text() if source_map else "",
        source_ids=_source_ids(whole),
        immutables=document.ranges(whole.get("immutableReferences")),
        link_references=links,
        runtime_link_references=runtime_links,
        origin=whole.origin,
        language=language.text() if language else "Solidity",
    )


def _source_ids(whole: Node) -> dict[int, str]:
    """By Brownie's list of sources; others have none."""
    listed = whole.get("allSourcePaths")
    found = listed.items() if listed and isinstance(listed.value, dict) else ()
    return {int(number): path.text() for number, path in found if number.isdecimal()}
