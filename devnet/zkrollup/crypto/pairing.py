"""BN254 (alt_bn128) point arithmetic and the pairing check, behind one seam.

Owns: what counts as a valid point, the encoding of points as plain integers, and the choice between
the native library (zksnake), our own kernels and the reference (py_ecc). Does not own: bulk arithmetic
over many points (`zkrollup.kernels`), proof systems, or the precompiles' byte formats and gas.

Curve: y^2 = x^3 + 3 over Fp; twist: y^2 = x^3 + 3 / (9 + u) over Fp2 = Fp[u] / (u^2 + 1). G1 has
cofactor one, so a point on the curve is in the group; G2 has not, so membership is checked.
Source: EIP-196, EIP-197. The environment variable ZK_PAIRING picks "zksnake", "kernels" or "py_ecc".
Without it zksnake is used where it can be imported, since it shares no code with the prover; kernels are
used elsewhere.
"""

import os
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final, Protocol, TypeAlias

from zkrollup.crypto.field import P, R
from zkrollup.errors import ZkRollupError

Fp2: TypeAlias = tuple[int, int]
G1: TypeAlias = tuple[int, int] | None
"""Affine (x, y); None is the point at infinity."""
G2: TypeAlias = tuple[Fp2, Fp2] | None
"""Affine ((x_c0, x_c1), (y_c0, y_c1)), c0 first as in snarkjs; None is the point at infinity."""

G1_GENERATOR: Final[tuple[int, int]] = (1, 2)
G2_GENERATOR: Final[tuple[Fp2, Fp2]] = (
    (
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
    ),
    (
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
    ),
)

# 3 / (9 + u) = 3 (9 - u) / 82
TWIST_B: Final[Fp2] = (27 * pow(82, -1, P) % P, -3 * pow(82, -1, P) % P)
"""The constant of the twist's equation."""


class InvalidPoint(ZkRollupError):
    """Integers that are no point of the group they were given for.

    Attributes:
        group: "G1" or "G2".
        point: the offending coordinates.
        rule: which rule they break.
    """

    def __init__(self, group: str, point: object, rule: str) -> None:
        self.group = group
        self.point = point
        self.rule = rule
        super().__init__(f"{point} is not a point of BN254 {group}: {rule}. Pass None for infinity.")


NAMES: Final = ("zksnake", "kernels", "py_ecc")
"""Of the implementations."""


class UnknownImplementation(ZkRollupError):
    """ZK_PAIRING names no implementation that exists here.

    Attributes:
        name: the name asked for.
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(
            f"pairing implementation {name!r}: {reason}. "
            f"Set ZK_PAIRING to {', '.join(NAMES[:-1])} or {NAMES[-1]}."
        )


class Implementation(Protocol):
    """What a library must do. Points are already on their curve, in range and finite."""

    name: str

    def g1_add(self, p: tuple[int, int], q: tuple[int, int]) -> G1:
        """Add p and q."""

    def g1_multiply(self, p: tuple[int, int], k: int) -> G1:
        """Multiply p by k, 0 < k < R."""

    def g2_in_subgroup(self, q: tuple[Fp2, Fp2]) -> bool:
        """Tell whether a point of the twist has order R."""

    def product_is_one(self, ps: Sequence[tuple[int, int]], qs: Sequence[tuple[Fp2, Fp2]]) -> bool:
        """Tell whether the product of e(p, q) is one; qs are in the subgroup; at least one pair."""


# --- public API


def check_g1(p: G1) -> None:
    """Refuse what is not a point of G1.

    Args:
        p: affine coordinates in [0, P), or None for infinity.

    Raises:
        InvalidPoint: a coordinate is out of range, or the point is off the curve.
    """
    if p is None:
        return
    x, y = p
    if not (0 <= x < P and 0 <= y < P):
        raise InvalidPoint("G1", p, "a coordinate is not in [0, P)")
    if (y * y - x * x * x - 3) % P:
        raise InvalidPoint("G1", p, "it is off the curve y^2 = x^3 + 3")


def check_g2(q: G2) -> None:
    """Refuse what is not a point of G2.

    Args:
        q: affine coordinates in [0, P), c0 first, or None for infinity.

    Raises:
        InvalidPoint: a coordinate is out of range, the point is off the twist, or not of order R.
    """
    if q is not None:
        _check_g2(q)


def g1_negate(p: G1) -> G1:
    """Return -p.

    Raises:
        InvalidPoint: p is not in G1.
    """
    check_g1(p)
    return None if p is None else (p[0], -p[1] % P)


def g1_add(p: G1, q: G1) -> G1:
    """Return p + q.

    Raises:
        InvalidPoint: p or q is not in G1.
    """
    check_g1(p)
    check_g1(q)
    if p is None:
        return q
    if q is None:
        return p
    return implementation().g1_add(p, q)


def g1_multiply(p: G1, k: int) -> G1:
    """Return k p; any integer k, taken modulo the group's order R.

    Raises:
        InvalidPoint: p is not in G1.
    """
    check_g1(p)
    k %= R
    if p is None or k == 0:
        return None
    return implementation().g1_multiply(p, k)


def pairing_check(pairs: Sequence[tuple[G1, G2]]) -> bool:
    """Tell whether the product of e(p, q) over all pairs is one. No pairs: true (EIP-197).

    Raises:
        InvalidPoint: a point is not in its group; every point is checked, paired with infinity or not.
    """
    for p, q in pairs:
        check_g1(p)
        check_g2(q)
    finite = [(p, q) for p, q in pairs if p is not None and q is not None]
    if not finite:
        return True
    return implementation().product_is_one([p for p, _ in finite], [q for _, q in finite])


# --- choice of the implementation


@cache
def implementation(name: str | None = None) -> Implementation:
    """Return the implementation of that name, or the one this process uses.

    Args:
        name: one of `NAMES`, or None for ZK_PAIRING, else zksnake, else kernels.

    Raises:
        UnknownImplementation: no such name, or asked for by name and not importable.
    """
    name = name or os.environ.get("ZK_PAIRING") or None
    if name not in (None, *NAMES):
        raise UnknownImplementation(name, "no such implementation")
    if name == "py_ecc":
        return _PyEcc()
    if name != "kernels":
        try:
            return _ZkSnake()
        except ImportError as error:
            if name is not None:
                raise UnknownImplementation(name, f"it cannot be imported ({error})") from error
    from zkrollup.crypto.kernel_pairing import KernelPairing

    return KernelPairing()


def uses_kernels() -> bool:
    """Tell whether this process's implementation is the one that has to be compiled.

    Raises:
        UnknownImplementation: see `implementation`.
    """
    return implementation().name == "kernels"


# --- curve equations


def _multiply_fp2(a: Fp2, b: Fp2) -> Fp2:
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


# Verification keys repeat the same few points in every check; the subgroup test is the dear part.
@lru_cache(maxsize=256)
def _check_g2(q: tuple[Fp2, Fp2]) -> None:
    x, y = q
    if not all(0 <= c < P for c in (*x, *y)):
        raise InvalidPoint("G2", q, "a coordinate is not in [0, P)")
    left = _multiply_fp2(y, y)
    right = _multiply_fp2(_multiply_fp2(x, x), x)
    if any((le - ri - b) % P for le, ri, b in zip(left, right, TWIST_B, strict=True)):
        raise InvalidPoint("G2", q, "it is off the twist y^2 = x^3 + 3/(9 + u)")
    if not implementation().g2_in_subgroup(q):
        raise InvalidPoint("G2", q, "it is on the twist but not in the subgroup of order R")


# --- zksnake (arkworks)


class _ZkSnake:
    """zksnake's arkworks bindings.

    Its constructors assert curve and subgroup, and a failed assertion is a PanicException: a
    BaseException, with a Rust backtrace on stderr. So G1 points are checked before, and G2 points
    are decoded from bytes, which refuses with a ValueError instead.
    """

    name = "zksnake"

    def __init__(self) -> None:
        from zksnake._algebra import ec_bn254

        self._ec: Any = ec_bn254
        self._one: Any = ec_bn254.multi_pairing([], [])
        self._decode: Any = lru_cache(maxsize=256)(self._decode_g2)

    def g1_add(self, p: tuple[int, int], q: tuple[int, int]) -> G1:
        return _affine(self._ec.PointG1(*p) + self._ec.PointG1(*q))

    def g1_multiply(self, p: tuple[int, int], k: int) -> G1:
        return _affine(self._ec.PointG1(*p) * k)

    def g2_in_subgroup(self, q: tuple[Fp2, Fp2]) -> bool:
        try:
            self._decode(q)
        except ValueError:
            return False
        return True

    def product_is_one(self, ps: Sequence[tuple[int, int]], qs: Sequence[tuple[Fp2, Fp2]]) -> bool:
        left = [self._ec.PointG1(*p) for p in ps]
        return bool(self._ec.multi_pairing(left, [self._decode(q) for q in qs]) == self._one)

    def _decode_g2(self, q: tuple[Fp2, Fp2]) -> Any:
        """Decode through arkworks' compressed form: x little-endian, the top bit set for the larger y."""
        x, y = q
        larger = (y[1], y[0]) > (-y[1] % P, -y[0] % P)
        data = bytearray(x[0].to_bytes(32, "little") + x[1].to_bytes(32, "little"))
        data[-1] |= larger << 7
        return self._ec.PointG2.from_bytes(list(data))


def _affine(point: Any) -> G1:
    return None if point.is_zero() else (point.x, point.y)


# --- py_ecc


class _PyEcc:
    """py_ecc's pure Python arithmetic: the reference, and several hundred times slower."""

    name = "py_ecc"

    def __init__(self) -> None:
        from py_ecc import optimized_bn128

        self._bn: Any = optimized_bn128

    def g1_add(self, p: tuple[int, int], q: tuple[int, int]) -> G1:
        return self._affine(self._bn.add(self._g1(p), self._g1(q)))

    def g1_multiply(self, p: tuple[int, int], k: int) -> G1:
        return self._affine(self._bn.multiply(self._g1(p), k))

    def g2_in_subgroup(self, q: tuple[Fp2, Fp2]) -> bool:
        return bool(self._bn.is_inf(self._bn.multiply(self._g2(q), R)))

    def product_is_one(self, ps: Sequence[tuple[int, int]], qs: Sequence[tuple[Fp2, Fp2]]) -> bool:
        product = self._bn.FQ12.one()
        for p, q in zip(ps, qs, strict=True):
            product *= self._bn.pairing(self._g2(q), self._g1(p), final_exponentiate=False)
        return bool(self._bn.final_exponentiate(product) == self._bn.FQ12.one())

    def _g1(self, p: tuple[int, int]) -> Any:
        return self._bn.FQ(p[0]), self._bn.FQ(p[1]), self._bn.FQ(1)

    def _g2(self, q: tuple[Fp2, Fp2]) -> Any:
        return self._bn.FQ2(q[0]), self._bn.FQ2(q[1]), self._bn.FQ2.one()

    def _affine(self, point: Any) -> G1:
        if self._bn.is_inf(point):
            return None
        x, y = self._bn.normalize(point)
        return int(x), int(y)
