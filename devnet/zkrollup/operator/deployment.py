"""Puts a rollup's contracts on L1, in the one order that lets them know each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from eth_hash.auto import keccak

from zkrollup import artifacts
from zkrollup.circuits.batch import BatchSize
from zkrollup.circuits.encoding import EMPTY_EXIT_ROOT
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.evm import Chain, Contract
from zkrollup.evm.addresses import contract_address
from zkrollup.operator import mocked
from zkrollup.snark.keys import VerificationKey
from zkrollup.snark.mock import mock_verifier_runtime
from zkrollup.snark.modes import Assurance, ProofMode
from zkrollup.snark.verifier_contract import init_code, verifier_abi, verifier_runtime

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from zkrollup.evm import Sender

BATCH_INPUTS: Final = 3
"""Public inputs of a batch's proof."""
PAYOUT_INPUTS: Final = 6
"""Public inputs of a claim's proof, and of an escape's."""


@dataclass(frozen=True, slots=True)
class QueueTerms:
    """How long the operator has for what users ask on L1.

    Attributes:
        period: Seconds to prove an entry, at least; at most ten years.
        interval: Seconds between the deadlines of two entries, at least 1 and at most ``period``.
        forced_fee: Wei that a forced withdrawal costs.
    """

    period: int = 3 * 24 * 3600
    interval: int = 60
    forced_fee: int = 10**15


DEFAULT_TERMS: Final = QueueTerms()


@dataclass(frozen=True, slots=True)
class Deployment:
    """A rollup's contracts on L1.

    Attributes:
        lock: Custody.
        rollup: Queue, batches, claims.
        batch_verifier: Checks batch proofs.
        claim_verifier: Checks claim proofs.
        escape_verifier: Checks escape proofs.
        terms: What Rollup's queue was made with.
        assurance: What it means that the verifiers accept: MOCK if they are mocks.
    """

    lock: Contract
    rollup: Contract
    batch_verifier: Contract
    claim_verifier: Contract
    escape_verifier: Contract
    terms: QueueTerms
    assurance: Assurance = Assurance.VALIDITY

    @property
    def labels(self) -> dict[str, Contract]:
        """The contracts by the names that traces give them."""
        return {
            "Lock": self.lock,
            "Rollup": self.rollup,
            "BatchVerifier": self.batch_verifier,
            "ClaimVerifier": self.claim_verifier,
            "EscapeVerifier": self.escape_verifier,
        }


def deploy(
    l1: Chain,
    operator: "LocalAccount",
    size: BatchSize,
    batch_key: VerificationKey,
    claim_key: VerificationKey,
    escape_key: VerificationKey,
    *,
    mode: ProofMode = ProofMode.REAL,
    terms: QueueTerms = DEFAULT_TERMS,
) -> Deployment:
    """Deploys verifiers, Lock and Rollup from ``operator``'s account.

    Lock and Rollup name each other for good, so Lock is told the address that Rollup will have. Verifiers are
    Groth16's, except in mock mode, where all are mocks; nothing can swap them later.

    Raises:
        InvalidKey: A key is not sound; nothing was deployed.
        Reverted: A constructor refused.
    """
    keys = (batch_key, claim_key, escape_key)
    for key, n_public in zip(keys, (BATCH_INPUTS, PAYOUT_INPUTS, PAYOUT_INPUTS), strict=True):
        key.check(n_public=n_public)
    verifiers = [deploy_verifier(l1, operator, key, mode=mode) for key in keys]
    rollup_address = contract_address(operator.address, l1.nonce(operator) + 1)
    lock = deploy_shipped(l1, "Lock", rollup_address, sender=operator)
    arguments = rollup_arguments(l1, lock, verifiers, size, operator=operator.address, terms=terms)
    rollup = deploy_shipped(l1, "Rollup", *arguments, sender=operator)
    assurance = Assurance.MOCK if mode is ProofMode.MOCK else Assurance.VALIDITY
    batch_verifier, claim_verifier, escape_verifier = verifiers
    return Deployment(lock, rollup, batch_verifier, claim_verifier, escape_verifier, terms, assurance)


def deploy_shipped(chain: Chain, name: str, *arguments: Any, sender: "Sender") -> Contract:
    """Deploys a contract that ships; ABIs that testers declare come before its own.

    Raises:
        Reverted: Its constructor refused.
    """
    artifact = artifacts.load(name)
    with chain.exclusive, chain.knowledge.by_package():
        return chain.deploy(artifact.abi, artifact.bytecode, *arguments, sender=sender)


def rollup_arguments(
    l1: Chain,
    lock: Contract,
    verifiers: Sequence[Contract],
    size: BatchSize,
    *,
    operator: str,
    terms: QueueTerms,
) -> tuple[Any, ...]:
    """The arguments of Rollup's constructor. It pins the code that the verifiers have now.

    ``verifiers`` are those of batches, claims and escapes.
    """
    pinned = [part for each in verifiers for part in (each.address, keccak(l1.code(each)))]
    parameters = (
        *(lock.address, operator, *pinned),
        *(size.levels, size.slots, QuadTree(size.levels).root, EMPTY_EXIT_ROOT),
        *(terms.period, terms.interval, terms.forced_fee),
    )
    return (parameters,)


def deploy_verifier(
    l1: Chain, sender: "Sender", key: VerificationKey, *, mode: ProofMode = ProofMode.REAL
) -> Contract:
    """Deploys the verifier of one key; in mock mode, what takes mocks in its place.

    Raises:
        InvalidKey: The key is not sound; nothing was deployed.
        VerifierTooLarge: It has more public inputs than fit into a contract's code.
        NothingPublic: It has none.
    """
    mocked.watch()
    abi = verifier_abi(key.n_public)  # refuses a key of nothing public before anything is deployed
    address = l1.deploy_raw(init_code(_verifier_runtime(key, mode)), sender)
    with l1.exclusive, l1.knowledge.by_package():
        return l1.contract(abi, address)


def _verifier_runtime(key: VerificationKey, mode: ProofMode) -> bytes:
    return mock_verifier_runtime(key.n_public) if mode is ProofMode.MOCK else verifier_runtime(key)
