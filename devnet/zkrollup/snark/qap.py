"""From constraints to polynomials on a domain of roots of unity.

Owns the rows that bind public inputs. For each public wire i, and for the constant wire, a row
x_i * 0 = 0 is added, as snarkjs does: it makes the wires' polynomials independent. Without it, a wire
that stands in no A-row, or always in step with another, could be changed in a valid proof.
"""

import numpy as np

from zkrollup.kernels.limbs import montgomery
from zkrollup.kernels.montgomery import R
from zkrollup.snark.r1cs import R1CS, SparseMatrix


def log_size(r1cs: R1CS) -> int:
    """log2 of the smallest domain with a root for each row."""
    return (r1cs.n_constraints + r1cs.n_public).bit_length()


def matrices(r1cs: R1CS) -> tuple[SparseMatrix, SparseMatrix, SparseMatrix]:
    """A with the added rows, B and C: theirs are zero, hence left out.

    ``keycheck`` takes an H without its highest power since there is always such a row, where A * B - C is 0.
    """
    added = r1cs.n_public + 1
    entries = r1cs.a.ptr[-1] + np.arange(1, added + 1)
    one = np.repeat(montgomery([1], R), added, axis=0)
    a = SparseMatrix(
        ptr=np.concatenate([r1cs.a.ptr, entries]),
        col=np.concatenate([r1cs.a.col, np.arange(added, dtype=np.uint32)]),
        val=np.concatenate([r1cs.a.val, one]),
    )
    return a, r1cs.b, r1cs.c
