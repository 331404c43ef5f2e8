"""Circuits that circom compiled: constraints from .r1cs, witnesses from .wasm, names from .sym.

Owns how inputs are given to them and what their wires and constraints are called. The files' formats are in
``formats``, the calculator's interface in ``calculator``.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zkrollup.crypto.field import R
from zkrollup.errors import ZkRollupError
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.calculator import Calculator, InvalidCalculator
from zkrollup.snark.compile import constraints_digest
from zkrollup.snark.formats import r1cs, sym
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.r1cs import R1CS, Limbs
from zkrollup.snark.satisfaction import InputError, Origin, require_satisfied, wires_of

_DECIMAL: Final = re.compile(r"-?[0-9]{1,78}", re.ASCII)
_SHOWN_WIRES: Final = 3


class MissingSignals(ZkRollupError):
    """Fewer values were given than a circuit has inputs, and without .sym nobody knows which are missing.

    Attributes:
        circuit: Its name.
        given: Values given.
        needed: Values needed.
    """

    def __init__(self, circuit: str, given: int, needed: int) -> None:
        self.circuit, self.given, self.needed = circuit, given, needed
        super().__init__(
            f"circuit {circuit!r} has {needed} input values, only {given} are given; "
            "give all its signals, or its .sym file too, so that the missing ones can be named"
        )


@dataclass(frozen=True, slots=True)
class CircomCircuit:
    """A compiled circuit.

    Attributes:
        name: What errors and progress bars call it.
        digest: SHA-256 of the constraints, hex: what a key belongs to.
        r1cs: The constraints: outputs are public, first of all, then public inputs.
        calculator: Makes witnesses.
        wire_names: From .sym, by wire; empty without.
        input_sizes: Values of each input signal, by name, from .sym; None without.
    """

    name: str
    digest: str
    r1cs: R1CS
    calculator: Calculator
    wire_names: Mapping[int, str]
    input_sizes: Mapping[str, int] | None

    @property
    def n_constraints(self) -> int:
        """The number of constraints."""
        return self.r1cs.n_constraints

    def witness(self, inputs: Mapping[str, Any]) -> Limbs:
        """Every wire's value, uint64 (n_wires, 4), canonical.

        Args:
            inputs: By signal: a whole number in (-r, r), as int or decimal text, or nested lists of them in
                the order of the signal's array. A negative one stands for r less its size.

        Raises:
            InputError: A signal is unknown or missing, has too few or too many values, or one that is no such
                number.
            MissingSignals: Values are missing, and without .sym it is not known which.
            RefusedInputs: The circuit asserts what the inputs break.
        """
        signals = {name: self._values(name, value) for name, value in inputs.items()}
        self._require_all({name: len(values) for name, values in signals.items()})
        return self.calculator.witness(signals)

    def check(self, witness: Limbs) -> None:
        """Passes when ``witness`` satisfies every constraint.

        Raises:
            MalformedWitness: Another shape or type, a wire outside [0, r), or wire 0 not 1.
            UnsatisfiedConstraint: With the first broken constraint's signals and their values.
        """
        require_satisfied(self, witness)

    def public_values(self, witness: Limbs) -> tuple[int, ...]:
        """Outputs, then public inputs, in the order of their declaration."""
        return tuple(to_ints(witness[1 : 1 + self.r1cs.n_public]))

    def wire_name(self, wire: int) -> str:
        """The signal's name, or the wire's number without .sym."""
        return self.wire_names.get(wire, f"wire {wire}")

    def constraint_name(self, row: int) -> tuple[str, Origin | None]:
        """The row's number and its first signals; where it is in the source, no file of circom says."""
        names = [self.wire_name(wire) for wire in wires_of(self.r1cs, row)]
        more = ", ..." if len(names) > _SHOWN_WIRES else ""
        return f"{row}: {', '.join(names[:_SHOWN_WIRES])}{more}", None

    def _values(self, name: str, value: Any) -> list[int]:
        size = self.calculator.size_of(name)
        if size is None:
            known = f", it has {', '.join(self.input_sizes)}" if self.input_sizes else ""
            raise InputError(self.name, name, f"does not exist{known}; check the signal's name")
        values = [self._number(name, number) for number in _flattened(value)]
        if len(values) != size:
            problem = "too few" if len(values) < size else "too many"
            raise InputError(self.name, name, f"has {problem} values: {len(values)} are given, {size} needed")
        return values

    def _number(self, name: str, value: Any) -> int:
        is_number = hasattr(value, "__index__") or (isinstance(value, str) and _DECIMAL.fullmatch(value))
        if not is_number or not -R < int(value) < R:
            raise InputError(
                self.name, name, f"has {value!r}; give whole numbers in (-r, r), as int or decimal text"
            )
        return int(value) % R

    def _require_all(self, given: Mapping[str, int]) -> None:
        for name in self.input_sizes or ():
            if name not in given:
                raise InputError(self.name, name, "is missing; give every input signal its values")
        if sum(given.values()) < self.calculator.n_inputs:
            raise MissingSignals(self.name, sum(given.values()), self.calculator.n_inputs)


def load(constraints: Path, wasm: Path, *, symbols: Path | None = None) -> CircomCircuit:
    """The circuit that one run of circom compiled; its name is the .r1cs file's.

    Args:
        constraints: The .r1cs file.
        wasm: The witness calculator.
        symbols: The .sym file; without it errors have numbers for names.

    Raises:
        FileNotFoundError: One is not there.
        InvalidFile: The .r1cs or .sym file is none, or the .sym file is of another circuit.
        InvalidCalculator: The .wasm file is none, or of another circuit.
        MissingWasmtime: The extra ``circom`` is not installed.
    """
    file = r1cs.read(constraints)
    calculator = Calculator(wasm)
    header = file.header
    for what, mine, theirs in (
        ("wires", calculator.n_wires, header.n_wires),
        ("input values", calculator.n_inputs, len(header.input_wires)),
    ):
        if mine != theirs:
            raise InvalidCalculator(wasm, f"it has {mine} {what}, {constraints.name} has {theirs}")
    names, sizes = ({}, None) if symbols is None else _symbols(symbols, header, calculator)
    return CircomCircuit(
        name=constraints.stem,
        digest=constraints_digest(file.constraints),
        r1cs=file.constraints,
        calculator=calculator,
        wire_names=names,
        input_sizes=sizes,
    )


def _symbols(
    path: Path, header: r1cs.Header, calculator: Calculator
) -> tuple[dict[int, str], dict[str, int]]:
    """Names of wires, and how many values each input signal takes, which the calculator confirms."""
    names = sym.wire_names(sym.read(path))
    last = max(names, default=0)
    if last >= header.n_wires:
        raise InvalidFile(path, None, 0, f"it names wire {last} of a circuit of {header.n_wires}")
    # Signals of the main component are named main.<signal>, then indices, or a bus's fields.
    signals = (names.get(wire, "").removeprefix("main.") for wire in header.input_wires)
    sizes = Counter(re.split(r"[.\[]", signal)[0] for signal in signals)
    for name, size in sizes.items():
        if (needed := calculator.size_of(name)) != size:
            rule = f"it gives input {name!r} {size} values, the calculator takes {needed or 'no such input'}"
            raise InvalidFile(path, None, 0, rule)
    return names, dict(sizes)


def _flattened(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [each for inner in value for each in _flattened(inner)]
    return [value]
