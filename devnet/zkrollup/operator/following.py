"""How the operator follows L1: what arrives there, and what L1 takes back.

Owns the cursor, and when a recovery is due: where L1's chain is another one than was read, or has proven what
the operator knows nothing of. What is left then is ``recovery``'s matter.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from zkrollup.errors import ZkRollupError
from zkrollup.evm import Event
from zkrollup.locking import Lock, locked
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.pool import ProverPool
from zkrollup.operator.queue import QUEUE_EVENTS, QueueEntry
from zkrollup.operator.rebuild import rebuild
from zkrollup.operator.recovery import L1View, reconsidered, recovered
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.stages import SealedBatch
from zkrollup.operator.state import L1Cursor
from zkrollup.snark.modes import Assurance, ProofOrigin

if TYPE_CHECKING:
    from zkrollup.operator.state import OperatorState


class InvalidConfirmations(ZkRollupError):
    """A confirmation depth that is none."""

    def __init__(self, value: object) -> None:
        self.value = value
        super().__init__(f"confirmations = {value!r}: it must be a whole number of blocks, 0 or more")


class BrokenL1(ZkRollupError):
    """L1 contradicts itself: its latest block is not the one that it has under that number."""

    def __init__(self, number: int, head: bytes, found: bytes | None) -> None:
        """``head`` is the latest block's hash, ``found`` that of block ``number``."""
        self.number, self.head, self.found = number, head, found
        shown = "none" if found is None else f"0x{found.hex()}"
        super().__init__(
            f"L1 says that its latest block is number {number} with hash 0x{head.hex()}, and that block "
            f"{number} has hash {shown}; nothing can be built on that, so the operator's state is what it was"
        )


class Following:
    """Following L1, mixed into ``Operator``.

    Attributes:
        bridge: L1.
        mirror: Layer 2's chain.
        pool: Proofs that are being made.
        state: All else that changes.
    """

    bridge: Bridge
    mirror: Mirror
    pool: ProverPool
    state: "OperatorState"

    if TYPE_CHECKING:  # Operator's

        @property
        def exclusive(self) -> Lock: ...  # noqa: D102

        @property
        def _is_stopped(self) -> bool: ...

        def _sequence(self, sequencer: Sequencer) -> None: ...

    @property
    def confirmations(self) -> int:
        """How many blocks must follow the one with a queue entry before it is taken in; 0 by default.

        It keeps an operator from sealing what L1 may yet take back. Its own commits and proofs it sends and
        sees at L1's head, since it can send them again.
        """
        return self.state.confirmations

    @confirmations.setter
    @locked
    def confirmations(self, blocks: int) -> None:
        if not isinstance(blocks, int) or isinstance(blocks, bool) or blocks < 0:
            raise InvalidConfirmations(blocks)
        self.state = replace(self.state, confirmations=blocks)

    @locked
    def sync(self) -> int:
        """Follows L1 to its head; returns how many queue entries were taken in, none once stopped.

        Where L1 was reorganised, the operator first goes back to what L1 still supports: see
        ``state.recovery``.
        """
        if self._is_stopped:
            return 0
        self._bring_mirror_up()
        seen, cursor, head = self.state.sequencer.queue_seen, self.state.cursor, self.bridge.head()
        is_behind = cursor is None or cursor.number != head[0] or cursor.taken < head[0] - self.confirmations
        if not self._recover_from_reorg() and is_behind:
            self._read(head)
        if self.state.sequencer.is_full:  # a policy erred when it was filled, and there is another one now
            self._sequence(self.state.sequencer)
        return max(0, self.state.sequencer.queue_seen - seen)

    # Inside

    def _recover_from_reorg(self) -> bool:
        """Recovers if L1 has another block where the cursor is; tells whether it had to."""
        cursor = self.state.cursor
        if cursor is None or self.bridge.block_hash(cursor.number) == cursor.hash:
            return False
        self._recover()
        return True

    def _seen(self) -> L1Cursor:
        """The cursor at L1's head, after what the operator has sent itself: nothing more is taken in."""
        return L1Cursor(*self.bridge.head(), -1 if self.state.cursor is None else self.state.cursor.taken)

    def _read(self, head: tuple[int, bytes]) -> None:
        """Takes in what is new up to ``head``, which follows what was read before."""
        cursor = self.state.cursor or L1Cursor(-1, b"")
        taken = max(cursor.taken, head[0] - self.confirmations)
        events = self.bridge.events(cursor.taken + 1, head[0])
        if any(self._is_unknown_proof(event) for event in events):
            self._recover()
            return
        entries = [
            QueueEntry.of(event)
            for event in events
            if event.name in QUEUE_EVENTS and event.block_number <= taken
        ]
        if entries and entries[0].index != self.state.sequencer.queue_seen:  # the state is of another time
            self._recover()
            return
        sequencer = self.state.sequencer.queued(entries)
        self.state = replace(self.state, cursor=L1Cursor(*head, taken))
        self._sequence(reconsidered(sequencer) if entries else sequencer)

    def _is_unknown_proof(self, event: Event) -> bool:
        return event.name == "BatchProven" and event["number"] > len(self.state.settled)

    def _recover(self) -> None:
        """Goes on with what L1 supports of all that was."""
        head, contracts = self.bridge.head(), self.bridge.contracts
        found = self.bridge.block_hash(head[0])
        if found != head[1]:
            raise BrokenL1(*head, found)
        taken = head[0] - self.confirmations
        history, confirmed = self.bridge.history(confirmed_by=taken)
        origin = ProofOrigin.MOCKED if contracts.assurance is Assurance.MOCK else ProofOrigin.MADE
        before = self.state
        after = recovered(before, L1View(history, confirmed, self._rebuilt, origin))
        self.mirror.roll_back(_in_common(before, after))
        self.state = replace(after, cursor=L1Cursor(*head, max(taken, -1)))
        self.pool.retain(self.state.sealed)
        self._bring_mirror_up()
        self._sequence(self.state.sequencer)

    def _rebuilt(self) -> tuple[SealedBatch, ...]:
        return rebuild(self.bridge.data()).proven

    def _bring_mirror_up(self) -> None:
        """Where a recovery, or a step after L1's proof, ended midway."""
        settled = self.state.settled
        if self.mirror.applied > len(settled):
            self.mirror.roll_back(len(settled))
        for batch in settled[self.mirror.applied :]:
            self.mirror.apply(batch.sealed.trace)


def _in_common(before: "OperatorState", after: "OperatorState") -> int:
    """How many of the settled batches are the same."""
    pairs = zip(before.settled, after.settled, strict=False)
    count = 0
    for old, new in pairs:
        if old.sealed.instance != new.sealed.instance:
            break
        count += 1
    return count
