"""Recursive Length Prefix. Owns bytes only; meaning is its callers'.

rlp's own encoder infers a schema for every item, which takes thirty times as long.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from eth_hash.auto import keccak

Item: TypeAlias = "int | bytes | Sequence[Item]"
"""What RLP encodes: integers as their shortest big-endian bytes, bytes, and sequences of these."""


_SHORT: Final = tuple(bytes((0x80 + size,)) for size in range(56))
"""Prefixes of short strings: nearly all that there is to encode."""


def rlp(item: Item) -> bytes:
    """Encode (yellow paper, appendix B)."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if not isinstance(item, bytes):
        return rlp_list(map(rlp, item))
    size = len(item)
    if size > 55:
        return _prefixed(item, 0x80)
    return item if size == 1 and item[0] < 0x80 else _SHORT[size] + item


def rlp_list(encoded: Iterable[bytes]) -> bytes:
    """Encode a list whose items are encoded."""
    return _prefixed(b"".join(encoded), 0xC0)


def _prefixed(payload: bytes, offset: int) -> bytes:
    return _prefix(len(payload), offset) + payload


def _prefix(size: int, offset: int) -> bytes:
    if size < 56:
        return bytes((offset + size,))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((offset + 55 + len(length),)) + length


def list_length(payload: int) -> int:
    """Return the length of a list's encoding, given the summed lengths of its items' encodings."""
    return len(_prefix(payload, 0xC0)) + payload


EMPTY_ROOT: Final[bytes] = keccak(rlp(b""))
"""Root of an empty trie."""
