"""Sums of few points times scalars, by doubling and adding, G1 and G2. For many points: ``msm``."""

import numpy as np

from zkrollup.kernels.curve import add, double, infinity, load_point, store_point
from zkrollup.kernels.fields import Element, canonical, fp2_zero, fp_zero, load, store
from zkrollup.kernels.jit import Words, inner, kernel


@inner
def _combine(points: Words, scalars: Words, out: Words, like: Element) -> None:
    total = infinity(like)
    for bit in range(255, -1, -1):
        total = double(total)
        for i in range(points.shape[0]):
            if scalars[i, bit >> 6] >> np.uint64(bit & 63) & np.uint64(1):
                total = add(total, load_point(points, i, like))
    store_point(out, 0, total)
    store(out, 0, 0, canonical(load(out, 0, 0, like)))
    store(out, 0, 1, canonical(load(out, 0, 1, like)))


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def combine_g1(points: Words, scalars: Words, out: Words) -> None:
    """out[0] = the sum of scalars[i] * points[i].

    Args:
        points: affine, (n, 8), Montgomery; zeros are infinity.
        scalars: (n, 4), any numbers.
        out: (1, 8), Montgomery, < p.
    """
    _combine(points, scalars, out, fp_zero())


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def combine_g2(points: Words, scalars: Words, out: Words) -> None:
    """As :func:`combine_g1`, for any points of the twist: (n, 16) and (1, 16)."""
    _combine(points, scalars, out, fp2_zero())
