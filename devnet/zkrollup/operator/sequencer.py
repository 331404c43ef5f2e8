"""Orders what comes in, first come first served. Immutable: a refused operation leaves the pool as it was.

Owns the pool and the view of the state that it leads to. Executes through the ledger only, and talks to no
chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkrollup.errors import ZkRollupError
from zkrollup.ledger.operations import Deposit, Operation, Signed
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import BatchTrace, apply_batch, apply_operation


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
        pool: What waits, in order of arrival.
        queue_next: The first entry of L1's queue that no sealed batch takes.
        batches: How many batches were sealed.
    """

    slots: int
    domain: int
    sealed: LedgerState
    pending: LedgerState
    pool: tuple[Operation, ...] = ()
    queue_next: int = 0
    batches: int = 0

    @classmethod
    def genesis(cls, *, slots: int, levels: int, domain: int) -> "Sequencer":
        """No account, no batch."""
        state = LedgerState.genesis(levels)
        return cls(slots, domain, state, state)

    @property
    def queue_seen(self) -> int:
        """How many entries of L1's queue have arrived here."""
        return self.queue_next + sum(isinstance(operation, Deposit) for operation in self.pool)

    @property
    def is_full(self) -> bool:
        """Whether a batch without padding can be sealed."""
        return len(self.pool) >= self.slots

    def deposited(self, deposits: Sequence[Deposit]) -> "Sequencer":
        """With entries of L1's queue taken in, in order."""
        sequencer = self
        for deposit in deposits:
            sequencer = sequencer._accept(deposit)
        return sequencer

    def submitted(self, operation: Signed) -> "Sequencer":
        """With a signed operation taken in.

        Raises:
            RefusedOperation: It breaks a rule after all that waits before it.
            InvalidSignature: Its signature is not the sender's.
        """
        return self._accept(operation)

    def seal(self, *, allow_empty: bool = False) -> tuple["Sequencer", BatchTrace, tuple[Deposit, ...]]:
        """Takes up to ``slots`` operations from the front and executes them as one batch.

        Deposits come first within it, as L1 demands; that only adds money and accounts, so what was accepted
        stays valid.

        Raises:
            NothingToSeal: The pool is empty and ``allow_empty`` is false.
        """
        number = self.batches + 1
        if not self.pool and not allow_empty:
            raise NothingToSeal(number)
        taken, left = self.pool[: self.slots], self.pool[self.slots :]
        deposits = tuple(operation for operation in taken if isinstance(operation, Deposit))
        signed = [operation for operation in taken if not isinstance(operation, Deposit)]
        sealed, trace = apply_batch(
            self.sealed, [*deposits, *signed], number=number, slots=self.slots, domain=self.domain
        )
        after = replace(
            self, sealed=sealed, pool=left, queue_next=self.queue_next + len(deposits), batches=number
        )
        return after, trace, deposits

    def _accept(self, operation: Operation) -> "Sequencer":
        # Batch and slot are known once it is sealed; they only name exits, which nobody reads from here.
        pending, _ = apply_operation(self.pending, operation, domain=self.domain, batch=0, slot=0)
        return replace(self, pending=pending, pool=(*self.pool, operation))
