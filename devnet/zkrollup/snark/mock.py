"""What stands in a proof's place in mock mode: bound to its public inputs, and attesting nothing.

Owns its form, and the code of the contract that takes it. It has a proof's shape, so that it goes the same
way, but ``a`` is no point: x is a fixed tag for which BN254 has no y, so every real verifier refuses it. In
y's place is a hash of the public inputs, so that MockVerifier refuses it for others. Anybody can make one.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from eth_hash.auto import keccak

from zkrollup import artifacts
from zkrollup.crypto.field import R, require_field
from zkrollup.snark.keys import Proof
from zkrollup.snark.modes import MockKind, require_mock_allowed
from zkrollup.snark.verifier_contract import call_word

TAG: Final = int.from_bytes(b"MOCK PROOF: attests nothing")
"""No point of G1 has it as x: TAG^3 + 3 is not a square modulo p."""


def mock_proof(public: Sequence[int], circuit: str = "") -> Proof:
    """The one mock proof of these public inputs: a = (TAG, keccak256(inputs) mod r), the rest zero.

    Args:
        public: the inputs.
        circuit: name of what would have been proved, for whoever counts mocks.

    Raises:
        FieldRangeError: an input is not in [0, r).
        MockForbidden: no mock may be.
    """
    words = [require_field(f"public[{i}]", value).to_bytes(32) for i, value in enumerate(public)]
    require_mock_allowed(MockKind.PROOF, circuit)
    return Proof(a=(TAG, int.from_bytes(keccak(b"".join(words))) % R), b=None, c=None)


def mock_verifier_runtime(n_public: int) -> bytes:
    """The deployed code of ``contracts/src/MockVerifier.sol`` for ``n_public`` inputs.

    Raises:
        MockForbidden: no mock may be.
    """
    require_mock_allowed(MockKind.VERIFIER)
    return _runtime(n_public)


def is_mock_verifier(code_hash: bytes, n_public: int) -> bool:
    """Whether keccak256 of deployed code is that of a MockVerifier for ``n_public`` inputs; makes none."""
    return code_hash == keccak(_runtime(n_public))


def is_verifiers_answer(code: bytes, beginning: bytes) -> bool:
    """Whether what answers calls in the place of ``code`` answers for a verifier.

    That is one whose key is in the code of ours, or any that is called as snarkjs's or Tornado Cash's are,
    with up to 64 public inputs. Others cannot be told.

    Args:
        code: Deployed code.
        beginning: How the calldata of these calls begins; b"" for any.
    """
    if code.startswith(artifacts.load("Groth16Verifier").runtime) or beginning[:4] in _selectors():
        return True
    # Fewer than four bytes answer for every function that begins so: the code tells whether there is such.
    return len(beginning) < 4 and any(
        selector.startswith(beginning) and selector in code for selector in _selectors()
    )


@cache
def _selectors() -> frozenset[bytes]:
    shapes = ("uint256[2],uint256[2][2],uint256[2],uint256[{}]", "bytes,uint256[{}]")
    calls = (f"verifyProof({shape})".format(n) for shape in shapes for n in range(1, 65))
    return frozenset(bytes(keccak(call.encode()))[:4] for call in calls)


def _runtime(n_public: int) -> bytes:
    return artifacts.load("MockVerifier").runtime + call_word(n_public)
