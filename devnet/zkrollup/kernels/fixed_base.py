"""One point times many scalars, through a table of its multiples: what a trusted setup does.

Owns tables and their use. The table has a row for each digit d in [1, 2^(width - 1)] of each window:
d * 2^(width * window) * base.
"""

from concurrent.futures import Executor
from typing import Any

import numpy as np

from zkrollup.kernels.curve import add_pairs, copy_point, double, load_point, store_point
from zkrollup.kernels.digits import digit, recode, windows
from zkrollup.kernels.fields import Element, canonical, fp2_zero, fp_zero, load, store
from zkrollup.kernels.jit import Words, inner, kernel
from zkrollup.kernels.msm import G1, Group

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
    into, what = np.empty(table.shape[0], np.int64), np.empty(table.shape[0], np.int64)
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
def _multiply_all(table: Words, recoded: Words, width: int, out: Words, like: Element) -> None:
    """out[i] = scalar i * base, < p; ``out`` holds zeros before."""
    half = 1 << (width - 1)
    into, what = np.empty(recoded.shape[0], np.int64), np.empty(recoded.shape[0], np.int64)
    for window in range(table.shape[0] // half):
        count = 0
        for i in range(recoded.shape[0]):
            d = digit(recoded, i, window, width)
            if d != 0:
                row = window * half + abs(d) - 1
                into[count], what[count] = i, row if d > 0 else ~row
                count += 1
        add_pairs(out, into, table, what, count, like)
    for i in range(recoded.shape[0]):
        store(out, i, 0, canonical(load(out, i, 0, like)))
        store(out, i, 1, canonical(load(out, i, 1, like)))


@kernel("void(uint64[:, ::1], int64)")
def _g1_table(table: Words, width: int) -> None:
    _fill_table(table, width, fp_zero())


@kernel("void(uint64[:, ::1], int64)")
def _g2_table(table: Words, width: int) -> None:
    _fill_table(table, width, fp2_zero())


@kernel("void(uint64[:, ::1], uint64[:, ::1], int64, uint64[:, ::1])")
def _g1_multiply(table: Words, recoded: Words, width: int, out: Words) -> None:
    _multiply_all(table, recoded, width, out, fp_zero())


@kernel("void(uint64[:, ::1], uint64[:, ::1], int64, uint64[:, ::1])")
def _g2_multiply(table: Words, recoded: Words, width: int, out: Words) -> None:
    _multiply_all(table, recoded, width, out, fp2_zero())


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
    fill: Any = _g1_table if group is G1 else _g2_table
    multiply: Any = _g1_multiply if group is G1 else _g2_multiply
    table = np.zeros((windows(WIDTH) << (WIDTH - 1), group.words), np.uint64)
    table[0] = base[0]
    fill(table, WIDTH)
    recoded = recode(scalars, WIDTH)
    out = np.zeros((len(scalars), group.words), np.uint64)
    chunks = [slice(start, start + CHUNK) for start in range(0, len(scalars), CHUNK)]
    for task in [pool.submit(multiply, table, recoded[chunk], WIDTH, out[chunk]) for chunk in chunks]:
        task.result()
    return out
