"""Lanes against single elements: the same results bit for bit."""

import random

import numpy as np
import pytest

from zkrollup.kernels import fields, ifma, limbs, ntt
from zkrollup.kernels.fields import canonical, fp2_zero, fp_zero, fr_zero, load, store
from zkrollup.kernels.jit import inner, kernel
from zkrollup.kernels.lane_arrays import load_lanes, load_strided, store_lanes, store_strided
from zkrollup.kernels.lanes import (
    LANES,
    choose,
    entering,
    fp2_lanes,
    fp_lanes,
    fr_lanes,
    leaving,
    one_in_lanes,
    reduced,
    square_lanes,
    vanishing_lanes,
    zero_lanes,
)
from zkrollup.kernels.montgomery import P, R
from zkrollup.kernels.processor import KernelSet, supported

pytestmark = pytest.mark.skipif(
    KernelSet.IFMA not in supported(),
    reason="lanes need AVX-512 IFMA; run it on a processor with it, such as Ice Lake or Zen 4",
)

EDGES = 320
RESULTS = 6  # of each pair


def edge_values(modulus: int, seed: int) -> list[int]:
    """Words below twice the modulus: ends of the range, of limbs of 52 and 64 bits, and random ones."""
    values = {0, 1, 2, modulus - 1, modulus, modulus + 1, 2 * modulus - 1, 2 * modulus - 2}
    values |= {
        (1 << bits) + by for width in (52, 64) for bits in range(width, 255, width) for by in (-1, 0, 1)
    }
    values |= {2**power % modulus for power in (256, 260, 264, 512, 520)}
    rng = random.Random(seed)
    while len(values) < EDGES:
        values.add(rng.randrange(2 * modulus))
    return sorted(value for value in values if value < 2 * modulus)[:EDGES]


def all_pairs(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))


@inner
def single_results(xs, ys, out, like):
    for i in range(xs.shape[0]):
        x, y = load(xs, i, 0, like), load(ys, i, 0, like)
        results = (x * y, x + y, x - y, fields.square(x), (x + y) * (x - y), x)
        for column in range(RESULTS):
            store(out, i, column, canonical(results[column]))


@inner
def lane_results(xs, ys, out, lanes, like):
    rows = np.arange(xs.shape[0])
    for i in range(0, xs.shape[0], LANES):
        x, y = entering(load_lanes(xs, rows, i, 0, lanes)), entering(load_lanes(ys, rows, i, 0, lanes))
        results = (x * y, x + y, x - y, square_lanes(x), (x + y) * (x - y), x)
        for column in range(RESULTS):
            store_lanes(out, rows, i, column, leaving(reduced(results[column])))
    for i in range(xs.shape[0]):
        for column in range(RESULTS):
            store(out, i, column, canonical(load(out, i, column, like)))


SIGNATURE = "void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])"


@kernel(SIGNATURE)
def fp_singles(xs, ys, out):
    single_results(xs, ys, out, fp_zero())


@kernel(SIGNATURE)
def fp_in_lanes(xs, ys, out):
    lane_results(xs, ys, out, fp_lanes(), fp_zero())


@kernel(SIGNATURE)
def fr_singles(xs, ys, out):
    single_results(xs, ys, out, fr_zero())


@kernel(SIGNATURE)
def fr_in_lanes(xs, ys, out):
    lane_results(xs, ys, out, fr_lanes(), fr_zero())


@kernel(SIGNATURE)
def fp2_singles(xs, ys, out):
    single_results(xs, ys, out, fp2_zero())


@kernel(SIGNATURE)
def fp2_in_lanes(xs, ys, out):
    lane_results(xs, ys, out, fp2_lanes(), fp2_zero())


def assert_agree(xs: np.ndarray, ys: np.ndarray, singles, in_lanes) -> None:
    shape = (len(xs), RESULTS * xs.shape[1])
    expected, got = np.empty(shape, np.uint64), np.empty(shape, np.uint64)
    singles(xs, ys, expected)
    in_lanes(xs, ys, got)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("modulus", "singles", "in_lanes"), [(P, fp_singles, fp_in_lanes), (R, fr_singles, fr_in_lanes)]
)
def test_lanes_agree_with_single_elements_on_a_hundred_thousand_pairs_of_edges(modulus, singles, in_lanes):
    xs, ys = all_pairs(limbs.from_ints(edge_values(modulus, 7)))
    assert len(xs) >= 100_000
    assert_agree(xs, ys, singles, in_lanes)


def test_lanes_of_fp2_agree_with_single_elements_on_edges():
    values = limbs.from_ints(edge_values(P, 11))
    elements = np.concatenate([values, values[::-1]], axis=1)
    xs, ys = all_pairs(elements)
    assert_agree(xs, ys, fp2_singles, fp2_in_lanes)


@kernel("void(uint64[:, ::1], uint64[:, ::1], int64[::1])")
def bounds(xs, out, masks):
    """Sums up to the documented bound, where a product may still take them."""
    rows = np.arange(xs.shape[0])
    for i in range(0, xs.shape[0], LANES):
        x = load_lanes(xs, rows, i, 0, fp_lanes())
        double = x + x
        store_lanes(out, rows, i, 0, (double + double) * one_in_lanes(x))
        store_lanes(out, rows, i, 1, reduced(double + double))
        store_lanes(out, rows, i, 2, choose(masks[1], x, reduced(double)))
        masks[0] |= zero_lanes(x) << i
        masks[2] |= vanishing_lanes(x) << i


def test_operands_of_eight_times_the_modulus_are_multiplied_and_reduced_exactly():
    values = [2 * P - 1, 2 * P - 2, P, 0, P - 1, P + 1, 1, 2**254 + 7]
    out, masks = np.empty((LANES, 12), np.uint64), np.array([0, 0b10110010, 0], np.int64)
    bounds(limbs.from_ints(values), out, masks)
    product, sums, chosen = (limbs.to_ints(np.ascontiguousarray(out[:, at : at + 4])) for at in (0, 4, 8))
    assert [value % P for value in product] == [4 * value % P for value in values]
    assert [value % P for value in sums] == [4 * value % P for value in values]
    assert all(value < 2 * P for value in (*product, *sums))
    picked = [value if 0b10110010 >> i & 1 else 2 * value for i, value in enumerate(values)]
    assert [value % P for value in chosen] == [value % P for value in picked]
    assert masks[0] == 0b1000
    assert masks[2] == 0b1100


@kernel("void(uint64[:, ::1], int64[::1], uint64[:, ::1])")
def picked_rows(xs, numbers, out):
    into = np.arange(LANES)
    store_lanes(out, into, 0, 0, load_lanes(xs, numbers, 2, 1, fr_lanes()))
    store_strided(out, 8, 2, load_strided(xs, 1, 3, fr_lanes()))


def test_rows_are_picked_by_number_or_in_step_and_negative_numbers_stand_for_their_complement():
    table = limbs.from_ints(range(1000, 1080)).reshape(40, 8)
    numbers = np.array([-1, -1, 5, ~6, 39, 0, ~0, 17, 17, 3, -1], np.int64)
    out = np.zeros((24, 4), np.uint64)
    picked_rows(table, numbers, out)
    rows = [5, 6, 39, 0, 0, 17, 17, 3]
    assert limbs.to_ints(out[:8]) == [1000 + 2 * row + 1 for row in rows]
    assert limbs.to_ints(out[8::2]) == [1000 + 2 * (1 + 3 * lane) for lane in range(LANES)]
    assert not out[9::2].any()


@pytest.mark.parametrize("log", [6, 7, 11, 13])
def test_transforms_in_lanes_give_what_single_ones_give(log):
    rng = random.Random(19)
    values = limbs.from_ints([rng.choice([0, R - 1, rng.randrange(R)]) for _ in range(1 << log)])
    single, eight = ntt.domain(log, KernelSet.SCALAR), ntt.domain(log, KernelSet.IFMA)
    assert single.transform is not eight.transform
    for transform in ("inverse", "forward"):
        one, other = values.copy(), values.copy()
        getattr(single, transform)(one)
        getattr(eight, transform)(other)
        assert [v % R for v in limbs.to_ints(one)] == [v % R for v in limbs.to_ints(other)]


def test_the_form_of_lanes_is_sixteen_times_that_of_single_elements():
    assert ifma.FACTOR == 2**260
    assert ntt.domain(6, KernelSet.IFMA).twiddles[0].tolist() == limbs.montgomery([16], R)[0].tolist()
