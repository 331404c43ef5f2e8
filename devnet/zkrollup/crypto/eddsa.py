"""EdDSA over BabyJubJub with Poseidon, as circomlib verifies it.

Owns keys, signing and checking. How an Ethereum wallet gets a key is `l2key`'s matter; replay protection is
the message's. A signature (R8, S) on M under A is valid iff S * BASE8 == R8 + h * 8A with
h = Poseidon(R8.x, R8.y, A.x, A.y, M). circomlib multiplies A by 8 in the equation, so signers use
8 * scalar: circomlibjs has the same in its pruned key, of which A is an eighth.
"""

import hashlib
from dataclasses import dataclass, field

from zkrollup.crypto.babyjubjub import (
    BASE8,
    COFACTOR,
    SUBORDER,
    Point,
    double_base_multiply,
    is_on_curve,
    is_small_order,
    multiply,
    negate,
)
from zkrollup.crypto.field import R, is_integer, require_field
from zkrollup.crypto.poseidon import poseidon
from zkrollup.errors import ZkRollupError

_NONCE_TAG = b"zkrollup EdDSA-Poseidon nonce v1"


class InvalidPrivateKey(ZkRollupError):
    """A private key's scalar is outside [1, l). The value is a secret, so it is not repeated."""

    def __init__(self) -> None:
        super().__init__(
            "An L2 private key is an int in [1, l), l the order of BabyJubJub's subgroup; this one is not. "
            "Derive keys with zkrollup.crypto.l2key, or reduce a uniform 64-byte value modulo l."
        )


class InvalidSignature(ZkRollupError):
    """A signature was refused; `reason` says by which rule."""

    def __init__(self, reason: str, public: object, message: object, signature: object) -> None:
        self.reason = reason
        self.public = public
        self.message = message
        self.signature = signature
        super().__init__(f"Invalid signature: {reason}. Key {public!r}, message {message!r}, {signature!r}.")


@dataclass(frozen=True, slots=True)
class Signature:
    """An EdDSA-Poseidon signature. Construction checks nothing; `check` and `verify` do."""

    r8: Point
    s: int


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A scalar in [1, l) and its public key, scalar * BASE8. The scalar is left out of the repr.

    Raises:
        InvalidPrivateKey: the scalar is no int in [1, l).
    """

    scalar: int = field(repr=False)
    public: Point = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not is_integer(self.scalar) or not 0 < self.scalar < SUBORDER:
            raise InvalidPrivateKey
        object.__setattr__(self, "public", multiply(BASE8, self.scalar))

    def sign(self, message: int) -> Signature:
        """Sign a field element; the same message always gets the same signature.

        Raises:
            FieldRangeError: the message is not an int in [0, R).
        """
        require_field("message", message)
        nonce = _nonce(self.scalar, message)
        r8 = multiply(BASE8, nonce)
        s = (nonce + COFACTOR * _challenge(r8, self.public, message) * self.scalar) % SUBORDER
        return Signature(r8, s)


def check(public: tuple[int, int], message: int, signature: Signature) -> None:
    """Check a signature, and with it everything that a circuit takes for granted about its parts.

    Raises:
        InvalidSignature: the key is off the curve or of small order, the message is not a field element,
            R8 is off the curve, S is not in [0, l), or the equation does not hold.
    """
    reason = _refusal(public, message, signature)
    if reason:
        raise InvalidSignature(reason, public, message, signature)


def verify(public: tuple[int, int], message: int, signature: Signature) -> bool:
    """Tell whether `check` accepts the signature."""
    return not _refusal(public, message, signature)


def _refusal(public: tuple[int, int], message: int, signature: Signature) -> str:
    """Return the rule that the signature breaks, or an empty string."""
    if not is_on_curve(public):
        return "the public key is not a point of BabyJubJub"
    if is_small_order(public):
        return "the public key has small order, so it would accept signatures that nobody made"
    if not is_integer(message) or not 0 <= message < R:
        return "the message is not a field element in [0, R)"
    if not is_on_curve(signature.r8):
        return "R8 is not a point of BabyJubJub"
    if not is_integer(signature.s) or not 0 <= signature.s < SUBORDER:
        return "S is not in [0, l), so it is a second encoding of another signature"
    h = COFACTOR * _challenge(signature.r8, public, message)
    if double_base_multiply(signature.s, negate(public), h) != signature.r8:
        return "S * BASE8 is not R8 + h * 8A: another key or another message was signed"
    return ""


def _challenge(r8: tuple[int, int], public: tuple[int, int], message: int) -> int:
    return poseidon([*r8, *public, message])


def _nonce(scalar: int, message: int) -> int:
    """Derive a nonce in [1, l) from key and message. Two messages that shared one would give the key away.

    In the spirit of RFC 6979 and RFC 8032: 64 hash bytes, so that the reduction's bias is below 2^-250.
    """
    digest = hashlib.sha512(_NONCE_TAG + scalar.to_bytes(32) + message.to_bytes(32)).digest()
    return int.from_bytes(digest) % (SUBORDER - 1) + 1
