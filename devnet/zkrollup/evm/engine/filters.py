"""Filters: what is new since last asked. Owns who has heard what; blocks come from their store."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.blocks import (
    Added,
    Block,
    BlockId,
    BlockStore,
    Log,
    LogQuery,
    Removed,
    Topics,
    block_logs,
)
from zkrollup.evm.engine.pool import Arrived

Notice: TypeAlias = Added | Removed | Arrived
"""What an engine tells its listeners: a block came, a block went, a transaction was accepted."""


class UnknownFilter(ZkRollupError):
    """No such filter, or none of that kind.

    Attributes:
        number: asked for.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"filter not found: {number} was never made, was removed, or is not for logs")


@dataclass(slots=True)
class _Blocks:
    """New blocks' hashes; one that went before anybody asked was never there."""

    fresh: list[bytes] = field(default_factory=list)

    def hear(self, notice: Notice) -> None:
        if isinstance(notice, Added):
            self.fresh.append(notice.block.hash)
        elif isinstance(notice, Removed) and self.fresh[-1:] == [notice.block.hash]:
            self.fresh.pop()

    def tell(self) -> list[bytes]:
        told, self.fresh = self.fresh, []
        return told


@dataclass(slots=True)
class _Arrivals:
    """Hashes of accepted transactions."""

    fresh: dict[bytes, None] = field(default_factory=dict)

    def hear(self, notice: Notice) -> None:
        if isinstance(notice, Arrived):
            self.fresh[notice.hash] = None
        elif isinstance(notice, Removed):
            for mined in notice.block.transactions:
                self.fresh.pop(mined.hash, None)

    def tell(self) -> list[bytes]:
        told, self.fresh = list(self.fresh), {}
        return told


@dataclass(slots=True)
class _Logs:
    """Logs of new blocks, and once more, as removed, those whose block went after they were told."""

    query: LogQuery
    first: BlockId
    last: BlockId
    head: int
    fresh: list[Log] = field(default_factory=list)

    def hear(self, notice: Notice) -> None:
        if isinstance(notice, Arrived) or not self._covers(notice.block):
            return
        block = notice.block
        if isinstance(notice, Added):
            self.fresh.extend(block_logs(block, self.query))
            return
        # Blocks go the latest first, so what was not told yet is at the end.
        untold = False
        while self.fresh and self.fresh[-1].block_hash == block.hash and not self.fresh[-1].removed:
            self.fresh.pop()
            untold = True
        if not untold and block.number > self.head:
            self.fresh.extend(replace(log, removed=True) for log in block_logs(block, self.query))
        self.head = min(self.head, block.number - 1)

    def tell(self) -> list[Log]:
        told, self.fresh = self.fresh, []
        return told

    def _covers(self, block: Block) -> bool:
        first = self.first if isinstance(self.first, int) else 0
        last = self.last if isinstance(self.last, int) else block.number
        return first <= block.number <= last


class Filters:
    """The filters of one engine.

    Args:
        blocks: of the engine.
    """

    def __init__(self, blocks: BlockStore) -> None:
        self._blocks = blocks
        self._filters: dict[int, _Blocks | _Arrivals | _Logs] = {}
        self._numbers = itertools.count(1)

    def hear(self, notice: Notice) -> None:
        """Take note of what happened."""
        for one in self._filters.values():
            one.hear(notice)

    def _add(self, one: _Blocks | _Arrivals | _Logs) -> int:
        number = next(self._numbers)
        self._filters[number] = one
        return number

    def add_block(self) -> int:
        """Make a filter for blocks; returns its number."""
        return self._add(_Blocks())

    def add_pending(self) -> int:
        """Make a filter for accepted transactions; returns its number."""
        return self._add(_Arrivals())

    def add_log(
        self,
        addresses: Sequence[bytes] = (),
        topics: Topics = (),
        *,
        first: BlockId = "latest",
        last: BlockId = "latest",
    ) -> int:
        """Make a filter for logs; returns its number.

        Args:
            addresses: of any of these contracts; none for any.
            topics: by position, None or empty for any.
            first: block; a number also bounds what `changes` tells.
            last: block; a number also bounds what `changes` tells.
        """
        query, head = LogQuery.of(addresses, topics), self._blocks.head.number
        return self._add(_Logs(query, first, last, head))

    def changes(self, number: int) -> list[bytes] | list[Log]:
        """Return what is new since last asked: hashes, or logs.

        Raises:
            UnknownFilter: there is no such filter.
        """
        return self._get(number).tell()

    def logs(self, number: int) -> list[Log]:
        """Return all that a log filter matches on the chain as it is.

        Raises:
            UnknownFilter: there is no such filter for logs.
        """
        one = self._get(number)
        if not isinstance(one, _Logs):
            raise UnknownFilter(number)
        return list(self._blocks.logs_between(one.query, one.first, one.last))

    def remove(self, number: int) -> bool:
        """Forget a filter; False if there was none."""
        return self._filters.pop(number, None) is not None

    def numbers(self) -> frozenset[int]:
        """Return those that there are."""
        return frozenset(self._filters)

    def keep_only(self, numbers: frozenset[int]) -> None:
        """Forget all others."""
        self._filters = {number: one for number, one in self._filters.items() if number in numbers}

    def _get(self, number: int) -> _Blocks | _Arrivals | _Logs:
        try:
            return self._filters[number]
        except KeyError:
            raise UnknownFilter(number) from None
