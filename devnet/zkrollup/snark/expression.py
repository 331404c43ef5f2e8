"""Linear combinations of wires: what a constraint's three factors are made of.

Owns their arithmetic. Products of two combinations need a constraint and belong to ``builder``.
"""

from collections.abc import Mapping, Sequence
from typing import Self

from zkrollup.crypto.field import R

ONE_WIRE = 0
"""The wire that always carries 1."""


class Expression:
    """An immutable linear combination of wires over BN254's scalar field.

    Python integers are constants; ``+``, ``-`` and multiplication by an integer stay linear.
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[int, int]) -> None:
        """Takes ``terms``, wire number to coefficient in [1, r), without a copy: nobody may change it."""
        self.terms = terms

    @classmethod
    def constant(cls, value: int) -> Self:
        """The combination that is ``value`` mod r whatever the wires carry."""
        value %= R
        return cls({ONE_WIRE: value} if value else {})

    @classmethod
    def wire(cls, number: int) -> Self:
        """The combination that is one wire's value."""
        return cls({number: 1})

    @property
    def constant_value(self) -> int | None:
        """The value when no wire but the constant one takes part, else None."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and ONE_WIRE in self.terms:
            return self.terms[ONE_WIRE]
        return None

    def scaled_sum(self, other: "Expression", factor: int) -> "Expression":
        """``self + factor * other``."""
        result = dict(self.terms)
        for wire, coefficient in other.terms.items():
            total = (result.get(wire, 0) + factor * coefficient) % R
            if total:
                result[wire] = total
            else:
                result.pop(wire, None)
        return Expression(result)

    def __add__(self, other: "Term") -> "Expression":
        return self.scaled_sum(as_expression(other), 1)

    __radd__ = __add__

    def __sub__(self, other: "Term") -> "Expression":
        return self.scaled_sum(as_expression(other), -1)

    def __rsub__(self, other: "Term") -> "Expression":
        return as_expression(other).scaled_sum(self, -1)

    def __neg__(self) -> "Expression":
        return self * -1

    def __mul__(self, factor: int) -> "Expression":
        if not isinstance(factor, int):
            return NotImplemented
        factor %= R
        if not factor:
            return Expression({})
        return Expression({wire: coefficient * factor % R for wire, coefficient in self.terms.items()})

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and dict(self.terms) == dict(other.terms)

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __repr__(self) -> str:
        return " + ".join(f"{c}*w{w}" if w else str(c) for w, c in self.terms.items()) or "0"


Term = Expression | int
"""What gadgets accept: a combination of wires or a constant."""


def as_expression(term: Term) -> Expression:
    """The combination that ``term`` stands for."""
    return term if isinstance(term, Expression) else Expression.constant(term)


def weighted_sum(parts: Sequence[Expression], weights: Sequence[int]) -> Expression:
    """``sum of weights[i] * parts[i]`` in one pass: long sums would otherwise copy at each step."""
    result: dict[int, int] = {}
    for part, weight in zip(parts, weights, strict=True):
        for wire, coefficient in part.terms.items():
            result[wire] = (result.get(wire, 0) + weight * coefficient) % R
    return Expression({wire: coefficient for wire, coefficient in result.items() if coefficient})
