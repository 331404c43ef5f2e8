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
    SHIPPED = "an artifact of zkrollup's own contracts"
    SOLC_COMBINED = "solc's combined JSON"
    ABI = "an ABI alone, without bytecode"
    UNKNOWN = "no format known here"


_BY_FIELDS: Final = (
    (("language", "sources"), Format.STANDARD_INPUT),
    (("abi", "bytecode", "deployedBytecode", "sourceIds"), Format.SHIPPED),
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
            return found
    return _of_several(value)


def require(document: Node, wanted: Format) -> None:
    """Pass if a document looks like one of a format.

    Raises:
        BrokenArtifact: it does not; says what it looks like.
    """
    found = of(document)
    if found != wanted:
        looks = "of no format known here" if found is Format.UNKNOWN else f"{found}"
        raise document.broken(f"it should be {wanted}, but looks like {looks}")


def _of_several(value: dict[str, Any]) -> Format:
    contracts = value.get("contracts")
    if isinstance(contracts, dict):
        is_flat = any(":" in key and "bin" in entry for key, entry in contracts.items())
        return Format.SOLC_COMBINED if is_flat else Format.STANDARD_OUTPUT
    if any(isinstance(entry, dict) and "bytecode_runtime" in entry for entry in value.values()):
        return Format.VYPER
    return Format.UNKNOWN
