"""Puts a rollup's contracts on L1, in the one order that lets them know each other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from eth_hash.auto import keccak

from zkrollup import artifacts
from zkrollup.circuits.batch import BatchSize
from zkrollup.circuits.encoding import EMPTY_EXIT_ROOT
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.evm import Chain, Contract
from zkrollup.evm.addresses import contract_address
from zkrollup.snark.keys import VerificationKey
from zkrollup.snark.mock import mock_verifier_runtime
from zkrollup.snark.modes import Assurance, ProofMode
from zkrollup.snark.verifier_contract import init_code, verifier_abi, verifier_runtime

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from zkrollup.evm import Sender

BATCH_INPUTS: Final = 3
"""Public inputs of a batch's proof."""
CLAIM_INPUTS: Final = 6
"""Public inputs of a claim's proof."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A rollup's contracts on L1.

    Attributes:
        lock: Custody.
        rollup: Queue, batches, claims.
        batch_verifier: Checks batch proofs.
        claim_verifier: Checks claim proofs.
        assurance: What it means that the verifiers accept: MOCK if they are mocks.
    """

    lock: Contract
    rollup: Contract
    batch_verifier: Contract
    claim_verifier: Contract
    assurance: Assurance = Assurance.VALIDITY

    @property
    def labels(self) -> dict[str, Contract]:
        """The contracts by the names that traces give them."""
        return {
            "Lock": self.lock,
            "Rollup": self.rollup,
            "BatchVerifier": self.batch_verifier,
            "ClaimVerifier": self.claim_verifier,
        }


def deploy(
    l1: Chain,
    operator: "LocalAccount",
    size: BatchSize,
    batch_key: VerificationKey,
    claim_key: VerificationKey,
    *,
    mode: ProofMode = ProofMode.REAL,
) -> Deployment:
    """Deploys verifiers, Lock and Rollup from ``operator``'s account.

    Lock and Rollup name each other for good, so Lock is told the address that Rollup will have. Verifiers are
    Groth16's, except in mock mode, where both are mocks; nothing can swap them later.

    Raises:
        InvalidKey: A key is not sound; nothing was deployed.
        Reverted: A constructor refused.
    """
    batch_key.check(n_public=BATCH_INPUTS)
    claim_key.check(n_public=CLAIM_INPUTS)
    batch_verifier = deploy_verifier(l1, operator, batch_key, mode=mode)
    claim_verifier = deploy_verifier(l1, operator, claim_key, mode=mode)
    lock_artifact, rollup_artifact = artifacts.load("Lock"), artifacts.load("Rollup")
    rollup_address = contract_address(operator.address, l1.nonce(operator) + 1)
    lock = l1.deploy(lock_artifact.abi, lock_artifact.bytecode, rollup_address, sender=operator)
    rollup = l1.deploy(
        rollup_artifact.abi,
        rollup_artifact.bytecode,
        *rollup_arguments(l1, lock, batch_verifier, claim_verifier, size, operator=operator.address),
        sender=operator,
    )
    assurance = Assurance.MOCK if mode is ProofMode.MOCK else Assurance.VALIDITY
    return Deployment(lock, rollup, batch_verifier, claim_verifier, assurance)


def rollup_arguments(
    l1: Chain,
    lock: Contract,
    batch_verifier: Contract,
    claim_verifier: Contract,
    size: BatchSize,
    *,
    operator: str,
) -> tuple[Any, ...]:
    """The arguments of Rollup's constructor, in order. It pins the code that the verifiers have now."""
    return (
        lock.address,
        operator,
        batch_verifier.address,
        keccak(l1.code(batch_verifier)),
        claim_verifier.address,
        keccak(l1.code(claim_verifier)),
        size.levels,
        size.slots,
        QuadTree(size.levels).root,
        EMPTY_EXIT_ROOT,
    )


def deploy_verifier(
    chain: Chain, sender: "Sender", key: VerificationKey, *, mode: ProofMode = ProofMode.REAL
) -> Contract:
    """Deploys the verifier of one key; in mock mode, what takes mocks in its place.

    Raises:
        InvalidKey: The key is not sound; nothing was deployed.
        VerifierTooLarge: It has more public inputs than fit into a contract's code.
        NothingPublic: It has none.
    """
    abi = verifier_abi(key.n_public)
    return chain.contract(abi, chain.deploy_raw(init_code(_verifier_runtime(key, mode)), sender))


def _verifier_runtime(key: VerificationKey, mode: ProofMode) -> bytes:
    return mock_verifier_runtime(key.n_public) if mode is ProofMode.MOCK else verifier_runtime(key)
