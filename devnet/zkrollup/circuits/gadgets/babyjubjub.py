"""Points of BabyJubJub in constraints, in Edwards and in Montgomery form. Native twin: ``crypto.babyjubjub``.

The Edwards law is complete on the curve but costs six constraints. The Montgomery law costs three and
divides by zero at exceptional pairs; whoever uses it says why those cannot occur.
Formulas: EIP-2494; Bernstein et al., "Twisted Edwards curves" (2008), section 3.
"""

from typing import NamedTuple

from zkrollup.crypto.babyjubjub import A, D, Point
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression, Term

MONTGOMERY_A = 2 * (A + D) // (A - D)
"""v^2 = u^3 + MONTGOMERY_A u^2 + u; the factor of v^2 is 4 / (A - D) = 1."""


class EdwardsPoint(NamedTuple):
    """An affine point of A x^2 + y^2 = 1 + D x^2 y^2."""

    x: Expression
    y: Expression


class MontgomeryPoint(NamedTuple):
    """An affine point of v^2 = u^3 + MONTGOMERY_A u^2 + u."""

    u: Expression
    v: Expression


def constant_point(point: Point) -> EdwardsPoint:
    """A native point as constants."""
    return EdwardsPoint(Expression.constant(point.x), Expression.constant(point.y))


def enforce_on_curve(b: Builder, p: EdwardsPoint, label: str) -> None:
    """Enforces that p is on the curve. Three constraints."""
    x2 = b.multiply(p.x, p.x, f"{label}.x2")
    y2 = b.multiply(p.y, p.y, f"{label}.y2")
    b.enforce(D * x2, y2, A * x2 + y2 - 1, label)


def edwards_add(b: Builder, p: EdwardsPoint, q: EdwardsPoint, label: str) -> EdwardsPoint:
    """P + q. Assumes: both on the curve, where no denominator is 0. Six constraints."""
    with b.scope(label):
        beta = b.multiply(p.x, q.y, "x1y2")
        gamma = b.multiply(p.y, q.x, "y1x2")
        delta = b.multiply(p.y - A * p.x, q.x + q.y, "mixed")
        tau = b.multiply(beta, gamma, "xxyy")
        x = _quotient(b, beta + gamma, 1 + D * tau, "x")
        y = _quotient(b, delta + A * beta - gamma, 1 - D * tau, "y")
    return EdwardsPoint(x, y)


def edwards_double(b: Builder, p: EdwardsPoint, label: str) -> EdwardsPoint:
    """P + p. Assumes: p on the curve, where no denominator is 0. Five constraints."""
    with b.scope(label):
        xy = b.multiply(p.x, p.y, "xy")
        x2 = b.multiply(p.x, p.x, "x2")
        y2 = b.multiply(p.y, p.y, "y2")
        x = _quotient(b, 2 * xy, A * x2 + y2, "x")
        y = _quotient(b, y2 - A * x2, 2 - A * x2 - y2, "y")
    return EdwardsPoint(x, y)


def to_montgomery(b: Builder, p: EdwardsPoint, label: str) -> MontgomeryPoint:
    """The same point. Assumes: x != 0, so p is none of the points of order 1 and 2. Two constraints."""
    with b.scope(label):
        u = _quotient(b, 1 + p.y, 1 - p.y, "u")
        return MontgomeryPoint(u, _quotient(b, u, p.x, "v"))


def to_edwards(b: Builder, p: MontgomeryPoint, label: str) -> EdwardsPoint:
    """The same point. Assumes: v != 0 and u != -1, true for points of odd order. Two constraints."""
    with b.scope(label):
        return EdwardsPoint(_quotient(b, p.u, p.v, "x"), _quotient(b, p.u - 1, p.u + 1, "y"))


def montgomery_add(b: Builder, p: MontgomeryPoint, q: MontgomeryPoint, label: str) -> MontgomeryPoint:
    """P + q. Assumes: p != q and p != -q. Three constraints."""
    with b.scope(label):
        slope = _quotient(b, q.v - p.v, q.u - p.u, "slope")
        return _third_point(b, p, q.u, slope)


def montgomery_double(b: Builder, p: MontgomeryPoint, label: str) -> MontgomeryPoint:
    """P + p. Assumes: v != 0. Four constraints."""
    with b.scope(label):
        u2 = b.multiply(p.u, p.u, "u2")
        slope = _quotient(b, 3 * u2 + 2 * MONTGOMERY_A * p.u + 1, 2 * p.v, "slope")
        return _third_point(b, p, p.u, slope)


def montgomery_double_add(b: Builder, p: MontgomeryPoint, q: MontgomeryPoint, label: str) -> MontgomeryPoint:
    """2p + q as (p + q) + p, without the v of p + q. Five constraints.

    Assumes: p != q, p != -q, and p + q is neither p nor -p.
    """
    with b.scope(label):
        slope = _quotient(b, p.v - q.v, p.u - q.u, "slope[0]")
        u = b.multiply(slope, slope, "u", plus=-(p.u + q.u + MONTGOMERY_A))
        # The line through p and p + q; v of p + q is slope * (p.u - u) - p.v.
        second = b.unconstrained_quotient(-2 * p.v, u - p.u) - slope
        b.enforce(second + slope, u - p.u, -2 * p.v, "slope[1]")
        return _third_point(b, p, u, second)


def _third_point(b: Builder, p: MontgomeryPoint, other_u: Term, slope: Expression) -> MontgomeryPoint:
    """Minus the third point of the line through p with ``slope`` that also meets a point at ``other_u``."""
    u = b.multiply(slope, slope, "u.out", plus=-(p.u + other_u + MONTGOMERY_A))
    return MontgomeryPoint(u, b.multiply(slope, p.u - u, "v.out", plus=-p.v))


def _quotient(b: Builder, numerator: Term, denominator: Expression, label: str) -> Expression:
    """Numerator / denominator. Unconstrained where both are 0: callers exclude it. One constraint."""
    quotient = b.unconstrained_quotient(numerator, denominator)
    b.enforce(quotient, denominator, numerator, label)
    return quotient
