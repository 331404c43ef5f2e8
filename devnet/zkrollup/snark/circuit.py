"""A circuit that was described in Python: its constraints, and the way from inputs to a witness of them.

Owns witness making. Checks no witness and proves nothing: see ``satisfaction`` and ``prover``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import from_ints, to_ints
from zkrollup.snark.inputs import as_mapping, given_witness, whole_number
from zkrollup.snark.r1cs import R1CS, Limbs
from zkrollup.snark.satisfaction import InputError, Inputs, Origin, require_satisfied
from zkrollup.snark.tape import Rule, Tape


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

    def witness(self, inputs: Inputs) -> Limbs:
        """Every wire's value, uint64 (n_wires, 4), canonical; whether they are a solution, ``check`` says.

        Args:
            inputs: Whole numbers in [0, r) by name, as int or decimal text; or a JSON object of them, in text
                or in a file. Or the path of a .wtns file, which is returned.

        Raises:
            InputError: A name is missing or unknown, or a value is no number or outside [0, r).
        """
        witness = given_witness(self, inputs)
        if witness is not None:
            return witness
        from zkrollup.kernels.witness import run_tape  # Numba: only where it is used

        values = np.zeros((self.r1cs.n_wires, 4), np.uint64)
        values[0, 0] = 1
        values[list(self.inputs.values())] = from_ints(self._ordered(inputs))
        tape = self.tape
        a, b, c = (matrix.arrays() for matrix in (self.r1cs.a, self.r1cs.b, self.r1cs.c))
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
        require_satisfied(self, witness)

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

    def constraint_name(self, row: int) -> tuple[str, Origin]:
        """A constraint's label, scopes included, and the line that described it."""
        return self.labels[row], self.origins[row]

    def _ordered(self, given: Inputs) -> list[int]:
        inputs = as_mapping(self.name, given)
        unknown = next((name for name in inputs if name not in self.inputs), None)
        if unknown is not None:
            raise InputError(
                self.name, unknown, f"does not exist; it has {len(self.inputs)} inputs, see Circuit.inputs"
            )
        values = []
        for name in self.inputs:
            if name not in inputs:
                raise InputError(self.name, name, "is missing; give every input a value")
            value = whole_number(inputs[name])
            if value is None:
                raise InputError(
                    self.name, name, f"is {inputs[name]!r}; give a whole number, as int or decimal text"
                )
            if not 0 <= value < R:
                raise InputError(
                    self.name, name, f"is {value}, outside [0, r); reduce it or check its source"
                )
            values.append(value)
        return values
