"""Which tool wrote a JSON file. Owns telling formats apart; reading one is its own module's."""

from enum import StrEnum
from typing import Any, Final

from zkrollup.artifacts.document import Node


class Format(StrEnum):
    """What a file of a build can be; the value is what errors call it."""

    FOUNDRY = "a Foundry artifact"
    HARDHAT = "a Hardhat artifact"
    STANDARD_OUTPUT = "a compiler's standard-JSON output"
    STANDARD_INPUT = "a compiler's standard-JSON input"
    BUILD_INFO = "a build-info file"
    VYPER = "Vyper's combined JSON"
    WAFFLE = "a Waffle artifact"
    TRUFFLE = "a Truffle artifact"
    BROWNIE = "a Brownie artifact"
    FLAT = "an artifact with its code as text"
    SHIPPED = "an artifact of zkrollup's own contracts"
    SOLC_COMBINED = "solc's combined JSON"
    ABI = "an ABI alone, without bytecode"
    UNKNOWN = "no format known here"


_BY_FIELDS: Final = (
    (("language", "sources"), Format.STANDARD_INPUT),
    (("abi", "bytecode", "deployedBytecode", "sourceIds"), Format.SHIPPED),
    (("abi", "evm"), Format.WAFFLE),
    (("abi", "bytecode", "bytecodeSha1"), Format.BROWNIE),
    (("abi", "bytecode", "allSourcePaths"), Format.BROWNIE),
    (("abi", "bytecode", "contractName", "schemaVersion"), Format.TRUFFLE),
    (("abi", "bytecode", "contractName"), Format.HARDHAT),
    (("abi", "bytecode"), Format.FOUNDRY),
    (("abi", "deployedBytecode"), Format.FOUNDRY),
)


def of(document: Node) -> Format:
    """Return what a document looks like, by its fields; their contents are not checked."""
    value = document.value
    if isinstance(value, list):
        is_abi = bool(value) and all(isinstance(each, dict) and "type" in each for each in value)
        return Format.ABI if is_abi else Format.UNKNOWN
    if not isinstance(value, dict):
        return Format.UNKNOWN
    if str(value.get("_format", "")).startswith("hh") and "artifact" in value["_format"]:
        return Format.HARDHAT
    if "output" in value or "source_id_to_path" in value or "solcLongVersion" in value:
        return Format.BUILD_INFO
    for fields, found in _BY_FIELDS:
        if all(name in value for name in fields):
            return Format.FLAT if _is_flat(found, value) else found
    return _of_several(value)


def require(document: Node, wanted: Format) -> None:
    """Pass if a document looks like one of a format.

    Raises:
        BrokenArtifact: it does not; says what it looks like.
    """
    found = of(document)
    if found != wanted:
        raise document.broken(f"it should be {wanted}, but looks like {found}")


def _is_flat(found: Format, value: dict[str, Any]) -> bool:
    """Whether an artifact has its code as text, unlike Foundry's, and no mark of Hardhat's."""
    return (
        found in (Format.FOUNDRY, Format.HARDHAT)
        and isinstance(value.get("bytecode"), str)
        and "_format" not in value
    )


def _of_several(value: dict[str, Any]) -> Format:
    contracts = value.get("contracts")
    if isinstance(contracts, dict):
        entries = (entry for entry in contracts.values() if isinstance(entry, dict))
        is_flat = any("bin" in entry or "abi" in entry for entry in entries)
        return Format.SOLC_COMBINED if is_flat else Format.STANDARD_OUTPUT
    if any(isinstance(entry, dict) and "bytecode_runtime" in entry for entry in value.values()):
        return Format.VYPER
    return Format.UNKNOWN
