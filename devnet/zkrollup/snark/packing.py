"""A circuit as bytes for a compressor: arrays whose lengths follow from one list of counts, then all texts.

Owns the layout in both directions, and refuses bytes that hold no circuit: no index in what it returns leads
outside its array. Knows no file and compresses nothing: see ``circuitfile``.

    counts      uint64 each, as ``_Counts`` lists them
    arrays      one after another, as ``_layout`` lists them; little-endian
    texts       UTF-8, one after another: name, digest, names of inputs, files of origins, labels

Thousands of terms share a coefficient, and thousands of constraints an origin. Each stands once, in a table,
and its users hold its position. Wires and rows mostly count upwards, so their differences modulo 2^32 are
stored: two uses of one gadget then become the same bytes.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate, islice, pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zkrollup.crypto.field import R
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.formats.sections import first_not_below
from zkrollup.snark.r1cs import R1CS, Limbs, SparseMatrix
from zkrollup.snark.satisfaction import Origin
from zkrollup.snark.tape import Rule, Tape

_Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_MATRICES: Final = ("a", "b", "c", "hints")
_ENCODING: Final = ("utf-8", "surrogatepass")
"""Whatever a Python string holds comes back."""
_MOST_BITS: Final = 256
_BLOCK: Final = 2**16


class InvalidPacking(ValueError):
    """Bytes that hold no circuit. The message is a clause about "it"."""


class _Counts(NamedTuple):
    """What every array's length follows from. Terms of a matrix are counted over all its rows."""

    wires: int
    public: int
    inputs: int
    constraints: int
    steps: int
    hints: int
    lowers: int
    coefficients: int
    origins: int
    terms_a: int
    terms_b: int
    terms_c: int
    terms_hints: int

    @property
    def texts(self) -> int:
        """Name and digest, and what has names."""
        return 2 + self.inputs + self.origins + self.constraints

    def of(self, matrix: str) -> tuple[int, int]:
        """The rows and terms of a matrix."""
        rows = self.hints if matrix == "hints" else self.constraints
        return rows, int(getattr(self, f"terms_{matrix}"))


_COUNTS_BYTES: Final = 8 * len(_Counts._fields)


def _layout(counts: _Counts) -> Iterator[tuple[str, str, int]]:
    """The name, type and length of each array, wide types first so that all are aligned."""
    yield "coefficients", "<u8", 4 * counts.coefficients
    yield "lowers", "<u8", 4 * counts.lowers
    yield "extras", "<u8", counts.steps
    for name in _MATRICES:
        rows, terms = counts.of(name)
        yield f"{name}.lengths", "<u4", rows
        yield f"{name}.wires", "<u4", terms
        yield f"{name}.coefficients", "<u4", terms
    yield "wires", "<u4", counts.steps
    yield "rows", "<u4", counts.steps
    yield "inputs", "<u4", counts.inputs
    yield "lines", "<u4", counts.origins
    yield "origins", "<u4", counts.constraints
    yield "texts", "<u4", counts.texts
    yield "rules", "<u1", counts.steps


# --- packing -----------------------------------------------------------------------------------------------


def pack(circuit: Circuit) -> bytes:
    """A circuit as bytes."""
    origins = {origin: position for position, origin in enumerate(dict.fromkeys(circuit.origins))}
    texts = [circuit.name, circuit.digest, *circuit.inputs, *(each.file for each in origins), *circuit.labels]
    arrays = {
        **_packed_matrices(circuit),
        **_packed_tape(circuit.tape),
        "inputs": np.array(list(circuit.inputs.values()), np.uint32),
        "lines": np.array([origin.line for origin in origins], np.uint32),
        "origins": np.array([origins[origin] for origin in circuit.origins], np.uint32),
        "texts": np.array([len(text) for text in texts], np.uint32),
    }
    counts = _Counts(
        circuit.r1cs.n_wires,
        circuit.r1cs.n_public,
        len(circuit.inputs),
        circuit.n_constraints,
        len(arrays["rules"]),
        len(arrays["hints.lengths"]),
        len(circuit.tape.lowers),
        len(arrays["coefficients"]),
        len(origins),
        *(len(arrays[f"{name}.wires"]) for name in _MATRICES),
    )
    parts = [np.array(counts, "<u8").tobytes()]
    parts += [arrays[name].astype(kind).tobytes() for name, kind, _ in _layout(counts)]
    return b"".join([*parts, "".join(texts).encode(*_ENCODING)])


def _packed_tape(tape: Tape) -> _Arrays:
    return {
        "rules": tape.rules,
        "wires": _differences(tape.wires),
        "rows": _differences(tape.rows),
        "extras": tape.extras,
        "lowers": tape.lowers,
    }


def _packed_matrices(circuit: Circuit) -> _Arrays:
    r1cs = circuit.r1cs
    arrays: dict[str, NDArray[Any]] = {}
    table: dict[bytes, int] = {}
    for name, matrix in zip(_MATRICES, (r1cs.a, r1cs.b, r1cs.c, circuit.tape.hints), strict=True):
        arrays[f"{name}.lengths"] = np.diff(matrix.ptr)
        arrays[f"{name}.wires"] = _differences(matrix.col)
        arrays[f"{name}.coefficients"] = _looked_up(matrix.val, table)
    return arrays | {"coefficients": np.frombuffer(b"".join(table), np.uint64).reshape(-1, 4)}


def _differences(numbers: NDArray[Any]) -> NDArray[np.uint32]:
    differences = numbers.astype(np.uint32)
    differences[1:] -= differences[:-1].copy()
    return differences


def _looked_up(values: Limbs, table: dict[bytes, int]) -> NDArray[np.uint32]:
    """The position of each value in ``table``, which grows by those that it lacks."""
    positions = np.empty(len(values), np.uint32)
    for start in range(0, len(values), _BLOCK):  # objects for all at once would take too much memory
        block = values[start : start + _BLOCK].view("V32")[:, 0].tolist()
        positions[start : start + _BLOCK] = [table.setdefault(value, len(table)) for value in block]
    return positions


# --- unpacking ---------------------------------------------------------------------------------------------


def unpack(data: bytes) -> Circuit:
    """The circuit that ``pack`` was given.

    Raises:
        InvalidPacking: Counts, arrays and texts contradict each other, or an index leads outside its array.
    """
    _require(len(data) >= _COUNTS_BYTES, "it ends within its counts")
    counts = _Counts(*np.frombuffer(data, "<u8", len(_Counts._fields)).tolist())
    arrays, end = _arrays(data, counts)
    texts = _texts(data[end:], arrays["texts"])
    name, digest = next(texts), next(texts)
    inputs = dict(zip(islice(texts, counts.inputs), arrays["inputs"].tolist(), strict=True))
    _require_inputs(inputs, counts)
    origins = [
        Origin(file, line)
        for file, line in zip(islice(texts, counts.origins), arrays["lines"].tolist(), strict=True)
    ]
    _require_below(arrays["origins"], counts.origins, "an origin")
    a, b, c, hints = _matrices(arrays, counts)
    return Circuit(
        name=name,
        digest=digest,
        r1cs=R1CS(counts.wires, counts.public, a, b, c),
        tape=_tape(arrays, counts, hints),
        inputs=inputs,
        labels=tuple(texts),
        origins=tuple(map(origins.__getitem__, arrays["origins"].tolist())),
    )


def _arrays(data: bytes, counts: _Counts) -> tuple[_Arrays, int]:
    """The arrays, which stay in ``data``, and where they end."""
    layout = list(_layout(counts))
    sizes = [np.dtype(kind).itemsize * length for _, kind, length in layout]
    ends = list(accumulate(sizes, initial=_COUNTS_BYTES))
    _require(ends[-1] <= len(data), "it ends within its arrays")
    arrays = {
        name: np.frombuffer(data, kind, length, at)
        for (name, kind, length), at in zip(layout, ends, strict=False)
    }
    return arrays, ends[-1]


def _texts(data: bytes, lengths: NDArray[Any]) -> Iterator[str]:
    try:
        whole = data.decode(*_ENCODING)
    except UnicodeDecodeError as error:
        raise InvalidPacking(f"its texts are no UTF-8 ({error})") from error
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    _require(ends[-1] == len(whole), f"its texts have {len(whole)} characters, not the {ends[-1]} listed")
    return (whole[start:end] for start, end in pairwise([0, *ends]))


def _matrices(arrays: _Arrays, counts: _Counts) -> Iterator[SparseMatrix]:
    table = _field_elements(arrays["coefficients"], "a coefficient")
    for name in _MATRICES:
        rows, terms = counts.of(name)
        ptr = np.zeros(rows + 1, np.int64)
        np.cumsum(arrays[f"{name}.lengths"], dtype=np.int64, out=ptr[1:])
        _require(ptr[-1] == terms, f"the rows of matrix {name} do not have its {terms} terms")
        wires = np.cumsum(arrays[f"{name}.wires"], dtype=np.uint32)
        _require_below(wires, counts.wires, f"a wire of matrix {name}")
        positions = arrays[f"{name}.coefficients"]
        _require_below(positions, counts.coefficients, f"a coefficient's position of matrix {name}")
        yield SparseMatrix(ptr, wires, np.take(table, positions, axis=0))  # twice as fast as an index


def _tape(arrays: _Arrays, counts: _Counts, hints: SparseMatrix) -> Tape:
    tape = Tape(
        rules=arrays["rules"].astype(np.uint8),
        wires=np.cumsum(arrays["wires"], dtype=np.uint32).astype(np.int64),
        rows=np.cumsum(arrays["rows"], dtype=np.uint32).astype(np.int64),
        extras=arrays["extras"].astype(np.int64),
        hints=hints,
        lowers=_field_elements(arrays["lowers"], "a window's lower end"),
    )
    _require_below(tape.rules, len(Rule), "a step's rule")
    # A quotient reads the hint after its row too.
    most = np.array([counts.constraints, counts.hints - 1, counts.hints])[tape.rules]
    _require(bool((tape.rows < most).all()), "a step reads no row that there is")
    bits = arrays["extras"][tape.rules == Rule.BITS]
    _require_below((bits & 0xFFFF) + (bits >> 16 & 0xFFFF), _MOST_BITS + 1, "a step's last bit")
    _require_below(bits >> 32, counts.lowers, "a step's window")
    _require_each_wire_once(tape, arrays["inputs"], counts.wires)
    return tape


# --- requirements ------------------------------------------------------------------------------------------


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise InvalidPacking(otherwise)


def _require_below(numbers: NDArray[Any], bound: int, what: str) -> None:
    highest = int(numbers.max(initial=0))
    _require(not len(numbers) or highest < bound, f"{what} is {highest}, not below {bound}")


def _field_elements(words: NDArray[Any], what: str) -> Limbs:
    values = words.astype(np.uint64).reshape(-1, 4)
    _require(first_not_below(values, R) is None, f"{what} is not below r")
    return values


def _require_inputs(inputs: Mapping[str, int], counts: _Counts) -> None:
    _require(len(inputs) == counts.inputs, "two inputs have one name")
    public = list(inputs.values())[: counts.public]
    in_order = len(public) == counts.public and public == list(range(1, 1 + counts.public))
    _require(in_order, "its public inputs are not the first wires")


def _require_each_wire_once(tape: Tape, inputs: NDArray[Any], n_wires: int) -> None:
    """Wire 0 is the one; an input or a step gives each other wire."""
    first = np.concatenate([np.zeros(1, np.int64), inputs, tape.wires])
    counts = np.ones(len(first), np.int64)
    counts[1 + len(inputs) :] = np.where(tape.rules == Rule.BITS, tape.extras & 0xFFFF, 1)
    _require(int(counts.sum()) == n_wires, f"inputs and steps do not give {n_wires} wires")
    _require_below(first + counts, n_wires + 1, "the end of a step's wires")
    changes = np.bincount(first, minlength=n_wires + 1) - np.bincount(first + counts, minlength=n_wires + 1)
    given = np.cumsum(changes[:-1])
    _require(bool((given == 1).all()), "inputs and steps give a wire twice, and another never")
