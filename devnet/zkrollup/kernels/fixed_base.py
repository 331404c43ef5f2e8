"""One point times many scalars, through a table of its multiples: what a trusted setup does.

Owns tables and their use. The table has a row for each digit d in [1, 2^(width - 1)] of each window:
d * 2^(width * window) * base.
"""

from concurrent.futures import Executor

import numpy as np

from zkrollup.kernels.affine import SLACK, Adder, add_pairs, leave
from zkrollup.kernels.curve import copy_point, double, load_point, store_point
from zkrollup.kernels.digits import digit, recode, windows
from zkrollup.kernels.fields import Element, canonical, fp2_zero, fp_zero, load, store
from zkrollup.kernels.jit import Words, inner, kernel
from zkrollup.kernels.lanes import fp2_lanes, fp_lanes
from zkrollup.kernels.msm import LANES_G1, LANES_G2, SCALAR_G1, SCALAR_G2, Group
from zkrollup.kernels.processor import LANE_SETS, SCALAR_SETS

WIDTH = 11
CHUNK = 2048  # scalars a task


@inner
def _fill_table(table: Words, width: int, like: Element) -> None:
    """Row 0 holds the base. Doubling reaches each window's first row, then rows double in number."""
    half = 1 << (width - 1)
    for first in range(half, table.shape[0], half):
        point = load_point(table, first - half, like)
        for _ in range(width):
            point = double(point)
        store_point(table, first, point)
    size = table.shape[0] + SLACK
    into, what = np.empty(size, np.int64), np.empty(size, np.int64)
    known = 1
    while known < half:
        count = 0
        for first in range(0, table.shape[0], half):
            for d in range(known):
                copy_point(table, first + d, table, first + known + d, like)
                into[count], what[count] = first + known + d, first + known - 1
                count += 1
        add_pairs(table, into, table, what, count, like)
        known *= 2


@inner
def _multiply_all(table: Words, recoded: Words, width: int, out: Words, like: Element, adder: Adder) -> None:
    """out[i] = scalar i * base, < p; ``out`` holds zeros before, the table is in the adder's form."""
    half, size = 1 << (width - 1), recoded.shape[0] + SLACK
    into, what = np.empty(size, np.int64), np.empty(size, np.int64)
    for window in range(table.shape[0] // half):
        count = 0
        for i in range(recoded.shape[0]):
            d = digit(recoded, i, window, width)
            if d != 0:
                row = window * half + abs(d) - 1
                into[count], what[count] = i, row if d > 0 else ~row
                count += 1
        add_pairs(out, into, table, what, count, adder)
    for i in range(recoded.shape[0]):
        into[i] = i
    leave(out, into, recoded.shape[0], adder)
    for i in range(recoded.shape[0]):
        store(out, i, 0, canonical(load(out, i, 0, like)))
        store(out, i, 1, canonical(load(out, i, 1, like)))


@kernel("void(uint64[:, ::1], int64)")
def _g1_table(table: Words, width: int) -> None:
    _fill_table(table, width, fp_zero())


@kernel("void(uint64[:, ::1], int64)")
def _g2_table(table: Words, width: int) -> None:
    _fill_table(table, width, fp2_zero())


_MULTIPLY = "void(uint64[:, ::1], uint64[:, ::1], int64, uint64[:, ::1])"


@kernel(_MULTIPLY, sets=SCALAR_SETS)
def _g1_multiply(table: Words, recoded: Words, width: int, out: Words) -> None:
    _multiply_all(table, recoded, width, out, fp_zero(), fp_zero())


@kernel(_MULTIPLY, sets=SCALAR_SETS)
def _g2_multiply(table: Words, recoded: Words, width: int, out: Words) -> None:
    _multiply_all(table, recoded, width, out, fp2_zero(), fp2_zero())


@kernel(_MULTIPLY, sets=LANE_SETS)
def _g1_multiply_in_lanes(table: Words, recoded: Words, width: int, out: Words) -> None:
    _multiply_all(table, recoded, width, out, fp_zero(), fp_lanes())


@kernel(_MULTIPLY, sets=LANE_SETS)
def _g2_multiply_in_lanes(table: Words, recoded: Words, width: int, out: Words) -> None:
    _multiply_all(table, recoded, width, out, fp2_zero(), fp2_lanes())


_KERNELS = {
    SCALAR_G1: (_g1_table, _g1_multiply),
    SCALAR_G2: (_g2_table, _g2_multiply),
    LANES_G1: (_g1_table, _g1_multiply_in_lanes),
    LANES_G2: (_g2_table, _g2_multiply_in_lanes),
}


def multiples(pool: Executor, group: Group, base: Words, scalars: Words) -> Words:
    """All scalars[i] * base.

    Args:
        pool: runs chunks of the work.
        group: of the base.
        base: affine, Montgomery, (1, group.words), not infinity.
        scalars: canonical, (n, 4).

    Returns:
        Affine, Montgomery, < p, (n, group.words); zeros for infinity.
    """
    fill, multiply = _KERNELS[group]
    table = np.zeros((windows(WIDTH) << (WIDTH - 1), group.words), np.uint64)
    table[0] = base[0]
    fill(table, WIDTH)
    table = group.prepared(table)
    recoded = recode(scalars, WIDTH)
    out = np.zeros((len(scalars), group.words), np.uint64)
    chunks = [slice(start, start + CHUNK) for start in range(0, len(scalars), CHUNK)]
    for task in [pool.submit(multiply, table, recoded[chunk], WIDTH, out[chunk]) for chunk in chunks]:
        task.result()
    return out
