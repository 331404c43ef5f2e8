"""Witnesses with other values on some wires: what a prover may try who does not run the witness calculator.

Owns whether the constraints notice. A wire that may have another value, while all the others keep theirs, is
free: the circuit computes it and does not constrain it.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zkrollup.crypto.field import R
from zkrollup.errors import ZkRollupError
from zkrollup.kernels.limbs import from_ints, to_ints
from zkrollup.snark.circom import CircomCircuit
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.inputs import whole_number
from zkrollup.snark.r1cs import Limbs
from zkrollup.snark.satisfaction import InputError, NoConstraints, Provable, UnsatisfiedConstraint
from zkrollup.snark.signals import NamelessSignals, UnknownSignal, wire_of


class NothingForged(ZkRollupError):
    """All values that were to be forged are those of the honest witness, so nothing would be tried."""

    def __init__(self, circuit: str, values: Mapping[str, int]) -> None:
        self.circuit, self.values = circuit, dict(values)
        given = ", ".join(f"{name} = {value}" for name, value in values.items()) or "no signal"
        super().__init__(
            f"forging {given} in circuit {circuit!r} changes nothing: the honest witness has the same; "
            "give another value"
        )


@dataclass(frozen=True, slots=True)
class Forged:
    """A witness with other values on some wires.

    Attributes:
        circuit: The circuit's name.
        values: The values that were put in, by signal, in [0, r).
        honest: What the honest witness has there.
        witness: The whole, uint64 (n_wires, 4), canonical.
        broken: The error that names the first constraint which does not hold; None if all hold.
    """

    circuit: str
    values: Mapping[str, int]
    honest: Mapping[str, int]
    witness: Limbs
    broken: UnsatisfiedConstraint | None

    @property
    def holds(self) -> bool:
        """Whether the constraints hold all the same: then these wires are free."""
        return self.broken is None

    def __repr__(self) -> str:
        put = ", ".join(f"{name} = {value} for {self.honest[name]}" for name, value in self.values.items())
        if self.broken is None:
            wires = "this wire is" if len(self.values) == 1 else "these wires are"
            return f"<Forged {put}: all constraints of {self.circuit} hold, {wires} FREE>"
        return f"<Forged {put}: refused by constraint {self.broken.label!r} of {self.circuit}>"


def forge(circuit: Provable, witness: Limbs, values: Mapping[str, Any]) -> Forged:
    """An honest witness with some wires replaced, and whether the constraints notice.

    Args:
        circuit: The circuit.
        witness: It satisfies the circuit.
        values: Whole numbers in (-r, r) by signal; those of a circuit in Python are its inputs.

    Raises:
        NamelessSignals: A circom circuit has no .sym file.
        UnknownSignal: There is no such signal, or it is in no constraint.
        InputError: A value is no such number.
        NoConstraints: There is no .r1cs.
        NothingForged: All values are those of ``witness``.
    """
    if circuit.r1cs.lacks_c:
        raise NoConstraints("forging a witness")
    wires = {name: _wire(circuit, name) for name in values}
    numbers = {name: _number(circuit, name, value) for name, value in values.items()}
    honest = {name: to_ints(witness[wire])[0] for name, wire in wires.items()}
    if numbers == honest:
        raise NothingForged(circuit.name, numbers)
    forged = witness.copy()
    for name, wire in wires.items():
        forged[wire] = from_ints([numbers[name]])[0]
    broken = None
    try:
        circuit.check(forged)
    except UnsatisfiedConstraint as error:
        broken = error
    return Forged(circuit.name, numbers, honest, forged, broken)


def _wire(circuit: Provable, name: str) -> int:
    if isinstance(circuit, CircomCircuit):
        if circuit.signal_wires is None:
            raise NamelessSignals(circuit.name)
        return wire_of(circuit.name, circuit.signal_wires, name)
    if not isinstance(circuit, Circuit):
        raise NamelessSignals(circuit.name)
    if name not in circuit.inputs:
        close = difflib.get_close_matches(name, circuit.inputs, n=3)
        meant = f"; there is {', '.join(close)}" if close else "; see Circuit.inputs"
        raise UnknownSignal(circuit.name, name, f"is no input{meant}")
    return circuit.inputs[name]


def _number(circuit: Provable, name: str, value: Any) -> int:
    number = whole_number(value)
    if number is None or isinstance(value, bool) or not -R < number < R:
        raise InputError(circuit.name, name, f"is to be {value!r}; give a whole number in (-r, r)")
    return number % R
