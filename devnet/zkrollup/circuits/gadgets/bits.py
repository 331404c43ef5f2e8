"""Bits and ranges: booleans, decompositions, comparisons. Owns no arithmetic beyond that."""

from zkrollup.errors import ZkRollupError
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression, Term, as_expression

MAX_BITS = 253
"""The widest decomposition that is unique: 2^253 < r < 2^254."""


class RangeTooWide(ZkRollupError):
    """A range check was asked for a width at which a value would have two decompositions."""

    def __init__(self, bits: int) -> None:
        """``bits`` is the width asked for."""
        self.bits = bits
        super().__init__(f"a range of {bits} bits is not unique modulo r; use 1 to {MAX_BITS} bits")


def enforce_boolean(b: Builder, x: Term, label: str) -> None:
    """Enforces x in {0, 1}. One constraint."""
    b.enforce(x, as_expression(x) - 1, 0, label)


def to_bits(b: Builder, x: Term, count: int, label: str) -> list[Expression]:
    """The ``count`` bits of x, lowest first.

    Inputs: x, any field element. Outputs: bits. Assumes: nothing.
    Enforces: x in [0, 2^count). ``count`` constraints: the lowest bit is written as x minus the others, so
    that the sum needs no constraint of its own.

    Raises:
        RangeTooWide: ``count`` is not in 1 to 253.
    """
    if not 1 <= count <= MAX_BITS:
        raise RangeTooWide(count)
    # A wire for the lowest bit would be free: no constraint would read it.
    higher = b.unconstrained_bits(x, count - 1, start=1) if count > 1 else []
    bits = [as_expression(x) - Builder.binary_sum([Expression({}), *higher]), *higher]
    for i, bit in enumerate(bits):
        enforce_boolean(b, bit, f"{label}.bit[{i}]")
    return bits


def enforce_range(b: Builder, x: Term, bits: int, label: str) -> None:
    """Enforces x in [0, 2^bits). ``bits`` constraints. Raises RangeTooWide as ``to_bits`` does."""
    to_bits(b, x, bits, label)


def is_at_least(b: Builder, x: Expression, y: Expression, bits: int, label: str) -> Expression:
    """1 if x >= y, else 0.

    Inputs: x, y. Outputs: a boolean. Assumes: x and y in [0, 2^bits).
    Enforces: x - y in [-2^bits, 2^bits). ``bits + 1`` constraints.
    """
    return to_bits(b, x - y + (1 << bits), bits + 1, label)[bits]
