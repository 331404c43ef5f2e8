"""The Poseidon permutation on many states at once, any width. Owns no constants: callers pass them."""

import numpy as np

from zkrollup.kernels.fields import Element, fr_zero, from_montgomery, load, square, store, to_montgomery
from zkrollup.kernels.jit import Words, inner, kernel


@inner
def _fifth_power(x: Element) -> Element:
    return square(square(x)) * x


@inner
def _permute(
    state: Words, spare: Words, constants: Words, matrix: Words, full_rounds: int, partial_rounds: int
) -> None:
    """One state in place, Montgomery: add constants, fifth powers, times the matrix, each round."""
    fr = fr_zero()
    width = state.shape[0]
    for turn in range(full_rounds + partial_rounds):
        full = turn < full_rounds // 2 or turn >= full_rounds // 2 + partial_rounds
        for i in range(width):
            x = load(state, i, 0, fr) + load(constants, turn * width + i, 0, fr)
            store(spare, i, 0, _fifth_power(x) if full or i == 0 else x)
        for i in range(width):
            total = fr_zero()
            for j in range(width):
                total = total + load(matrix, i * width + j, 0, fr) * load(spare, j, 0, fr)
            store(state, i, 0, total)


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int64, int64, uint64[:, ::1])")
def hash_rows(
    inputs: Words, constants: Words, matrix: Words, full_rounds: int, partial_rounds: int, out: Words
) -> None:
    """out[i] = Poseidon of row i of ``inputs``: state (0, inputs ...), the first word after the permutation.

    Args:
        inputs: canonical, (n, 4 k) for k inputs a row; the width t is k + 1.
        constants: Montgomery, (rounds * t, 4), round by round.
        matrix: Montgomery, (t * t, 4), row by row.
        full_rounds: half of them before the partial rounds, half after.
        partial_rounds: rounds whose fifth power is of the first word alone.
        out: canonical, (n, 4).
    """
    fr = fr_zero()
    width = inputs.shape[1] // 4 + 1
    state, spare = np.empty((width, 4), np.uint64), np.empty((width, 4), np.uint64)
    for i in range(inputs.shape[0]):
        store(state, 0, 0, fr)
        for j in range(1, width):
            store(state, j, 0, to_montgomery(load(inputs, i, j - 1, fr)))
        _permute(state, spare, constants, matrix, full_rounds, partial_rounds)
        store(out, i, 0, from_montgomery(load(state, 0, 0, fr)))
