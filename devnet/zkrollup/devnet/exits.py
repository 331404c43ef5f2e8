"""Withdrawals from the reference rollup, signed or forced, from their burn to their payout."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkrollup.circuits.encoding import claim_nullifier
from zkrollup.devnet.target import Exit
from zkrollup.errors import ZkRollupError
from zkrollup.ledger import transition
from zkrollup.ledger.operations import Withdrawal
from zkrollup.operator.stages import ProvenClaim, SealedBatch

if TYPE_CHECKING:
    from zkrollup.devnet.reference import ReferenceTarget


class NotSealed(ZkRollupError):
    """An exit's id was asked for before its burn was ordered into a batch."""

    def __init__(self, withdrawal: "Withdrawal | ForcedExit") -> None:
        """``withdrawal`` still waits in pool or queue, or was rolled back."""
        self.withdrawal = withdrawal
        if isinstance(withdrawal, Withdrawal):
            by = f"by account {withdrawal.sender} (nonce {withdrawal.nonce})"
        else:
            by = f"for {withdrawal.recipient} (entry {withdrawal.index} of L1's queue)"
        super().__init__(
            f"the withdrawal of {withdrawal.amount} {by} is in no batch yet; call rollup.settle() first"
        )


class NotApplied(ZkRollupError):
    """A forced withdrawal was proved as applying nothing."""

    def __init__(self, account: int, amount: int, requester: str) -> None:
        """``requester`` asked for ``amount`` of ``account`` on L1."""
        self.account, self.amount, self.requester = account, amount, requester
        super().__init__(
            f"the forced withdrawal of {amount} from account {account} by {requester} applied nothing: when "
            "its batch was made, the account was another owner's, or held less; there is nothing to claim"
        )


@dataclass(frozen=True, slots=True)
class BatchExit(Exit):
    """What a batch burns for somebody. It holds no state: all is read from the operator."""

    target: "ReferenceTarget" = field(repr=False)

    @property
    def burned(self) -> transition.Exit:
        """The exit as its batch recorded it."""
        raise NotImplementedError

    @property
    def id(self) -> int:
        """Batch times 2^16 plus slot. Raises what ``burned`` does."""
        return self.burned.id

    @property
    def nullifier(self) -> int:
        """What L1 marks as paid. Raises what ``burned`` does."""
        return claim_nullifier(self.id, self.target.operator.domain)

    def prove(self) -> ProvenClaim:
        """The claim's proof, without sending it.

        Raises:
            NotSealed: It is in no batch yet.
            NotSettled: Its batch is not proven on L1.
            NotApplied: It was forced, and applied nothing.
        """
        return self.target.operator.prove_claim(self.burned)

    def _batches(self) -> Iterator[SealedBatch]:
        state = self.target.operator.state
        yield from (settled.sealed for settled in state.settled)
        yield from state.sealed


@dataclass(frozen=True, slots=True)
class ExitHandle(BatchExit):
    """A withdrawal that the sequencer has accepted.

    Attributes:
        withdrawal: The signed burn.
    """

    withdrawal: Withdrawal = field(repr=False)

    @property
    def burned(self) -> transition.Exit:
        """The exit as its batch recorded it.

        Raises:
            NotSealed: It is in no batch yet.
        """
        for batch in self._batches():
            for slot in batch.trace.slots:
                if slot.exit is not None and slot.inputs.signature == self.withdrawal.signature:
                    return slot.exit
        raise NotSealed(self.withdrawal)


@dataclass(frozen=True, slots=True)
class ForcedExit(BatchExit):
    """A withdrawal that L1's queue holds.

    Attributes:
        index: Its place in the queue.
    """

    index: int

    @property
    def burned(self) -> transition.Exit:
        """The exit as its batch recorded it.

        Raises:
            NotSealed: It is in no batch yet.
            NotApplied: It applied nothing.
        """
        for batch in self._batches():
            for entry, slot in zip(batch.queued, batch.trace.slots, strict=False):
                if entry.index == self.index:
                    if slot.exit is None:
                        raise NotApplied(slot.inputs.debit.index, self.amount, self.recipient)
                    return slot.exit
        raise NotSealed(self)
