"""Number-theoretic transforms over Fr, without bit reversal.

Owns the transforms and their domains. The inverse transform leaves its result in bit-reversed order,
which the forward one expects; what lies between works entry by entry.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zkrollup.kernels.fields import fr_zero, load, store
from zkrollup.kernels.jit import Words, kernel
from zkrollup.kernels.montgomery import R
from zkrollup.kernels.vectors import powers

GENERATOR = 5
"""Of Fr's multiplicative group."""
MAX_LOG = 27
"""2^28 divides r - 1, 2^29 does not; the coset needs roots of twice a domain's order."""


@kernel("void(uint64[:, ::1], uint64[:, ::1])")
def _decimate_in_frequency(values: Words, twiddles: Words) -> None:
    """Gentleman-Sande: natural order in, bit-reversed out."""
    fr = fr_zero()
    count = values.shape[0]
    half, step = count >> 1, 1
    while half:
        for block in range(0, count, 2 * half):
            for j in range(half):
                low, high = block + j, block + j + half
                x, y = load(values, low, 0, fr), load(values, high, 0, fr)
                store(values, low, 0, x + y)
                store(values, high, 0, (x - y) * load(twiddles, j * step, 0, fr))
        half >>= 1
        step <<= 1


@kernel("void(uint64[:, ::1], uint64[:, ::1])")
def _decimate_in_time(values: Words, twiddles: Words) -> None:
    """Cooley-Tukey: bit-reversed order in, natural out."""
    fr = fr_zero()
    count = values.shape[0]
    half, step = 1, count >> 1
    while step:
        for block in range(0, count, 2 * half):
            for j in range(half):
                low, high = block + j, block + j + half
                x, y = load(values, low, 0, fr), load(values, high, 0, fr) * load(twiddles, j * step, 0, fr)
                store(values, low, 0, x + y)
                store(values, high, 0, x - y)
        half <<= 1
        step >>= 1


@dataclass(frozen=True, slots=True)
class Domain:
    """The 2^log roots of unity, in order: root^0, root^1, ...

    Attributes:
        log: log2 of the size.
        root: a primitive root of unity of that order.
        coset: a square root of ``root``: the coset has the odd powers of it, as snarkjs's keys do.
        twiddles: root^0 to root^(size / 2 - 1), Montgomery.
        inverse_twiddles: the same for 1 / root.
        shift: coset^i / size in bit-reversed order, Montgomery: moves coefficients to the coset.
    """

    log: int
    root: int
    coset: int
    twiddles: Words
    inverse_twiddles: Words
    shift: Words

    @property
    def size(self) -> int:
        """The number of roots."""
        return 1 << self.log

    def inverse(self, values: Words) -> None:
        """Values on the domain to ``size`` times the coefficients, bit-reversed, in place."""
        _decimate_in_frequency(values, self.inverse_twiddles)

    def forward(self, coefficients: Words) -> None:
        """Bit-reversed coefficients to values on the domain, in place."""
        _decimate_in_time(coefficients, self.twiddles)


@lru_cache(maxsize=4)
def domain(log: int) -> Domain:
    """The domain of 2^log roots, log in [0, 27]."""
    size = 1 << log
    coset = pow(GENERATOR, (R - 1) >> (log + 1), R)
    root = coset * coset % R
    half = max(1, size // 2)
    return Domain(
        log,
        root,
        coset,
        powers(root, half),
        powers(pow(root, -1, R), half),
        np.ascontiguousarray(powers(coset, size, first=pow(size, -1, R))[bit_reversed(log)]),
    )


def bit_reversed(log: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The permutation that reverses ``log`` bits of an index."""
    order = np.zeros(1, np.int64)
    for _ in range(log):
        order = np.concatenate([2 * order, 2 * order + 1])
    return order
