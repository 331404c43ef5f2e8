"""Points and pairings by this package's own kernels. Owns the way between integers and rows of words.

It stands in where zksnake publishes no wheels. The prover has the same arithmetic in its fields, so what it
proves is not verified independently of it. Importing this imports Numba.
"""

from collections.abc import Sequence

import numpy as np

from zkrollup.crypto.field import P, R
from zkrollup.crypto.pairing import G1, Fp2
from zkrollup.kernels import limbs, multiples
from zkrollup.kernels.pairing import ONE, product


class KernelPairing:
    """See `zkrollup.crypto.pairing.Implementation`."""

    name = "kernels"

    def g1_add(self, p: tuple[int, int], q: tuple[int, int]) -> G1:
        """Add p and q."""
        return _g1_combination([p, q], [1, 1])

    def g1_multiply(self, p: tuple[int, int], k: int) -> G1:
        """Multiply p by k."""
        return _g1_combination([p], [k])

    def g2_in_subgroup(self, q: tuple[Fp2, Fp2]) -> bool:
        """Tell whether a point of the twist has order R."""
        out = np.empty((1, 16), np.uint64)
        multiples.combine_g2(_g2_rows([q]), limbs.from_ints([R]), out)
        return not out.any()

    def product_is_one(self, ps: Sequence[tuple[int, int]], qs: Sequence[tuple[Fp2, Fp2]]) -> bool:
        """Tell whether the product of e(p, q) is one."""
        return product(_g1_rows(ps), _g2_rows(qs)) == ONE


def _g1_combination(points: Sequence[tuple[int, int]], scalars: Sequence[int]) -> G1:
    out = np.empty((1, 8), np.uint64)
    multiples.combine_g1(_g1_rows(points), limbs.from_ints(scalars), out)
    x, y = limbs.from_montgomery(out, P)
    return (x, y) if y else None


def _g1_rows(points: Sequence[tuple[int, int]]) -> limbs.Limbs:
    return limbs.montgomery([c for point in points for c in point], P).reshape(-1, 8)


def _g2_rows(points: Sequence[tuple[Fp2, Fp2]]) -> limbs.Limbs:
    return limbs.montgomery([c for point in points for pair in point for c in pair], P).reshape(-1, 16)
