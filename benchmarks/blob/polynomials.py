"""Blobs as polynomials over BLS12-381's scalar field, on integers: what the others are held against.

Owns both layouts of words in a blob. Commitments and openings are c-kzg's.
"""

from collections.abc import Sequence
from functools import cache

from benchmarks.blob.numbers import Q

BLOB_ELEMENTS = 4096
PRIMITIVE_ROOT = 7
"""Generates all of the field's units (EIP-4844's PRIMITIVE_ROOT_OF_UNITY)."""


@cache
def _root() -> int:
    return pow(PRIMITIVE_ROOT, (Q - 1) // BLOB_ELEMENTS, Q)


def roots(count: int) -> list[int]:
    """The first of the 4,096 roots of unity, in EIP-4844's bit-reversed order."""
    bits = BLOB_ELEMENTS.bit_length() - 1
    return [pow(_root(), int(f"{i:0{bits}b}"[::-1], 2), Q) for i in range(count)]


def weights(z: int, count: int) -> list[int]:
    """1, z, z^2 ...: what coefficients are weighed with."""
    powers = [1]
    while len(powers) < count:
        powers.append(powers[-1] * z % Q)
    return powers


def lagrange(z: int, count: int) -> list[int]:
    """What the first values are weighed with: (z^4096 - 1) / 4096 * root / (z - root)."""
    scale = (pow(z, BLOB_ELEMENTS, Q) - 1) * pow(BLOB_ELEMENTS, -1, Q)
    return [scale * root * pow(z - root, -1, Q) % Q for root in roots(count)]


def blob_of_values(words: Sequence[int]) -> bytes:
    """The words lie in the blob as they are, zeros after them."""
    return b"".join(word.to_bytes(32, "big") for word in words).ljust(32 * BLOB_ELEMENTS, b"\0")


def blob_of_coefficients(words: Sequence[int]) -> bytes:
    """The values, at all roots, of the polynomial whose coefficients the words are."""
    values = []
    for root in roots(BLOB_ELEMENTS):
        total = 0
        for word in reversed(words):
            total = (total * root + word) % Q
        values.append(total)
    return blob_of_values(values)
