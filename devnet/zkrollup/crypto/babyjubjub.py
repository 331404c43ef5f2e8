"""The twisted Edwards curve BabyJubJub (EIP-2494) over BN254's scalar field: points and group law.

Owns the affine point and the arithmetic; knows no signature scheme. The curve is A x^2 + y^2 = 1 + D x^2 y^2.
A is a square and D is not, so the addition law has no exceptional cases on it. Nothing here runs in
constant time: keys are for tests.
"""

from functools import cache
from typing import NamedTuple

from zkrollup.crypto.field import R, inverse, is_integer
from zkrollup.errors import ZkRollupError

A = 168700
D = 168696
COFACTOR = 8
SUBORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041
"""l, the prime order of the subgroup that BASE8 generates; the curve has 8 * l points."""


class Point(NamedTuple):
    """An affine point. Construction checks nothing: see `is_on_curve` and `require_on_curve`."""

    x: int
    y: int


IDENTITY = Point(0, 1)
BASE8 = Point(
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203,
)
"""circomlib's base point: 8 times the generator of the whole curve, so of order SUBORDER."""


class PointNotOnCurve(ZkRollupError):
    """A pair of coordinates is not a BabyJubJub point in canonical form."""

    def __init__(self, point: object) -> None:
        self.point = point
        super().__init__(
            f"{point!r} is not a BabyJubJub point: two ints in [0, R) with {A} x^2 + y^2 = 1 + {D} x^2 y^2 "
            "are needed. Check that the coordinates are in order and belong to this curve."
        )


# -- Membership


def is_on_curve(point: tuple[int, int]) -> bool:
    """Tell whether both coordinates are canonical, in [0, R), and satisfy the curve's equation."""
    x, y = point
    if not is_integer(x) or not is_integer(y) or not (0 <= x < R and 0 <= y < R):
        return False
    xx, yy = x * x % R, y * y % R
    return (A * xx + yy - 1 - D * xx * yy) % R == 0


def require_on_curve(point: tuple[int, int]) -> Point:
    """Return the point.

    Raises:
        PointNotOnCurve: it is not on the curve, or not canonical.
    """
    if not is_on_curve(point):
        raise PointNotOnCurve(point)
    return Point(*point)


def is_small_order(point: tuple[int, int]) -> bool:
    """Tell whether 8 * point is the identity: true for eight points, the identity among them.

    Raises:
        PointNotOnCurve: the point is not on the curve.
    """
    x, y = require_on_curve(point)
    x, y, z = _double(_double(_double((x, y, 1))))
    return x == 0 and y == z


def is_in_subgroup(point: tuple[int, int]) -> bool:
    """Tell whether the point is on the curve and SUBORDER * point is the identity."""
    if not is_on_curve(point):
        return False
    x, y, z = _multiply((*point, 1), SUBORDER)
    return x == 0 and y == z


# -- Group law on affine points. Each function raises PointNotOnCurve for a point that is not on the curve.


def add(p: tuple[int, int], q: tuple[int, int]) -> Point:
    """Return p + q. Complete: p and q may be equal, opposite or the identity."""
    return _affine(_add((*require_on_curve(p), 1), (*require_on_curve(q), 1)))


def double(p: tuple[int, int]) -> Point:
    """Return p + p."""
    return _affine(_double((*require_on_curve(p), 1)))


def negate(p: tuple[int, int]) -> Point:
    """Return -p."""
    x, y = require_on_curve(p)
    return Point(-x % R, y)


def multiply(p: tuple[int, int], k: int) -> Point:
    """Return k * p for any integer k; negative ones multiply -p."""
    point = require_on_curve(p)
    if point == BASE8:
        return _affine(_multiply_base8(k))
    return _affine(_multiply((*point, 1), k % (COFACTOR * SUBORDER)))


def double_base_multiply(s: int, p: tuple[int, int], k: int) -> Point:
    """Return s * BASE8 + k * p: what a signature check needs, with one inversion."""
    point = require_on_curve(p)
    return _affine(_add(_multiply_base8(s), _multiply((*point, 1), k % (COFACTOR * SUBORDER))))


# -- Projective arithmetic: (X, Y, Z) stands for (X/Z, Y/Z). Formulas from https://hyperelliptic.org/EFD,
# -- twisted Edwards curves, projective: add-2008-bbjlp, dbl-2008-bbjlp.

_Projective = tuple[int, int, int]
_WINDOW = 4
_WINDOWS = -(-SUBORDER.bit_length() // _WINDOW)


def _affine(p: _Projective) -> Point:
    scale = inverse(p[2])
    return Point(p[0] * scale % R, p[1] * scale % R)


def _add(p: _Projective, q: _Projective) -> _Projective:
    (x1, y1, z1), (x2, y2, z2) = p, q
    a = z1 * z2 % R
    b = a * a
    c = x1 * x2 % R
    d = y1 * y2 % R
    e = D * c * d
    f, g = (b - e) % R, (b + e) % R
    return (
        a * f % R * ((x1 + y1) * (x2 + y2) - c - d) % R,
        a * g % R * (d - A * c) % R,
        f * g % R,
    )


def _double(p: _Projective) -> _Projective:
    x, y, z = p
    e, yy = A * x * x, y * y
    f = (e + yy) % R
    j = (f - 2 * z * z) % R
    return 2 * x * y % R * j % R, (e - yy) % R * f % R, f * j % R


def _multiply(p: _Projective, k: int) -> _Projective:
    """Return k * p for k >= 0, four bits at a time from the top."""
    multiples: list[_Projective] = [(0, 1, 1), p]
    for _ in range((1 << _WINDOW) - 2):
        multiples.append(_add(multiples[-1], p))
    digits = f"{k:x}"
    result = multiples[int(digits[0], 16)]
    for digit in digits[1:]:
        result = _double(_double(_double(_double(result))))
        if digit != "0":
            result = _add(result, multiples[int(digit, 16)])
    return result


@cache
def _base8_windows() -> list[list[_Projective]]:
    """Return d * 16^w * BASE8 at [w][d]; 63 * 16 points, computed on first use."""
    windows, base = [], (*BASE8, 1)
    for _ in range(_WINDOWS):
        multiples: list[_Projective] = [(0, 1, 1)]
        for _ in range((1 << _WINDOW) - 1):
            multiples.append(_add(multiples[-1], base))
        windows.append(multiples)
        base = _add(multiples[-1], base)
    return windows


def _multiply_base8(k: int) -> _Projective:
    result = (0, 1, 1)
    for digit, multiples in zip(reversed(f"{k % SUBORDER:x}"), _base8_windows(), strict=False):
        if digit != "0":
            result = _add(result, multiples[int(digit, 16)])
    return result
