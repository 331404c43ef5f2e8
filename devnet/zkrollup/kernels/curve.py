"""Group law on y^2 = x^3 + b, the same source for G1 over Fp and G2 over Fp2. Inner functions only.

Owns the formulas. Does not own sums of many points: see ``msm`` and ``fixed_base``.

A point in an array is a row of two elements x, y in Montgomery form; all zeros is infinity (no point
of either curve has y = 0). A point in registers is (X, Y, ZZ, ZZZ) with x = X / ZZ, y = Y / ZZZ and
ZZ^3 = ZZZ^2; ZZ = 0 is infinity (XYZZ: https://hyperelliptic.org/EFD/g1p/auto-shortw-xyzz.html).
"""

from typing import Any, TypeAlias

import numpy as np

from zkrollup.kernels.fields import (
    Element,
    has_no_bits,
    inverse,
    is_zero,
    load,
    one_like,
    square,
    store,
    words_of,
    zero_like,
)
from zkrollup.kernels.jit import Words, inner

Point: TypeAlias = Any
"""(X, Y, ZZ, ZZZ) inside a kernel."""

BATCH = 1024  # affine additions that share an inversion: from 512 on it hardly shows


@inner
def infinity(like: Element) -> Point:
    """The neutral element."""
    zero = zero_like(like)
    return zero, zero, zero, zero


@inner
def double(p: Point) -> Point:
    """2p; dbl-2008-s-1 with a = 0."""
    x, y, zz, zzz = p
    u = y + y
    v = square(u)
    w = u * v
    s = x * v
    xx = square(x)
    m = xx + xx + xx
    x3 = square(m) - s - s
    return x3, m * (s - x3) - w * y, v * zz, w * zzz


@inner
def add(p: Point, q: Point) -> Point:
    """P + q, whatever they are; add-2008-s."""
    x1, y1, zz1, zzz1 = p
    x2, y2, zz2, zzz2 = q
    if has_no_bits(zz2):
        return p
    if has_no_bits(zz1):
        return q
    u1 = x1 * zz2
    s1 = y1 * zzz2
    dx = x2 * zz1 - u1
    dy = y2 * zzz1 - s1
    if is_zero(dx):
        return double(p) if is_zero(dy) else infinity(x1)
    pp = square(dx)
    ppp = dx * pp
    v = u1 * pp
    x3 = square(dy) - ppp - v - v
    return x3, dy * (v - x3) - s1 * ppp, zz1 * zz2 * pp, zzz1 * zzz2 * ppp


@inner
def load_point(points: Words, row: int, like: Element) -> Point:
    """An affine point of an array."""
    x, y = load(points, row, 0, like), load(points, row, 1, like)
    if has_no_bits(y):
        return infinity(like)
    return x, y, one_like(like), one_like(like)


@inner
def store_point(points: Words, row: int, p: Point) -> None:
    """The reverse of :func:`load_point`; one inversion."""
    x, y, zz, zzz = p
    per_zzz = inverse(zzz)
    per_z = per_zzz * zz
    store(points, row, 0, x * square(per_z))
    store(points, row, 1, y * per_zzz)


# --- many affine additions with one inversion (Montgomery's trick) -----------------------------------------


@inner
def _denominator(x1: Element, y1: Element, x2: Element, y2: Element) -> Element:
    """Of the slope from one point to the other; 1 where the sum needs no slope."""
    if has_no_bits(y1) or has_no_bits(y2):
        return one_like(x1)
    dx = x2 - x1
    if not is_zero(dx):
        return dx
    return one_like(x1) if is_zero(y1 + y2) else y1 + y1


@inner
def _add_affine(points: Words, row: int, x2: Element, y2: Element, per_denominator: Element) -> None:
    """points[row] += (x2, y2), the slope's denominator being inverted already."""
    x1, y1 = load(points, row, 0, x2), load(points, row, 1, x2)
    if has_no_bits(y2):
        return
    if has_no_bits(y1):
        store(points, row, 0, x2)
        store(points, row, 1, y2)
        return
    rise = y2 - y1
    if is_zero(x2 - x1):
        if is_zero(y1 + y2):
            store(points, row, 0, zero_like(x1))
            store(points, row, 1, zero_like(x1))
            return
        xx = square(x1)
        rise = xx + xx + xx
    slope = rise * per_denominator
    x3 = square(slope) - x1 - x2
    store(points, row, 0, x3)
    store(points, row, 1, slope * (x1 - x3) - y1)


@inner
def _load_signed(points: Words, signed_row: int, like: Element) -> tuple[Element, Element]:
    """points[k], or -points[~k] for negative k; zeros stay zeros."""
    if signed_row >= 0:
        return load(points, signed_row, 0, like), load(points, signed_row, 1, like)
    return load(points, ~signed_row, 0, like), zero_like(like) - load(points, ~signed_row, 1, like)


@inner
def add_pairs(points: Words, rows: Any, others: Words, signed_rows: Any, count: int, like: Element) -> None:
    """points[rows[j]] += others[k], or -= others[~k] for negative k = signed_rows[j], for all j < count.

    No row may be both changed and read in the same call.

    Args:
        points: changed in place.
        rows: int64, where.
        others: may be ``points``.
        signed_rows: int64, what.
        count: how many.
        like: names the field.
    """
    scratch = np.empty((min(count, BATCH), 2 * words_of(like)), np.uint64)
    for start in range(0, count, BATCH):
        end = min(start + BATCH, count)
        product = one_like(like)
        for j in range(start, end):
            x1, y1 = load(points, rows[j], 0, like), load(points, rows[j], 1, like)
            x2, y2 = _load_signed(others, signed_rows[j], like)
            denominator = _denominator(x1, y1, x2, y2)
            store(scratch, j - start, 0, denominator)
            store(scratch, j - start, 1, product)
            product = product * denominator
        product = inverse(product)
        for j in range(end - 1, start - 1, -1):
            per_denominator = product * load(scratch, j - start, 1, like)
            product = product * load(scratch, j - start, 0, like)
            x2, y2 = _load_signed(others, signed_rows[j], like)
            _add_affine(points, rows[j], x2, y2, per_denominator)


@inner
def copy_point(source: Words, row: int, target: Words, to: int, like: Element) -> None:
    """target[to] = source[row]."""
    store(target, to, 0, load(source, row, 0, like))
    store(target, to, 1, load(source, row, 1, like))
