"""The Poseidon hash over BN254's scalar field, one hash at a time, on plain integers.

Owns the permutation; parameters come from `poseidon_parameters`. Many hashes at once: `poseidon_batch`.
"""

from collections.abc import Sequence
from operator import mul

from zkrollup.crypto.field import R, require_field
from zkrollup.crypto.poseidon_parameters import Parameters, UnsupportedWidth, parameters
from zkrollup.errors import ZkRollupError

__all__ = ["MAX_INPUTS", "InputCountError", "Parameters", "UnsupportedWidth", "parameters", "poseidon"]

MAX_INPUTS = 16


class InputCountError(ZkRollupError):
    """Poseidon was given no input, or more than the widest instance takes."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"Poseidon takes 1 to {MAX_INPUTS} inputs, not {count}. Chain groups of {MAX_INPUTS}.")


def poseidon(inputs: Sequence[int]) -> int:
    """Hash 1 to 16 field elements to one, with circomlib's parameters and its capacity of 0.

    Raises:
        InputCountError: none, or more than 16 inputs.
        FieldRangeError: an input is not an int in [0, R).
    """
    if not 1 <= len(inputs) <= MAX_INPUTS:
        raise InputCountError(len(inputs))
    for index, value in enumerate(inputs):
        require_field(f"Poseidon input {index}", value)
    return permute([0, *inputs])[0]


def permute(state: Sequence[int]) -> list[int]:
    """Apply the permutation to 2 to 17 field elements."""
    p = parameters(len(state))
    half = p.full_rounds // 2
    for round_ in range(p.full_rounds + p.partial_rounds):
        constants = p.round_constants[round_ * p.t : (round_ + 1) * p.t]
        state = [s + c for s, c in zip(state, constants, strict=True)]
        if half <= round_ < half + p.partial_rounds:
            state[0] = pow(state[0], 5, R)
        else:
            state = [pow(s, 5, R) for s in state]
        state = [sum(map(mul, row, state)) % R for row in p.mds]
    return list(state)
