"""What a dishonest operator may try, for tests to show that L1 refuses it or that users survive it.

Owns the attempts. Each leaves the operator's own memory as it was: to go on honestly afterwards, drop what L1
took of it with ``bridge.revert()``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkrollup.arguments import WrongArgumentType
from zkrollup.circuits.encoding import BatchHeader, batch_instance
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Receipt
from zkrollup.ledger.operations import Signed
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import noop_slot
from zkrollup.locking import Lock, locked
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.stages import ProvenBatch, SealedBatch

if TYPE_CHECKING:
    from zkrollup.evm.parties import HasAddress


class Censored(ZkRollupError):
    """The operator does not take a user's operations."""

    def __init__(self, operation: Signed, owner: int) -> None:
        """``owner`` is the L1 address of the account that signed."""
        self.operation, self.owner = operation, owner
        super().__init__(
            f"the operator censors {owner:#042x}: its {type(operation).__name__.lower()} was not taken; "
            "what L1's queue holds it cannot leave out: rollup.force_withdraw(...)"
        )


class OperatorStopped(ZkRollupError):
    """The operator does nothing any more."""

    def __init__(self, step: str) -> None:
        """``step`` is what it was asked for."""
        self.step = step
        super().__init__(
            f"the operator has stopped and does not {step}; once an entry of L1's queue is overdue, "
            "rollup.freeze(...) lets everybody leave"
        )


class NothingToSkip(ZkRollupError):
    """A batch takes no entry of L1's queue, so none can be left out or repeated."""

    def __init__(self, number: int) -> None:
        """``number`` is the batch's."""
        self.number = number
        super().__init__(
            f"batch {number} takes no queue entry; deposit or force a withdrawal before it is sealed"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """A context that is open; no two are equal. ``owners`` are those whom it censors."""

    owners: frozenset[int] = frozenset()


class Misconduct:
    """The attempts, mixed into ``Operator``.

    Attributes:
        bridge: L1.
    """

    bridge: Bridge

    if TYPE_CHECKING:  # Operator's

        @property
        def exclusive(self) -> Lock: ...  # noqa: D102

    def __init__(self) -> None:
        # Contexts that are open, since those of several threads may overlap. Never changed in place: what a
        # test leaves open goes back with its other attributes, and closes nothing when it ends at last.
        self._censorings: frozenset[_Open] = frozenset()
        self._stops: frozenset[_Open] = frozenset()

    # Doing nothing

    @contextmanager
    def censoring(self, *users: "HasAddress") -> Iterator[None]:
        """Takes no signed operation of these users inside the context: ``submit`` raises Censored.

        Raises:
            WrongArgument: One is no user.
        """
        for user in users:
            if not isinstance(getattr(user, "address", None), str):
                raise WrongArgumentType("users", user, "pass users: operator.censoring(alice, bob)")
        one = {_Open(frozenset(int(user.address, 16) for user in users))}
        with self.exclusive:
            self._censorings |= one
        try:
            yield
        finally:
            with self.exclusive:
                self._censorings -= one

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Neither takes in, seals, commits nor proves inside the context; each raises OperatorStopped."""
        one = {_Open()}
        with self.exclusive:
            self._stops |= one
        try:
            yield
        finally:
            with self.exclusive:
                self._stops -= one

    @property
    def _is_stopped(self) -> bool:
        return bool(self._stops)

    def _require_running(self, step: str) -> None:
        if self._is_stopped:
            raise OperatorStopped(step)

    def _require_uncensored(self, operation: Signed, state: LedgerState) -> None:
        owner = state.account(operation.sender).owner
        if any(owner in each.owners for each in self._censorings):
            raise Censored(operation, owner)

    # Lying to L1

    @locked
    def post_wrong_root(self, batch: SealedBatch, *, root: int) -> SealedBatch:
        """Commits a batch that claims to end in ``root``, below r. L1 cannot tell; no proof of it exists.

        Returns what was committed.
        """
        return self._commit_lie(batch, replace(batch.header, new_root=root))

    @locked
    def withhold_data(self, batch: SealedBatch) -> SealedBatch:
        """Commits a batch without its signed operations, its root unchanged: nobody could rebuild the state.

        L1 computes x and y from what it was given, so that no proof of it exists. Returns what was committed.
        """
        queued = len(batch.queued)
        padding = (noop_slot(batch.trace.after.tree.levels),) * (len(batch.trace.slots) - queued)
        hidden = replace(batch.trace, slots=(*batch.trace.slots[:queued], *padding))
        return self._commit_lie(replace(batch, trace=hidden), batch.header)

    @locked
    def skip_queue_entry(self, batch: SealedBatch) -> Receipt:
        """Commits a batch without the first queue entry that it takes.

        Raises:
            NothingToSkip: It takes none.
            Reverted: L1 refuses it, with QueueMismatch where another entry follows.
        """
        self._require_entries(batch)
        return self.bridge.commit(replace(batch, queued=batch.queued[1:]))

    @locked
    def repeat_queue_entry(self, batch: SealedBatch) -> Receipt:
        """Commits a batch with its first queue entry twice.

        Raises:
            NothingToSkip: It takes none.
            Reverted: L1 refuses it, with QueueMismatch or QueueExceeded.
        """
        self._require_entries(batch)
        return self.bridge.commit(replace(batch, queued=(batch.queued[0], *batch.queued)))

    @locked
    def commit_twice(self, batch: SealedBatch) -> Receipt:
        """Commits a batch that was committed already once more.

        Raises:
            Reverted: L1 refuses it, with QueueMismatch where it takes queue entries.
        """
        return self.bridge.commit(batch)

    @locked
    def reuse_proof(self, batch: SealedBatch, *, of: ProvenBatch) -> Receipt:
        """Sends the proof of another batch for a committed one.

        Raises:
            Reverted: L1 refuses it, with InvalidProof.
        """
        return self.bridge.prove(replace(of, sealed=batch))

    def _commit_lie(self, batch: SealedBatch, header: BatchHeader) -> SealedBatch:
        """A liar commits to its own words: only circuit and L1's own words stand against it."""
        instance = batch_instance(header, [slot.words for slot in batch.trace.slots])
        lie = replace(batch, header=header, instance=instance)
        self.bridge.commit(lie)
        return lie

    def _require_entries(self, batch: SealedBatch) -> None:
        if not batch.queued:
            raise NothingToSkip(batch.number)
