"""Fp12, the pairing and sums of few points against py_ecc, value by value."""

import random

import numpy as np
import pytest
from py_ecc import optimized_bn128 as bn

from zkrollup.kernels import fp12, limbs, multiples, pairing
from zkrollup.kernels.jit import kernel
from zkrollup.kernels.montgomery import P, R

RANDOM = random.Random(20265)
SCALARS = [1, 2, 3, R - 1, R - 2, (R + 1) // 2, *(RANDOM.randrange(1, R) for _ in range(4))]


@kernel("void(uint64[:, ::1])")
def fp12_operations(f):
    """From f[0] and f[1]."""
    fp12.multiply(f, 0, 1, 2)
    fp12.copy(f, 0, 3)
    fp12.multiply(f, 3, 3, 3)
    fp12.conjugate_over_fp6(f, 0, 4)
    fp12.frobenius(f, 0, 5)
    fp12.invert(f, 0, 6, 7)
    fp12.set_one(f, 7)


def rows_of_g1(*scalars):
    points = [bn.normalize(bn.multiply(bn.G1, k)) for k in scalars]
    return limbs.montgomery([int(c) for point in points for c in point], P).reshape(-1, 8)


def rows_of_g2(*scalars):
    points = [bn.normalize(bn.multiply(bn.G2, k)) for k in scalars]
    return limbs.montgomery([int(c) for point in points for each in point for c in each.coeffs], P).reshape(
        -1, 16
    )


def reference(numbers):
    """Of 12 numbers, two a power of w; py_ecc counts powers of w to 11, with u = w^6 - 9."""
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return bn.FQ12([(a - 9 * b) % P for a, b in pairs] + [b for _, b in pairs])


# --- Fp12


@pytest.mark.parametrize("number", range(6))
def test_fp12_agrees_with_py_ecc(number):
    edges = [0, 1, P - 1, (P - 1) // 2]
    x, y = ([RANDOM.choice([*edges, RANDOM.randrange(P)]) for _ in range(12)] for _ in range(2))
    f = np.zeros((9, fp12.WORDS), np.uint64)
    f[:2] = limbs.montgomery([*x, *y], P).reshape(2, -1)
    fp12_operations(f)
    got = [reference(limbs.from_montgomery(row, P)) for row in f[2:8]]
    a, b = reference(x), reference(y)
    assert got == [a * b, a * a, a ** (P**6), a**P, bn.FQ12.one() / a, bn.FQ12.one()]


# --- the pairing


@pytest.mark.parametrize(("a", "b"), [(1, 1), (7, 5), (R - 1, 3), (SCALARS[-1], SCALARS[-2])])
def test_a_pairing_is_py_eccs_value_for_value(a, b):
    expected = bn.pairing(bn.multiply(bn.G2, b), bn.multiply(bn.G1, a))
    assert reference(pairing.product(rows_of_g1(a), rows_of_g2(b))) == expected
    assert expected != bn.FQ12.one()


def test_a_product_of_pairings_is_the_product_of_their_values():
    ps, qs = SCALARS[3:7], SCALARS[4:8]
    product = bn.FQ12.one()
    for a, b in zip(ps, qs, strict=True):
        product *= reference(pairing.product(rows_of_g1(a), rows_of_g2(b)))
    assert reference(pairing.product(rows_of_g1(*ps), rows_of_g2(*qs))) == product


@pytest.mark.parametrize("k", SCALARS)
def test_the_pairing_is_bilinear_and_not_degenerate(k):
    left = pairing.product(rows_of_g1(k), rows_of_g2(1))
    assert left == pairing.product(rows_of_g1(1), rows_of_g2(k)) != pairing.ONE
    assert reference(left) == reference(pairing.product(rows_of_g1(1), rows_of_g2(1))) ** k
    assert pairing.product(rows_of_g1(k, R - 1), rows_of_g2(1, k)) == pairing.ONE


def test_the_curves_parameter_gives_both_primes():
    x = pairing.X
    assert 36 * x**4 + 36 * x**3 + 24 * x**2 + 6 * x + 1 == P
    assert P + 1 - (6 * x**2 + 1) == R


# --- sums of few points


def sum_of(combine, rows, scalars):
    out = np.full((1, rows.shape[1]), 77, np.uint64)
    combine(rows, limbs.from_ints(scalars), out)
    return out


@pytest.mark.parametrize(
    ("combine", "rows"), [(multiples.combine_g1, rows_of_g1), (multiples.combine_g2, rows_of_g2)]
)
def test_few_points_are_summed_as_their_scalars(combine, rows):
    for k in SCALARS[1:]:
        assert (sum_of(combine, rows(1), [k]) == rows(k)).all()
        assert (sum_of(combine, rows(k, 3), [1, 1]) == rows((k + 3) % R)).all() or k == R - 3
    assert (
        sum_of(combine, rows(5, 7, 11), [13, 17, 2**256 - 1]) == rows((65 + 119 + 11 * (2**256 - 1)) % R)
    ).all()
    assert (sum_of(combine, rows(4, 4), [1, 1]) == rows(8)).all()


@pytest.mark.parametrize(
    ("combine", "rows"), [(multiples.combine_g1, rows_of_g1), (multiples.combine_g2, rows_of_g2)]
)
def test_what_cancels_is_infinity_and_infinity_adds_nothing(combine, rows):
    assert not sum_of(combine, rows(9), [0]).any()
    assert not sum_of(combine, rows(9), [R]).any()
    assert not sum_of(combine, rows(9, R - 9), [6, 6]).any()
    with_infinity = np.concatenate([np.zeros_like(rows(1)), rows(9)])
    assert (sum_of(combine, with_infinity, [3, 1]) == rows(9)).all()
