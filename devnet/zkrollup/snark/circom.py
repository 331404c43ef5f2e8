"""Circuits that circom compiled: constraints from .r1cs, witnesses from .wasm, names from .sym.

Owns how inputs are given to them and what their wires and constraints are called. The files' formats are in
``formats``, the calculator's interface in ``calculator``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from zkrollup.crypto.field import R
from zkrollup.errors import ZkRollupError
from zkrollup.expectations import Progress, ignore_progress
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.calculator import Calculator, InvalidCalculator
from zkrollup.snark.compile import constraints_digest
from zkrollup.snark.formats import r1cs, sym
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.inputs import as_mapping, by_signal, enclosing, given_witness, whole_number
from zkrollup.snark.r1cs import R1CS, Limbs
from zkrollup.snark.satisfaction import InputError, Inputs, Origin, require_satisfied, wires_of
from zkrollup.snark.signals import NamelessSignals, Signals

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
        input_signals: Of each input, by name, the single signals in order, such as ``q.p[0].x``, from .sym;
            None without.
        n_outputs: How many of the first wires are outputs.
        signal_wires: Of every signal by name, from .sym; -1 where circom removed it. None without.
    """

    name: str
    digest: str
    r1cs: R1CS
    calculator: Calculator
    wire_names: Mapping[int, str]
    input_signals: Mapping[str, Sequence[str]] | None
    n_outputs: int
    signal_wires: Mapping[str, int] | None

    @property
    def n_constraints(self) -> int:
        """The number of constraints."""
        return self.r1cs.n_constraints

    def witness(self, inputs: Inputs) -> Limbs:
        """Every wire's value, uint64 (n_wires, 4), canonical.

        Args:
            inputs: By signal: a whole number in (-r, r), as int or decimal text; or nested lists or arrays of
                them in the order of the signal's array; for a bus also an object of its fields. A negative
                number stands for r less its size. All this also as a JSON object, in text or in a file.
                Or the path of a .wtns file, which is returned.

        Raises:
            InputError: They are no mapping; or a signal is unknown, missing or given twice, has too few or
                too many values, or one that is no such number.
            MissingSignals: Values are missing, and without .sym it is not known which.
            RefusedInputs: The circuit asserts what the inputs break.
            InvalidFile: The .wtns file is none.
            MalformedWitness: It is of a circuit with more or fewer wires.
        """
        witness = given_witness(self, inputs)
        if witness is not None:
            return witness
        given = by_signal(self.name, as_mapping(self.name, inputs))
        signals = {name: self._values(name, values) for name, values in given.items()}
        self._require_all(signals)
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

    def signals(self, witness: Limbs) -> Signals:
        """The values of all signals, by the names in .sym.

        Raises:
            NamelessSignals: There is no .sym file.
        """
        if self.signal_wires is None:
            raise NamelessSignals(self.name)
        return Signals(self.name, self.signal_wires, witness)

    def outputs(self, witness: Limbs) -> dict[str, int]:
        """The values of the main component's outputs by name, such as ``root`` or ``path[1]``.

        Raises:
            NamelessSignals: There is no .sym file.
        """
        if self.signal_wires is None:
            raise NamelessSignals(self.name)
        values = to_ints(witness[1 : 1 + self.n_outputs])
        names = (self.wire_name(wire).removeprefix("main.") for wire in range(1, 1 + self.n_outputs))
        return dict(zip(names, values, strict=True))

    def wire_name(self, wire: int) -> str:
        """The signal's name, or the wire's number without .sym."""
        return self.wire_names.get(wire, f"wire {wire}")

    def constraint_name(self, row: int) -> tuple[str, Origin | None]:
        """The row's number, the instance it is in, and its first signals.

        Where it is in the source, no file of circom says.
        """
        names = [self.wire_name(wire) for wire in wires_of(self.r1cs, row)]
        more = ", ..." if len(names) > _SHOWN_WIRES else ""
        instance = _instance(names) if self.signal_wires is not None else ""
        place = f" in {instance}" if "." in instance else ""
        return f"{row}{place}: {', '.join(names[:_SHOWN_WIRES])}{more}", None

    def _values(self, name: str, values: Sequence[Any]) -> list[int]:
        # The calculator has size 0 for an array without elements as for a signal that does not exist.
        size = self.calculator.size_of(name) or 0
        if size == 0 and values:
            known = f", it has {', '.join(self.input_signals)}" if self.input_signals else ""
            raise InputError(self.name, name, f"does not exist{known}; check the signal's name")
        numbers = [self._number(name, value) for value in values]
        if len(numbers) != size:
            problem = "too few" if len(numbers) < size else "too many"
            raise InputError(
                self.name, name, f"has {problem} values: {len(numbers)} are given, {size} needed"
            )
        return numbers

    def _number(self, name: str, value: Any) -> int:
        number = whole_number(value)
        if number is None or not -R < number < R:
            raise InputError(
                self.name, name, f"has {value!r}; give whole numbers in (-r, r), as int or decimal text"
            )
        return number % R

    def _require_all(self, given: Mapping[str, Sequence[int]]) -> None:
        count = sum(map(len, given.values()))
        if count >= self.calculator.n_inputs:
            return
        begun = {outer for name in given for outer in (*enclosing(name), name)}
        for name, signals in (self.input_signals or {}).items():
            for signal in signals if name in begun else [name]:
                if not any(each in given for each in (*enclosing(signal), signal)):
                    raise InputError(self.name, signal, "is missing; give every input signal its values")
        raise MissingSignals(self.name, count, self.calculator.n_inputs)


def _instance(names: Sequence[str]) -> str:
    """The innermost component that has all of these signals, such as ``main.below[2]``."""
    paths = [name.split(".")[:-1] for name in names]
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False))
    return ".".join(parts[0] for parts in shared)


def load(
    constraints: Path, wasm: Path, *, symbols: Path | None = None, progress: Progress = ignore_progress
) -> CircomCircuit:
    """The circuit that one run of circom compiled; its name is the .r1cs file's.

    Args:
        constraints: The .r1cs file.
        wasm: The witness calculator.
        symbols: The .sym file; without it errors have numbers for names.
        progress: Told of compiling a large calculator.

    Raises:
        FileNotFoundError: One is not there.
        InvalidFile: The .r1cs or .sym file is none, or the .sym file is of another circuit.
        InvalidCalculator: The .wasm file is none, or of another circuit.
        MissingWasmtime: The extra ``circom`` is not installed.
    """
    file = r1cs.read(constraints)
    calculator = Calculator(wasm, progress=progress)
    header = file.header
    for what, mine, theirs in (
        ("wires", calculator.n_wires, header.n_wires),
        ("input values", calculator.n_inputs, len(header.input_labels)),
    ):
        if mine != theirs:
            raise InvalidCalculator(wasm, f"it has {mine} {what}, {constraints.name} has {theirs}")
    names, inputs, wires = ({}, None, None) if symbols is None else _symbols(symbols, header, calculator)
    return CircomCircuit(
        name=constraints.stem,
        digest=constraints_digest(file.constraints),
        r1cs=file.constraints,
        calculator=calculator,
        wire_names=names,
        input_signals=inputs,
        n_outputs=header.n_outputs,
        signal_wires=wires,
    )


def _symbols(
    path: Path, header: r1cs.Header, calculator: Calculator
) -> tuple[dict[int, str], dict[str, list[str]], dict[str, int]]:
    """Names of wires; the signals of each input, whose number the calculator confirms; wires by name."""
    symbols = sym.read(path)
    names = sym.wire_names(symbols)
    last = max(names, default=0)
    if last >= header.n_wires:
        raise InvalidFile(path, None, 0, f"it names wire {last} of a circuit of {header.n_wires}")
    # By label, not by wire: an input that circom removed has none, and is needed all the same.
    inputs: dict[str, list[str]] = {}
    for symbol in symbols:
        if symbol.label in header.input_labels:
            signal = symbol.name.removeprefix("main.")
            inputs.setdefault(next(enclosing(signal), signal), []).append(signal)
    for name, signals in inputs.items():
        if (needed := calculator.size_of(name)) != len(signals):
            rule = (
                f"it gives input {name!r} {len(signals)} values, "
                f"the calculator takes {needed or 'no such input'}"
            )
            raise InvalidFile(path, None, 0, rule)
    return names, inputs, {symbol.name: symbol.wire for symbol in symbols}
