"""Sums of many points times many scalars: Pippenger's method, G1 and G2.

Owns the sums. Windows are independent tasks, so several sums can share one thread pool: start them
all, then ask for results. Buckets are added up affinely in batches, which needs 6 multiplications
an addition where the usual formulas need 10, eight additions at a time where the processor can.
Digits that are 0 cost nothing but being looked at, so small scalars are cheap.
"""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from zkrollup.kernels.affine import SLACK, Adder, add_pairs, leave
from zkrollup.kernels.curve import (
    Point,
    add,
    copy_point,
    double,
    infinity,
    load_point,
    store_point,
)
from zkrollup.kernels.digits import digit, recode, windows
from zkrollup.kernels.fields import (
    Element,
    canonical,
    fp2_zero,
    fp_zero,
    has_no_bits,
    load,
    store,
    zero_like,
)
from zkrollup.kernels.jit import Kernel, Words, inner, kernel
from zkrollup.kernels.lane_curve import enter_lanes
from zkrollup.kernels.lanes import fp2_lanes, fp_lanes
from zkrollup.kernels.processor import LANE_SETS, SCALAR_SETS, kernel_set


@inner
def _sort_into_buckets(
    points: Words, recoded: Words, window: int, width: int, starts: Any, like: Element
) -> Words:
    """Points grouped by their digit's size, its sign moved into them; fills ``starts``."""
    count = points.shape[0]
    digits = np.empty(count, np.int32)
    for i in range(count):
        d = digit(recoded, i, window, width)
        if has_no_bits(load(points, i, 1, like)):
            d = 0
        digits[i] = d
        if d != 0:
            starts[abs(d) + 1] += 1
    for b in range(1, starts.shape[0]):
        starts[b] += starts[b - 1]
    ends = starts.copy()
    rows = np.empty((starts[-1], points.shape[1]), np.uint64)
    for i in range(count):
        d = np.int64(digits[i])
        if d == 0:
            continue
        row = ends[abs(d)]
        ends[abs(d)] += 1
        x, y = load(points, i, 0, like), load(points, i, 1, like)
        store(rows, row, 0, x)
        store(rows, row, 1, y if d > 0 else zero_like(y) - y)
    return rows


@inner
def _add_up_groups(rows: Words, starts: Any, adder: Adder) -> None:
    """Leave each group's sum in its first row: pairs at distance 1, then 2, 4, ... until none is left.

    Group g is rows starts[g] to starts[g + 1].
    """
    size = rows.shape[0] // 2 + SLACK
    into, what = np.empty(size, np.int64), np.empty(size, np.int64)
    distance, count = 1, 1
    while count:
        count = 0
        for g in range(starts.shape[0] - 1):
            for row in range(starts[g], starts[g + 1] - distance, 2 * distance):
                into[count], what[count] = row, row + distance
                count += 1
        add_pairs(rows, into, rows, what, count, adder)
        distance *= 2


@inner
def _by_index(rows: Words, first: int, step: int, count: int, like: Element) -> Point:
    """The sum of i * rows[first + i * step] for i < count."""
    running, total = infinity(like), infinity(like)
    for i in range(count - 1, 0, -1):
        running = add(running, load_point(rows, first + i * step, like))
        total = add(total, running)
    return total


@inner
def _weighted_sum(rows: Words, starts: Any, like: Element, adder: Adder) -> Point:
    """The sum of b * (bucket b's sum).

    Buckets are laid out as a square, b = low + side * high. Adding up its columns and its rows takes two
    batched additions a bucket; what is left to weight is two vectors as long as the square's side.
    """
    buckets = starts.shape[0] - 1
    side = 1
    while side * side < buckets:
        side *= 2
    height = -(-buckets // side)
    size = side * height
    grid = np.zeros((2 * size, rows.shape[1]), np.uint64)
    for b in range(buckets):
        if starts[b + 1] > starts[b]:
            copy_point(rows, starts[b], grid, b, like)
            copy_point(rows, starts[b], grid, size + (b % side) * height + b // side, like)
    groups = np.empty(height + side + 1, np.int64)
    for high in range(height):
        groups[high] = high * side
    for low in range(side + 1):
        groups[height + low] = size + low * height
    _add_up_groups(grid, groups, adder)
    firsts = np.empty(height + side + SLACK, np.int64)
    for i in range(height + side):
        firsts[i] = groups[i]
    leave(grid, firsts, height + side, adder)
    total = _by_index(grid, 0, side, height, like)
    doublings = side
    while doublings > 1:
        total = double(total)
        doublings //= 2
    return add(total, _by_index(grid, size, height, side, like))


@inner
def _window_sum(
    points: Words, recoded: Words, window: int, width: int, sums: Words, like: Element, adder: Adder
) -> None:
    """sums[window] = sum of digit * point, the points being in the adder's form."""
    starts = np.zeros((1 << (width - 1)) + 2, np.int64)
    rows = _sort_into_buckets(points, recoded, window, width, starts, like)
    total = infinity(like)
    if rows.shape[0]:  # else all scalars are too small to reach this window
        _add_up_groups(rows, starts, adder)
        total = _weighted_sum(rows, starts, like, adder)
    for column in range(4):
        store(sums, window, column, total[column])


@inner
def _combined(sums: Words, width: int, out: Words, like: Element) -> None:
    """Out = the sum of 2^(width w) * sums[w], affine, < p."""
    total = infinity(like)
    for window in range(sums.shape[0] - 1, -1, -1):
        for _ in range(width):
            total = double(total)
        total = add(
            total,
            (
                load(sums, window, 0, like),
                load(sums, window, 1, like),
                load(sums, window, 2, like),
                load(sums, window, 3, like),
            ),
        )
    store_point(out, 0, total)
    store(out, 0, 0, canonical(load(out, 0, 0, like)))
    store(out, 0, 1, canonical(load(out, 0, 1, like)))


_WINDOW = "void(uint64[:, ::1], uint64[:, ::1], int64, int64, uint64[:, ::1])"


@kernel(_WINDOW, sets=SCALAR_SETS)
def _g1_window(points: Words, recoded: Words, window: int, width: int, sums: Words) -> None:
    _window_sum(points, recoded, window, width, sums, fp_zero(), fp_zero())


@kernel(_WINDOW, sets=SCALAR_SETS)
def _g2_window(points: Words, recoded: Words, window: int, width: int, sums: Words) -> None:
    _window_sum(points, recoded, window, width, sums, fp2_zero(), fp2_zero())


@kernel(_WINDOW, sets=LANE_SETS)
def _g1_window_in_lanes(points: Words, recoded: Words, window: int, width: int, sums: Words) -> None:
    _window_sum(points, recoded, window, width, sums, fp_zero(), fp_lanes())


@kernel(_WINDOW, sets=LANE_SETS)
def _g2_window_in_lanes(points: Words, recoded: Words, window: int, width: int, sums: Words) -> None:
    _window_sum(points, recoded, window, width, sums, fp2_zero(), fp2_lanes())


@kernel("void(uint64[:, ::1], uint64[:, ::1])", sets=LANE_SETS)
def _g1_enter(points: Words, out: Words) -> None:
    enter_lanes(points, out, fp_lanes())


@kernel("void(uint64[:, ::1], uint64[:, ::1])", sets=LANE_SETS)
def _g2_enter(points: Words, out: Words) -> None:
    enter_lanes(points, out, fp2_lanes())


@kernel("void(uint64[:, ::1], int64, uint64[:, ::1])")
def _g1_combine(sums: Words, width: int, out: Words) -> None:
    _combined(sums, width, out, fp_zero())


@kernel("void(uint64[:, ::1], int64, uint64[:, ::1])")
def _g2_combine(sums: Words, width: int, out: Words) -> None:
    _combined(sums, width, out, fp2_zero())


# --- from Python -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """G1 or G2: which kernels sum its points.

    Attributes:
        words: of an affine point.
        window: sums one window.
        combine: adds windows up.
        enter: brings points into the form that ``window`` takes, None if that is the usual one.
    """

    words: int
    window: Kernel
    combine: Kernel
    enter: Kernel | None = None

    def prepared(self, points: Words) -> Words:
        """Points as ``window`` takes them."""
        if self.enter is None:
            return points
        out = np.empty_like(points)
        self.enter(points, out)
        return out


SCALAR_G1 = Group(8, _g1_window, _g1_combine)
SCALAR_G2 = Group(16, _g2_window, _g2_combine)
LANES_G1 = Group(8, _g1_window_in_lanes, _g1_combine, _g1_enter)
LANES_G2 = Group(16, _g2_window_in_lanes, _g2_combine, _g2_enter)
G1, G2 = (LANES_G1, LANES_G2) if kernel_set() in LANE_SETS else (SCALAR_G1, SCALAR_G2)


@dataclass(frozen=True, slots=True)
class PendingSum:
    """A sum whose windows are in a thread pool."""

    group: Group
    width: int
    sums: Words
    tasks: Sequence[Future[None]]

    def result(self) -> Words:
        """Wait; the affine sum, one row in Montgomery form, < p; zeros for infinity."""
        for task in self.tasks:
            task.result()
        out = np.zeros((1, self.group.words), np.uint64)
        self.group.combine(self.sums, self.width, out)
        return out


def start_sum(pool: Executor, group: Group, points: Words, scalars: Words) -> PendingSum:
    """Start the sum of scalars[i] * points[i].

    Args:
        pool: runs one task a window.
        group: of the points.
        points: affine, Montgomery, (n, group.words); zeros are infinity. In the group: not checked.
        scalars: canonical, (n, 4).
    """
    width = window_width(len(points))
    recoded, prepared = recode(scalars, width), group.prepared(points)
    sums = np.zeros((windows(width), 2 * group.words), np.uint64)
    tasks = [
        pool.submit(group.window, prepared, recoded, window, width, sums) for window in range(windows(width))
    ]
    return PendingSum(group, width, sums, tasks)


def window_width(count: int) -> int:
    """The cheapest window for ``count`` points: an addition a point, two a bucket, 60 to run it at all."""
    return min(range(3, 17), key=lambda width: windows(width) * (count + 2 * 2 ** (width - 1) + 60))
