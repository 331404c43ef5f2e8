"""Recursive Length Prefix, and the root of a list's trie. Owns bytes only; meaning is its callers'.

rlp's own encoder infers a schema for every item, which takes thirty times as long.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from eth_hash.auto import keccak

Item: TypeAlias = "int | bytes | Sequence[Item]"
"""What RLP encodes: integers as their shortest big-endian bytes, bytes, and sequences of these."""


def rlp(item: Item) -> bytes:
    """Encode (yellow paper, appendix B)."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefixed(item, 0x80)
    return _prefixed(b"".join(map(rlp, item)), 0xC0)


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


def list_root(items: Sequence[bytes]) -> bytes:
    """Return the Merkle-Patricia root of a list, keyed by RLP of the index (yellow paper, appendix D)."""
    if not items:
        return EMPTY_ROOT
    leaves = {_nibbles(rlp(index)): item for index, item in enumerate(items)}
    return bytes(keccak(rlp(_node(leaves, 0))))


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _compact(nibbles: bytes, leaf: bool) -> bytes:
    flag = 2 * leaf + len(nibbles) % 2
    padded = bytes((flag,)) + (b"" if len(nibbles) % 2 else b"\0") + nibbles
    return bytes(16 * padded[i] + padded[i + 1] for i in range(0, len(padded), 2))


def _node(leaves: dict[bytes, bytes], depth: int) -> list[Item]:
    if len(leaves) == 1:
        ((key, value),) = leaves.items()
        return [_compact(key[depth:], True), value]
    first, last = min(leaves), max(leaves)
    shared = depth
    while first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        return [_compact(first[depth:shared], False), _reference(leaves, shared)]
    # No key of a list is a prefix of another: a branch holds no value.
    children: list[dict[bytes, bytes]] = [{} for _ in range(16)]
    for key, value in leaves.items():
        children[key[depth]][key] = value
    return [*(_reference(child, depth + 1) for child in children), b""]


def _reference(leaves: dict[bytes, bytes], depth: int) -> Item:
    if not leaves:
        return b""
    node = _node(leaves, depth)
    encoded = rlp(node)
    return node if len(encoded) < 32 else bytes(keccak(encoded))
