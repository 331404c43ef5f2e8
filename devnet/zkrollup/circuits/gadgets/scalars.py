"""Multiples of points of BabyJubJub's prime-order subgroup. Native twin: ``crypto.babyjubjub.multiply``.

l is the subgroup's order. Both multiplications use the incomplete Montgomery law; each says why a prover
cannot steer it into an exceptional pair, where a slope would be free.
"""

from collections.abc import Sequence
from functools import cache

from zkrollup.circuits.gadgets.babyjubjub import (
    EdwardsPoint,
    MontgomeryPoint,
    edwards_add,
    montgomery_add,
    montgomery_double,
    montgomery_double_add,
    to_edwards,
    to_montgomery,
)
from zkrollup.crypto.babyjubjub import BASE8, IDENTITY, Point, add, multiply, negate
from zkrollup.crypto.field import R, inverse
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression

BASE_BITS = 251
"""Bits of a scalar for the base point: 2^250 < l < 2^251."""
_WINDOWS = 83
"""Windows of three bits; the two bits that remain go into a last, complete addition."""
_OFFSET = 2
"""Each window adds (digit + 2) * 8^i, so that it exceeds the sum of all windows before it."""

_SAFE_STEPS = 5
"""Steps of the ladder that double and add apart, until the prefix is surely above 1."""


def multiply_base(b: Builder, bits: Sequence[Expression], label: str) -> EdwardsPoint:
    """``bits`` * BASE8 for 251 bits, lowest first.

    Assumes: the bits are boolean. Enforces: the product is right, for every scalar below 2^251.
    Before window i the sum is a multiple of BASE8 below 9/7 * 8^i, and the window adds one from 2 * 8^i to
    9 * 8^i; after all 83 windows the sum is below 9/7 * 2^249 < l. So no two summands are equal or opposite.
    The last two bits could wrap around l, so they are added, with all offsets taken back, by the complete
    law.
    """
    with b.scope(label):
        total = _window(b, bits[:3], 0)
        for i in range(1, _WINDOWS):
            total = montgomery_add(b, total, _window(b, bits[3 * i : 3 * i + 3], i), f"add[{i}]")
        low, high = bits[3 * _WINDOWS :]
        last = _choose(b, _last_points(), [low, high], "last")
        return edwards_add(b, to_edwards(b, total, "edwards"), EdwardsPoint(*last), "sum")


def multiply_odd(b: Builder, p: EdwardsPoint, bits: Sequence[Expression], label: str) -> EdwardsPoint:
    """(1 + 2 * bits) * p for 253 bits, lowest first.

    Assumes: the bits are boolean; one of the top four is 1; p has order l; and the scalar is a hash that
    nobody can choose.
    Enforces: the product is right. An odd scalar is a sum of +-2^i, so each step is 2 q +- p for an odd
    multiple q = m p, with m = 1 at first. Five steps double and add apart, after which m >= 3. From there on
    a step is exceptional only if m is +-1 or +-1/2 modulo l: for fewer than 200 of the 2^253 scalars, which a
    prover would have to find as a hash.
    """
    with b.scope(label):
        base = to_montgomery(b, p, "montgomery")
        q = base
        for step, bit in enumerate(reversed(bits)):
            signed = MontgomeryPoint(base.u, b.multiply(2 * bit - 1, base.v, f"sign[{step}]"))
            if step < _SAFE_STEPS:
                q = montgomery_add(b, montgomery_double(b, q, f"double[{step}]"), signed, f"add[{step}]")
            else:
                q = montgomery_double_add(b, q, signed, f"step[{step}]")
        return to_edwards(b, q, "edwards")


def _window(b: Builder, bits: Sequence[Expression], number: int) -> MontgomeryPoint:
    return MontgomeryPoint(*_choose(b, _window_points()[number], bits, f"window[{number}]"))


def _choose(
    b: Builder, table: Sequence[tuple[int, int]], bits: Sequence[Expression], label: str
) -> list[Expression]:
    """The pair of constants that two or three bits point at: one product of bits, and one a coordinate."""
    product = b.multiply(bits[0], bits[1], f"{label}.bits")
    chosen = []
    for axis, name in enumerate(("first", "second")):
        values = [row[axis] for row in table]
        low = _bilinear(values[:4], bits, product)
        if len(table) > 4:
            high = _bilinear(values[4:], bits, product)
            low = low + b.multiply(bits[2], high - low, f"{label}.{name}")
        chosen.append(low)
    return chosen


def _bilinear(values: Sequence[int], bits: Sequence[Expression], product: Expression) -> Expression:
    """values[bits], linear in the two bits and their product."""
    v0, v1, v2, v3 = values
    return bits[0] * (v1 - v0) + bits[1] * (v2 - v0) + product * (v3 - v2 - v1 + v0) + v0


@cache
def _window_points() -> tuple[tuple[tuple[int, int], ...], ...]:
    """Row i holds (d + 2) * 8^i * BASE8 for digits d from 0 to 7, in Montgomery form."""
    rows = []
    unit = BASE8
    for _ in range(_WINDOWS):
        multiples = [add(unit, unit)]
        for _ in range(7):
            multiples.append(add(multiples[-1], unit))
        rows.append(tuple(_montgomery(point) for point in multiples))
        unit = multiples[6]  # 8 * unit
    return tuple(rows)


@cache
def _last_points() -> tuple[Point, ...]:
    """D * 2^249 * BASE8 minus all windows' offsets, for the last two bits' digit d."""
    offsets = sum(_OFFSET * 8**i for i in range(_WINDOWS))
    start = negate(multiply(BASE8, offsets))
    unit = multiply(BASE8, 8**_WINDOWS)
    points = [add(start, IDENTITY)]
    for _ in range(3):
        points.append(add(points[-1], unit))
    return tuple(points)


def _montgomery(point: Point) -> tuple[int, int]:
    u = (1 + point.y) * inverse((1 - point.y) % R) % R
    return u, u * inverse(point.x) % R
