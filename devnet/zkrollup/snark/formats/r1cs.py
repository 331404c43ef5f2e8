"""Constraints as circom writes them: .r1cs, version 1.

Owns the file in both directions. Labels, which it only numbers, are in ``sym``. Custom gates, which belong to
PLONK, are refused.

    1  header       32, r; wires, outputs, public inputs, private inputs (uint32);
                    labels (uint64); constraints (uint32)
    2  constraints  A, B and C of each in turn: how many terms, and for each of them wire and coefficient
    3  labels       uint64 for each wire

Source: https://github.com/iden3/r1csfile, doc/r1cs_bin_format.md.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from zkrollup.crypto.field import R
from zkrollup.kernels import vectors
from zkrollup.kernels.combinations import find_starts
from zkrollup.kernels.limbs import Limbs, to_ints
from zkrollup.snark.formats.origins import WITHOUT_GATES
from zkrollup.snark.formats.sections import (
    InvalidFile,
    Section,
    first_not_below,
    integers,
    prime,
    read_sections,
    required,
    write_sections,
)
from zkrollup.snark.r1cs import R1CS, SparseMatrix

_HEADER, _CONSTRAINTS, _LABELS, _GATES, _GATE_USES = range(1, 6)
_HEADER_SIZE = 64
_TERM_WORDS = 9
"""uint32 words of a term: the wire and eight of its coefficient."""


@dataclass(frozen=True, slots=True)
class Header:
    """How circom divides a circuit's signals: the one, then these in order, then all others.

    Wires are in the same order, but a private input that no constraint needs has none: circom removes it.

    Attributes:
        n_wires: All wires.
        n_outputs: Public, computed by the circuit.
        n_public_inputs: Public, given.
        n_private_inputs: Given, with a wire or without.
        n_labels: Signals of the source, wires or not.
        n_constraints: Rows of A, B and C.
    """

    n_wires: int
    n_outputs: int
    n_public_inputs: int
    n_private_inputs: int
    n_labels: int
    n_constraints: int

    @property
    def n_public(self) -> int:
        """Public inputs of a proof: outputs first."""
        return self.n_outputs + self.n_public_inputs

    @property
    def input_labels(self) -> range:
        """The labels of the signals that a witness calculator is given."""
        return range(1 + self.n_outputs, 1 + self.n_public + self.n_private_inputs)


@dataclass(frozen=True, slots=True)
class R1csFile:
    """What an .r1cs file holds.

    Attributes:
        header: Sizes.
        constraints: The system.
        labels: uint64 (n_wires,), the number of each wire's signal in .sym.
    """

    header: Header
    constraints: R1CS
    labels: NDArray[np.uint64]


# --- reading -----------------------------------------------------------------------------------------------


def read(path: Path) -> R1csFile:
    """Read an .r1cs file.

    Raises:
        FileNotFoundError: There is none.
        InvalidFile: It is none, or of another curve, or has custom gates; a wire is out of range or stands
            twice in a combination, a coefficient is not below r, or counts contradict each other.
    """
    sections = read_sections(path, "r1cs", (1,), range(1, 6))
    for number in (_GATES, _GATE_USES):
        if number in sections and sections[number].data.any():
            start = sections[number].start
            raise InvalidFile(path, number, start, "the circuit has custom gates", WITHOUT_GATES)
    header = _header(required(sections, _HEADER, path))
    labels = required(sections, _LABELS, path)
    labels.require_size(8 * header.n_wires, f"the labels of {header.n_wires} wires")
    a, b, c = _matrices(required(sections, _CONSTRAINTS, path), header)
    return R1csFile(
        header, R1CS(header.n_wires, header.n_public, a, b, c), labels.words(0, header.n_wires, 1)[:, 0]
    )


def _header(section: Section) -> Header:
    section.require_prime(0, R, "the field of coefficients")
    section.require_size(_HEADER_SIZE, "a header")
    wires, outputs, public, private = (section.integer(at) for at in range(36, 52, 4))
    header = Header(wires, outputs, public, private, section.integer(52, size=8), section.integer(60))
    public_wires = 1 + header.n_public
    if public_wires > wires:
        rule = f"{wires} wires are fewer than the {public_wires} of the one, outputs and public inputs"
        raise section.refused(36, rule)
    return header


def _matrices(section: Section, header: Header) -> list[SparseMatrix]:
    words = np.frombuffer(section.data[: len(section.data) // 4 * 4].tobytes(), "<u4").astype(np.uint32)
    starts = _starts(section, words, 3 * header.n_constraints)
    counts = words[starts].astype(np.int64)
    # One place a term: the places after its combination's count, in steps.
    combination = np.repeat(np.arange(len(starts)), counts)
    ends = np.cumsum(counts)
    position = np.arange(len(combination)) - np.repeat(ends - counts, counts)
    places = starts[combination] + 1 + _TERM_WORDS * position
    wires = words[places]
    values = words[places[:, None] + np.arange(1, _TERM_WORDS)].view(np.uint64)
    _require_terms(section, places, wires, values, header)
    order = np.lexsort((wires, combination))  # combinations ascend already: only wires move
    wires, values = wires[order], np.ascontiguousarray(values[order])
    twice = (combination[1:] == combination[:-1]) & (wires[1:] == wires[:-1])
    if twice.any():
        first = int(np.argmax(twice))
        at = 4 * int(starts[combination[first]])
        raise section.refused(at, f"wire {wires[first]} stands twice in {_side(combination[first])}")
    vectors.enter_montgomery(values, values)
    return [_every_third(which, counts, combination, wires, values) for which in range(3)]


def _starts(section: Section, words: NDArray[np.uint32], count: int) -> NDArray[np.int64]:
    if count > len(words):
        raise section.refused(len(section.data), f"{count // 3} constraints do not fit into the section")
    starts = np.empty(count, np.int64)
    end = find_starts(words, _TERM_WORDS, starts)
    if end < 0:
        raise section.refused(len(section.data), f"it ends within {_side(-1 - end)}")
    if 4 * end != len(section.data):
        raise section.refused(4 * end, f"{len(section.data) - 4 * end} bytes follow the last constraint")
    return starts


def _require_terms(
    section: Section, places: NDArray[np.int64], wires: NDArray[np.uint32], values: Limbs, header: Header
) -> None:
    if (wires >= header.n_wires).any():
        term = int(np.argmax(wires >= header.n_wires))
        raise section.refused(4 * int(places[term]), f"wire {wires[term]} is none of {header.n_wires}")
    large = first_not_below(values, R)
    if large is not None:
        value = to_ints(values[large])[0]
        raise section.refused(4 * int(places[large]) + 4, f"coefficient {value} is not below {R}")


def _every_third(
    which: int,
    counts: NDArray[np.int64],
    combination: NDArray[np.int64],
    wires: NDArray[np.uint32],
    values: Limbs,
) -> SparseMatrix:
    mine = combination % 3 == which
    ptr = np.concatenate([[0], np.cumsum(counts[which::3])]).astype(np.int64)
    return SparseMatrix(ptr, wires[mine], values[mine])


def _side(combination: int) -> str:
    return f"{'ABC'[combination % 3]} of constraint {combination // 3}"


# --- writing -----------------------------------------------------------------------------------------------


def write(contents: R1csFile, file: IO[bytes]) -> None:
    """Write an .r1cs file to an open file."""
    header, system = contents.header, contents.constraints
    sizes = integers(header.n_wires, header.n_outputs, header.n_public_inputs, header.n_private_inputs)
    sections = {
        _HEADER: [
            prime(R),
            sizes,
            header.n_labels.to_bytes(8, "little"),
            integers(header.n_constraints),
        ],
        _CONSTRAINTS: [_combinations(system)],
        _LABELS: [contents.labels.astype("<u8").tobytes()],
    }
    write_sections(file, "r1cs", 1, sections)


def of(constraints: R1CS) -> R1csFile:
    """Constraints as a file: all public wires are outputs, labels are the wires' numbers.

    Which wires are given, a constraint system does not say: none is listed as a private input.
    """
    n_wires = constraints.n_wires
    header = Header(n_wires, constraints.n_public, 0, 0, n_wires, constraints.n_constraints)
    return R1csFile(header, constraints, np.arange(n_wires, dtype=np.uint64))


def _combinations(system: R1CS) -> bytes:
    matrices = (system.a, system.b, system.c)
    counts = np.stack([np.diff(matrix.ptr) for matrix in matrices], axis=1).ravel()
    ends = np.cumsum(1 + _TERM_WORDS * counts)
    starts = ends - (1 + _TERM_WORDS * counts)
    words = np.zeros(ends[-1] if len(ends) else 0, np.uint32)
    words[starts] = counts
    for which, matrix in enumerate(matrices):
        lengths = np.diff(matrix.ptr)
        position = np.arange(len(matrix.col)) - np.repeat(matrix.ptr[:-1], lengths)
        places = np.repeat(starts[which::3], lengths) + 1 + _TERM_WORDS * position
        words[places] = matrix.col
        values = np.empty_like(matrix.val)
        vectors.leave_montgomery(np.require(matrix.val, requirements=["C", "W"]), values)
        words[places[:, None] + np.arange(1, _TERM_WORDS)] = values.view(np.uint32)
    return words.astype("<u4").tobytes()
