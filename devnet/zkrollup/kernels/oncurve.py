"""Whether many affine points lie on y^2 = x^3 + b, the same source for G1 over Fp and G2 over Fp2.

Owns the equation. Does not check that coordinates are below p, nor that points of the twist are in G2.
"""

from zkrollup.kernels.fields import Element, fp2_zero, fp_zero, has_no_bits, load, square
from zkrollup.kernels.jit import Words, inner, kernel


@inner
def _first_off_curve(points: Words, b: Words, like: Element) -> int:
    constant = load(b, 0, 0, like)
    for row in range(points.shape[0]):
        x, y = load(points, row, 0, like), load(points, row, 1, like)
        if has_no_bits(x) and has_no_bits(y):
            continue
        if square(y) != square(x) * x + constant:
            return row
    return -1


@kernel("int64(uint64[:, ::1], uint64[:, ::1])")
def first_off_g1(points: Words, b: Words) -> int:
    """The first of (n, 8) affine points that is off the curve, else -1; Montgomery, zeros are infinity."""
    return int(_first_off_curve(points, b, fp_zero()))


@kernel("int64(uint64[:, ::1], uint64[:, ::1])")
def first_off_g2(points: Words, b: Words) -> int:
    """The first of (n, 16) affine points that is off the twist, else -1; Montgomery, zeros are infinity."""
    return int(_first_off_curve(points, b, fp2_zero()))
