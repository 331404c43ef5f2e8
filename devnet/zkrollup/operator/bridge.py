"""The only talker to the L1 contracts: reads their queue, posts batches and proofs, sends claims.

Owns the translation between L1's forms (addresses as text, Solidity structs) and ours. Decides nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from zkrollup.circuits.encoding import BatchHeader
from zkrollup.crypto.babyjubjub import Point
from zkrollup.evm import Chain, Receipt, Sender
from zkrollup.ledger.operations import Deposit
from zkrollup.operator.deployment import Deployment
from zkrollup.operator.stages import ProvenBatch, ProvenClaim, SealedBatch
from zkrollup.snark.verifier_contract import solidity_proof

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


def to_address(number: int) -> str:
    """An address as L1 writes it."""
    return str(to_checksum_address(number.to_bytes(20, "big")))


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

    def deposits(self, start: int) -> list[Deposit]:
        """The queue's entries from number ``start`` on, in order."""
        if start >= self.contracts.rollup.queueLength():
            return []
        events = self.l1.logs(address=self.contracts.rollup, event="DepositQueued")
        return [_deposit(event.args) for event in events if event.args["index"] >= start]

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
        receipt: Receipt = self.contracts.rollup.commitBatch(*_commit_args(batch), sender=self.operator)
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
            *_commit_args(batch.sealed), solidity_proof(batch.proof), sender=self.operator
        )
        return receipt

    def claim(self, claim: ProvenClaim, *, sender: Sender) -> Receipt:
        """Sends a claim; anybody may, and only the exit's recipient is paid.

        Raises:
            Reverted: L1 refuses it.
        """
        burned = claim.exit
        receipt: Receipt = self.contracts.rollup.claim(
            burned.batch,
            claim.nullifier,
            to_address(burned.recipient),
            to_address(burned.token),
            burned.amount,
            solidity_proof(claim.proof),
            sender=sender,
        )
        return receipt


def header_struct(header: BatchHeader) -> tuple[int, ...]:
    """A header as Solidity's ``BatchHeader``: its words, in order."""
    return header.words()


def _commit_args(batch: SealedBatch) -> tuple[Any, ...]:
    entries = [
        (d.account, d.amount, to_address(d.owner), to_address(d.token), d.key.x, d.key.y)
        for d in batch.deposits
    ]
    header = batch.header
    return (header.new_root, header.exit_root, batch.instance.commitment, entries, batch.data)


def _deposit(event: dict[str, Any]) -> Deposit:
    return Deposit(
        account=event["account"],
        owner=int(event["owner"], 16),
        token=int(event["token"], 16),
        amount=event["amount"],
        key=Point(event["keyX"], event["keyY"]),
    )
