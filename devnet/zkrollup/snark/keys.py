"""Groth16's keys and proofs over BN254, and what makes a verification key sound.

Owns the data types and the key check. Makes, stores and uses none of them: see ``trusted_setup``,
``store``, ``prover`` and ``verifier``.

Every key that this project makes comes from a single party, who could keep the secrets and forge
proofs with them. They are TEST keys.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zkrollup.crypto.field import P
from zkrollup.crypto.pairing import G1, G1_GENERATOR, G2, InvalidPoint, check_g1, check_g2
from zkrollup.errors import ZkRollupError
from zkrollup.snark import qap
from zkrollup.snark.r1cs import R1CS


class InvalidKey(ZkRollupError):
    """A verification key under which proofs mean nothing.

    Attributes:
        field: the key's field.
        value: what stands there.
        rule: what it breaks.
    """

    def __init__(self, field: str, value: object, rule: str) -> None:
        self.field, self.value, self.rule = field, value, rule
        super().__init__(f"verification key: {field} = {value}: {rule}; make the key anew")


class KeyMismatch(ZkRollupError):
    """A proving key was made for another constraint system.

    Attributes:
        key: the key's wires, public inputs and log2 of rows.
        circuit: the circuit's.
    """

    def __init__(self, key: tuple[int, int, int], circuit: tuple[int, int, int]) -> None:
        self.key, self.circuit = key, circuit
        super().__init__(
            f"the key is for (wires, public inputs, log2 of rows) = {key}, the circuit has {circuit}: "
            "it is of another circuit, or of another optimisation level of circom (--O0, --O1, --O2); make a "
            "key for this circuit"
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """A Groth16 proof: points of G1, G2 and G1."""

    a: G1
    b: G2
    c: G1

    @property
    def spoiled(self) -> "Proof":
        """The same with A negated: points of their groups, that prove nothing.

        Were both to verify, e(A, B) would be its own inverse, which in a group of odd order is 1 alone.
        """
        x, y = self.a or G1_GENERATOR
        return replace(self, a=(x, -y % P))


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """What a verifier needs of a key.

    Attributes:
        alpha: point of G1.
        beta: point of G2.
        gamma: point of G2.
        delta: point of G2, not gamma.
        ic: points of G1, one more than there are public inputs.
    """

    alpha: G1
    beta: G2
    gamma: G2
    delta: G2
    ic: tuple[G1, ...]

    @property
    def n_public(self) -> int:
        """The number of public inputs."""
        return len(self.ic) - 1

    def check(self, *, n_public: int | None = None) -> None:
        """Refuse a key that is malformed or lets proofs be forged.

        Args:
            n_public: the number of public inputs that the key must have; None takes its own.

        Raises:
            InvalidKey: a point is off its curve or subgroup, or is infinity; gamma is delta; the number
                of points in ``ic`` is wrong.
        """
        _check("alpha", self.alpha, check_g1)
        for name in ("beta", "gamma", "delta"):
            _check(name, getattr(self, name), check_g2)
        if self.gamma == self.delta:
            raise InvalidKey(
                "delta", self.delta, "it equals gamma, so anybody can forge proofs (no ceremony was run)"
            )
        expected = 1 if n_public is None else n_public + 1
        if len(self.ic) < expected or (n_public is not None and len(self.ic) != expected):
            raise InvalidKey(
                "ic", f"{len(self.ic)} points", f"{expected} are needed: one more than public inputs"
            )
        for i, point in enumerate(self.ic):
            _check(f"ic[{i}]", point, check_g1)


def _check(field: str, point: Any, check: Any) -> None:
    if point is None:
        raise InvalidKey(field, "infinity", "a finite point is needed, since infinity binds nothing")
    try:
        check(point)
    except InvalidPoint as error:
        raise InvalidKey(field, point, error.rule) from error


@dataclass(frozen=True, slots=True)
class ProvingKey:
    """What the prover needs of a key: points as rows of words, affine, Montgomery.

    Wires whose polynomial is zero have no point in ``a`` or ``b``. The last rows are what blinding and
    the fixed terms need, so that each of a proof's sums is one sum of points.

    Attributes:
        vk: the verifier's part.
        n_wires: wires of the constraint system.
        log_size: log2 of the domain's size.
        a_wires: uint32, the wires of ``a``.
        b_wires: uint32, the wires of ``b1`` and ``b2``.
        a: G1: u_i(tau) for each of a_wires, then alpha, delta.
        b1: G1: v_i(tau) for each of b_wires, then beta, delta.
        b2: G2: the same.
        c: G1: (beta u_i + alpha v_i + w_i)(tau) / delta for each private wire; the quotient's Lagrange
            basis on the coset, times Z(tau) / (Z(coset) delta), for each root; then delta.
    """

    vk: VerificationKey
    n_wires: int
    log_size: int
    a_wires: NDArray[np.uint32]
    b_wires: NDArray[np.uint32]
    a: NDArray[np.uint64]
    b1: NDArray[np.uint64]
    b2: NDArray[np.uint64]
    c: NDArray[np.uint64]

    def require_fit(self, r1cs: R1CS) -> None:
        """Refuse a circuit of other sizes. Equal sizes do not make it the same circuit.

        Raises:
            KeyMismatch: the sizes differ.
        """
        mine = self.n_wires, self.vk.n_public, self.log_size
        needed = r1cs.n_wires, r1cs.n_public, qap.log_size(r1cs)
        if mine != needed:
            raise KeyMismatch(mine, needed)
