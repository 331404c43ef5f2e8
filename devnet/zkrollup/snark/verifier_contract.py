"""Groth16 keys and proofs as the shipped ``Groth16Verifier`` contract reads them.

Owns the code tail that carries a verification key, and the calldata of ``verifyProof``. The runtime before
the tail is the artifact of ``contracts/src/Groth16Verifier.sol``. Checks no key itself and deploys nothing.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from eth_hash.auto import keccak

from zkrollup import artifacts
from zkrollup.crypto.field import FieldRangeError, P, R
from zkrollup.crypto.pairing import G1, G2
from zkrollup.errors import ZkRollupError
from zkrollup.snark.keys import Proof, VerificationKey

MAX_CODE_BYTES = 24_576
"""Largest contract that the EVM deploys (EIP-170)."""

SolidityProof: TypeAlias = tuple[tuple[int, int], tuple[tuple[int, int], tuple[int, int]], tuple[int, int]]
"""``struct Proof {uint256[2] a; uint256[2][2] b; uint256[2] c;}``, G2 coordinates c1 first."""

# PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: returns what follows it.
_INIT_PREFIX = "61{length:04x}80600a3d393df3"


class VerifierTooLarge(ZkRollupError):
    """A key has more public inputs than fit into a contract's code."""

    def __init__(self, n_public: int, size: int) -> None:
        self.n_public = n_public
        self.size = size
        super().__init__(
            f"a verifier for {n_public} public inputs has {size} bytes, more than the {MAX_CODE_BYTES} that "
            "EIP-170 allows; hash the inputs into fewer"
        )


class NothingPublic(ZkRollupError):
    """A key without public inputs has no ``verifyProof``: Solidity has no array without elements."""

    def __init__(self) -> None:
        super().__init__(
            "the key is for 0 public inputs, but verifyProof takes an array of them, and Solidity has no "
            "empty arrays; make an input or output of the circuit public"
        )


def verifier_runtime(vk: VerificationKey) -> bytes:
    """Return the deployed code of a verifier for ``vk``: the generic runtime, then the key in a tail.

    Raises:
        InvalidKey: the key's points, or their number, are not those of a sound key.
        VerifierTooLarge: the code would exceed EIP-170's limit.
    """
    vk.check()
    n_public = vk.n_public
    words = (
        *g2_words(vk.delta, negated=True),
        *g1_words(vk.alpha),
        *g2_words(vk.beta, negated=True),
        *g2_words(vk.gamma, negated=True),
        *(word for point in vk.ic for word in g1_words(point)),
    )
    code = artifacts.load("Groth16Verifier").runtime + _words(words) + call_word(n_public)
    if len(code) > MAX_CODE_BYTES:
        raise VerifierTooLarge(n_public, len(code))
    return code


def verifier_init_code(vk: VerificationKey) -> bytes:
    """Return init code that deploys ``verifier_runtime(vk)``.

    Raises:
        InvalidKey: the key is not sound.
        VerifierTooLarge: the code would exceed EIP-170's limit.
    """
    return init_code(verifier_runtime(vk))


def init_code(runtime: bytes) -> bytes:
    """Return init code that deploys ``runtime`` as it stands."""
    return bytes.fromhex(_INIT_PREFIX.format(length=len(runtime))) + runtime


def verifier_code_hash(vk: VerificationKey) -> bytes:
    """Return EXTCODEHASH of the deployed verifier, which a Rollup's constructor pins.

    Raises:
        InvalidKey: the key is not sound.
        VerifierTooLarge: the code would exceed EIP-170's limit.
    """
    return bytes(keccak(verifier_runtime(vk)))


def verifier_abi(n_public: int) -> artifacts.Abi:
    """Return the ABI of a verifier for ``n_public`` inputs: ``verifyProof`` and the contract's errors.

    Raises:
        NothingPublic: there are no inputs.
    """
    if n_public == 0:
        raise NothingPublic
    types = (
        ("a", "uint256[2]"),
        ("b", "uint256[2][2]"),
        ("c", "uint256[2]"),
        ("inputs", f"uint256[{n_public}]"),
    )
    function = {
        "type": "function",
        "name": "verifyProof",
        "stateMutability": "view",
        "inputs": [{"name": name, "type": type_, "internalType": type_} for name, type_ in types],
        "outputs": [{"name": "", "type": "bool", "internalType": "bool"}],
    }
    errors = [item for item in artifacts.load("Groth16Verifier").abi if item["type"] == "error"]
    return [function, *errors]


def selector(n_public: int) -> bytes:
    """Return the four bytes that call ``verifyProof`` with ``n_public`` inputs, as for snarkjs."""
    signature = f"verifyProof(uint256[2],uint256[2][2],uint256[2],uint256[{n_public}])"
    return bytes(keccak(signature.encode()))[:4]


def call_word(n_public: int) -> bytes:
    """Return the last word of a verifier's code: the selector that it answers, and the number of inputs."""
    return selector(n_public) + n_public.to_bytes(28, "big")


def solidity_proof(proof: Proof) -> SolidityProof:
    """Return a proof as web3.py encodes the contracts' ``struct Proof``."""
    a, c = tuple(g1_words(proof.a)), tuple(g1_words(proof.c))
    x1, x0, y1, y0 = g2_words(proof.b)
    return ((a[0], a[1]), ((x1, x0), (y1, y0)), (c[0], c[1]))


def verify_proof_calldata(proof: Proof, public: Sequence[int]) -> bytes:
    """Return the calldata of ``verifyProof`` for a proof and its public inputs.

    Raises:
        FieldRangeError: an input is not in [0, R), so the contract would refuse every proof for it.
    """
    for index, value in enumerate(public):
        if not 0 <= value < R:
            raise FieldRangeError(f"public input {index}", value, R)
    words = (*g1_words(proof.a), *g2_words(proof.b), *g1_words(proof.c), *public)
    return selector(len(public)) + _words(words)


def g1_words(point: G1) -> Iterator[int]:
    """Yield the two words that the precompiles read for a point of G1."""
    # The precompiles read (0, 0) as infinity (EIP-196). Keys have no such point, proofs may.
    return iter((0, 0) if point is None else point)


def g2_words(point: G2, *, negated: bool = False) -> Iterator[int]:
    """Yield the four words that the pairing precompile reads for a point of G2 or its negative, c1 first."""
    if point is None:
        return iter((0, 0, 0, 0))
    (x0, x1), (y0, y1) = point
    if negated:
        y0, y1 = -y0 % P, -y1 % P
    return iter((x1, x0, y1, y0))


def _words(values: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)
