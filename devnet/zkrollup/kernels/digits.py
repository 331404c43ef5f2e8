"""Scalars as signed digits, for windowed multiplication.

Owns the recoding. A scalar s in [0, r) is cut into windows of ``width`` bits. Adding
sum 2^(width w + width - 1) over all windows but the last turns plain digits into signed ones
without any carry from window to window, so that each window is read on its own.
"""

import numpy as np

from zkrollup.kernels.jit import Words, inner, kernel
from zkrollup.kernels.limbs import from_ints

SCALAR_BITS = 255  # one more than r has: the last digit has to fit without a sign


def windows(width: int) -> int:
    """Windows that a scalar has."""
    return -(-SCALAR_BITS // width)


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def _add_to_each(scalars: Words, addend: Words, out: Words) -> None:
    for i in range(scalars.shape[0]):
        carry = np.uint64(0)
        for j in range(4):
            partial = scalars[i, j] + carry
            carry = np.uint64(partial < carry)
            total = partial + addend[0, j]
            carry |= np.uint64(total < partial)
            out[i, j] = total


def recode(scalars: Words, width: int) -> Words:
    """Prepare canonical scalars for :func:`digit`."""
    offset = sum(1 << width * window + width - 1 for window in range(windows(width) - 1))
    out = np.empty_like(scalars)
    _add_to_each(scalars, from_ints([offset]), out)
    return out


@inner
def digit(recoded: Words, row: int, window: int, width: int) -> int:
    """A digit in [-2^(width - 1), 2^(width - 1)]; the scalar is the sum of digit * 2^(width * window)."""
    bit = window * width
    word, shift = bit >> 6, np.uint64(bit & 63)
    bits = recoded[row, word] >> shift
    if bit + width >= SCALAR_BITS:
        return np.int64(bits)  # type: ignore[return-value]
    if (bit & 63) + width > 64:
        bits |= recoded[row, word + 1] << (np.uint64(64) - shift)
    mask = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    return np.int64(bits & mask) - (np.int64(1) << np.int64(width - 1))  # type: ignore[return-value]
