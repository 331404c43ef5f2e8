"""Going back on a chain. Owns snapshots as tests hold them; what they undo is `engine.timeline`'s."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkrollup.arguments import WrongArgumentType, integer
from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.timeline import Reorder, Reorg
from zkrollup.evm.state import State

if TYPE_CHECKING:
    from web3 import Web3


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
    _had_web3: bool = field(default=True, repr=False, compare=False)


class Snapshots(State):
    """The part of a `Chain` that takes it back."""

    _w3: "Web3 | None"

    def snapshot(self) -> SnapshotId:
        """Remember the present state, time included."""
        return SnapshotId(self.engine.snapshot(), self, self._w3 is not None)

    def revert(self, snapshot: SnapshotId, *, settings: bool = True) -> None:
        """Return to a snapshot. It stays valid; those taken after it do not.

        Everything that happened since is gone: blocks, time, receipts, and what the chain has learned: keys,
        ABIs, labels. A `Contract` keeps its own ABI. Settings return too: chain id, automine and interval,
        impersonations; filters that came since are gone, and `w3` is made anew if it was not there.

        Args:
            snapshot: of this chain.
            settings: False leaves settings and `w3` as they are, which is what `evm_revert` does.

        Raises:
            UnknownSnapshot: of another chain, or taken after a state that was reverted to.
        """
        if not isinstance(snapshot, SnapshotId):
            raise WrongArgumentType("snapshot", snapshot, "pass what chain.snapshot() returned")
        if snapshot.chain is not self:
            raise UnknownSnapshot(snapshot, f"it belongs to {snapshot.chain}, not to {self}")
        if not self.engine.revert(snapshot.number, keep=True, settings=settings):
            raise UnknownSnapshot(
                snapshot,
                "it is gone: an earlier snapshot was reverted to, or its anchor() ended; take a new one",
            )
        if settings:
            self._forget_web3(snapshot)

    @contextmanager
    def anchor(self) -> Iterator[SnapshotId]:
        """Take a snapshot, and revert to it at the end of the context, whatever happened."""
        snapshot = self.snapshot()
        try:
            yield snapshot
        finally:
            # Whoever reverted to an earlier state inside has undone all this, and more.
            self.engine.revert(snapshot.number, settings=True)
            self._forget_web3(snapshot)

    def _forget_web3(self, snapshot: SnapshotId) -> None:
        """Drop a web3 that is newer than a snapshot: its default account and middleware came since."""
        if not snapshot._had_web3:
            self._w3 = None

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
        return self.engine.reorg(integer(depth, "depth", "pass how many blocks"), transactions=transactions)
