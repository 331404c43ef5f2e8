"""Many affine additions with one inversion, eight at a time: ``curve.add_pairs`` for lanes. All are inner.

Owns the additions on lanes and the change between the two Montgomery forms. Rows of points are as in
``curve``, in the form of ``lanes``; x = 0 means infinity: no point of either curve has it, in a group or not,
since neither 3 nor 3 / (9 + u) is a square.

A point and itself or its negative have no difference to divide by. They are rare, and make the product of all
differences 0: only a chunk where that happens is looked through for them.
"""

from typing import Any, NamedTuple

import numpy as np

from zkrollup.kernels.fields import inverse, is_zero, load, one_like, store, words_of
from zkrollup.kernels.jit import Words, inner
from zkrollup.kernels.lane_arrays import (
    keep,
    kept,
    load_lanes,
    negative_lanes,
    store_lanes,
    words_of_lanes,
)
from zkrollup.kernels.lanes import (
    LANES,
    Lanes,
    choose,
    element_of,
    entering,
    leaving,
    one_in_lanes,
    reduced,
    square_lanes,
    vanishing_lanes,
    zero_in_lanes,
    zero_lanes,
)

CHUNK = 2048
"""Additions that share an inversion; what is kept of them fits into a processor's second cache."""
SLACK = LANES - 1
"""Entries that arrays of rows need after their last one: it is repeated there to fill all lanes."""


class Additions(NamedTuple):
    """What ``curve.add_pairs`` is given, and room for what is kept between its two passes."""

    points: Words
    rows: Any
    others: Words
    signed_rows: Any
    scratch: Any


@inner
def add_pairs_in_lanes(
    points: Words, rows: Any, others: Words, signed_rows: Any, count: int, lanes: Lanes
) -> None:
    """As ``curve.add_pairs``; both arrays of rows have ``SLACK`` entries more than ``count``."""
    _fill_lanes(rows, count)
    _fill_lanes(signed_rows, count)
    scratch = np.empty((min(count, CHUNK) // LANES + 2) * words_of_lanes(lanes), np.uint64)
    work = Additions(points, rows, others, signed_rows, scratch)
    for start in range(0, count, CHUNK):
        _add_chunk(work, start, min(start + CHUNK, count), lanes)


@inner
def leave_lanes(points: Words, rows: Any, count: int, lanes: Lanes) -> None:
    """Bring points[rows[j]], j < count, into the form of ``fields``, in place; ``rows`` has slack."""
    _fill_lanes(rows, count)
    for j in range(0, count, LANES):
        for column in range(2):
            store_lanes(points, rows, j, column, leaving(load_lanes(points, rows, j, column, lanes)))


@inner
def enter_lanes(points: Words, out: Words, lanes: Lanes) -> None:
    """All points in the form of ``lanes``."""
    rows = np.arange(points.shape[0] + SLACK)
    _fill_lanes(rows, points.shape[0])
    for j in range(0, points.shape[0], LANES):
        for column in range(2):
            store_lanes(out, rows, j, column, entering(load_lanes(points, rows, j, column, lanes)))


@inner
def _fill_lanes(rows: Any, count: int) -> None:
    """Lanes past the end do what the last one does, on the same row: all read before any writes."""
    for j in range(count, count + SLACK):
        rows[j] = rows[count - 1]


@inner
def _add_chunk(work: Additions, start: int, end: int, lanes: Lanes) -> None:
    """The additions from ``start`` to ``end``, as if all x differed unless that turns out to be wrong."""
    differ, inverse = _inverse_lanes(_differences(work, start, end, lanes, False), lanes)
    if differ:
        _add_all(work, start, end, inverse, False)
    else:
        _, inverse = _inverse_lanes(_differences(work, start, end, lanes, True), lanes)
        _add_all(work, start, end, inverse, True)


@inner
def _differences(work: Additions, start: int, end: int, lanes: Lanes, complete: bool) -> Lanes:
    """The product of what slopes are divided by; of each step what comes before it, in scratch.

    If ``complete``, equal and opposite points are looked for, so that no factor is 0.
    """
    one = one_in_lanes(lanes)
    product = one
    for j in range(start, end, LANES):
        x1, x2 = _first_coordinates(work, j, lanes)
        difference = x2 - x1
        infinite = zero_lanes(x1) | zero_lanes(x2)
        if complete:
            y1, y2 = _second_coordinates(work, j, lanes)
            same, opposite = _special(difference, y1, y2)
            difference = choose(same, y1 + y2, difference)
            infinite |= opposite
        if infinite:
            difference = choose(infinite, one, difference)
        keep(work.scratch, (j - start) // LANES, product)
        product = product * difference
    return product


@inner
def _add_all(work: Additions, start: int, end: int, per_product: Lanes, complete: bool) -> None:
    """The additions, the product of :func:`_differences` being inverted; from the last to the first."""
    zero, one = zero_in_lanes(per_product), one_in_lanes(per_product)
    for j in range(start + (end - 1 - start) // LANES * LANES, start - 1, -LANES):
        x1, x2 = _first_coordinates(work, j, zero)
        y1, y2 = _second_coordinates(work, j, zero)
        difference, rise = x2 - x1, y2 - y1
        infinite1, infinite2, opposite = zero_lanes(x1), zero_lanes(x2), np.int64(0)
        if complete:
            same, opposite = _special(difference, y1, y2)
            xx = square_lanes(x1)
            difference, rise = choose(same, y1 + y2, difference), choose(same, reduced(xx + xx + xx), rise)
        special = infinite1 | infinite2 | opposite
        if special:
            difference = choose(special, one, difference)
        slope = rise * (per_product * kept(work.scratch, (j - start) // LANES, zero))
        per_product = per_product * difference
        x3 = reduced(square_lanes(slope) - x1 - x2)
        y3 = reduced(slope * (x1 - x3) - y1)
        if special:
            x3 = choose(infinite2, x1, choose(infinite1, x2, choose(opposite, zero, x3)))
            y3 = choose(infinite2, y1, choose(infinite1, y2, choose(opposite, zero, y3)))
        store_lanes(work.points, work.rows, j, 0, x3)
        store_lanes(work.points, work.rows, j, 1, y3)


@inner
def _special(difference: Lanes, y1: Lanes, y2: Lanes) -> tuple[int, int]:
    """Lanes where the x are the same, and those of them where the points are opposite."""
    same = vanishing_lanes(reduced(difference))
    return same, same & vanishing_lanes(reduced(y1 + y2))


@inner
def _first_coordinates(work: Additions, j: int, lanes: Lanes) -> tuple[Lanes, Lanes]:
    """The x of eight pairs of points."""
    x1 = load_lanes(work.points, work.rows, j, 0, lanes)
    return x1, load_lanes(work.others, work.signed_rows, j, 0, lanes)


@inner
def _second_coordinates(work: Additions, j: int, lanes: Lanes) -> tuple[Lanes, Lanes]:
    """Their y, negated where a row's number says so; zeros stay zeros."""
    y1 = load_lanes(work.points, work.rows, j, 1, lanes)
    y2 = load_lanes(work.others, work.signed_rows, j, 1, lanes)
    negative = negative_lanes(work.signed_rows, j)
    if negative:
        y2 = choose(negative, reduced(zero_in_lanes(lanes) - y2), y2)
    return y1, y2


@inner
def _inverse_lanes(x: Lanes, lanes: Lanes) -> tuple[bool, Lanes]:
    """(True, 1 / x), or (False, x) where a lane is 0; one inversion for all lanes."""
    like = element_of(lanes)
    identity = np.arange(LANES)
    shape = (LANES, words_of(like))
    values, prefixes = np.empty(shape, np.uint64), np.empty(shape, np.uint64)
    store_lanes(values, identity, 0, 0, leaving(x))
    product = one_like(like)
    for i in range(LANES):
        store(prefixes, i, 0, product)
        product = product * load(values, i, 0, like)
    if is_zero(product):
        return False, x
    product = inverse(product)
    for i in range(LANES - 1, -1, -1):
        value = load(values, i, 0, like)
        store(values, i, 0, product * load(prefixes, i, 0, like))
        product = product * value
    return True, entering(load_lanes(values, identity, 0, 0, lanes))
