"""Values of a witness by the names of the source's signals.

Owns the names, and what is said of one that has no value. Makes no witness: see ``circom``.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zkrollup.errors import ZkRollupError
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.r1cs import Limbs

REMOVED = -1
"""In place of a wire, where the compiler took a signal out of the constraints."""


class UnknownSignal(ZkRollupError, KeyError):
    """A circuit has no signal of a name, or none with a value.

    Attributes:
        circuit: The circuit's name.
        name: The signal's.
    """

    def __init__(self, circuit: str, name: object, problem: str) -> None:
        self.circuit, self.name = circuit, name
        super().__init__(f"signal {name!r} of circuit {circuit!r} {problem}")

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError shows quotation marks around it


class NamelessSignals(ZkRollupError):
    """Signals of a circuit were asked for by name, and no .sym file tells the names."""

    def __init__(self, circuit: str) -> None:
        self.circuit = circuit
        super().__init__(
            f"circuit {circuit!r} has no names for its signals; a circom circuit has them from its .sym "
            "file: compile with --sym, and give sym="
        )


@dataclass(frozen=True, slots=True)
class Signals(Mapping[str, int]):
    """Values in [0, r) by name, such as ``main.leaf[1].c``.

    Attributes:
        circuit: The circuit's name.
        wires: By name; ``REMOVED`` for signals without.
        witness: uint64 (n_wires, 4), canonical.
    """

    circuit: str
    wires: Mapping[str, int]
    witness: Limbs

    def __getitem__(self, name: str) -> int:
        """The signal's value.

        Raises:
            UnknownSignal: There is none of this name, or the compiler removed it.
        """
        return to_ints(self.witness[wire_of(self.circuit, self.wires, name)])[0]

    def __iter__(self) -> Iterator[str]:
        """The names of signals that have a value."""
        return (name for name, wire in self.wires.items() if wire != REMOVED)

    def __len__(self) -> int:
        return sum(wire != REMOVED for wire in self.wires.values())


def wire_of(circuit: str, wires: Mapping[str, int], name: str) -> int:
    """The wire of a signal.

    Raises:
        UnknownSignal: There is none of this name, or the compiler removed it.
    """
    wire = wires.get(name)
    if wire is None:
        close = difflib.get_close_matches(str(name), wires, n=3)
        meant = f"; there is {', '.join(close)}" if close else "; see its .sym file"
        raise UnknownSignal(circuit, name, f"does not exist{meant}")
    if wire == REMOVED:
        problem = "has no value, circom took it out of the constraints; compile with --O0 to keep it"
        raise UnknownSignal(circuit, name, problem)
    return wire
