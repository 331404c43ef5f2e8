"""Going back: snapshots and reorganisations. Owns what they hold and undo; blocks are `core`'s."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.blocks import Block
from zkrollup.evm.engine.core import GAS_LIMIT, GENESIS_TIME, Core
from zkrollup.evm.engine.filters import Notice
from zkrollup.evm.engine.pool import Pool
from zkrollup.evm.engine.schedule import Schedule
from zkrollup.evm.engine.sealing import Draft
from zkrollup.evm.engine.transactions import InvalidTransaction, Transaction
from zkrollup.evm.engine.world import Mark
from zkrollup.locking import Lock, locked

Reorder = Callable[[tuple[Transaction, ...]], Sequence[Transaction]]
"""Says which of the dropped transactions go back, and in which order."""


class Companion(Protocol):
    """What goes back with the chain, and is none of the engine's business."""

    def mark(self) -> int:
        """Return the present position."""

    def undo_to(self, mark: int) -> None:
        """Take back all that happened since a mark."""


class InvalidReorg(ZkRollupError):
    """A reorganisation deeper than the chain, or of nothing.

    Attributes:
        depth: asked for.
    """

    def __init__(self, depth: int, head: int) -> None:
        self.depth = depth
        super().__init__(f"cannot replace {depth} blocks: it must be 1 to {head}, genesis stays")


@dataclass(frozen=True, slots=True)
class Reorg:
    """What a reorganisation did.

    Attributes:
        dropped: blocks that are gone, the oldest first.
        added: blocks in their place.
        refused: transactions that no longer fit, with the reason of each.
    """

    dropped: tuple[Block, ...]
    added: tuple[Block, ...]
    refused: tuple[tuple[Transaction, str], ...]


@dataclass(frozen=True, slots=True)
class _Settings:
    """How the chain is used, beside what is on it. evm_revert leaves this alone, as anvil does."""

    chain_id: int
    automine: bool
    interval: int | None
    auto_impersonate: bool
    impersonated: frozenset[bytes]
    filters: frozenset[int]
    listeners: tuple[Callable[[Notice], None], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    mark: Mark
    length: int
    schedule: Schedule
    pending: Pool
    keys: dict[bytes, bytes] = field(repr=False)
    companions: tuple[int, ...]
    settings: _Settings


class Timeline(Core):
    """A chain that can be taken back."""

    def __init__(
        self,
        chain_id: int,
        balances: Mapping[bytes, int],
        *,
        exact_roots: bool = False,
        timestamp: int = GENESIS_TIME,
        gas_limit: int = GAS_LIMIT,
        lock: Lock | None = None,
    ) -> None:
        super().__init__(
            chain_id,
            balances,
            exact_roots=exact_roots,
            timestamp=timestamp,
            gas_limit=gas_limit,
            lock=lock,
        )
        self._snapshots: dict[int, _Snapshot] = {}
        self._snapshot_numbers = itertools.count(1)
        self._companions: list[tuple[Companion, int]] = []

    @locked
    def accompany(self, companion: Companion) -> None:
        """Let something go back with the chain, at genesis to where it is now; before the first snapshot."""
        self._companions.append((companion, companion.mark()))

    @locked
    def snapshot(self) -> int:
        """Remember the present; returns a number that is never given twice."""
        number = next(self._snapshot_numbers)
        self._snapshots[number] = _Snapshot(
            mark=self.world.mark(),
            length=len(self.blocks),
            schedule=self.schedule,
            pending=self.pending.copy(),
            keys=dict(self.keys),
            companions=tuple(companion.mark() for companion, _ in self._companions),
            settings=self._settings(),
        )
        return number

    def has_snapshot(self, number: int) -> bool:
        """Tell whether it can still be reverted to."""
        return number in self._snapshots

    @locked
    def revert(self, number: int, *, keep: bool = False, settings: bool = False) -> bool:
        """Return to a snapshot: state, blocks, keys, what waits, and the schedule. Later ones are gone.

        Args:
            number: of the snapshot.
            keep: whether it can be reverted to again.
            settings: whether these return too: chain id, automine and interval, lasting impersonations;
                filters and listeners that came since are gone then.

        Returns:
            False if it is unknown; nothing changed then.
        """
        snapshot = self._snapshots.get(number)
        if snapshot is None:
            return False
        self.schedule = snapshot.schedule
        self.pending = snapshot.pending.copy()
        self.keys = dict(snapshot.keys)
        for (companion, _), mark in zip(self._companions, snapshot.companions, strict=True):
            companion.undo_to(mark)
        while next(reversed(self._snapshots)) != number:
            self._snapshots.popitem()
        if not keep:
            del self._snapshots[number]
        self._cut(snapshot.mark, snapshot.length)
        if settings:
            self._put_back(snapshot.settings)
        return True

    def _settings(self) -> _Settings:
        return _Settings(
            chain_id=self.chain_id,
            automine=self.automine,
            interval=self.interval,
            auto_impersonate=self.auto_impersonate,
            impersonated=frozenset(self._held.lasting),
            filters=self.filters.numbers(),
            listeners=tuple(self._listeners),
        )

    def _put_back(self, settings: _Settings) -> None:
        self.chain_id = settings.chain_id
        self.automine, self.interval = settings.automine, settings.interval
        self.auto_impersonate = settings.auto_impersonate
        self._held.lasting = set(settings.impersonated)
        self.filters.keep_only(settings.filters)
        self._listeners = [each for each in self._listeners if each in settings.listeners]

    @locked
    def discard(self, number: int) -> None:
        """Drop a snapshot without reverting."""
        self._snapshots.pop(number, None)

    @locked
    def reset(self) -> None:
        """Return to genesis, as it was: no snapshot, nothing that waits; keys and open contexts stay."""
        self._cut(self.blocks.end(0), 1)
        self.schedule = Schedule(self.head.header.gas_limit)
        self.automine, self.interval, self.auto_impersonate = True, None, False
        self.pending.clear()
        self._held.lasting.clear()
        self._snapshots.clear()
        for companion, start in self._companions:
            companion.undo_to(start)

    @locked
    def reorg(self, depth: int, *, transactions: Reorder | None = None) -> Reorg:
        """Replace the last blocks by as many others, a second later each, so that all hashes differ.

        Each new block takes as many transactions as the one it replaces had, the last takes the rest.
        Cheats since the first of them, and snapshots, are gone.

        Args:
            depth: how many.
            transactions: says which go back, and in which order; by default all, in theirs. The lock is
                held while it does.

        Raises:
            InvalidReorg: depth is below one, or reaches genesis.
        """
        head = self.head.number
        if not 1 <= depth <= head:
            raise InvalidReorg(depth, head)
        first = head - depth + 1
        old = tuple(m.transaction for n in range(first, head + 1) for m in self.blocks.get(n).transactions)
        waiting = list(old if transactions is None else transactions(old))
        mark = self.blocks.start(first)
        self._snapshots = {n: s for n, s in self._snapshots.items() if s.mark <= mark and s.length <= first}
        dropped, schedule = self._cut(mark, first), self.schedule
        self.schedule = schedule.after_a_block()
        refused: list[tuple[Transaction, str]] = []
        added = tuple(self._replace(block, waiting, block is dropped[-1], refused) for block in dropped)
        self.schedule = schedule.not_before(self.head.timestamp)
        return Reorg(dropped, added, tuple(refused))

    def _replace(
        self, old: Block, waiting: list[Transaction], last: bool, refused: list[tuple[Transaction, str]]
    ) -> Block:
        count = len(waiting) if last else len(old.transactions)
        taken, waiting[:] = waiting[:count], waiting[count:]

        def fill(draft: Draft) -> None:
            for transaction in taken:
                try:
                    draft.add(transaction)
                except InvalidTransaction as error:
                    refused.append((transaction, str(error)))

        return self._mine(fill, max(old.timestamp + 1, self.head.timestamp + 1))
