"""Rank-1 constraint systems as sparse matrices over BN254's scalar field.

Owns the data layout that setup, prover and witness share. Builds nothing and solves nothing:
see ``builder`` for that.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Limbs = NDArray[np.uint64]
"""Field elements as little-endian 64-bit limbs, shape (n, 4)."""


MatrixArrays: TypeAlias = tuple[NDArray[np.int64], NDArray[np.uint32], Limbs]


@dataclass(frozen=True, slots=True)
class SparseMatrix:
    """Rows of a constraint matrix, compressed (CSR).

    Attributes:
        ptr: int64 (rows + 1,), row i holds entries ptr[i] to ptr[i + 1].
        col: uint32 (entries,), wire numbers; ascending and distinct within a row.
        val: uint64 (entries, 4), coefficients in Montgomery form (times 2^256 mod r), < r.
    """

    ptr: NDArray[np.int64]
    col: NDArray[np.uint32]
    val: Limbs

    def arrays(self) -> MatrixArrays:
        """The matrix as kernels take it."""
        return self.ptr, self.col, self.val


@dataclass(frozen=True, slots=True)
class R1CS:
    """Constraints (A w) * (B w) = (C w), entry by entry, over the witness w.

    Wire 0 is the constant one, wires 1 to ``n_public`` are the public inputs in order, then all others.

    Attributes:
        lacks_c: C is not known, as where only a .zkey is there: ``c`` is empty then, and stands for whatever
            the other two give.
    """

    n_wires: int
    n_public: int
    a: SparseMatrix
    b: SparseMatrix
    c: SparseMatrix
    lacks_c: bool = False

    @property
    def n_constraints(self) -> int:
        """The number of constraints, equal to the rows of each matrix."""
        return len(self.a.ptr) - 1
