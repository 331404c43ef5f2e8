"""Groth16's verification equation, through an independent implementation of the pairing.

Owns the equation and the checks of its inputs. The kernels that prove take no part in it.
"""

from collections.abc import Sequence

from zkrollup.crypto.field import require_field
from zkrollup.crypto.pairing import g1_add, g1_multiply, g1_negate, pairing_check
from zkrollup.errors import ZkRollupError
from zkrollup.snark.keys import Proof, VerificationKey


class WrongInputCount(ZkRollupError):
    """There are more or fewer public inputs than the key is for."""

    def __init__(self, given: int, expected: int) -> None:
        self.given, self.expected = given, expected
        super().__init__(
            f"{given} public inputs given, the key is for {expected}; pass them in circuit order"
        )


def verify(vk: VerificationKey, public: Sequence[int], proof: Proof) -> bool:
    """Whether the proof holds: e(A, B) = e(alpha, beta) e(sum x_i IC_i, gamma) e(C, delta).

    Raises:
        InvalidKey: see :meth:`VerificationKey.check`.
        WrongInputCount: the number of inputs is not the key's.
        FieldRangeError: an input is not in [0, r): x and x + r would pass for the same statement.
        InvalidPoint: a point of the proof is not in its group.
    """
    vk.check()
    if len(public) != vk.n_public:
        raise WrongInputCount(len(public), vk.n_public)
    combined = vk.ic[0]
    for i, (value, point) in enumerate(zip(public, vk.ic[1:], strict=True)):
        combined = g1_add(combined, g1_multiply(point, require_field(f"public[{i}]", value)))
    return pairing_check(
        [
            (g1_negate(proof.a), proof.b),
            (vk.alpha, vk.beta),
            (combined, vk.gamma),
            (proof.c, vk.delta),
        ]
    )
