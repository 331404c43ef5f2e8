"""Fields against Python's integers and py_ecc's Fp2, over edges and random values, all pairs at once."""

import random
from functools import cache

import numpy as np
import pytest
from py_ecc.fields import optimized_bn128_FQ2 as ReferenceFp2

from zkrollup.kernels import limbs
from zkrollup.kernels.fields import (
    canonical,
    coordinates,
    fp2_zero,
    fp_zero,
    fr_zero,
    from_montgomery,
    has_no_bits,
    inverse,
    is_zero,
    less,
    load,
    one_like,
    square,
    store,
    to_montgomery,
    words_of,
    zero_like,
)
from zkrollup.kernels.jit import inner, kernel
from zkrollup.kernels.montgomery import P, R

RADIX = 2**256


@inner
def operations(x, y, out, i):
    store(out, i, 0, canonical(x + y))
    store(out, i, 1, canonical(x - y))
    store(out, i, 2, canonical(x * y))
    store(out, i, 3, canonical(square(x)))
    store(out, i, 4, canonical(-x))
    store(out, i, 5, canonical(inverse(x)))
    store(out, i, 6, canonical(x + zero_like(x)))
    store(out, i, 7, canonical(one_like(x)))


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def fp_operations(xs, ys, out):
    for i in range(xs.shape[0]):
        operations(load(xs, i, 0, fp_zero()), load(ys, i, 0, fp_zero()), out, i)


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def fr_operations(xs, ys, out):
    for i in range(xs.shape[0]):
        operations(load(xs, i, 0, fr_zero()), load(ys, i, 0, fr_zero()), out, i)


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def fp2_operations(xs, ys, out):
    for i in range(xs.shape[0]):
        operations(load(xs, i, 0, fp2_zero()), load(ys, i, 0, fp2_zero()), out, i)


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def predicates(xs, ys, out):
    fr = fr_zero()
    for i in range(xs.shape[0]):
        x, y = load(xs, i, 0, fr), load(ys, i, 0, fr)
        out[i, 0] = np.uint64(is_zero(x))
        out[i, 1] = np.uint64(x == y)
        out[i, 2] = np.uint64(less(x, y))
        out[i, 3] = np.uint64(has_no_bits(x))
        out[i, 4] = np.uint64(words_of(x))


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def fr_conversions(words, into, back):
    fr = fr_zero()
    for i in range(words.shape[0]):
        x = to_montgomery(load(words, i, 0, fr))
        store(into, i, 0, x)
        store(back, i, 0, from_montgomery(x))


@kernel("void(uint64[:, ::1], uint64[:, ::1])")
def swapped_coordinates(xs, out):
    for i in range(xs.shape[0]):
        c0, c1 = coordinates(load(xs, i, 0, fp2_zero()))
        store(out, i, 0, c1)
        store(out, i, 1, c0)


def samples(modulus: int, count: int) -> list[int]:
    """Numbers below the modulus: those whose limbs are all zeros or all ones, the ends, random ones."""
    rng = random.Random(20251)
    edges = [0, 1, 2, modulus - 1, modulus - 2, (modulus - 1) // 2, (modulus + 1) // 2]
    for bits in (63, 64, 65, 127, 128, 129, 191, 192, 193, 252, 253):
        edges += [2**bits - 1, 2**bits, 2**bits + 1]
    return edges + [rng.randrange(modulus) for _ in range(count - len(edges))]


def representations(modulus: int, count: int) -> list[int]:
    """Words that an element may have, below twice the modulus, so that edges fall on what is computed with.

    The ends of [0, 2m), around each limb of 64 and of 52 bits, constants of Montgomery's forms, and what adds
    up with one of these to m or 2m; then random ones.
    """
    rng = random.Random(20253)
    edges = [0, 1, 2, 2**254, 2**256 % modulus, 2**260 % modulus, 2**512 % modulus, 2**520 % modulus]
    edges += [pow(2, -bits, modulus) for bits in (256, 260)] + [(modulus - 1) // 2, (modulus + 1) // 2]
    for bits in (64, 128, 192, 52, 104, 156, 208):
        edges += [2**bits - 1, 2**bits, 2**bits + 1]
    edges += [modulus - edge for edge in edges] + [modulus + edge for edge in edges]
    edges = sorted({edge for edge in edges if 0 <= edge < 2 * modulus} | {2 * modulus - 1, 2 * modulus - 2})
    return edges + [rng.randrange(2 * modulus) for _ in range(count - len(edges))]


def all_pairs(values: list[int]) -> tuple[list[int], list[int]]:
    return [x for x in values for _ in values], [y for _ in values for y in values]


@pytest.mark.parametrize(("modulus", "run"), [(P, fp_operations), (R, fr_operations)], ids=["Fp", "Fr"])
def test_prime_fields_agree_with_integers_on_100_000_pairs(modulus, run):
    xs, ys = all_pairs(representations(modulus, 320))
    out = np.zeros((len(xs), 32), np.uint64)
    run(limbs.from_ints(xs), limbs.from_ints(ys), out)
    unit = pow(RADIX, -1, modulus)

    @cache
    def inverse_of(x: int) -> int:
        return pow(x, -1, modulus) * RADIX * RADIX if x % modulus else 0

    # A number is its words / 2^256.
    for i, (x, y, got) in enumerate(zip(xs, ys, out, strict=True)):
        expected = [x + y, x - y, x * y * unit, x * x * unit, -x, inverse_of(x), x, RADIX]
        assert limbs.to_ints(got) == [each % modulus for each in expected], (i, x, y)
    assert len(xs) >= 100_000


def test_fp2_agrees_with_integers_on_100_000_pairs():
    rng = random.Random(20254)
    values = representations(P, 320)
    elements = [(rng.choice(values), rng.choice(values)) for _ in range(320)]
    elements[:3] = [(0, P), (0, 2 * P - 1), (P, 0)]  # the first of them is zero
    xs, ys = all_pairs(elements)
    rows = [limbs.from_ints(c for element in side for c in element).reshape(-1, 8) for side in (xs, ys)]
    out = np.zeros((len(xs), 64), np.uint64)
    fp2_operations(*rows, out)
    unit = pow(RADIX, -1, P)

    @cache
    def inverse_of(a: int, b: int) -> tuple[int, int]:
        norm = (a * a + b * b) % P
        scale = pow(norm, -1, P) * RADIX * RADIX if norm else 0
        return a * scale, -b * scale

    for (a, b), (c, d), got in zip(xs, ys, out, strict=True):
        product = (a * c - b * d) * unit, (a * d + b * c) * unit
        square_of_x = (a * a - b * b) * unit, 2 * a * b * unit
        expected = [(a + c, b + d), (a - c, b - d), product, square_of_x, (-a, -b), inverse_of(a, b), (a, b)]
        numbers = [coordinate % P for element in (*expected, (RADIX, 0)) for coordinate in element]
        assert limbs.to_ints(got) == numbers, (a, b, c, d)
    assert len(xs) >= 100_000


def test_fp2_agrees_with_py_ecc():
    values = samples(P, 44)
    rng = random.Random(20252)
    count = 1500
    xs, ys = ([[rng.choice(values) for _ in range(2)] for _ in range(count)] for _ in range(2))
    rows = [limbs.montgomery([c for pair in side for c in pair], P).reshape(count, 8) for side in (xs, ys)]
    out = np.zeros((count, 64), np.uint64)
    fp2_operations(*rows, out)
    zero, one = ReferenceFp2([0, 0]), ReferenceFp2([1, 0])
    for x, y, got in zip(map(ReferenceFp2, xs), map(ReferenceFp2, ys), out, strict=True):
        inverse_x = one / x if x != zero else zero
        expected = [x + y, x - y, x * y, x * x, -x, inverse_x, x, one]
        assert limbs.from_montgomery(got, P) == [int(c) for each in expected for c in each.coeffs]


def test_predicates_see_residues_and_order_sees_words():
    xs = [0, R, 5, 5, R + 5, 2**192, 2**64 - 1]
    ys = [R, 0, R + 5, 6, 5, 2**192 - 1, 2**64]
    out = np.zeros((len(xs), 5), np.uint64)
    predicates(limbs.from_ints(xs), limbs.from_ints(ys), out)
    assert out[:, 0].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert out[:, 1].tolist() == [1, 1, 1, 0, 1, 0, 0]
    assert out[:, 2].tolist() == [1, 0, 1, 1, 0, 0, 1]
    assert out[:, 3].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert out[:, 4].tolist() == [4] * 7


def test_any_four_words_convert_to_montgomery_form_and_back_modulo_r():
    numbers = [*samples(R, 800), R, R + 1, 2 * R, 5 * R, 2**256 - 1, 2**255]
    words, into, back = (limbs.from_ints(numbers) for _ in range(3))
    fr_conversions(words, into, back)
    assert limbs.to_ints(into) == [number * RADIX % R for number in numbers]
    assert limbs.to_ints(back) == [number % R for number in numbers]


def test_coordinates_of_fp2_are_c0_first():
    out = np.zeros((1, 8), np.uint64)
    swapped_coordinates(limbs.from_ints([103, 207]).reshape(1, 8), out)
    assert limbs.to_ints(out) == [207, 103]


def test_limbs_refuse_numbers_that_four_words_cannot_hold():
    for number in (-1, 2**256):
        with pytest.raises(OverflowError):
            limbs.from_ints([number])


def test_limbs_are_little_endian():
    assert limbs.from_ints([1 + (2 << 64) + (3 << 128) + (4 << 192)]).tolist() == [[1, 2, 3, 4]]
    assert limbs.to_ints(np.array([[1, 2, 3, 4]], np.uint64)) == [1 + (2 << 64) + (3 << 128) + (4 << 192)]
