"""Going back on a chain. Owns snapshots as tests hold them; what they undo is `engine.timeline`'s."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.timeline import Reorder, Reorg
from zkrollup.evm.state import State


class UnknownSnapshot(ZkRollupError):
    """A snapshot that cannot be reverted to.

    Attributes:
        snapshot: the id given.
    """

    def __init__(self, snapshot: "SnapshotId", reason: str) -> None:
        self.snapshot = snapshot
        super().__init__(f"snapshot {snapshot.number}: {reason}")


@dataclass(frozen=True, slots=True)
class SnapshotId:
    """Names a state of one chain.

    Attributes:
        number: counts up; never given twice by one chain.
        chain: that it belongs to.
    """

    number: int
    chain: "Snapshots"


class Snapshots(State):
    """The part of a `Chain` that takes it back."""

    def snapshot(self) -> SnapshotId:
        """Remember the present state, time included."""
        return SnapshotId(self.engine.snapshot(), self)

    def revert(self, snapshot: SnapshotId) -> None:
        """Return to a snapshot. It stays valid; those taken after it do not.

        Everything that happened since is gone: blocks, time, receipts, and what the chain has learned: keys,
        ABIs, labels. A `Contract` keeps its own ABI.

        Raises:
            UnknownSnapshot: of another chain, or taken after a state that was reverted to.
        """
        if snapshot.chain is not self:
            raise UnknownSnapshot(snapshot, f"it belongs to {snapshot.chain}, not to {self}")
        if not self.engine.revert(snapshot.number, keep=True):
            raise UnknownSnapshot(
                snapshot,
                "it is gone: an earlier snapshot was reverted to, or its anchor() ended; take a new one",
            )

    @contextmanager
    def anchor(self) -> Iterator[SnapshotId]:
        """Take a snapshot, and revert to it at the end of the context, whatever happened."""
        snapshot = self.snapshot()
        try:
            yield snapshot
        finally:
            # Whoever reverted to an earlier state inside has undone all this, and more.
            self.engine.revert(snapshot.number)

    def reorg(self, depth: int, *, transactions: Reorder | None = None) -> Reorg:
        """Replace the last blocks by as many others, as when another miner's branch wins.

        Snapshots taken since are gone, and so are balances set since.

        Args:
            depth: how many.
            transactions: from those of the dropped blocks, returns which go back, in their new order; by
                default all, as they were.

        Raises:
            InvalidReorg: depth is below one, or reaches genesis.
        """
        return self.engine.reorg(depth, transactions=transactions)
