"""A described circuit in one file, so that a later process need not describe it again.

Owns the format: numpy's .npz with the arrays of constraints and tape, names and labels as lines of text. Does
not decide where files are or when they are stale: see ``circuits.cache``.
"""

import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from zkrollup.errors import ZkRollupError
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.compile import constraints_digest
from zkrollup.snark.r1cs import R1CS, SparseMatrix
from zkrollup.snark.satisfaction import Origin
from zkrollup.snark.tape import Tape

_MATRICES = ("a", "b", "c", "hints")
_TAPE = ("rules", "wires", "rows", "extras", "lowers")


class DamagedCircuitFile(ZkRollupError):
    """A file that does not hold a whole circuit."""

    def __init__(self, path: Path, rule: str) -> None:
        self.path, self.rule = path, rule
        super().__init__(f"circuit file {path}: {rule}; delete it and the circuit will be described again")


def write(circuit: Circuit, file: IO[bytes]) -> None:
    """Write a circuit to an open file."""
    r1cs, tape = circuit.r1cs, circuit.tape
    arrays = {name: getattr(tape, name) for name in _TAPE}
    for name, matrix in zip(_MATRICES, (r1cs.a, r1cs.b, r1cs.c, tape.hints), strict=True):
        arrays |= {f"{name}.{part}": getattr(matrix, part) for part in ("ptr", "col", "val")}
    arrays["sizes"] = np.array([r1cs.n_wires, r1cs.n_public], np.int64)
    arrays["input_wires"] = np.array(list(circuit.inputs.values()), np.int64)
    arrays["origin_lines"] = np.array([origin.line for origin in circuit.origins], np.int64)
    files = list(dict.fromkeys(origin.file for origin in circuit.origins))
    arrays["origin_files"] = np.array([files.index(origin.file) for origin in circuit.origins], np.int64)
    texts = {
        "head": (circuit.name, circuit.digest),
        "input_names": tuple(circuit.inputs),
        "labels": circuit.labels,
        "files": tuple(files),
    }
    arrays |= {name: np.frombuffer("\n".join(lines).encode(), np.uint8) for name, lines in texts.items()}
    np.savez(file, **arrays)


def read(path: Path) -> Circuit:
    """Read a circuit and check its constraints against their digest.

    Raises:
        FileNotFoundError: there is none.
        DamagedCircuitFile: truncated, altered, or another format.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            circuit = _circuit({name: file[name] for name in file.files})
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedCircuitFile(path, f"it cannot be read ({error})") from error
    if constraints_digest(circuit.r1cs) != circuit.digest:
        raise DamagedCircuitFile(path, "its constraints are not those that it names")
    return circuit


def _circuit(arrays: dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"]) -> Circuit:
    def lines(name: str) -> list[str]:
        return arrays[name].tobytes().decode().split("\n")

    def matrix(name: str) -> SparseMatrix:
        return SparseMatrix(*(arrays[f"{name}.{part}"] for part in ("ptr", "col", "val")))  # type: ignore[arg-type]

    name, digest = lines("head")
    n_wires, n_public = (int(size) for size in arrays["sizes"])
    files = lines("files")
    origins = zip(arrays["origin_files"].tolist(), arrays["origin_lines"].tolist(), strict=True)
    return Circuit(
        name=name,
        digest=digest,
        r1cs=R1CS(n_wires, n_public, matrix("a"), matrix("b"), matrix("c")),
        tape=Tape(**{part: arrays[part] for part in _TAPE}, hints=matrix("hints")),  # type: ignore[arg-type]
        inputs=dict(zip(lines("input_names"), arrays["input_wires"].tolist(), strict=True)),
        labels=tuple(lines("labels")),
        origins=tuple(Origin(files[number], line) for number, line in origins),
    )
