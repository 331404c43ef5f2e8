"""Which signed operation comes next: policies as values, ours and users' own.

Owns the choice among what may come next; what may is ``turns``'s matter. L1's queue precedes all of it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zkrollup.errors import ZkRollupError
from zkrollup.operator.mempool import Pooled


class Policy(Protocol):
    """Orders signed operations. The same pool must always give the same order: a policy holds no state."""

    def choose(self, ready: Sequence[Pooled]) -> Pooled:
        """One of ``ready``, which comes next.

        Each of them is the next of its sender and applies in the state so far. ``ready`` is in order of
        arrival and never empty; it has one operation a sender.
        """
        ...


class BadChoice(ZkRollupError):
    """A policy chose what it was not offered; nothing was sealed."""

    def __init__(self, policy: Policy, choice: object, ready: Sequence[Pooled]) -> None:
        """``choice`` is none of ``ready``."""
        self.policy, self.choice, self.ready = policy, choice, tuple(ready)
        offered = ", ".join(f"account {pooled.sender} nonce {pooled.nonce}" for pooled in ready)
        super().__init__(
            f"{policy!r}.choose returned {choice!r} (rule: one of ready); return one of what it was given: "
            f"{offered}"
        )


@dataclass(frozen=True, slots=True)
class FIFO:
    """First come, first served."""

    def choose(self, ready: Sequence[Pooled]) -> Pooled:
        """The one that arrived first."""
        return min(ready, key=lambda pooled: pooled.arrival)


@dataclass(frozen=True, slots=True)
class FeePriority:
    """The highest fee first; of equal ones, the first that came."""

    def choose(self, ready: Sequence[Pooled]) -> Pooled:
        """The one with the highest fee."""
        return min(ready, key=lambda pooled: (-pooled.fee, pooled.arrival))


@dataclass(frozen=True, slots=True)
class SeededShuffle:
    """An order that nobody chose, and the same for the same seed and arrivals.

    Attributes:
        seed: Any number.
    """

    seed: int

    def choose(self, ready: Sequence[Pooled]) -> Pooled:
        """The one whose arrival, hashed with the seed, gives the smallest number."""
        return min(ready, key=self._lot)

    def _lot(self, pooled: Pooled) -> bytes:
        return hashlib.sha256(f"{self.seed}:{pooled.arrival}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Canonical:
    """By account, whenever they arrived: the same operations always make the same batch."""

    def choose(self, ready: Sequence[Pooled]) -> Pooled:
        """The one of the lowest account index."""
        return min(ready, key=lambda pooled: pooled.sender)
