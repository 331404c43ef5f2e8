"""Circuits of which there is a witness calculator and a key, and no .r1cs: packages ship no more than that.

Owns what a key tells of its circuit: A and B. C is in no .zkey. A prover needs none: where the witness is
right, C's side is the product of the other two. So no constraint can be checked, and a false witness is found
out only by its proof, which does not verify.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zkrollup.expectations import Progress, ignore_progress
from zkrollup.snark.calculator import Calculator, InvalidCalculator
from zkrollup.snark.circom import CircomCircuit
from zkrollup.snark.compile import constraints_digest
from zkrollup.snark.formats import sym
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.formats.zkey import Entries, Zkey
from zkrollup.snark.inputs import enclosing
from zkrollup.snark.r1cs import R1CS, SparseMatrix


def load(
    path: Path, key: Zkey, wasm: Path, *, symbols: Path | None = None, progress: Progress = ignore_progress
) -> CircomCircuit:
    """The circuit of a key, without C; its name is the .zkey file's.

    Args:
        path: The .zkey file.
        key: What it holds.
        wasm: The witness calculator.
        symbols: The .sym file; without it errors have numbers for names.
        progress: Told of compiling a large calculator.

    Raises:
        FileNotFoundError: A file is not there.
        InvalidFile: The .sym file is none, or of another circuit.
        InvalidCalculator: The .wasm file is none, or it and the key are of different compilations.
        MissingWasmtime: The extra ``circom`` is not installed.
    """
    calculator = Calculator(wasm, progress=progress)
    if calculator.n_wires != key.key.n_wires:
        raise InvalidCalculator(
            wasm,
            f"it computes {calculator.n_wires} wires, {path.name} is for {key.key.n_wires}: they are of "
            "different circuits, or of different optimisation levels of circom",
            "compile it with the options that the key was made with: --O0, --O1 or --O2",
        )
    system = constraints_of(key)
    known = () if symbols is None else sym.read(symbols)
    names = sym.wire_names(known)
    last = max(names, default=0)
    if symbols is not None and last >= system.n_wires:
        raise InvalidFile(symbols, None, 0, f"it names wire {last} of a circuit of {system.n_wires}")
    inputs = _inputs([each.name for each in known], calculator)
    outputs = _outputs(names, inputs, system.n_public)
    return CircomCircuit(
        name=path.stem,
        digest=constraints_digest(system),
        r1cs=system,
        calculator=calculator,
        wire_names=names,
        input_signals=None if symbols is None else inputs,
        n_outputs=outputs,
        signal_wires=None if symbols is None else {each.name: each.wire for each in known},
    )


def constraints_of(key: Zkey) -> R1CS:
    """A key's A and B, without the rows that bind public inputs, and no C."""
    n_public, n_wires = key.key.vk.n_public, key.key.n_wires
    # Those rows are A's last ones, one for the constant wire and each public one.
    n_constraints = int(key.a.rows[-1]) - n_public if len(key.a.rows) else 0
    a, b = (_matrix(each, n_constraints) for each in (key.a, key.b))
    c = SparseMatrix(
        np.zeros(n_constraints + 1, np.int64), np.zeros(0, np.uint32), np.zeros((0, 4), np.uint64)
    )
    return R1CS(n_wires, n_public, a, b, c, lacks_c=True)


def _matrix(entries: Entries, n_rows: int) -> SparseMatrix:
    inside = entries.rows < n_rows
    counts = np.bincount(entries.rows[inside], minlength=n_rows)
    ptr: NDArray[np.int64] = np.zeros(n_rows + 1, np.int64)
    np.cumsum(counts, out=ptr[1:])
    return SparseMatrix(
        ptr, np.ascontiguousarray(entries.wires[inside]), np.ascontiguousarray(entries.values[inside])
    )


def _inputs(names: list[str], calculator: Calculator) -> dict[str, list[str]]:
    """The single signals of each input, which the calculator knows by name."""
    found: dict[str, list[str]] = {}
    for full in names:
        signal = full.removeprefix("main.")
        name = next(enclosing(signal), signal)
        if name in found or calculator.size_of(name):
            found.setdefault(name, []).append(signal)
    return found


def _outputs(names: dict[int, str], inputs: dict[str, list[str]], n_public: int) -> int:
    """How many of the public wires are no inputs: outputs come first."""
    given = {f"main.{signal}" for signals in inputs.values() for signal in signals}
    return sum(names.get(wire) not in given for wire in range(1, n_public + 1)) if names else 0
