"""Orders what comes in, first come first served. Immutable: a refused operation leaves the pool as it was.

Owns what waits, L1's queue and the pool of signed operations, and the view of the state that it leads to.
Executes through the ledger only, and talks to no chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkrollup.errors import ZkRollupError
from zkrollup.ledger.operations import Operation, Signed
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import BatchTrace, RefusedOperation, apply_batch, apply_operation
from zkrollup.operator.queue import QueueEntry


class NothingToSeal(ZkRollupError):
    """A batch was asked for, but no operation waits for one."""

    def __init__(self, number: int) -> None:
        """``number`` is the batch that would have been sealed."""
        self.number = number
        super().__init__(
            f"batch {number} would be empty: no deposit has arrived and no L2 operation was accepted since "
            "the last one; deposit, transfer or withdraw first, or pass allow_empty=True"
        )


@dataclass(frozen=True, slots=True)
class Sequencer:
    """What is sealed, and what waits.

    Attributes:
        slots: Operations a batch.
        domain: What L2 signatures are for.
        sealed: The state after the last sealed batch.
        pending: The state after everything that waits, too: what users see.
        queue: Entries of L1's queue that wait, in L1's order.
        pool: Signed operations that wait, in order of arrival.
        queue_next: The first entry of L1's queue that no sealed batch takes.
        batches: How many batches were sealed.
        fee_account: Index of the account that fees go to; None if the operator takes none.
    """

    slots: int
    domain: int
    sealed: LedgerState
    pending: LedgerState
    queue: tuple[QueueEntry, ...] = ()
    pool: tuple[Signed, ...] = ()
    queue_next: int = 0
    batches: int = 0
    fee_account: int | None = None

    @classmethod
    def genesis(cls, *, slots: int, levels: int, domain: int) -> "Sequencer":
        """No account, no batch."""
        state = LedgerState.genesis(levels)
        return cls(slots, domain, state, state)

    @property
    def queue_seen(self) -> int:
        """How many entries of L1's queue have arrived here."""
        return self.queue_next + len(self.queue)

    @property
    def waiting(self) -> int:
        """How many operations wait for a batch."""
        return len(self.queue) + len(self.pool)

    @property
    def is_full(self) -> bool:
        """Whether a batch without padding can be sealed."""
        return self.waiting >= self.slots

    def queued(self, entries: Sequence[QueueEntry]) -> "Sequencer":
        """With entries of L1's queue taken in, in order.

        They come before all that was signed, as L1 demands. A forced withdrawal may leave a signed operation
        without the money that it moves; it then leaves the pool.
        """
        return replace(self, queue=(*self.queue, *entries))._recounted() if entries else self

    def submitted(self, operation: Signed) -> "Sequencer":
        """With a signed operation taken in.

        Raises:
            RefusedOperation: It breaks a rule after all that waits before it.
            InvalidSignature: Its signature is not the sender's.
        """
        pending = self._applied(self.pending, operation)
        return replace(self, pending=pending, pool=(*self.pool, operation))

    def seal(self, *, allow_empty: bool = False) -> tuple["Sequencer", BatchTrace, tuple[QueueEntry, ...]]:
        """Takes up to ``slots`` operations, L1's queue first, and executes them as one batch.

        Raises:
            NothingToSeal: Nothing waits and ``allow_empty`` is false.
        """
        number = self.batches + 1
        if not self.waiting and not allow_empty:
            raise NothingToSeal(number)
        queued = self.queue[: self.slots]
        signed = self.pool[: self.slots - len(queued)]
        sealed, trace = apply_batch(
            self.sealed,
            [*(entry.operation for entry in queued), *signed],
            number=number,
            slots=self.slots,
            domain=self.domain,
            fee_account=self.fee_account,
        )
        after = replace(
            self,
            sealed=sealed,
            queue=self.queue[len(queued) :],
            pool=self.pool[len(signed) :],
            queue_next=self.queue_next + len(queued),
            batches=number,
        )
        return after._recounted(), trace, queued

    def _recounted(self) -> "Sequencer":
        """With the pending state computed anew, and without what no longer applies."""
        pending, pool = self.sealed, []
        for entry in self.queue:
            pending = self._applied(pending, entry.operation)
        for operation in self.pool:
            try:
                pending = self._applied(pending, operation)
            except RefusedOperation:
                continue
            pool.append(operation)
        return replace(self, pending=pending, pool=tuple(pool))

    def _applied(self, state: LedgerState, operation: Operation) -> LedgerState:
        # Batch and slot are known once it is sealed; they only name exits, which nobody reads from here.
        after, _ = apply_operation(
            state, operation, domain=self.domain, batch=0, slot=0, fee_account=self.fee_account
        )
        return after
