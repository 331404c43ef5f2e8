"""BLAKE2b's rounds on one state. Owns no format: callers pass words."""

import numpy as np

from zkrollup.kernels.jit import Words, inner, kernel


@inner
def _rotate(word: np.uint64, bits: int) -> np.uint64:
    """To the right."""
    return (word >> np.uint64(bits)) | (word << np.uint64(64 - bits))


@inner
def _mix(v: Words, a: int, b: int, c: int, d: int, x: np.uint64, y: np.uint64) -> None:
    """RFC 7693, section 3.1."""
    v[0, a] = v[0, a] + v[0, b] + x
    v[0, d] = _rotate(v[0, d] ^ v[0, a], 32)
    v[0, c] = v[0, c] + v[0, d]
    v[0, b] = _rotate(v[0, b] ^ v[0, c], 24)
    v[0, a] = v[0, a] + v[0, b] + y
    v[0, d] = _rotate(v[0, d] ^ v[0, a], 16)
    v[0, c] = v[0, c] + v[0, d]
    v[0, b] = _rotate(v[0, b] ^ v[0, c], 63)


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int64)")
def mix_rounds(v: Words, message: Words, schedule: Words, rounds: int) -> None:
    """Mix a message into the working vector, in place (RFC 7693, section 3.2, steps 3 and 4).

    Args:
        v: the working vector, (1, 16).
        message: block, (1, 16).
        schedule: the permutations of message words, (10, 16); a round takes the next, round and round.
        rounds: 12 in BLAKE2b itself.
    """
    for turn in range(rounds):
        s = schedule[turn % 10]
        m = message[0]
        _mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]])
        _mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]])
        _mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]])
        _mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]])
        _mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]])
        _mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]])
        _mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]])
        _mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]])
