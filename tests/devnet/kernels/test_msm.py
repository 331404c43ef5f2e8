"""Sums of points against py_ecc, and against logarithms where there are many points."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from py_ecc import optimized_bn128 as reference

from zkrollup.kernels import fixed_base, limbs, msm
from zkrollup.kernels.digits import SCALAR_BITS, digit, recode, windows
from zkrollup.kernels.jit import kernel
from zkrollup.kernels.montgomery import P, R

EDGES = [0, 1, 2, R - 1, R - 2, (R - 1) // 2, 2**64 - 1, 2**64, 2**128, 2**192 - 1, 2**253]
GROUPS = {
    "G1": (msm.G1, reference.G1, reference.Z1),
    "G2": (msm.G2, reference.G2, reference.Z2),
}


@pytest.fixture(params=GROUPS)
def curve(request):
    return GROUPS[request.param]


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(2) as executor:
        yield executor


def words(group: msm.Group, points: list) -> np.ndarray:
    """py_ecc's points as rows."""
    numbers: list[int] = []
    for point in points:
        if reference.is_inf(point):
            numbers += [0] * (group.words // 4)
        else:
            numbers += [
                int(c)
                for element in reference.normalize(point)
                for c in getattr(element, "coeffs", [element])
            ]
    return limbs.montgomery(numbers, P).reshape(len(points), group.words)


@pytest.fixture(scope="module", params=GROUPS)
def edge_terms(request):
    """A group, and (point, scalar, product) for points that meet in additions, and edge scalars."""
    group, generator, zero = GROUPS[request.param]
    other = reference.multiply(generator, 7919)
    points = [generator, other, reference.neg(generator), reference.neg(other), zero, reference.double(other)]
    return group, zero, [(p, k, reference.multiply(p, k)) for p in points for k in EDGES]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 16, 17, 31, 64, 65, 100])
def test_sums_agree_with_py_ecc_for_edge_scalars_repeats_opposites_and_infinity(edge_terms, pool, count):
    group, zero, terms = edge_terms
    rng = random.Random(count)
    for _ in range(5):
        points, scalars, products = zip(*(rng.choice(terms) for _ in range(count)), strict=True)
        total = zero
        for product in products:
            total = reference.add(total, product)
        got = msm.start_sum(pool, group, words(group, points), limbs.from_ints(scalars)).result()
        assert (got == words(group, [total])).all(), (points, scalars)


@pytest.mark.parametrize("count", [1, 8, 9, 50])
def test_sums_of_one_point_with_one_scalar_agree_with_py_ecc(edge_terms, pool, count):
    group, _, terms = edge_terms
    for point, scalar, product in terms:
        rows = np.repeat(words(group, [point]), count, axis=0)
        got = msm.start_sum(pool, group, rows, limbs.from_ints([scalar] * count)).result()
        assert (got == words(group, [reference.multiply(product, count)])).all(), (point, scalar)


@pytest.mark.parametrize("scalars", [[0, 0], [5, R - 5], [R - 1, 1]])
def test_a_sum_that_cancels_is_infinity(curve, pool, scalars):
    group, generator, _ = curve
    point = reference.multiply(generator, 31)
    got = msm.start_sum(pool, group, words(group, [point, point]), limbs.from_ints(scalars)).result()
    assert not got.any()


def test_the_empty_sum_is_infinity(curve, pool):
    group, _, _ = curve
    empty = np.zeros((0, group.words), np.uint64), np.zeros((0, 4), np.uint64)
    assert not msm.start_sum(pool, group, *empty).result().any()


def test_large_sums_agree_with_logarithms(curve, pool):
    group, generator, _ = curve
    rng = random.Random(20261)
    base = words(group, [generator])
    # Few distinct logarithms fill buckets with equal and opposite points; many scalars are tiny, as bits are.
    pool_of_logs = [rng.randrange(R) for _ in range(40)]
    logs = [rng.choice(pool_of_logs) * rng.choice((1, -1)) % R for _ in range(2500)]
    scalars = [rng.choice((rng.randrange(R), rng.randrange(3), rng.choice(EDGES))) for _ in logs]
    points = fixed_base.multiples(pool, group, base, limbs.from_ints(logs))
    got = msm.start_sum(pool, group, points, limbs.from_ints(scalars)).result()
    exponent = sum(a * b for a, b in zip(logs, scalars, strict=True)) % R
    assert (got == fixed_base.multiples(pool, group, base, limbs.from_ints([exponent]))).all()


def test_fixed_base_multiples_agree_with_py_ecc(curve, pool):
    group, generator, _ = curve
    base = reference.multiply(generator, 104729)
    got = fixed_base.multiples(pool, group, words(group, [base]), limbs.from_ints(EDGES))
    assert (got == words(group, [reference.multiply(base, scalar) for scalar in EDGES])).all()


@kernel("void(uint64[:, ::1], int64, int64[:, ::1])")
def all_digits(recoded, width, out):
    for i in range(out.shape[0]):
        for window in range(out.shape[1]):
            out[i, window] = digit(recoded, i, window, width)


@pytest.mark.parametrize("width", range(2, 18))
def test_signed_digits_stand_for_the_scalar_and_stay_in_range(width):
    rng = random.Random(width)
    scalars = EDGES + [rng.randrange(R) for _ in range(200)]
    out = np.zeros((len(scalars), windows(width)), np.int64)
    all_digits(recode(limbs.from_ints(scalars), width), width, out)
    assert windows(width) * width >= SCALAR_BITS
    assert abs(out).max() <= 2 ** (width - 1)
    for row, scalar in zip(out.tolist(), scalars, strict=True):
        assert sum(d << width * window for window, d in enumerate(row)) == scalar


def test_wider_windows_are_chosen_for_more_points():
    widths = [msm.window_width(count) for count in (1, 200, 4000, 30000, 10**6)]
    assert widths == sorted(set(widths))
