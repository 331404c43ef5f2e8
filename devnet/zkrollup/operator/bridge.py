"""The only talker to the L1 contracts: reads their queue, posts batches and proofs, sends claims.

Owns the translation between L1's forms (addresses as text, Solidity structs) and ours. Decides nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_hash.auto import keccak

from zkrollup.circuits.encoding import BatchHeader
from zkrollup.crypto.babyjubjub import Point
from zkrollup.evm import Chain, Event, Receipt, Sender
from zkrollup.ledger.operations import ETH, ForcedWithdrawal
from zkrollup.operator.deployment import Deployment
from zkrollup.operator.history import History
from zkrollup.operator.l1data import L1Data
from zkrollup.operator.queue import QUEUE_EVENTS, QueueEntry, to_address
from zkrollup.operator.stages import ProvenBatch, ProvenClaim, ProvenEscape, SealedBatch
from zkrollup.snark.verifier_contract import solidity_proof

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


@dataclass(frozen=True, slots=True)
class Bridge:
    """L1's contracts, spoken to as the operator.

    Attributes:
        l1: The chain.
        contracts: The rollup's contracts there.
        operator: Who may commit.
    """

    l1: Chain
    contracts: Deployment
    operator: "LocalAccount"

    def __repr__(self) -> str:
        return f"<Bridge to {self.contracts.rollup.address} on {self.l1}>"

    # What it sees of L1

    def head(self) -> tuple[int, bytes]:
        """Number and hash of L1's latest block."""
        block = self.l1.engine.head
        return block.number, block.hash

    def block_hash(self, number: int) -> bytes | None:
        """Hash of L1's block of that number; None if it has none, or no more."""
        return self.l1.engine.blocks.hash(number) if number <= self.head()[0] else None

    def events(self, first: int, last: int) -> list[Event]:
        """The rollup's events in L1's blocks ``first`` to ``last``, in order."""
        return self.l1.logs(address=self.contracts.rollup, from_block=first, to_block=last)

    def history(self, *, confirmed_by: int) -> tuple[History, int]:
        """All that happened on L1, calldata left out, and how many queue entries did by ``confirmed_by``."""
        history, confirmed = History(), 0
        for event in self.events(0, self.head()[0]):
            history = history.after(event)
            if event.block_number <= confirmed_by:
                confirmed = len(history.queue)
        return history, confirmed

    def data(self) -> L1Data:
        """All that L1 has of the rollup, for whoever rebuilds layer 2."""
        return L1Data.read(self.l1.w3, self.contracts.rollup.address)

    def has_committed(self, batch: SealedBatch) -> bool:
        """Whether exactly this batch is committed on L1 and not proven yet."""
        number = batch.number
        return self.proven < number <= self.committed and (
            self.contracts.rollup.commitmentHash(number) == _commitment_hash(batch)
        )

    def queue(self, start: int) -> list[QueueEntry]:
        """L1's queue from entry ``start`` on, in order."""
        if start >= self.contracts.rollup.queueLength():
            return []
        events = self.l1.logs(address=self.contracts.rollup)
        entries = (QueueEntry.of(event) for event in events if event.name in QUEUE_EVENTS)
        return [entry for entry in entries if entry.index >= start]

    @property
    def committed(self) -> int:
        """How many batches L1 has the data of, proven ones included."""
        return int(self.contracts.rollup.committedBatches())

    @property
    def proven(self) -> int:
        """How many batches L1 has verified."""
        return int(self.contracts.rollup.provenBatches())

    def commit(self, batch: SealedBatch) -> Receipt:
        """Posts a batch's data.

        Raises:
            Reverted: L1 refuses it.
        """
        receipt: Receipt = self.contracts.rollup.commitBatch(*commit_args(batch), sender=self.operator)
        return receipt

    def prove(self, batch: ProvenBatch, *, sender: Sender | None = None) -> Receipt:
        """Sends a committed batch's proof; anybody may, the operator does by default.

        Raises:
            Reverted: L1 refuses it.
        """
        sealed = batch.sealed
        receipt: Receipt = self.contracts.rollup.proveBatch(
            header_struct(sealed.header),
            *sealed.instance.as_tuple(),
            solidity_proof(batch.proof),
            sender=sender or self.operator,
        )
        return receipt

    def submit(self, batch: ProvenBatch) -> Receipt:
        """Posts data and proof in one transaction.

        Raises:
            Reverted: L1 refuses it.
        """
        receipt: Receipt = self.contracts.rollup.submitBatch(
            *commit_args(batch.sealed), solidity_proof(batch.proof), sender=self.operator
        )
        return receipt

    def revert(self) -> Receipt:
        """Drops all committed batches that are not proven; their queue entries are next again.

        Raises:
            Reverted: L1 refuses it, with NothingToRevert where there is none.
        """
        receipt: Receipt = self.contracts.rollup.revertBatches(sender=self.operator)
        return receipt

    def claim(self, claim: ProvenClaim, *, sender: Sender) -> Receipt:
        """Sends a claim; anybody may, and only the exit's recipient is paid.

        Raises:
            Reverted: L1 refuses it.
        """
        receipt: Receipt = self.contracts.rollup.claim(*claim_args(claim), sender=sender)
        return receipt

    def escape(self, escape: ProvenEscape, *, sender: Sender) -> Receipt:
        """Sends an escape; anybody may, and only the account's owner is paid.

        Raises:
            Reverted: L1 refuses it.
        """
        receipt: Receipt = self.contracts.rollup.escape(*escape_args(escape), sender=sender)
        return receipt

    def open_account(self, token: int, key: Point) -> int:
        """The index of the operator's own L2 account for ``token`` and ``key``; a deposit of 0 opens it.

        Raises:
            Reverted: L1 refuses the deposit.
        """
        contracts, address = self.contracts, to_address(token)
        owned = (key.x, key.y, self.operator.address, address)
        is_open, index = contracts.rollup.accountIndex(*owned)
        if not is_open:
            account = (self.operator.address, key.x, key.y)
            if token == ETH:
                contracts.lock.depositETH(*account, sender=self.operator)
            else:
                contracts.lock.depositERC20(address, 0, *account, sender=self.operator)
            _, index = contracts.rollup.accountIndex(*owned)
        return int(index)

    # The queue's deadlines

    def force_withdraw(self, account: int, amount: int, *, sender: Sender) -> Receipt:
        """Puts a withdrawal into L1's queue, with its fee.

        Raises:
            Reverted: L1 refuses it.
        """
        rollup = self.contracts.rollup
        receipt: Receipt = rollup.requestForcedWithdrawal(
            account, amount, sender=sender, value=rollup.forcedFee()
        )
        return receipt

    def freeze(self, *, sender: Sender) -> Receipt:
        """Stops the rollup for its first unproven entry; anybody may.

        Raises:
            Reverted: L1 refuses it, with NothingDue or NotOverdue where there is no cause.
        """
        rollup = self.contracts.rollup
        waiting = self.queue(rollup.provenQueue())
        first = waiting[0].struct if waiting else NO_ENTRY
        receipt: Receipt = rollup.freeze(first, sender=sender)
        return receipt

    def refund(self, entry: QueueEntry, *, sender: Sender) -> Receipt:
        """Has an entry given back that no proven batch took, after a freeze; anybody may.

        Raises:
            Reverted: L1 refuses it.
        """
        receipt: Receipt = self.contracts.rollup.refund(entry.index, entry.struct, sender=sender)
        return receipt

    def collect_forced_fees(self, *, sender: Sender | None = None) -> Receipt:
        """Pays the operator the fees of proven forced withdrawals; anybody may send it.

        Raises:
            Reverted: L1 refuses it: no batch with a queue entry is proven.
        """
        rollup = self.contracts.rollup
        proven = rollup.provenQueue()
        last = self.queue(proven - 1)[0].struct if proven else NO_ENTRY
        receipt: Receipt = rollup.collectForcedFees(last, sender=sender or self.operator)
        return receipt


NO_ENTRY = QueueEntry(0, ForcedWithdrawal(0, 0, 0), 0, 0).struct
"""Stands where L1 has no entry to name; it then refuses for that reason."""


def header_struct(header: BatchHeader) -> tuple[int, ...]:
    """A header as Solidity's ``BatchHeader``: its words, in order."""
    return header.words()


def _commitment_hash(batch: SealedBatch) -> bytes:
    """What the contract keeps of a commit: keccak of C, x, y and the header's words."""
    words = (*batch.instance.as_tuple(), *batch.header.words())
    return keccak(b"".join(word.to_bytes(32, "big") for word in words))


def claim_args(claim: ProvenClaim) -> tuple[Any, ...]:
    """The arguments of the contract's ``claim``."""
    burned = claim.exit
    paid = (to_address(burned.recipient), to_address(burned.token), burned.amount)
    return (burned.batch, claim.nullifier, *paid, solidity_proof(claim.proof))


def escape_args(escape: ProvenEscape) -> tuple[Any, ...]:
    """The arguments of the contract's ``escape``."""
    account = escape.account
    paid = (to_address(account.owner), to_address(account.token), account.balance)
    return (escape.nullifier, *paid, solidity_proof(escape.proof))


def commit_args(batch: SealedBatch) -> tuple[Any, ...]:
    """The arguments of the contract's ``commitBatch``."""
    header = batch.header
    entries = [entry.struct for entry in batch.queued]
    return (
        header.new_root,
        header.exit_root,
        batch.instance.commitment,
        header.fee_account,
        entries,
        batch.data,
    )
