"""A finished circuit: its constraints, and the way from inputs to a witness that satisfies them.

Owns witness making and the errors that name what an input or a witness broke. Proves nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zkrollup.crypto.field import R
from zkrollup.errors import ZkRollupError
from zkrollup.kernels.limbs import from_ints, from_montgomery, to_ints
from zkrollup.snark.r1cs import R1CS, Limbs, MatrixArrays, SparseMatrix
from zkrollup.snark.tape import Rule, Tape


class Origin(NamedTuple):
    """Where in the source a constraint was described."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


class InputError(ZkRollupError):
    """A circuit was given inputs that it does not have, lacks, or cannot hold."""

    def __init__(self, circuit: str, name: str, problem: str) -> None:
        """``problem`` says which rule ``name`` breaks and what to do."""
        self.circuit = circuit
        self.name = name
        super().__init__(f"input {name!r} of circuit {circuit!r} {problem}")


class MalformedWitness(ZkRollupError):
    """An array is no assignment of field elements to a circuit's wires."""

    def __init__(self, circuit: str, problem: str) -> None:
        """``problem`` says what is wrong and what to give."""
        self.circuit = circuit
        super().__init__(f"the witness of circuit {circuit!r} {problem}")


class UnsatisfiedConstraint(ZkRollupError):
    """A witness breaks a circuit's constraints.

    Attributes:
        row: The first broken constraint.
        rows: All broken ones.
        label: Its label, scopes included.
        origin: Where it is described.
        factors: The values of its A, B and C sides.
        values: The wires it reads, by name, with their values.
    """

    def __init__(self, circuit: "Circuit", rows: tuple[int, ...], witness: Limbs) -> None:
        """``rows`` is not empty and ascends."""
        self.row, self.rows = rows[0], rows
        self.label = circuit.labels[self.row]
        self.origin = circuit.origins[self.row]
        matrices = (circuit.r1cs.a, circuit.r1cs.b, circuit.r1cs.c)
        self.factors = tuple(row_value(matrix, self.row, witness) for matrix in matrices)
        wires = sorted({int(wire) for matrix in matrices for wire in row_wires(matrix, self.row)} - {0})
        self.values = {circuit.wire_name(w): v for w, v in zip(wires, to_ints(witness[wires]), strict=True)}
        a, b, c = self.factors
        shown = ", ".join(f"{name} = {value}" for name, value in list(self.values.items())[:8])
        more = f" and {len(self.values) - 8} more wires" if len(self.values) > 8 else ""
        others = f" ({len(rows) - 1} further constraints are broken too)" if len(rows) > 1 else ""
        super().__init__(
            f"circuit {circuit.name!r}: constraint {self.label!r} at {self.origin} does not hold{others}: "
            f"{a} * {b} != {c}, with {shown}{more}"
        )


@dataclass(frozen=True, slots=True)
class Circuit:
    """Constraints, and how to find a witness.

    Attributes:
        name: What errors and progress bars call it.
        digest: SHA-256 of the constraints, hex: what a key belongs to.
        inputs: Input names to wires; the first ``r1cs.n_public`` are the public ones, in order.
        labels: One a constraint, scopes included.
        origins: One a constraint.
    """

    name: str
    digest: str
    r1cs: R1CS
    tape: Tape
    inputs: Mapping[str, int]
    labels: tuple[str, ...]
    origins: tuple[Origin, ...]

    @property
    def n_constraints(self) -> int:
        """The number of constraints."""
        return self.r1cs.n_constraints

    def witness(self, inputs: Mapping[str, int]) -> Limbs:
        """Every wire's value, uint64 (n_wires, 4), canonical; whether they are a solution, ``check`` says.

        Raises:
            InputError: A name is missing or unknown, or a value is outside [0, r).
        """
        from zkrollup.kernels.witness import run_tape  # Numba: only where it is used

        values = np.zeros((self.r1cs.n_wires, 4), np.uint64)
        values[0, 0] = 1
        values[list(self.inputs.values())] = from_ints(self._ordered(inputs))
        tape, (a, b, c) = self.tape, self._matrices()
        run_tape(
            tape.rules, tape.wires, tape.rows, tape.extras, tape.lowers, a, b, c, tape.hints.arrays(), values
        )
        return values

    def check(self, witness: Limbs) -> None:
        """Passes when ``witness`` satisfies every constraint.

        Raises:
            MalformedWitness: Another shape or type, a wire outside [0, r), or wire 0 not 1.
            UnsatisfiedConstraint: With the first broken constraint's label, source line and values.
        """
        from zkrollup.kernels.witness import mark_broken

        self._check_form(witness)
        broken = np.zeros(self.n_constraints, np.uint8)
        mark_broken(*self._matrices(), witness, broken)
        if broken.any():
            raise UnsatisfiedConstraint(self, tuple(map(int, np.flatnonzero(broken))), witness)

    def public_values(self, witness: Limbs) -> tuple[int, ...]:
        """The public inputs in order."""
        return tuple(to_ints(witness[1 : 1 + self.r1cs.n_public]))

    def wire_name(self, wire: int) -> str:
        """An input's name, or the label of the constraint that a product comes from, or ``hint w``."""
        for name, number in self.inputs.items():
            if number == wire:
                return name
        steps = np.flatnonzero((self.tape.wires == wire) & (self.tape.rules == Rule.PRODUCT))
        return self.labels[int(self.tape.rows[steps[0]])] if len(steps) else f"hint w{wire}"

    def _check_form(self, witness: Limbs) -> None:
        shape = (self.r1cs.n_wires, 4)
        if witness.shape != shape or witness.dtype != np.uint64:
            raise MalformedWitness(
                self.name, f"is {witness.dtype} {witness.shape}; give uint64 {shape}, as Circuit.witness does"
            )
        # Without the constant wire, all wires 0 would satisfy nearly any circuit.
        if tuple(witness[0]) != (1, 0, 0, 0):
            raise MalformedWitness(self.name, f"has {to_ints(witness[:1])[0]} on wire 0, which carries 1")
        # Only values with a top limb as large as r's can be r or more.
        for wire in np.flatnonzero(witness[:, 3] >= np.uint64(R >> 192)):
            if (value := to_ints(witness[wire])[0]) >= R:
                raise MalformedWitness(
                    self.name, f"has {value} on {self.wire_name(int(wire))!r}, outside [0, r); reduce it"
                )

    def _matrices(self) -> tuple[MatrixArrays, MatrixArrays, MatrixArrays]:
        return self.r1cs.a.arrays(), self.r1cs.b.arrays(), self.r1cs.c.arrays()

    def _ordered(self, inputs: Mapping[str, int]) -> list[int]:
        unknown = next((name for name in inputs if name not in self.inputs), None)
        if unknown is not None:
            raise InputError(
                self.name, unknown, f"does not exist; it has {len(self.inputs)} inputs, see Circuit.inputs"
            )
        values = []
        for name in self.inputs:
            if name not in inputs:
                raise InputError(self.name, name, "is missing; give every input a value")
            value = inputs[name]
            if not 0 <= value < R:
                raise InputError(
                    self.name, name, f"is {value}, outside [0, r); reduce it or check its source"
                )
            values.append(value)
        return values


def row_wires(matrix: SparseMatrix, row: int) -> list[int]:
    """The wires that one row reads."""
    return [int(wire) for wire in matrix.col[matrix.ptr[row] : matrix.ptr[row + 1]]]


def row_value(matrix: SparseMatrix, row: int, witness: Limbs) -> int:
    """One row's combination of ``witness``, in plain Python: for messages."""
    coefficients = from_montgomery(matrix.val[matrix.ptr[row] : matrix.ptr[row + 1]], R)
    values = to_ints(witness[row_wires(matrix, row)])
    return sum(c * v for c, v in zip(coefficients, values, strict=True)) % R
