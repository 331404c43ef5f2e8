"""Choices: select, zero tests, equality under a condition."""

from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression, Term, as_expression


def select(b: Builder, condition: Term, if_true: Term, if_false: Term, label: str) -> Expression:
    """``if_true`` where ``condition`` is 1, ``if_false`` where it is 0. Assumes a boolean. One constraint."""
    return b.multiply(condition, as_expression(if_true) - if_false, label, plus=if_false)


def is_zero(b: Builder, x: Expression, label: str) -> Expression:
    """1 where x is 0, else 0.

    Two constraints. The inverse hint is free where x is 0, which changes no other wire.
    """
    inverse = b.unconstrained_quotient(1, x)
    zero = 1 - b.multiply(x, inverse, f"{label}.inverse")
    b.enforce(x, zero, 0, f"{label}.zero")
    return zero


def enforce_zero_if(b: Builder, condition: Term, x: Term, label: str) -> None:
    """Enforces x = 0 where ``condition`` is not 0. One constraint."""
    b.enforce(condition, x, 0, label)


def enforce_equal_if(b: Builder, condition: Term, x: Term, y: Term, label: str) -> None:
    """Enforces x = y where ``condition`` is not 0. One constraint."""
    enforce_zero_if(b, condition, as_expression(x) - y, label)


def enforce_nonzero_if(b: Builder, condition: Term, x: Term, label: str) -> None:
    """Enforces x != 0 where ``condition`` is 1. Assumes a boolean. One constraint."""
    b.enforce(x, b.unconstrained_quotient(condition, x), condition, label)
