"""All that an operator remembers, as one immutable value. Owns its shape, and no transition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from zkrollup.operator.mempool import Unsealable
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.stages import ProvenBatch, SealedBatch, SettledBatch


@dataclass(frozen=True, slots=True)
class L1Cursor:
    """How far the operator has read L1.

    Attributes:
        number: Of the last block that it has seen.
        hash: Of that block, 32 bytes: where L1 has another one there, it was reorganised.
        taken: Up to this block, queue entries were taken in: it has the confirmations asked for; -1 for none
            at all.
    """

    number: int
    hash: bytes
    taken: int = -1


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was left of the operator's past when L1 turned out to have another one.

    Attributes:
        discarded: Sealed batches whose queue entries L1 has no longer, or in whose place it has others. Their
            operations wait again, or are in ``evicted``.
        unsettled: Numbers of batches whose proof L1 has lost; it is sent again.
        adopted: Numbers of batches that L1 has proven and that were not the operator's; rebuilt from L1.
        evicted: Signed operations that cannot be sealed on this past, and why. They are tried again with each
            deposit that arrives.
        fee_account_lost: Whether the account that fees went to is another one now; none are taken then.
    """

    discarded: tuple[SealedBatch, ...]
    unsettled: tuple[int, ...]
    adopted: tuple[int, ...]
    evicted: tuple[Unsealable, ...]
    fee_account_lost: bool


@dataclass(frozen=True, slots=True)
class OperatorState:
    """All that an operator remembers. Immutable, so that a snapshot is a reference.

    Attributes:
        sequencer: What is sealed and what waits.
        sealed: Sealed batches that L1 has not accepted, in order.
        proven: Batches that have a proof, by number; L1 may lose one, and is sent it again.
        settled: Batches that L1 has accepted, in order.
        gas: Gas used on L1, by batch and function.
        cursor: How far L1 was read; None before the first time.
        recovery: What the last recovery did; None if there was none.
        confirmations: How many blocks must follow the one with a queue entry before it is taken in.
    """

    sequencer: Sequencer
    sealed: tuple[SealedBatch, ...] = ()
    proven: Mapping[int, ProvenBatch] = field(default_factory=lambda: MappingProxyType({}))
    settled: tuple[SettledBatch, ...] = ()
    gas: Mapping[int, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    cursor: L1Cursor | None = None
    recovery: Recovery | None = None
    confirmations: int = 0

    @property
    def batches(self) -> tuple[SealedBatch, ...]:
        """All batches, settled or not; the one of number n is at n - 1."""
        return (*(settled.sealed for settled in self.settled), *self.sealed)
