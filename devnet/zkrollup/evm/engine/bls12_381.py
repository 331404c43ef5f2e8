"""BLS12-381 precompiles as functions of bytes (EIP-2537), over arkworks.

Owns: byte formats, and which points are refused. Does not own gas or arithmetic.

A coordinate takes 64 bytes, the first 16 of them zero; infinity is all zeros. Additions take any
point of the curve, multiplications and pairings only those of the subgroup. None stands for a
refusal. The results are kept.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from py_arkworks_bls12381 import G1Point, G2Point, Scalar

G1_BYTES: Final = 128
G2_BYTES: Final = 256
SCALAR_BYTES: Final = 32
G1_PAIR_BYTES: Final = G1_BYTES + SCALAR_BYTES
G2_PAIR_BYTES: Final = G2_BYTES + SCALAR_BYTES
PAIRING_BYTES: Final = G1_BYTES + G2_BYTES

_FIELD_BYTES: Final = 64
_PADDING: Final = bytes(16)

_Point = TypeVar("_Point", "G1Point", "G2Point")


def _packed(data: bytes) -> bytes:
    # Raises ValueError, as arkworks does for coordinates that are not reduced and points off the curve.
    words = [data[i : i + _FIELD_BYTES] for i in range(0, len(data), _FIELD_BYTES)]
    if any(word[:16] != _PADDING for word in words):
        raise ValueError("coordinate has more than 48 bytes")
    return b"".join(word[16:] for word in words)


def _padded(data: bytes) -> bytes:
    return b"".join(_PADDING + data[i : i + 48] for i in range(0, len(data), 48))


def _chunks(data: bytes, size: int) -> list[bytes] | None:
    if not data or len(data) % size:
        return None
    return [data[i : i + size] for i in range(0, len(data), size)]


def _scalars(pairs: list[bytes]) -> list["Scalar"]:
    from py_arkworks_bls12381 import Scalar

    return [Scalar.from_be_bytes_mod_order(pair[-SCALAR_BYTES:]) for pair in pairs]


def _sum(data: bytes, size: int, decode: Callable[[bytes], _Point]) -> bytes | None:
    if len(data) != 2 * size:
        return None
    try:
        total = decode(_packed(data[:size])) + decode(_packed(data[size:]))
    except ValueError:
        return None
    return _padded(total.to_xy_bytes_be())


@lru_cache(maxsize=256)
def g1_add(data: bytes) -> bytes | None:
    """Add two points of G1: 256 bytes in, 128 out."""
    from py_arkworks_bls12381 import G1Point

    return _sum(data, G1_BYTES, G1Point.from_xy_bytes_unchecked_be)


@lru_cache(maxsize=256)
def g2_add(data: bytes) -> bytes | None:
    """Add two points of G2: 512 bytes in, 256 out."""
    from py_arkworks_bls12381 import G2Point

    return _sum(data, G2_BYTES, G2Point.from_xy_bytes_unchecked_be)


@lru_cache(maxsize=256)
def g1_msm(data: bytes) -> bytes | None:
    """Sum multiples of points of G1: pairs of 160 bytes in, 128 out."""
    from py_arkworks_bls12381 import G1Point

    pairs = _chunks(data, G1_PAIR_BYTES)
    if pairs is None:
        return None
    try:
        points = [G1Point.from_xy_bytes_be(_packed(pair[:G1_BYTES])) for pair in pairs]
    except ValueError:
        return None
    return _padded(G1Point.multiexp_unchecked(points, _scalars(pairs)).to_xy_bytes_be())


@lru_cache(maxsize=256)
def g2_msm(data: bytes) -> bytes | None:
    """Sum multiples of points of G2: pairs of 288 bytes in, 256 out."""
    from py_arkworks_bls12381 import G2Point

    pairs = _chunks(data, G2_PAIR_BYTES)
    if pairs is None:
        return None
    try:
        points = [G2Point.from_xy_bytes_be(_packed(pair[:G2_BYTES])) for pair in pairs]
    except ValueError:
        return None
    return _padded(G2Point.multiexp_unchecked(points, _scalars(pairs)).to_xy_bytes_be())


@lru_cache(maxsize=256)
def pairing(data: bytes) -> bytes | None:
    """Check that a product of pairings is one: pairs of 384 bytes in, a word out."""
    from py_arkworks_bls12381 import GT, G1Point, G2Point

    pairs = _chunks(data, PAIRING_BYTES)
    if pairs is None:
        return None
    try:
        first = [G1Point.from_xy_bytes_be(_packed(pair[:G1_BYTES])) for pair in pairs]
        second = [G2Point.from_xy_bytes_be(_packed(pair[G1_BYTES:])) for pair in pairs]
    except ValueError:
        return None
    return int(GT.pairing_check(first, second)).to_bytes(32, "big")


@lru_cache(maxsize=256)
def map_to_g1(data: bytes) -> bytes | None:
    """Map a field element to G1: 64 bytes in, 128 out."""
    from py_arkworks_bls12381 import G1Point

    return _map(data, _FIELD_BYTES, G1Point.map_from_fp_be)


@lru_cache(maxsize=256)
def map_to_g2(data: bytes) -> bytes | None:
    """Map an element of the quadratic extension to G2: 128 bytes in, 256 out."""
    from py_arkworks_bls12381 import G2Point

    return _map(data, 2 * _FIELD_BYTES, G2Point.map_from_fp2_be)


def _map(data: bytes, size: int, function: Callable[[bytes], _Point]) -> bytes | None:
    if len(data) != size:
        return None
    try:
        return _padded(function(_packed(data)).to_xy_bytes_be())
    except ValueError:
        return None
