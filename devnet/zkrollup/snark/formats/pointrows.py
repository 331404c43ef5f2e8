"""Rows of affine points in a file, checked before anything is computed with them.

Owns the check of many points at once: coordinates below p, on the curve, and for G2 in the subgroup of order
r. A point's bytes are its words, little-endian: x, y in Montgomery form, c0 first; zeros are infinity.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from zkrollup.cores import cores
from zkrollup.crypto.field import P
from zkrollup.crypto.pairing import G1, G2, TWIST_B, InvalidPoint, check_g2
from zkrollup.kernels import msm
from zkrollup.kernels.limbs import Limbs, montgomery
from zkrollup.kernels.oncurve import first_off_g1, first_off_g2
from zkrollup.snark.formats.sections import Section, first_not_below
from zkrollup.snark.points import g2_of

G1_BYTES, G2_BYTES = 64, 128

_CURVE_B = montgomery([3], P)
_TWIST_B = montgomery(TWIST_B, P).reshape(1, 8)

_SCALAR_BITS = 13
_SUMS = 10
_FEW = 16
"""Points up to which each is checked by itself: exact, and faster."""


def read_g1(section: Section, at: int, count: int, *, whole: bool = False) -> Limbs:
    """Points of G1, (count, 8); ``whole``: nothing else is in the section.

    Raises:
        InvalidFile: The section has another size, or a point is not in G1.
    """
    return _read(section, at, count, G1_BYTES, whole)


def read_g2(section: Section, at: int, count: int, *, whole: bool = False) -> Limbs:
    """Points of G2, (count, 16); ``whole``: nothing else is in the section.

    Raises:
        InvalidFile: The section has another size, or a point is not in G2; see :func:`outside_subgroup` for
            the probability that one outside the subgroup is overlooked among many.
    """
    rows = _read(section, at, count, G2_BYTES, whole)
    outside = outside_subgroup(rows)
    if outside is not None:
        raise section.refused(at + G2_BYTES * outside, f"point {outside} is outside the subgroup of order r")
    return rows


def outside_subgroup(rows: Limbs) -> int | None:
    """The first of (n, 16) points of the twist that is not in G2.

    A few points are checked one by one. Of many, ten sums with random 13-bit scalars are checked. The order
    of a point outside G2 has a prime factor that divides the cofactor, the least of which is 10,069: more
    than there are scalars, so one value of the point's scalar at most takes a sum into G2. All ten are there
    by chance with a probability of 2^-130 at most.
    """
    if len(rows) <= _FEW or not all(map(_is_inside, _random_sums(rows))):
        return next((i for i, row in enumerate(rows) if not _is_inside(row)), None)
    return None


def g1_row(point: G1) -> Limbs:
    """A point of G1 as a row, (1, 8)."""
    return montgomery(point or (0, 0), P).reshape(1, 8)


def g2_row(point: G2) -> Limbs:
    """A point of G2 as a row, (1, 16)."""
    x, y = point or ((0, 0), (0, 0))
    return montgomery((*x, *y), P).reshape(1, 16)


def _read(section: Section, at: int, count: int, size: int, whole: bool) -> Limbs:
    if whole:
        section.require_size(count * size, f"{count} points")
    rows = section.words(at, count, size // 8)
    large = first_not_below(rows.reshape(-1, 4), P)
    if large is not None:
        raise section.refused(at + 32 * large, f"a coordinate of point {large * 32 // size} is not below {P}")
    first_off, b = (first_off_g1, _CURVE_B) if size == G1_BYTES else (first_off_g2, _TWIST_B)
    off = first_off(rows, b)
    if off >= 0:
        raise section.refused(at + size * off, f"point {off} is off the curve")
    return rows


def _is_inside(row: Limbs) -> bool:
    try:
        check_g2(g2_of(row))
    except InvalidPoint:
        return False
    return True


def _random_sums(rows: Limbs) -> list[Limbs]:
    with ThreadPoolExecutor(cores()) as pool:
        pending = [msm.start_sum(pool, msm.G2, rows, _random_scalars(len(rows))) for _ in range(_SUMS)]
        return [each.result()[0] for each in pending]


def _random_scalars(count: int) -> Limbs:
    scalars = np.zeros((count, 4), np.uint64)
    drawn = np.frombuffer(secrets.token_bytes(2 * count), "<u2")
    scalars[:, 0] = drawn & (2**_SCALAR_BITS - 1)
    return scalars
