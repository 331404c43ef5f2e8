"""EdDSA-Poseidon signatures in constraints. Native twin: ``crypto.eddsa.verify``."""

from dataclasses import dataclass

from zkrollup.circuits.gadgets.babyjubjub import (
    EdwardsPoint,
    constant_point,
    edwards_add,
    edwards_double,
    enforce_on_curve,
)
from zkrollup.circuits.gadgets.bits import enforce_boolean, enforce_range, to_bits
from zkrollup.circuits.gadgets.logic import enforce_equal_if, enforce_nonzero_if, select
from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.circuits.gadgets.scalars import BASE_BITS, multiply_base, multiply_odd
from zkrollup.crypto.babyjubjub import BASE8, SUBORDER, Point
from zkrollup.crypto.eddsa import Signature
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon as native_poseidon
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression

_CHALLENGE_BITS = 254
_TOP_SHIFT = 213
"""The challenge's range is checked on its 41 bits from here on: see ``is_provable``."""
_LOWEST_TOP = (SUBORDER >> _TOP_SHIFT) + 1
_HIGHEST_TOP = ((R + SUBORDER) >> _TOP_SHIFT) - 1
_STAND_IN_CHALLENGE = 1 << 252
"""Where nothing is verified, so that no choice of inputs can make an unsigned operation unprovable."""


@dataclass(frozen=True, slots=True)
class SignatureWires:
    """A signature as the circuit reads it: R8 as a point, S below 2^251."""

    r8: EdwardsPoint
    s: Expression


def is_provable(key: Point, signature: Signature, message: int) -> bool:
    """Whether ``verify_signature`` takes a valid signature: all but 2 in 10^12.

    The challenge h is used as the integer h + l in [l, l + r). Only its top 41 bits are held against that
    range, and the two values that straddle its ends are refused: some 85 constraints in place of 500.
    """
    challenge = native_poseidon([*signature.r8, *key, message])
    return _LOWEST_TOP <= (challenge + SUBORDER) >> _TOP_SHIFT <= _HIGHEST_TOP


def verify_signature(
    b: Builder,
    enabled: Expression,
    key: EdwardsPoint,
    signature: SignatureWires,
    message: Expression,
    label: str,
) -> None:
    """Where ``enabled`` is 1, enforces that ``signature`` is one of ``message`` by ``key``.

    Enforces: S * BASE8 = R8 + h * 8 key with h = Poseidon(R8, key, message), R8 on the curve, S < 2^251 and
    8 key != identity. S may exceed l: signatures are malleable, so never tell operations apart by them.
    Assumes: ``enabled`` is boolean; ``key`` is on the curve where it is 1.
    Where ``enabled`` is 0, R8 must still be on the curve: give the identity.
    """
    with b.scope(label):
        enforce_on_curve(b, signature.r8, "r8.curve")
        s_bits = to_bits(b, signature.s, BASE_BITS, "s")
        challenge = poseidon(b, [*signature.r8, *key, message], "challenge")
        k_bits = _challenge_bits(b, select(b, enabled, challenge, _STAND_IN_CHALLENGE, "challenge.enabled"))

        point = key
        for i in range(3):
            point = edwards_double(b, point, f"double[{i}]")
        enforce_nonzero_if(b, enabled, point.x, "key.order")
        # A stand-in, so that the ladder is sound to run where nothing is verified.
        base = constant_point(BASE8)
        point = EdwardsPoint(
            select(b, enabled, point.x, base.x, "point.x"), select(b, enabled, point.y, base.y, "point.y")
        )
        # The ladder multiplies by odd numbers: an even challenge is met by adding the point on the left.
        odd = multiply_odd(b, point, k_bits[1:], "challenge.multiple")
        correction = EdwardsPoint(
            b.multiply(1 - k_bits[0], point.x, "even.x"), 1 + b.multiply(1 - k_bits[0], point.y - 1, "even.y")
        )
        left = edwards_add(b, multiply_base(b, s_bits, "s.multiple"), correction, "left")
        right = edwards_add(b, signature.r8, odd, "right")
        enforce_equal_if(b, enabled, left.x, right.x, "x")
        enforce_equal_if(b, enabled, left.y, right.y, "y")


def _challenge_bits(b: Builder, challenge: Expression) -> list[Expression]:
    """The bits of h + l as an integer: h times a point of order l, with a 1 among the top four bits."""
    shifted = challenge + SUBORDER
    bits = b.unconstrained_bits(shifted, _CHALLENGE_BITS, lower=SUBORDER)
    for i, bit in enumerate(bits):
        enforce_boolean(b, bit, f"challenge.bit[{i}]")
    b.enforce_equal(Builder.binary_sum(bits), shifted, "challenge.sum")
    top = Builder.binary_sum(bits[_TOP_SHIFT:])
    width = _CHALLENGE_BITS - _TOP_SHIFT
    enforce_range(b, top - _LOWEST_TOP, width, "challenge.lowest")
    enforce_range(b, _HIGHEST_TOP - top, width, "challenge.highest")
    return bits
