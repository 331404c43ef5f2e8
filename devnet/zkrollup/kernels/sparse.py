"""Sparse matrices over Fr times vectors. The matrix layout is ``snark.r1cs.SparseMatrix``'s."""

from typing import Any

from zkrollup.kernels.fields import fr_zero, load, store
from zkrollup.kernels.jit import Words, kernel


@kernel("void(int64[::1], uint32[::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def product(ptr: Any, col: Any, val: Words, vector: Words, out: Words) -> None:
    """out[row] = the row times ``vector``; all Montgomery. Rows of ``out`` past the matrix stay."""
    fr = fr_zero()
    for row in range(ptr.shape[0] - 1):
        total = fr_zero()
        for entry in range(ptr[row], ptr[row + 1]):
            total = total + load(val, entry, 0, fr) * load(vector, col[entry], 0, fr)
        store(out, row, 0, total)


@kernel("void(int64[::1], uint32[::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def transposed_product(ptr: Any, col: Any, val: Words, vector: Words, out: Words) -> None:
    """out[wire] += the column times ``vector``; all Montgomery."""
    fr = fr_zero()
    for row in range(ptr.shape[0] - 1):
        factor = load(vector, row, 0, fr)
        for entry in range(ptr[row], ptr[row + 1]):
            wire = col[entry]
            store(out, wire, 0, load(out, wire, 0, fr) + load(val, entry, 0, fr) * factor)
