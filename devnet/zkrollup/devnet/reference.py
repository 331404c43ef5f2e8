"""The reference rollup as a target: our Lock, Rollup and verifiers, or contracts in their place.

Owns the conveniences of a wallet: approvals, accounts opened on the way. Each call is one that a wallet could
make; nothing here is trusted by L1. What may stand in the place of a contract of ours is ``replacement``'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from zkrollup.devnet.allowances import allowed
from zkrollup.devnet.capabilities import Capability
from zkrollup.devnet.exits import BatchExit, ExitHandle, ForcedExit
from zkrollup.devnet.reference_attacks import ReferenceAttacks
from zkrollup.devnet.refusals import Refusal
from zkrollup.devnet.replacement import OURS, Ours, Parts, Replacing, next_rollup_address, replaced
from zkrollup.devnet.tokens import ETH_ADDRESS, Token, address_number
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, Receipt, Reverted, Sender
from zkrollup.ledger.operations import ETH, Transfer, Withdrawal
from zkrollup.locking import locked
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.deployment import Deployment
from zkrollup.operator.metadata import ETHER, TokenMetadata, token_metadata
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.operator import Operator
from zkrollup.operator.prover import Prover
from zkrollup.operator.queue import QueueEntry, to_address
from zkrollup.operator.solvency import books_of, check_books
from zkrollup.operator.stages import SealedBatch, SettledBatch

if TYPE_CHECKING:
    from zkrollup.devnet.users import User


class NoAccount(ZkRollupError):
    """A user has no L2 account for a token."""

    def __init__(self, user: "User", token: int) -> None:
        """``token`` is its L1 address, 0 for ETH."""
        self.user, self.token = user, token
        super().__init__(
            f"{user.name} ({user.address}) has no L2 account for token {to_address(token)}; "
            "a deposit opens one, also of amount 0: rollup.open_account(token, user)"
        )


class ReferenceTarget(ReferenceAttacks):
    """Our contracts and operator.

    Attributes:
        l2: Layer 2's chain, where the Mints are.
    """

    capabilities = frozenset(Capability) - {Capability.POST, Capability.EXECUTE}
    takes_turns = True
    refusals: Mapping[Refusal, str | tuple[str, ...]] = MappingProxyType(
        {
            Refusal.OVERSPENT: ("RefusedOperation", "NoAccount", "UnsatisfiedConstraint"),
            Refusal.NOT_COMMITTED: "BatchNotCommitted",
            Refusal.WRONG_PROOF: "InvalidProof",
            Refusal.USURPED: "NotOperator",
            Refusal.NOT_FINISHED: ("NotSealed", "BatchNotProven"),
            Refusal.PAID_ALREADY: "AlreadyClaimed",
            Refusal.ALTERED: "InvalidProof",
            Refusal.FABRICATED: "InvalidProof",
            Refusal.NO_EXIT: "UnsatisfiedConstraint",
            Refusal.NOT_APPLIED: "NotApplied",
            Refusal.NOTHING_DUE: "NothingDue",
            Refusal.NOT_OVERDUE: "NotOverdue",
            Refusal.NOT_FROZEN: "NotFrozen",
            Refusal.REFUNDED_ALREADY: "AlreadyRefunded",
        }
    )

    def __init__(
        self, contracts: Deployment, l1: Chain, l2: Chain, prover: Prover, tokens: Sequence[Token]
    ) -> None:
        """``tokens`` are those that users hold; others are taken, too. The operator is L1's last account."""
        super().__init__(l1, address=contracts.rollup.address, tokens=tokens)
        self.l2 = l2
        bridge = Bridge(l1, contracts, l1.accounts[-1])
        self.operator = Operator(bridge, Mirror(l2, bridge.operator, self._describe), prover)

    @property
    def state(self) -> Any:
        """The operator's state and the mirror's."""
        return self.operator.state, self.operator.mirror.state

    @state.setter
    def state(self, state: Any) -> None:
        operator, self.operator.mirror.state = state
        self.operator.restore(operator)

    @property
    def parts(self) -> Sequence[object]:
        """The operator and its mirror."""
        return self.operator, self.operator.mirror

    # Contracts in place of ours

    @property
    def next_rollup_address(self) -> str:
        """Where the Rollup of the next ``replace`` will stand, for a Lock that must know it early."""
        return next_rollup_address(self.l1)

    @locked
    def replace(
        self,
        *,
        lock: Replacing | Ours = OURS,
        rollup: Replacing | Ours = OURS,
        batch_verifier: Contract | Ours = OURS,
        claim_verifier: Contract | Ours = OURS,
        escape_verifier: Contract | Ours = OURS,
    ) -> "ReferenceTarget":
        """A rollup of its own on the same chains, with contracts of a tester's in place of some of ours.

        Verifiers are shared, unless they are given; the Lock and the Rollup are new, with nothing in them.

        Args:
            lock: A contract with ILock's functions, or a function that deploys one: it is called with the
                Rollup's address, and ``sender``.
            rollup: A contract with IRollup's functions and events of the queue, or a function that deploys
                one: it is called with the arguments of our Rollup's constructor, and ``sender``.
            batch_verifier: A contract with verifyProof, for three public inputs.
            claim_verifier: The same, for six.
            escape_verifier: The same, for six.

        Raises:
            NoContract: A part is neither a contract nor deploys one.
            ForeignInterface: A contract lacks a function or event, or has it with another signature.
            MisplacedContract: Lock and Rollup do not name each other.
            Reverted: A constructor refused.
        """
        parts = Parts.given(
            lock=lock,
            rollup=rollup,
            batch_verifier=batch_verifier,
            claim_verifier=claim_verifier,
            escape_verifier=escape_verifier,
        )
        contracts = replaced(self.l1, self.contracts, self.operator.prover, parts)
        for name, given in (("Lock", parts.lock), ("Rollup", parts.rollup)):
            if given is None:
                self.l1.label(contracts.labels[name], name)
        target = type(self)(contracts, self.l1, self.l2, self.operator.prover, self.tokens)
        if parts.rollup is not None:
            target.refusals = MappingProxyType({})  # a tester's Rollup has names of its own
        return target

    # Operations

    @locked
    def deposit(self, token: str, amount: int, *, sender: "User", to: "User") -> Receipt:
        """Locks tokens for the receiver's account; an ERC-20 is approved first, if need be."""
        key, lock = to.key.public, self.contracts.lock
        if token == ETH_ADDRESS:
            receipt: Receipt = lock.depositETH(to.address, key.x, key.y, sender=sender, value=amount)
        else:
            with allowed(self.l1, token, lock, amount, sender=sender):
                receipt = lock.depositERC20(token, amount, to.address, key.x, key.y, sender=sender)
        self.operator.sync()
        return receipt

    @locked
    def balance(self, token: str, user: "User") -> int:
        """What the accounts that a user owns hold, with all that the sequencer has accepted."""
        self.operator.sync()
        return self.operator.ledger.balance_of(int(user.address, 16), int(token, 16))

    @locked
    def transfer(self, token: str, amount: int, *, sender: "User", to: "User", fee: int = 0) -> Transfer:
        """Signs a payment and hands it to the sequencer.

        A receiver without an account for the token gets one first, by a deposit of 0 on L1.

        Raises:
            NoAccount: The sender has no account for the token.
            RefusedOperation: It breaks a rule of the ledger.
        """
        payer = self.account_index(token, sender)
        if self._find_account(token, to) is None:
            self.deposit(token, 0, sender=to, to=to)
        receiver = self.account_index(token, to)
        ledger = self.operator.ledger
        unsigned = Transfer(payer, receiver, amount, ledger.account(payer).nonce, fee=fee)
        transfer = unsigned.signed(sender.key, ledger.account(receiver), self.operator.domain)
        self.operator.submit(transfer)
        return transfer

    @locked
    def withdraw(
        self, token: str, amount: int, *, sender: "User", recipient: str, fee: int = 0
    ) -> ExitHandle:
        """Signs a burn and hands it to the sequencer.

        Raises:
            NoAccount: The sender has no account for the token.
            RefusedOperation: It breaks a rule of the ledger.
        """
        payer = self.account_index(token, sender)
        nonce = self.operator.ledger.account(payer).nonce
        unsigned = Withdrawal(payer, address_number(recipient), amount, nonce, fee=fee)
        withdrawal = unsigned.signed(sender.key, self.operator.domain)
        self.operator.submit(withdrawal)
        return ExitHandle(self, token, amount, recipient, withdrawal)

    @locked
    def account_index(self, token: str, user: "User") -> int:
        """The index of a user's account for a token.

        Raises:
            NoAccount: There is none.
        """
        self.operator.sync()
        return self._require_account(token, user)

    @property
    def fee_token(self) -> str | None:
        """The token of the account that fees go to; see ``operator.collect_fees``."""
        index = self.operator.fee_account
        return None if index is None else to_address(self.operator.ledger.account(index).token)

    # Batches

    @property
    @locked
    def waiting(self) -> int:
        """What the sequencer holds of L1's queue and in its pool."""
        self.operator.sync()
        return self.operator.sequencer.waiting

    @locked
    def seal(self) -> SealedBatch:
        """Orders what waits into a batch. Raises NothingToSeal if nothing waits."""
        self.operator.sync()
        return self.operator.seal()

    @property
    def sealed_root(self) -> int:
        """Root of the sequencer's sealed state."""
        return self.operator.sequencer.sealed.root

    def commit(self, batch: SealedBatch) -> Receipt:
        """Posts a sealed batch's data; see ``Operator.commit``."""
        return self.operator.commit(batch)

    @property
    def committed_root(self) -> int:
        """Rollup's ``committedRoot``."""
        return int(self.contracts.rollup.committedRoot())

    def prove(self, batch: SealedBatch) -> SettledBatch:
        """Proves a committed batch on L1 and lets the Mints follow; see ``Operator.finalize``."""
        return self.operator.finalize(self.operator.prove(batch))

    def prove_wrongly(self, batch: SealedBatch) -> Receipt:
        """Sends the batch's proof, spoiled."""
        proven = self.operator.prove(batch)
        return self.operator.bridge.prove(replace(proven, proof=proven.proof.spoiled))

    @property
    def proven_root(self) -> int:
        """Rollup's ``stateRoot``."""
        return int(self.contracts.rollup.stateRoot())

    @property
    def settled(self) -> int:
        """Batches that the operator has brought through."""
        return len(self.operator.state.settled)

    def settle(self) -> SettledBatch:
        """Brings all that waits through, proofs side by side; see ``Operator.settle``."""
        return self.operator.settle()

    # Exits

    def claim(self, exit_: BatchExit, *, sender: Sender) -> Receipt:
        """Proves and sends a claim.

        Raises:
            NotSealed: It is in no batch yet.
            NotSettled: Its batch is not proven on L1.
            Reverted: L1 refuses, with AlreadyClaimed for a second claim.
        """
        return self.operator.bridge.claim(exit_.prove(), sender=sender)

    def is_claimed(self, exit_: BatchExit) -> bool:
        """Whether its nullifier is spent. Raises NotSealed if it is in no batch yet."""
        return bool(self.contracts.rollup.isClaimed(exit_.nullifier))

    # Without the operator

    @locked
    def force_withdraw(self, token: str, amount: int, *, sender: "User") -> ForcedExit:
        """Puts a withdrawal of the user's account into L1's queue, with its fee.

        Raises:
            NoAccount: The user has no account for the token.
            Reverted: L1 refuses it.
        """
        bridge, account = self.operator.bridge, self._require_account(token, sender)
        index = int(self.contracts.rollup.queueLength())
        bridge.force_withdraw(account, amount, sender=sender)
        self.operator.sync()
        return ForcedExit(self, token, amount, sender.address, index)

    def freeze(self, *, sender: Sender) -> Receipt:
        """Stops the rollup for the first entry that no proven batch took; see ``Bridge.freeze``."""
        return self.operator.bridge.freeze(sender=sender)

    @property
    def is_frozen(self) -> bool:
        """Rollup's ``frozen``."""
        return bool(self.contracts.rollup.frozen())

    @property
    def deadline(self) -> int | None:
        """When the first entry that no proven batch took is due."""
        waiting = self._beyond_proven()
        return waiting[0].expiry if waiting else None

    def escape(self, token: str, *, sender: "User") -> Receipt:
        """Proves what the user's account holds in the last proven state, and has L1 pay it.

        Raises:
            NoAccount: The user has no account for the token.
            OutOfStep: The operator does not know L1's proven state; rebuild it from L1.
            Reverted: L1 refuses it, with NotFrozen or AlreadyClaimed.
        """
        account = self._require_account(token, sender)
        return self.operator.bridge.escape(self.operator.prove_escape(account), sender=sender)

    @locked
    def refund(self, *, sender: "User") -> tuple[Receipt, ...]:
        """Has the user's deposits given back that no proven batch took, and fees of forced withdrawals.

        What was given back already is left out, unless that is all there is.

        Raises:
            Reverted: L1 refuses one, with NotFrozen or AlreadyRefunded, or because its token does not pay;
                all others are paid.
        """
        owner = int(sender.address, 16)
        own = [entry for entry in self._beyond_proven() if entry.operation.owner == owner]
        is_refunded = self.contracts.rollup.isRefunded
        due = [entry for entry in own if not is_refunded(entry.index)] or own[:1]
        paid, refused = [], []
        for entry in due if self.is_frozen else due[:1]:
            try:
                paid.append(self.operator.bridge.refund(entry, sender=sender))
            except Reverted as refusal:
                refused.append(refusal)
        if refused:
            raise refused[0]
        return tuple(paid)

    # Books

    @locked
    def custody(self, token: str) -> int:
        """What Lock holds."""
        return self.l1_balance(token, self.contracts.lock)

    @property
    def custodians(self) -> tuple[str, ...]:
        """Lock; Rollup holds fees of forced withdrawals, and nobody's tokens."""
        return (self.contracts.lock.address,)

    @locked
    def owed(self, token: str) -> Mapping[str, int]:
        """The proven ledger, proven exits that are not claimed, deposits beyond it, and pull credits."""
        return asdict(books_of(self.operator, int(token, 16)).proven)

    @locked
    def check_solvency(self) -> None:
        """Both equalities of every token that ever came in; see ``operator.solvency``.

        Raises:
            Insolvent: One does not hold.
            OutOfStep: Nobody can tell L1's proven state.
        """
        check_books(self.operator, rebasing={int(token, 16) for token in self.rebasing})

    # Inside

    def _beyond_proven(self) -> list[QueueEntry]:
        return self.operator.bridge.queue(int(self.contracts.rollup.provenQueue()))

    def _require_account(self, token: str, user: "User") -> int:
        index = self._find_account(token, user)
        if index is None:
            raise NoAccount(user, int(token, 16))
        return index

    def _find_account(self, token: str, user: "User") -> int | None:
        key = user.key.public
        registered, index = self.contracts.rollup.accountIndex(key.x, key.y, user.address, token)
        return int(index) if registered else None

    def _describe(self, token: int) -> TokenMetadata:
        return ETHER if token == ETH else token_metadata(self.l1, to_address(token))
