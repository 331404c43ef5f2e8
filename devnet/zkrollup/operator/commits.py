"""The calls that commit a batch: which functions they are, and the data that they post.

Owns the reading of their calldata. It is read as the contract's code reads it, which is more lenient than the
ABI's canonical form: padding may be missing or hold anything, and offsets may point anywhere. Whatever L1
accepts can be read here, so that no operator hides a batch's data behind its encoding.

Source: Solidity's ABI decoder, ``abi_decode`` of ``bytes calldata``
(https://docs.soliditylang.org/en/latest/abi-spec.html#strict-encoding-mode).
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from zkrollup import artifacts
from zkrollup.errors import ZkRollupError
from zkrollup.evm.abi import Signature, signatures

COMMIT_FUNCTIONS: Final = ("commitBatch", "submitBatch")
"""Functions of the contract that commit a batch."""

_SELECTOR: Final = 4
_WORD: Final = 32


class UnreadableCommit(ZkRollupError):
    """Calldata that commits no batch: the contract refuses it, too."""

    def __init__(self, call: bytes, rule: str) -> None:
        self.call, self.rule = call, rule
        super().__init__(f"calldata 0x{call[:_SELECTOR].hex()}... of {len(call)} bytes: {rule}")


def commits(call: bytes) -> bool:
    """Whether this is the calldata of a function that commits."""
    return call[:_SELECTOR] in _functions()


def data_of(call: bytes) -> bytes:
    """The posted operations of a call that commits, one record after the other.

    Raises:
        UnreadableCommit: It is no such call, or its ``data`` lies outside of it.
    """
    function = _functions().get(call[:_SELECTOR])
    if function is None:
        raise UnreadableCommit(call, f"it must be of {' or '.join(COMMIT_FUNCTIONS)}")
    arguments = call[_SELECTOR:]
    position = [entry["name"] for entry in function.inputs].index("data")
    place = _word(call, arguments, _WORD * position)
    length = _word(call, arguments, place)
    start = place + _WORD
    if start + length > len(arguments):
        raise UnreadableCommit(call, f"its data ends at byte {start + length} of {len(arguments)}")
    return arguments[start : start + length]


def _word(call: bytes, arguments: bytes, at: int) -> int:
    if at + _WORD > len(arguments):
        raise UnreadableCommit(call, f"it has no word at byte {at} of its arguments")
    return int.from_bytes(arguments[at : at + _WORD], "big")


@cache
def _functions() -> Mapping[bytes, Signature]:
    """By selector."""
    found = signatures(artifacts.load("Rollup").abi, "function")
    return {each.selector: each for each in found if each.name in COMMIT_FUNCTIONS}
