"""Many Poseidon hashes at once, in machine code. Importing this imports Numba.

Owns the checks and the constants' layout; the permutation is `zkrollup.kernels.poseidon`. One hash at a
time, and the reference: `zkrollup.crypto.poseidon`.
"""

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zkrollup.crypto.field import FieldRangeError, R
from zkrollup.crypto.poseidon import MAX_INPUTS, parameters
from zkrollup.errors import ZkRollupError
from zkrollup.kernels import limbs
from zkrollup.kernels.poseidon import hash_rows

Words: TypeAlias = NDArray[np.uint64]


class BatchShapeError(ZkRollupError):
    """An array is not a batch of rows of field elements."""

    def __init__(self, shape: tuple[int, ...], dtype: object) -> None:
        self.shape = shape
        self.dtype = dtype
        super().__init__(
            f"A batch of Poseidon inputs has dtype uint64 and shape (n, k, 4) with k in 1..{MAX_INPUTS}, "
            f"four little-endian limbs an element; this array has {dtype} and {shape}. Use limbs.from_ints."
        )


def poseidon_many(rows: Words) -> Words:
    """Hash each row of 1 to 16 field elements.

    Args:
        rows: uint64 (n, k, 4), canonical elements as little-endian limbs.

    Returns:
        uint64 (n, 4), canonical: row i is the Poseidon hash of rows[i].

    Raises:
        BatchShapeError: the array has another shape or type.
        FieldRangeError: an element is not below R.
    """
    if (
        rows.dtype != np.uint64
        or rows.ndim != 3
        or rows.shape[2] != 4
        or not 1 <= rows.shape[1] <= MAX_INPUTS
    ):
        raise BatchShapeError(rows.shape, rows.dtype)
    _require_canonical(rows)
    count, width = rows.shape[0], rows.shape[1] + 1
    out = np.empty((count, 4), np.uint64)
    constants, matrix = _constants(width)
    p = parameters(width)
    inputs = np.ascontiguousarray(rows).reshape(count, 4 * rows.shape[1])
    hash_rows(inputs, constants, matrix, p.full_rounds, p.partial_rounds, out)
    return out


def _require_canonical(rows: Words) -> None:
    below = np.zeros(rows.shape[:2], np.bool_)
    for position, limb in enumerate(limbs.from_ints([R])[0]):
        column = rows[:, :, position]
        below = (column < limb) | ((column == limb) & below)
    if not below.all():
        row, index = (int(i) for i in np.argwhere(~below)[0])
        (value,) = limbs.to_ints(rows[row, index])
        raise FieldRangeError(f"input {index} of row {row}", value, R)


@cache
def _constants(width: int) -> tuple[Words, Words]:
    """Return round constants and matrix as Montgomery limbs, for the kernel to read."""
    p = parameters(width)
    constants = limbs.montgomery(p.round_constants, R)
    matrix = limbs.montgomery([entry for row in p.mds for entry in row], R)
    return constants, matrix
