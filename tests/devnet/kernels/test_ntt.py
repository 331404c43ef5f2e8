"""Transforms and vectors over Fr against sums written out."""

import random

import numpy as np
import pytest

from zkrollup.kernels import limbs, ntt, sparse, vectors
from zkrollup.kernels.montgomery import R


def random_numbers(count: int, seed: int) -> list[int]:
    rng = random.Random(seed)
    return [rng.randrange(R) for _ in range(count)]


def evaluate(coefficients: list[int], x: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * x + coefficient) % R
    return value


@pytest.mark.parametrize("log", [0, 1, 2, 5, 7])
def test_values_move_from_the_domain_to_its_coset(log):
    domain = ntt.domain(log)
    coefficients = random_numbers(domain.size, 31 + log)
    values = limbs.montgomery([evaluate(coefficients, pow(domain.root, i, R)) for i in range(domain.size)], R)
    domain.inverse(values)
    vectors.multiply(values, domain.shift)
    domain.forward(values)
    moved = [evaluate(coefficients, domain.coset * pow(domain.root, i, R)) for i in range(domain.size)]
    assert limbs.from_montgomery(values, R) == moved


@pytest.mark.parametrize("log", [1, 4, 10])
def test_the_inverse_transform_gives_size_times_bit_reversed_coefficients(log):
    domain = ntt.domain(log)
    coefficients = random_numbers(domain.size, 53)
    values = limbs.montgomery(coefficients, R)[ntt.bit_reversed(log)]
    domain.forward(values)
    assert limbs.from_montgomery(values[1:2], R) == [evaluate(coefficients, domain.root)]
    domain.inverse(values)
    expected = [domain.size * coefficients[i] % R for i in ntt.bit_reversed(log)]
    assert limbs.from_montgomery(values, R) == expected


def test_the_root_is_primitive_up_to_the_largest_domain():
    for log in (1, 16, ntt.MAX_LOG):
        root = pow(ntt.GENERATOR, (R - 1) >> log, R)
        assert pow(root, 1 << (log - 1), R) == R - 1


def test_bit_reversal_is_the_permutation_of_its_name():
    assert ntt.bit_reversed(3).tolist() == [0, 4, 2, 6, 1, 5, 3, 7]


def test_lagranges_basis_interpolates_at_a_point():
    log, point = 4, 987654321
    size = 1 << log
    coefficients = random_numbers(size, 71)
    roots = vectors.powers(ntt.domain(log).root, size)
    scale = (pow(point, size, R) - 1) * pow(size, -1, R) % R
    basis = np.empty((size, 4), np.uint64)
    vectors.fill_lagrange(roots, limbs.montgomery([point], R), limbs.montgomery([scale], R), basis)
    values = [evaluate(coefficients, root) for root in limbs.from_montgomery(roots, R)]
    interpolated = sum(x * y for x, y in zip(values, limbs.from_montgomery(basis, R), strict=True)) % R
    assert interpolated == evaluate(coefficients, point)


def test_vectors_combine_entry_by_entry():
    a, b, c = (random_numbers(50, seed) for seed in (3, 5, 7))
    rows = [limbs.montgomery(each, R) for each in (a, b, c)]
    out = np.empty((50, 4), np.uint64)
    vectors.product_minus(*rows, out)
    assert limbs.to_ints(out) == [(x * y - z) % R for x, y, z in zip(a, b, c, strict=True)]
    vectors.combine(*rows, limbs.montgomery([11, 13, 17], R), out)
    assert limbs.to_ints(out) == [(11 * x + 13 * y + 17 * z) % R for x, y, z in zip(a, b, c, strict=True)]


def test_the_first_mismatch_is_found_and_rows_past_the_count_are_not_looked_at():
    a, b = random_numbers(20, 11), random_numbers(20, 13)
    c = [x * y for x, y in zip(a, b, strict=True)]
    c[6] += 1
    c[9] += 1
    rows = [limbs.montgomery(each, R) for each in (a, b, c)]
    assert vectors.first_mismatch(*rows, 20) == 6
    assert vectors.first_mismatch(*rows, 6) == -1


def test_sparse_products_agree_with_dense_ones():
    rng = random.Random(83)
    dense = [[rng.randrange(R) if rng.random() < 0.3 else 0 for _ in range(9)] for _ in range(14)]
    entries = [[(wire, value) for wire, value in enumerate(row) if value] for row in dense]
    ptr = np.cumsum([0] + [len(row) for row in entries]).astype(np.int64)
    col = np.array([wire for row in entries for wire, _ in row], np.uint32)
    val = limbs.montgomery([value for row in entries for _, value in row], R)
    x, y = random_numbers(9, 89), random_numbers(14, 97)
    out, transposed = np.zeros((15, 4), np.uint64), np.zeros((9, 4), np.uint64)
    sparse.product(ptr, col, val, limbs.montgomery(x, R), out)
    sparse.transposed_product(ptr, col, val, limbs.montgomery(y, R), transposed)
    rows = [sum(a * b for a, b in zip(row, x, strict=True)) % R for row in dense]
    columns = [sum(a * b for a, b in zip(column, y, strict=True)) % R for column in zip(*dense, strict=True)]
    assert limbs.from_montgomery(out, R) == [*rows, 0]
    assert limbs.from_montgomery(transposed, R) == columns
