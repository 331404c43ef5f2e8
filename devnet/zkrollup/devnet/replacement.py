"""Contracts of a tester's in place of the reference's: what they must offer, and how they are put together.

Owns the interfaces that the operator, Lock and Rollup need of each other. What a contract does behind its
interface is what its tests are about.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, Final, TypeAlias, cast

from eth_utils import keccak, to_checksum_address

from zkrollup import artifacts
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, Sender
from zkrollup.evm.abi import Abi, Signature, signatures
from zkrollup.evm.addresses import contract_address
from zkrollup.operator.deployment import (
    BATCH_INPUTS,
    PAYOUT_INPUTS,
    Deployment,
    deploy_shipped,
    rollup_arguments,
)
from zkrollup.operator.prover import Prover
from zkrollup.snark.verifier_contract import verifier_abi

Replacing: TypeAlias = Contract | Callable[..., Contract]
"""A contract that is there, or what deploys one when called with the arguments of ours."""

DEPLOYER: Final = str(to_checksum_address(keccak(text="zkrollup: deployer of replaced Rollups")[12:]))
"""Who deploys Rollups beside replaced contracts. Nobody has its key: its nonce counts these alone."""

_FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "lock": ("depositETH", "depositERC20", "release", "rollup"),
    "rollup": (
        "accountIndex",
        "claim",
        "commitBatch",
        "commitmentHash",
        "committedBatches",
        "committedQueue",
        "committedRoot",
        "collectForcedFees",
        "domain",
        "enqueueDeposit",
        "escape",
        "forcedFee",
        "freeze",
        "frozen",
        "isClaimed",
        "isRefunded",
        "lock",
        "proveBatch",
        "provenBatches",
        "provenQueue",
        "queueLength",
        "refund",
        "requestForcedWithdrawal",
        "revertBatches",
        "stateRoot",
        "submitBatch",
    ),
    "batch_verifier": ("verifyProof",),
    "claim_verifier": ("verifyProof",),
    "escape_verifier": ("verifyProof",),
}
_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {"rollup": ("DepositQueued", "ForcedWithdrawalQueued")}
VERIFIERS: Final = ("batch_verifier", "claim_verifier", "escape_verifier")
"""Parts that check proofs, in the order in which a Rollup is told of them."""


class ForeignInterface(ZkRollupError):
    """A contract cannot take the place of one of ours.

    Attributes:
        part: "lock", "rollup", "batch_verifier", "claim_verifier" or "escape_verifier".
        contract: What was given.
        missing: The function or event that it lacks, as Solidity declares it.
    """

    def __init__(self, part: str, contract: Contract, missing: str, alike: Iterable[str]) -> None:
        self.part, self.contract, self.missing = part, contract, missing
        instead = "; ".join(alike)
        has = f"it has {instead}" if instead else "it has nothing of that name"
        super().__init__(
            f"{contract} cannot be the {part}: it needs `{missing}`, {has}. Give it that, or write "
            "a Target of your own for a rollup of another shape"
        )


class MisplacedContract(ZkRollupError):
    """Two contracts that must name each other do not.

    Attributes:
        part: Whose answer is wrong.
        contract: It.
        expected: The address that it should name.
        named: That it names.
    """

    def __init__(self, part: str, contract: Contract, expected: str, named: str, advice: str) -> None:
        self.part, self.contract, self.expected, self.named = part, contract, expected, named
        super().__init__(f"the {part} {contract} names {named}, not {expected}: {advice}")


class NoContract(ZkRollupError):
    """What was given for a part is no contract, and deploys none.

    Attributes:
        part: "lock", "rollup", "batch_verifier", "claim_verifier" or "escape_verifier".
        value: What was given, or what was returned by it.
    """

    def __init__(self, part: str, value: object) -> None:
        self.part, self.value = part, value
        super().__init__(
            f"{part} = {value!r} is no contract: pass what deploy returned, chain.contract(abi, address), or "
            "for lock and rollup a function that deploys one"
        )


class Ours(Enum):
    """What stands for a part that is not replaced: None is what a fixture without a return gives."""

    OURS = "ours"

    def __repr__(self) -> str:
        return "ours"


OURS: Final = Ours.OURS


@dataclass(frozen=True, slots=True)
class Parts:
    """What a tester gives in place of ours; None keeps ours."""

    lock: Replacing | None = None
    rollup: Replacing | None = None
    batch_verifier: Contract | None = None
    claim_verifier: Contract | None = None
    escape_verifier: Contract | None = None

    @classmethod
    def given(cls, **parts: Any) -> "Parts":
        """Those that are not OURS.

        Raises:
            NoContract: One is None.
        """
        for name, value in parts.items():
            if value is None:
                raise NoContract(name, value)
        return cls(**{name: value for name, value in parts.items() if value is not OURS})


def next_rollup_address(l1: Chain) -> str:
    """Where the next Rollup beside replaced contracts will stand."""
    return contract_address(DEPLOYER, l1.nonce(DEPLOYER))


def replaced(l1: Chain, ours: Deployment, prover: Prover, parts: Parts) -> Deployment:
    """Deploys what is not given, so that Lock and Rollup know each other; see ``ReferenceTarget.replace``.

    Raises:
        NoContract: A part is neither a contract nor deploys one.
        ForeignInterface: A contract lacks what the others call.
        MisplacedContract: Lock and Rollup do not name each other.
        Reverted: A constructor refused.
    """
    verifiers = {part: _checked(part, getattr(parts, part) or getattr(ours, part)) for part in VERIFIERS}
    given, operator = parts.rollup, l1.accounts[-1]
    if isinstance(given, Contract):
        rollup = _checked("rollup", given)
        own = parts.lock or _ours_at(l1, "Lock", rollup.lock())
        lock = _deployed("lock", own, rollup.address, sender=operator)
    else:
        own = parts.lock or _deploys_ours(l1, "Lock")
        lock = _deployed("lock", own, next_rollup_address(l1), sender=operator)
        arguments = rollup_arguments(
            l1, lock, tuple(verifiers.values()), prover.size, operator=operator.address, terms=ours.terms
        )
        with l1.impersonate(DEPLOYER) as deployer:
            own = given or _deploys_ours(l1, "Rollup")
            _require_named(lock, next_rollup_address(l1))  # Rollup's constructor would say so in fewer words
            rollup = _deployed("rollup", own, *arguments, sender=deployer)
    _require_named(lock, rollup.address)
    if rollup.lock() != lock.address:
        advice = "deploy it with this Lock's address, or leave out lock"
        raise MisplacedContract("rollup", rollup, lock.address, rollup.lock(), advice)
    return replace(ours, lock=lock, rollup=rollup, **cast(dict[str, Any], verifiers))


def _require_named(lock: Contract, rollup: str) -> None:
    if lock.rollup() != rollup:
        advice = "tell it zk_target.next_rollup_address; a rollup= that deploys must send as `sender`"
        raise MisplacedContract("lock", lock, rollup, lock.rollup(), advice)


def _deploys_ours(l1: Chain, name: str) -> Callable[..., Contract]:
    return partial(deploy_shipped, l1, name)


def _ours_at(l1: Chain, name: str, address: str) -> Contract:
    with l1.exclusive, l1.knowledge.by_package():
        return l1.contract(artifacts.load(name).abi, address)


def _deployed(part: str, given: Replacing, *arguments: Any, sender: Sender) -> Contract:
    """The contract that is given, or that ``given`` deploys."""
    if isinstance(given, Contract) or not callable(given):
        return _checked(part, given)
    return _checked(part, given(*arguments, sender=sender))


def _checked(part: str, contract: object) -> Contract:
    """A contract that has all that is called of this part."""
    if not isinstance(contract, Contract):
        raise NoContract(part, contract)
    ours = _reference_abi(part)
    for kind, names in (("function", _FUNCTIONS[part]), ("event", _EVENTS.get(part, ()))):
        for wanted in (each for each in signatures(ours, kind) if each.name in names):
            found = [each for each in signatures(contract.abi, kind) if each.name == wanted.name]
            if not any(_fits(each, wanted) for each in found):
                alike = (_declaration(kind, each) for each in found)
                raise ForeignInterface(part, contract, _declaration(kind, wanted), alike)
    return contract


def _reference_abi(part: str) -> Abi:
    match part:
        case "lock":
            return artifacts.load("Lock").abi
        case "rollup":
            return artifacts.load("Rollup").abi
        case _:
            return verifier_abi(BATCH_INPUTS if part == "batch_verifier" else PAYOUT_INPUTS)


def _fits(given: Signature, wanted: Signature) -> bool:
    """Same arguments and results; it may read where ours does, be payable only where ours is."""
    indexed = [[entry.get("indexed") for entry in each.inputs] for each in (given, wanted)]
    return (
        given.types == wanted.types
        and indexed[0] == indexed[1]
        and given.output_types == wanted.output_types
        and given.reads == wanted.reads
        and (given.mutability == "payable") == (wanted.mutability == "payable")
    )


def _declaration(kind: str, signature: Signature) -> str:
    """As Solidity writes it."""

    def listed(entries: Iterable[Mapping[str, Any]], types: Iterable[str]) -> str:
        return ", ".join(
            " ".join(filter(None, (type_, "indexed" if entry.get("indexed") else "", entry.get("name"))))
            for entry, type_ in zip(entries, types, strict=True)
        )

    text = f"{kind} {signature.name}({listed(signature.inputs, signature.types)})"
    if kind == "event":
        return text
    mutability = "" if signature.mutability == "nonpayable" else f" {signature.mutability}"
    results = listed(signature.outputs, signature.output_types)
    return f"{text} external{mutability}" + (f" returns ({results})" if results else "")
