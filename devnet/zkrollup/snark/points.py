"""Points between the kernels' rows of words and plain integers."""

from zkrollup.crypto.pairing import G1, G2
from zkrollup.kernels.jit import Words
from zkrollup.kernels.limbs import from_montgomery
from zkrollup.kernels.montgomery import P


def g1_of(row: Words) -> G1:
    """A row of 8 words, Montgomery; zeros are infinity."""
    x, y = from_montgomery(row, P)
    return (x, y) if y else None


def g2_of(row: Words) -> G2:
    """A row of 16 words, Montgomery, c0 first; zeros are infinity."""
    x0, x1, y0, y1 = from_montgomery(row, P)
    return ((x0, x1), (y0, y1)) if y0 or y1 else None
