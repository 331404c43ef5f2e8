"""Sparse matrices over Fr times vectors. The matrix layout is ``snark.r1cs.SparseMatrix``'s."""

from typing import Any

import numpy as np

from zkrollup.kernels.fields import Element, add_product, fr_zero, load, no_products, store, sum_of
from zkrollup.kernels.jit import Words, inner, kernel


@inner
def row_value(ptr: Any, col: Any, val: Words, row: int, vector: Words) -> Element:
    """One row times ``vector``; all Montgomery."""
    fr = fr_zero()
    products = no_products()
    for entry in range(ptr[row], ptr[row + 1]):
        products = add_product(products, load(val, entry, 0, fr), load(vector, np.int64(col[entry]), 0, fr))
    return sum_of(products)


@kernel("void(int64[::1], uint32[::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def product(ptr: Any, col: Any, val: Words, vector: Words, out: Words) -> None:
    """out[row] = the row times ``vector``; all Montgomery. Rows of ``out`` past the matrix stay."""
    for row in range(ptr.shape[0] - 1):
        store(out, row, 0, row_value(ptr, col, val, row, vector))


@kernel("void(int64[::1], uint32[::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def transposed_product(ptr: Any, col: Any, val: Words, vector: Words, out: Words) -> None:
    """out[wire] += the column times ``vector``; all Montgomery."""
    fr = fr_zero()
    for row in range(ptr.shape[0] - 1):
        factor = load(vector, row, 0, fr)
        for entry in range(ptr[row], ptr[row + 1]):
            wire = col[entry]
            store(out, wire, 0, load(out, wire, 0, fr) + load(val, entry, 0, fr) * factor)
