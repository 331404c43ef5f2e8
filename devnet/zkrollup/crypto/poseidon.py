"""The Poseidon hash over BN254's scalar field, one hash at a time, on plain integers.

Owns the permutation, in the sparse form of the Poseidon paper's appendix B, and what that form needs;
parameters come from `poseidon_parameters`. Many hashes at once: `poseidon_batch`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul

from zkrollup.crypto.field import R, inverse, require_field
from zkrollup.crypto.poseidon_parameters import Parameters, UnsupportedWidth, parameters
from zkrollup.errors import ZkRollupError

__all__ = [
    "MAX_INPUTS",
    "InputCountError",
    "Parameters",
    "Schedule",
    "UnsupportedWidth",
    "parameters",
    "permute",
    "poseidon",
    "poseidon_chain",
    "schedule",
]

MAX_INPUTS = 16

_Vector = Sequence[int]
_Matrix = Sequence[Sequence[int]]


class InputCountError(ZkRollupError):
    """Poseidon was given no input, or more than the widest instance takes."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            f"Poseidon takes 1 to {MAX_INPUTS} inputs, not {count}. Use poseidon_chain for more."
        )


def poseidon(inputs: Sequence[int]) -> int:
    """Hash 1 to 16 field elements to one, with circomlib's parameters and its capacity of 0.

    Raises:
        InputCountError: none, or more than 16 inputs.
        FieldRangeError: an input is not an int in [0, R).
    """
    if not 1 <= len(inputs) <= MAX_INPUTS:
        raise InputCountError(len(inputs))
    for index, value in enumerate(inputs):
        if type(value) is not int or not 0 <= value < R:  # most are of the exact type, and pass fast
            require_field(f"Poseidon input {index}", value)
    return permute([0, *map(int, inputs)])[0]  # a subclass may calculate otherwise, or not at all


def poseidon_chain(words: Sequence[int], width: int) -> int:
    """Fold any number of field elements: s = 0, then s = Poseidon(s, next `width` words), zero padded.

    The padding makes words that differ in trailing zeros collide, so bind their number by a word of its own.

    Raises:
        InputCountError: `width` is not in 1..15.
        FieldRangeError: a word is not an int in [0, R).
    """
    if not 1 <= width < MAX_INPUTS:
        raise InputCountError(width + 1)
    state = 0
    for start in range(0, len(words), width):
        group = words[start : start + width]
        state = poseidon([state, *group, *[0] * (width - len(group))])
    return state


# -- The permutation


def permute(state: Sequence[int]) -> list[int]:
    """Apply the permutation to 2 to 17 field elements."""
    rounds = schedule(len(state))
    for constants in rounds.first_constants:
        state = _full_round(state, constants, rounds.mds)
    head, *tail = state
    corner = rounds.mds[0][0]
    for constant, row, column in rounds.partial_rounds:
        head += constant
        square = head * head % R
        head = square * square % R * head % R
        # The tail is left unreduced: a round adds one product, so it stays below 2^515.
        head, tail = (
            (corner * head + sum(map(mul, row, tail))) % R,
            [entry + weight * head for entry, weight in zip(tail, column, strict=True)],
        )
    state = [head, *_apply(rounds.tail_matrix, tail)]
    for constants in rounds.last_constants:
        state = _full_round(state, constants, rounds.mds)
    return list(state)


def _full_round(state: _Vector, constants: _Vector, mds: _Matrix) -> list[int]:
    boxed = []
    for entry, constant in zip(state, constants, strict=True):
        shifted = entry + constant
        square = shifted * shifted % R
        boxed.append(square * square % R * shifted % R)
    return _apply(mds, boxed)


# -- The sparse form


@dataclass(frozen=True, slots=True)
class Schedule:
    """One width's rounds with sparse partial rounds: the same permutation as its `Parameters`.

    A full round adds its constants, boxes every element and applies `mds`. A partial round is (constant, row,
    column): with u = sbox(head + constant) the head becomes mds[0][0] * u + row * tail, and the tail
    tail + column * u. Between the last partial and the next full round, `tail_matrix` is applied to the tail.
    """

    mds: _Matrix
    first_constants: _Matrix
    partial_rounds: Sequence[tuple[int, _Vector, _Vector]]
    tail_matrix: _Matrix
    last_constants: _Matrix


@cache
def schedule(t: int) -> Schedule:
    """Rewrite the partial rounds so that each costs 2t products, not t^2.

    With M = [[corner, row], [column, core]], a partial round maps (head, tail) to
    (corner * u + row * tail, column * u + core * tail), u = sbox(head). Writing the tail as core^k * tail'
    after k rounds turns this into (corner * u + (row * core^(k-1)) * tail', tail' + (core^-k * column) * u),
    and core^partial_rounds is applied once, at the end.
    """
    p = parameters(t)
    lines = [p.round_constants[start : start + t] for start in range(0, len(p.round_constants), t)]
    half = p.full_rounds // 2
    last = len(lines) - half
    heads, carried = _gather_constants(lines[half:last], p.mds)
    last_constants = [[(a + b) % R for a, b in zip(carried, lines[last], strict=True)], *lines[last + 1 :]]

    core = [line[1:] for line in p.mds[1:]]
    core_transposed, core_inverse = list(zip(*core, strict=True)), _invert(core)
    row: _Vector = p.mds[0][1:]
    column: _Vector = [line[0] for line in p.mds[1:]]
    partial_rounds = []
    for head in heads:
        column = _apply(core_inverse, column)
        partial_rounds.append((head, row, column))
        row = _apply(core_transposed, row)
    tail_matrix = _power(core, p.partial_rounds)
    return Schedule(p.mds, lines[:half], partial_rounds, tail_matrix, last_constants)


def _gather_constants(rounds: _Matrix, mds: _Matrix) -> tuple[list[int], _Vector]:
    """Push the tail's constants, which no partial sbox touches, through the matrix into the next round.

    Returns what stays with element 0 of each round, and what the round after the last one has to add.
    """
    heads, carried = [], [0] * len(mds)
    for constants in rounds:
        head, *tail = ((a + b) % R for a, b in zip(carried, constants, strict=True))
        heads.append(head)
        carried = _apply(mds, [0, *tail])
    return heads, carried


def _apply(matrix: _Matrix, vector: _Vector) -> list[int]:
    return [sum(map(mul, line, vector)) % R for line in matrix]


def _power(matrix: _Matrix, exponent: int) -> _Matrix:
    result, base = None, matrix
    while exponent:
        if exponent & 1:
            result = base if result is None else _product(result, base)
        base, exponent = _product(base, base), exponent >> 1
    return matrix if result is None else result


def _product(left: _Matrix, right: _Matrix) -> _Matrix:
    columns = list(zip(*right, strict=True))
    return [_apply(columns, line) for line in left]


def _invert(matrix: _Matrix) -> _Matrix:
    """Invert by Gauss and Jordan; minors of a Cauchy matrix are invertible, so a pivot always exists."""
    size = len(matrix)
    rows = [[*line, *(int(i == j) for j in range(size))] for i, line in enumerate(matrix)]
    for i in range(size):
        pivot = next(k for k in range(i, size) if rows[k][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        scale = inverse(rows[i][i])
        rows[i] = [entry * scale % R for entry in rows[i]]
        for k in range(size):
            if k != i and (factor := rows[k][i]):
                rows[k] = [(a - factor * b) % R for a, b in zip(rows[k], rows[i], strict=True)]
    return [line[size:] for line in rows]
