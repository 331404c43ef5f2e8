"""Transactions that wait for a block. Owns their order; whether one fits a state is `rules`'."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zkrollup.evm.engine.transactions import InvalidTransaction, Transaction


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction that waits.

    Attributes:
        transaction: as sent.
        sender: address.
        hash: of the transaction.
        arrival: counts up.
    """

    transaction: Transaction
    sender: bytes
    hash: bytes
    arrival: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A transaction was accepted, to be mined now or later."""

    hash: bytes


class Pool:
    """What waits, by sender and nonce."""

    def __init__(self) -> None:
        self._by_sender: dict[bytes, dict[int, Pending]] = {}
        self._by_hash: dict[bytes, Pending] = {}
        self._arrivals = itertools.count()

    def __len__(self) -> int:
        return len(self._by_hash)

    def __iter__(self) -> Iterator[Pending]:
        """Iterate in order of arrival."""
        return iter(sorted(self._by_hash.values(), key=lambda pending: pending.arrival))

    def get(self, transaction_hash: bytes) -> Pending | None:
        """Return a waiting transaction, None if there is no such."""
        return self._by_hash.get(transaction_hash)

    def waiting(self, sender: bytes, nonce: int) -> Pending | None:
        """Return what waits of a sender and nonce, None if there is none."""
        return self._by_sender.get(sender, {}).get(nonce)

    def add(self, transaction: Transaction) -> Pending:
        """Let a transaction wait; one of the same sender and nonce must be outbid by 10 %.

        Raises:
            InvalidTransaction: it is known, or does not outbid.
        """
        sender = transaction.sender
        old = self.waiting(sender, transaction.nonce)
        if old is not None:
            self._check_replacement(old, transaction)
            self.remove(old.hash)
        pending = Pending(transaction, sender, transaction.hash, next(self._arrivals))
        self._by_sender.setdefault(sender, {})[transaction.nonce] = pending
        self._by_hash[pending.hash] = pending
        return pending

    def _check_replacement(self, old: Pending, new: Transaction) -> None:
        if old.hash == new.hash:
            raise InvalidTransaction(f"already known: transaction 0x{new.hash.hex()} waits already")
        for name in ("max_fee_per_gas", "max_priority_fee_per_gas", "max_fee_per_blob_gas"):
            before, after = getattr(old.transaction, name), getattr(new, name)
            if after * 10 < before * 11:
                raise InvalidTransaction(
                    f"replacement transaction underpriced: nonce {new.nonce} waits already, as "
                    f"0x{old.hash.hex()}; to replace it {name} must be 10 % over {before}, it is {after}"
                )

    def remove(self, transaction_hash: bytes) -> bool:
        """Forget a transaction; False if it was not there."""
        pending = self._by_hash.pop(transaction_hash, None)
        if pending is None:
            return False
        queue = self._by_sender[pending.sender]
        del queue[pending.transaction.nonce]
        if not queue:
            del self._by_sender[pending.sender]
        return True

    def clear(self) -> None:
        """Forget all."""
        self._by_hash.clear()
        self._by_sender.clear()

    def copy(self) -> "Pool":
        """Return a pool that holds the same."""
        twin = Pool()
        twin._by_hash = dict(self._by_hash)
        twin._by_sender = {sender: dict(queue) for sender, queue in self._by_sender.items()}
        twin._arrivals = itertools.count(1 + max((p.arrival for p in self._by_hash.values()), default=-1))
        return twin

    def next_nonce(self, sender: bytes, nonce: int) -> int:
        """Return the first nonce from there on that nothing waits with."""
        queue = self._by_sender.get(sender, {})
        while nonce in queue:
            nonce += 1
        return nonce

    def is_ready(self, pending: Pending, nonce: int) -> bool:
        """Tell whether nothing is missing between the sender's nonce and the transaction's."""
        return pending.transaction.nonce < self.next_nonce(pending.sender, nonce)

    def forget_stale(self, nonce_of: Callable[[bytes], int]) -> None:
        """Forget what can never be mined: nonces below the sender's."""
        for sender, queue in list(self._by_sender.items()):
            nonce = nonce_of(sender)
            for stale in [pending.hash for n, pending in queue.items() if n < nonce]:
                self.remove(stale)

    def best_first(
        self, base_fee: int, nonce_of: Callable[[bytes], int], take: Callable[[Transaction], bool]
    ) -> None:
        """Offer what waits: the highest tip first, then the earliest, each sender's nonces in order.

        Args:
            base_fee: of the block to be.
            nonce_of: a sender's nonce before the block.
            take: told of a transaction, answers whether it was taken; else its sender must wait.
        """
        heap: list[tuple[int, int, Pending]] = []

        def push(sender: bytes, nonce: int) -> None:
            pending = self._by_sender[sender].get(nonce)
            if pending is not None:
                tip = pending.transaction.effective_gas_price(base_fee) - base_fee
                heapq.heappush(heap, (-tip, pending.arrival, pending))

        for sender in self._by_sender:
            push(sender, nonce_of(sender))
        while heap:
            pending = heapq.heappop(heap)[2]
            if take(pending.transaction):
                push(pending.sender, pending.transaction.nonce + 1)
