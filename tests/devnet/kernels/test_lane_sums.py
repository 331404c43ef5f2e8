"""Sums in lanes against scalar ones, where points are equal, opposite or infinite as often as not."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from zkrollup.crypto.pairing import G2_GENERATOR
from zkrollup.kernels import fixed_base, limbs, msm
from zkrollup.kernels.lane_curve import CHUNK
from zkrollup.kernels.montgomery import P, R
from zkrollup.kernels.processor import KernelSet, supported

pytestmark = pytest.mark.skipif(
    KernelSet.IFMA not in supported(),
    reason="lanes need AVX-512 IFMA; run it on a processor with it, such as Ice Lake or Zen 4",
)

SCALARS = [0, 1, 2, 5, R - 1, R - 2, (R + 1) // 2, 2**128, 2**64 - 1]
GROUPS = {
    "G1": (msm.SCALAR_G1, msm.LANES_G1, (1, 2)),
    "G2": (msm.SCALAR_G2, msm.LANES_G2, tuple(c for x in G2_GENERATOR for c in x)),
}


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture(params=GROUPS)
def groups(request):
    single, eight, generator = GROUPS[request.param]
    return single, eight, limbs.montgomery(generator, P).reshape(1, -1)


def test_no_point_of_either_curve_has_the_x_that_stands_for_infinity():
    norm = 9 * pow(82, -1, P) % P  # of 3 / (9 + u): it is a square in Fp2 only if its norm is one in Fp
    assert pow(3, (P - 1) // 2, P) == P - 1
    assert pow(norm, (P - 1) // 2, P) == P - 1


def multiples(pool, group: msm.Group, base: np.ndarray, numbers: list[int]) -> np.ndarray:
    return fixed_base.multiples(pool, group, base, limbs.from_ints(numbers))


@pytest.mark.parametrize("count", [1, 7, 8, 9, 100, 900])
@pytest.mark.parametrize("distinct", [1, 3, 40])
def test_sums_agree_for_repeated_opposite_and_infinite_points(groups, pool, count, distinct):
    single, eight, base = groups
    rng = random.Random(1000 * count + distinct)
    logs = [sign * rng.randrange(1, R) % R for _ in range(distinct) for sign in (1, -1)]
    some = multiples(pool, single, base, [0, *logs, *(R - log for log in logs)])
    points = some[[rng.randrange(len(some)) for _ in range(count)]]
    scalars = limbs.from_ints([rng.choice([*SCALARS, rng.randrange(R)]) for _ in range(count)])
    expected, got = (msm.start_sum(pool, group, points, scalars).result() for group in (single, eight))
    np.testing.assert_array_equal(got, expected)


def test_sums_agree_where_one_chunk_of_additions_is_special_and_others_are_not(pool):
    single, eight, generator = GROUPS["G1"]
    base = limbs.montgomery(generator, P).reshape(1, -1)
    rng = random.Random(3)
    logs = [rng.randrange(R) for _ in range(5 * CHUNK)]
    for twin in (11, 2 * CHUNK + 1):
        logs[twin] = logs[twin - 1]
    points = multiples(pool, single, base, logs)
    scalars = limbs.from_ints([9] * len(logs))  # one bucket: neighbours meet
    expected, got = (msm.start_sum(pool, group, points, scalars).result() for group in (single, eight))
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(got, multiples(pool, single, base, [9 * sum(logs) % R]))


def test_multiples_of_one_point_agree(groups, pool):
    single, eight, base = groups
    rng = random.Random(29)
    numbers = [*SCALARS, *(rng.randrange(R) for _ in range(fixed_base.CHUNK))]
    expected, got = (multiples(pool, group, base, numbers) for group in (single, eight))
    np.testing.assert_array_equal(got, expected)
