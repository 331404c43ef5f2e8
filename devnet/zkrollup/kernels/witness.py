"""Runs a circuit's tape: fills in every wire's value from the inputs; and finds constraints that do not hold.

Owns the interpreter of the three rules. The rules' meaning stands in ``snark.tape``; the numbers below are
the same, and a test compares them.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zkrollup.kernels import sparse
from zkrollup.kernels.fields import (
    Element,
    fr_zero,
    from_montgomery,
    inverse,
    is_zero,
    load,
    one_like,
    store,
    to_montgomery,
)
from zkrollup.kernels.jit import Words, inner, kernel

PRODUCT, QUOTIENT, BITS = 0, 1, 2

R_LIMBS = np.array(
    [0x43E1F593F0000001, 0x2833E84879B97091, 0xB85045B68181585D, 0x30644E72E131A029], np.uint64
)


Matrix: TypeAlias = tuple[NDArray[np.int64], NDArray[np.uint32], Words]
"""A sparse matrix as ``snark.r1cs.SparseMatrix`` has it: ptr, col, val."""

_MATRIX = "Tuple((int64[::1], uint32[::1], uint64[:, ::1]))"


@inner
def row_value(matrix: Matrix, row: int, values: Words) -> Element:
    """One row times the wires. Montgomery."""
    ptr, col, val = matrix
    return sparse.row_value(ptr, col, val, row, values)


@inner
def write_bits(x: Element, lower: Words, start: int, count: int, values: Words, first: int) -> None:
    """Bits from ``start`` on of x as the integer in [lower, lower + r), one a wire."""
    number = np.zeros((1, 4), np.uint64)
    store(number, 0, 0, from_montgomery(x))
    below = False
    for limb in range(4):  # the highest limb that differs decides
        if number[0, limb] != lower[limb]:
            below = number[0, limb] < lower[limb]
    if below:
        carry = np.uint64(0)
        for limb in range(4):
            partial = number[0, limb] + carry
            total = partial + R_LIMBS[limb]
            carry = np.uint64(partial < carry) + np.uint64(total < partial)
            number[0, limb] = total
    for i in range(start, start + count):
        bit = (number[0, i >> 6] >> np.uint64(i & 63)) & np.uint64(1)
        store(values, first + i - start, 0, one_like(x) if bit else fr_zero())


@kernel(
    "void(uint8[::1], int64[::1], int64[::1], int64[::1], uint64[:, ::1],"
    f" {_MATRIX}, {_MATRIX}, {_MATRIX}, {_MATRIX}, uint64[:, ::1])"
)
def run_tape(
    rules: NDArray[np.uint8],
    wires: NDArray[np.int64],
    rows: NDArray[np.int64],
    extras: NDArray[np.int64],
    lowers: Words,
    a: Matrix,
    b: Matrix,
    c: Matrix,
    hints: Matrix,
    values: Words,
) -> None:
    """Solves ``values`` in place: canonical inputs in, with 0 elsewhere; every wire canonical out."""
    fr = fr_zero()
    for wire in range(values.shape[0]):
        store(values, wire, 0, to_montgomery(load(values, wire, 0, fr)))
    for step in range(rules.shape[0]):
        wire, row = wires[step], rows[step]
        if rules[step] == PRODUCT:
            product = row_value(a, row, values) * row_value(b, row, values)
            store(values, wire, 0, product - row_value(c, row, values))
        elif rules[step] == QUOTIENT:
            store(values, wire, 0, row_value(hints, row, values) * inverse(row_value(hints, row + 1, values)))
        else:
            extra = extras[step]
            lower, start, count = lowers[extra >> 32], (extra >> 16) & 0xFFFF, extra & 0xFFFF
            write_bits(row_value(hints, row, values), lower, start, count, values, wire)
    for wire in range(values.shape[0]):
        store(values, wire, 0, from_montgomery(load(values, wire, 0, fr)))


@kernel(f"void({_MATRIX}, {_MATRIX}, {_MATRIX}, uint64[:, ::1], uint8[::1])")
def mark_broken(a: Matrix, b: Matrix, c: Matrix, witness: Words, broken: NDArray[np.uint8]) -> None:
    """Sets ``broken`` to 1 for each constraint that the canonical witness does not satisfy."""
    fr = fr_zero()
    values = np.empty_like(witness)
    for wire in range(witness.shape[0]):
        store(values, wire, 0, to_montgomery(load(witness, wire, 0, fr)))
    for row in range(broken.shape[0]):
        product = row_value(a, row, values) * row_value(b, row, values)
        broken[row] = not is_zero(product - row_value(c, row, values))
