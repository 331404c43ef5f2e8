"""From a description's Python dictionaries to the arrays that kernels work on."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import from_ints, montgomery
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.r1cs import R1CS, SparseMatrix
from zkrollup.snark.tape import Tape

if TYPE_CHECKING:
    from zkrollup.snark.builder import Builder


def compile_circuit(description: "Builder") -> Circuit:
    """The circuit that ``description`` holds so far."""
    r1cs = R1CS(
        n_wires=description.n_wires,
        n_public=description.n_public,
        a=sparse_matrix(description.a),
        b=sparse_matrix(description.b),
        c=sparse_matrix(description.c),
    )
    steps = np.array([tuple(step) for step in description.steps], np.int64).reshape(-1, 4)
    tape = Tape(
        rules=steps[:, 0].astype(np.uint8),
        wires=steps[:, 1].copy(),
        rows=steps[:, 2].copy(),
        extras=steps[:, 3].copy(),
        hints=sparse_matrix(description.hints),
        lowers=from_ints(description.lowers or [0]),
    )
    return Circuit(
        name=description.name,
        digest=constraints_digest(r1cs),
        r1cs=r1cs,
        tape=tape,
        inputs=dict(description.inputs),
        labels=tuple(description.labels),
        origins=tuple(description.origins),
    )


def sparse_matrix(rows: Sequence[Mapping[int, int]]) -> SparseMatrix:
    """Rows of wire number to coefficient, compressed."""
    ptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=ptr[1:])
    # Few coefficients differ, so each is converted once and then looked up.
    position: dict[int, int] = {}
    columns: list[int] = []
    coefficients: list[int] = []
    for row in rows:
        for wire, coefficient in sorted(row.items()):
            columns.append(wire)
            coefficients.append(position.setdefault(coefficient, len(position)))
    table = montgomery(list(position), R)
    return SparseMatrix(
        ptr=ptr, col=np.array(columns, np.uint32), val=table[np.array(coefficients, np.int64)]
    )


def constraints_digest(r1cs: R1CS) -> str:
    """What a key belongs to: the constraints and the split of the wires, not names or labels."""
    digest = hashlib.sha256(np.array([r1cs.n_wires, r1cs.n_public, r1cs.n_constraints], "<u8").tobytes())
    for matrix in (r1cs.a, r1cs.b, r1cs.c):
        for array in (matrix.ptr, matrix.col, matrix.val):
            digest.update(array.tobytes())
    return digest.hexdigest()
