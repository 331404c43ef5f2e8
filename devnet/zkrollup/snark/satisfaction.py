"""Whether a witness satisfies a circuit, however that was described; and the errors that name what does not.

Owns the check, and what keys, provers and messages need of a circuit. Makes no witness: see ``circuit`` for
circuits described in Python, ``circom`` for compiled ones.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from zkrollup.crypto.field import R
from zkrollup.errors import RefusedBy, ZkRollupError
from zkrollup.kernels.limbs import from_montgomery, to_ints
from zkrollup.snark.r1cs import R1CS, Limbs, SparseMatrix

Inputs: TypeAlias = Mapping[str, Any] | str | bytes | Path
"""A circuit's inputs: values by name, a JSON object of them as text, or the path of a file of it; or that of
a whole witness, a .wtns file."""


class Origin(NamedTuple):
    """Where in the source a constraint was described."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


class Provable(Protocol):
    """A circuit that can be checked, set up and proved."""

    @property
    def name(self) -> str:
        """What errors and progress bars call it."""

    @property
    def digest(self) -> str:
        """SHA-256 of the constraints, hex: what a key belongs to."""

    @property
    def r1cs(self) -> R1CS:
        """The constraints."""

    @property
    def n_constraints(self) -> int:
        """The number of constraints."""

    def witness(self, inputs: Inputs) -> Limbs:
        """Every wire's value, uint64 (n_wires, 4), canonical.

        Raises:
            InputError: ``inputs`` are not the circuit's.
        """

    def check(self, witness: Limbs) -> None:
        """Passes when ``witness`` satisfies every constraint; see :func:`require_satisfied`."""

    def public_values(self, witness: Limbs) -> tuple[int, ...]:
        """The public inputs in order."""

    def wire_name(self, wire: int) -> str:
        """What errors call a wire."""

    def constraint_name(self, row: int) -> tuple[str, Origin | None]:
        """What errors call a constraint, and where it is described, if that is known."""


class InputError(ZkRollupError):
    """A circuit was given inputs that it does not have, lacks, or cannot hold.

    Attributes:
        circuit: Its name.
        name: The input's; None where all of them are meant.
    """

    def __init__(self, circuit: str, name: str | None, problem: str) -> None:
        """``problem`` says which rule ``name`` breaks and what to do."""
        self.circuit, self.name = circuit, name
        what = "the inputs" if name is None else f"input {name!r}"
        super().__init__(f"{what} of circuit {circuit!r} {problem}")


class NoConstraints(ZkRollupError):
    """Something was asked for that only the constraints can answer, and there is no .r1cs."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        super().__init__(f"{wanted} needs the constraints, C included, which no .zkey has; give r1cs= too")


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
        label: Its name.
        origin: Where it is described; None if that is not known.
        factors: The values of its A, B and C sides.
        values: The wires it reads, by name, with their values.
        meaning: What that is in the words of those who gave the inputs, if they have said so.
    """

    refused_by = RefusedBy.CIRCUIT

    def __init__(self, circuit: Provable, rows: tuple[int, ...], witness: Limbs) -> None:
        """``rows`` is not empty and ascends."""
        self.row, self.rows = rows[0], rows
        self.meaning: str | None = None
        self.label, self.origin = circuit.constraint_name(self.row)
        matrices = (circuit.r1cs.a, circuit.r1cs.b, circuit.r1cs.c)
        self.factors = tuple(row_value(matrix, self.row, witness) for matrix in matrices)
        wires = wires_of(circuit.r1cs, self.row)
        self.values = {circuit.wire_name(w): v for w, v in zip(wires, to_ints(witness[wires]), strict=True)}
        a, b, c = map(short, self.factors)
        place = f" at {self.origin}" if self.origin else ""
        shown = ", ".join(f"{name} = {short(value)}" for name, value in list(self.values.items())[:8])
        more = f" and {len(self.values) - 8} more wires" if len(self.values) > 8 else ""
        others = f" ({len(rows) - 1} further constraints are broken too)" if len(rows) > 1 else ""
        self._what = f"circuit {circuit.name!r}: constraint {self.label!r}{place} does not hold"
        super().__init__(f"{self._what}{others}: {a} * {b} != {c}, with {shown}{more}")

    def explained(self, meaning: str | None) -> "UnsatisfiedConstraint":
        """This error, which says ``meaning`` in place of wires; None leaves it as it is."""
        if meaning is not None:
            self.meaning = meaning
            self.args = (f"{self._what}: {meaning}",)
        return self


def short(value: int) -> str:
    """An element of the field for messages: at most 20 digits, negative if it is just below r."""
    if R - value < 1 << 32:
        return str(value - R)
    digits = f"{value:x}"
    return str(value) if value < 10**20 else f"0x{digits[:4]}…{digits[-4:]}"


def require_satisfied(circuit: Provable, witness: Limbs) -> None:
    """Passes when ``witness`` satisfies every constraint, as far as they are known: see ``R1CS.lacks_c``.

    Raises:
        MalformedWitness: Another shape or type, a wire outside [0, r), or wire 0 not 1.
        UnsatisfiedConstraint: With the first broken constraint's name and values.
    """
    from zkrollup.kernels.witness import mark_broken  # Numba: only where it is used

    require_form(circuit, witness)
    system = circuit.r1cs
    if system.lacks_c:
        return
    broken = np.zeros(system.n_constraints, np.uint8)
    mark_broken(system.a.arrays(), system.b.arrays(), system.c.arrays(), witness, broken)
    if broken.any():
        raise UnsatisfiedConstraint(circuit, tuple(map(int, np.flatnonzero(broken))), witness)


def wires_of(r1cs: R1CS, row: int) -> list[int]:
    """The wires that a constraint reads, ascending, without the constant one."""
    return sorted({wire for each in (r1cs.a, r1cs.b, r1cs.c) for wire in row_wires(each, row)} - {0})


def row_wires(matrix: SparseMatrix, row: int) -> list[int]:
    """The wires that one row reads."""
    return [int(wire) for wire in matrix.col[matrix.ptr[row] : matrix.ptr[row + 1]]]


def row_value(matrix: SparseMatrix, row: int, witness: Limbs) -> int:
    """One row's combination of ``witness``, in plain Python: for messages."""
    coefficients = from_montgomery(matrix.val[matrix.ptr[row] : matrix.ptr[row + 1]], R)
    values = to_ints(witness[row_wires(matrix, row)])
    return sum(c * v for c, v in zip(coefficients, values, strict=True)) % R


def require_form(circuit: Provable, witness: Limbs) -> None:
    """Passes when ``witness`` assigns an element of the field to each wire.

    Raises:
        MalformedWitness: Another shape or type, a wire outside [0, r), or wire 0 not 1.
    """
    shape = (circuit.r1cs.n_wires, 4)
    if witness.shape != shape or witness.dtype != np.uint64:
        raise MalformedWitness(
            circuit.name,
            f"is {witness.dtype} {witness.shape}; give uint64 {shape}, as its method witness does",
        )
    # Without the constant wire, all wires 0 would satisfy nearly any circuit.
    if tuple(witness[0]) != (1, 0, 0, 0):
        raise MalformedWitness(circuit.name, f"has {to_ints(witness[:1])[0]} on wire 0, which carries 1")
    # Only values with a top limb as large as r's can be r or more.
    for wire in np.flatnonzero(witness[:, 3] >= np.uint64(R >> 192)):
        if (value := to_ints(witness[wire])[0]) >= R:
            raise MalformedWitness(
                circuit.name, f"has {value} on {circuit.wire_name(int(wire))!r}, outside [0, r); reduce it"
            )
