"""Whose turn it is: which of the pool's operations may come next, while one after the other is taken.

An operation is ready if its nonce is its sender's next and it applies. Once ready it stays so until it is
taken: others only add to its sender's balance, and Lock holds less of a token than a balance can be. So the
same operations are taken in the end in whatever order, and lead to the same accounts: a policy decides in
which batch and place each of them is, not whether it is in one.
"""

from collections.abc import Iterable

from zkrollup.ledger.draft import Draft
from zkrollup.operator.mempool import Mempool, Pooled
from zkrollup.operator.policies import BadChoice, Policy


class Turns:
    """What is ready on a draft. Mutable, as the draft is."""

    def __init__(self, pool: Mempool, draft: Draft, senders: Iterable[int]) -> None:
        """``senders`` are the accounts to look at; others come in when an operation changes them."""
        self._pool, self._draft = pool, draft
        self._ready: dict[int, Pooled] = {}
        self._look_at(senders)

    def take_all(self) -> None:
        """Takes what is ready until nothing is."""
        while self._ready:
            self._take(next(iter(self._ready.values())))

    def choose(self, policy: Policy, most: int) -> tuple[Pooled, ...]:
        """Takes up to ``most`` operations in the policy's order; returns them in that order.

        Raises:
            BadChoice: The policy chose something else than what is ready.
        """
        chosen: list[Pooled] = []
        while self._ready and len(chosen) < most:
            ready = tuple(sorted(self._ready.values(), key=lambda pooled: pooled.arrival))
            choice = policy.choose(ready)
            if choice not in ready:
                raise BadChoice(policy, choice, ready)
            chosen.append(choice)
            self._take(choice)
        return tuple(chosen)

    def _take(self, pooled: Pooled) -> None:
        del self._ready[pooled.sender]
        self._look_at(self._draft.apply(pooled.operation))

    def _look_at(self, accounts: Iterable[int]) -> None:
        for index in accounts:
            pooled = self._pool.get(index, self._draft.account(index).nonce)
            if pooled is not None and self._draft.applies(pooled.operation):
                self._ready[index] = pooled
