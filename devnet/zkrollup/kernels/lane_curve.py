"""Many affine additions with one inversion, eight at a time: ``curve.add_pairs`` for lanes. Inner functions only.

Owns the additions on lanes and the change between the two Montgomery forms. Rows of points are as in ``curve``, in
the form of ``lanes``; x = 0 means infinity, as no point of either group has it (it would have order 3).

Slopes that have no difference to divide by, of a point and itself or its negative, make the product of all
differences 0, so they are found without looking: their chunk is then added exactly, by ``curve``.
"""

from typing import Any

import numpy as np

from zkrollup.kernels.curve import add_pairs
from zkrollup.kernels.fields import Element, inverse, is_zero, load, one_like, store, words_of
from zkrollup.kernels.jit import Words, inner
from zkrollup.kernels.lanes import (
    LANES,
    Lanes,
    choose,
    element_of,
    entering,
    keep,
    kept,
    leaving,
    load_lanes,
    negative_lanes,
    one_in_lanes,
    reduced,
    square_lanes,
    store_lanes,
    words_of_lanes,
    zero_in_lanes,
    zero_lanes,
)

CHUNK = 2048
"""Additions that share an inversion; what is kept of them fits into a processor's second cache."""
SLACK = LANES - 1
"""Entries that arrays of rows need after their last one: it is repeated there to fill all lanes."""


@inner
def add_pairs_in_lanes(
    points: Words, rows: Any, others: Words, signed_rows: Any, count: int, lanes: Lanes
) -> None:
    """As ``curve.add_pairs``; both arrays of rows have ``SLACK`` entries more than ``count``."""
    _fill_lanes(rows, count)
    _fill_lanes(signed_rows, count)
    scratch = np.empty((min(count, CHUNK) // LANES + 2) * words_of_lanes(lanes), np.uint64)
    for start in range(0, count, CHUNK):
        end = min(start + CHUNK, count)
        if not _add_chunk(points, rows, others, signed_rows, start, end, scratch, lanes):
            _add_chunk_exactly(points, rows, others, signed_rows, start, end, lanes)


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
def _add_chunk(
    points: Words, rows: Any, others: Words, signed_rows: Any, start: int, end: int, scratch: Any, lanes: Lanes
) -> bool:
    """The additions from ``start`` to ``end``, unless some slope has no difference to divide by."""
    one = one_in_lanes(lanes)
    product = one
    for j in range(start, end, LANES):
        keep(scratch, (j - start) // LANES, product)
        x1 = load_lanes(points, rows, j, 0, lanes)
        x2 = load_lanes(others, signed_rows, j, 0, lanes)
        infinite = zero_lanes(x1) | zero_lanes(x2)
        product = product * (choose(infinite, one, x2 - x1) if infinite else x2 - x1)
    finite, product = _inverse_lanes(product, lanes)
    if not finite:
        return False
    for j in range(start + (end - 1 - start) // LANES * LANES, start - 1, -LANES):
        x1 = load_lanes(points, rows, j, 0, lanes)
        x2 = load_lanes(others, signed_rows, j, 0, lanes)
        y1 = load_lanes(points, rows, j, 1, lanes)
        y2 = load_lanes(others, signed_rows, j, 1, lanes)
        infinite1, infinite2 = zero_lanes(x1), zero_lanes(x2)
        negative = negative_lanes(signed_rows, j)
        if negative:
            y2 = choose(negative, reduced(zero_in_lanes(lanes) - y2), y2)
        difference = x2 - x1
        if infinite1 | infinite2:
            difference = choose(infinite1 | infinite2, one, difference)
        slope = (y2 - y1) * (product * kept(scratch, (j - start) // LANES, lanes))
        product = product * difference
        x3 = reduced(square_lanes(slope) - x1 - x2)
        y3 = reduced(slope * (x1 - x3) - y1)
        if infinite1 | infinite2:
            x3 = choose(infinite2, x1, choose(infinite1, x2, x3))
            y3 = choose(infinite2, y1, choose(infinite1, y2, y3))
        store_lanes(points, rows, j, 0, x3)
        store_lanes(points, rows, j, 1, y3)
    return True


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


@inner
def _add_chunk_exactly(
    points: Words, rows: Any, others: Words, signed_rows: Any, start: int, end: int, lanes: Lanes
) -> None:
    """The same additions, whatever the points are, through the form of ``fields``."""
    count = end - start
    shape = (count, points.shape[1])
    mine, theirs = np.empty(shape, np.uint64), np.empty(shape, np.uint64)
    into, what = np.arange(count + SLACK), np.arange(count + SLACK)
    _fill_lanes(into, count)
    for j in range(0, count, LANES):
        for column in range(2):
            value = leaving(load_lanes(points, rows, start + j, column, lanes))
            store_lanes(mine, into, j, column, value)
            value = leaving(load_lanes(others, signed_rows, start + j, column, lanes))
            store_lanes(theirs, into, j, column, value)
    for i in range(count):
        if signed_rows[start + i] < 0:
            what[i] = ~i
    add_pairs(mine, into, theirs, what, count, element_of(lanes))
    for j in range(0, count, LANES):
        for column in range(2):
            value = entering(load_lanes(mine, into, j, column, lanes))
            store_lanes(points, rows, start + j, column, value)
