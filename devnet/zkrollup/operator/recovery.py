"""From what an operator believed and what L1 has: what it may go on with. Pure; talks to no chain.

What L1 has proven is the truth. A batch survives if L1's queue still has what it took, in whatever block;
only deadlines may differ, which no proof covers. The signed operations of others wait again, and are asked
again who signed them: their receiver's index may be somebody else's now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from zkrollup.circuits.inputs import Account
from zkrollup.crypto.eddsa import InvalidSignature
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import RefusedOperation
from zkrollup.operator.history import History, PostedBatch
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.stages import SealedBatch, SettledBatch
from zkrollup.operator.state import OperatorState, Recovery
from zkrollup.snark.modes import ProofOrigin

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class L1View:
    """What L1 has of the rollup now.

    Attributes:
        history: All that happened.
        confirmed: How many entries of the queue are old enough to be taken in.
        adopt: Rebuilds all proven batches from L1's data; asked only if some are not the operator's.
        origin: What the proofs are that L1 took from others.
    """

    history: History
    confirmed: int
    adopt: Callable[[], tuple[SealedBatch, ...]]
    origin: ProofOrigin


def recovered(state: OperatorState, view: L1View) -> OperatorState:
    """The state that the operator goes on with; what was done is its ``recovery``."""
    proven = view.history.proven
    kept = _supported(state.batches, view.history)
    adopted = view.adopt()[len(kept) : proven] if len(kept) < proven else ()
    batches = (*kept, *adopted)
    known = replace(
        state,
        proven=MappingProxyType(
            {
                number: replace(proof, sealed=batches[number - 1])
                for number, proof in _up_to(state.proven, len(kept)).items()
            }
        ),
        gas=MappingProxyType(_up_to(state.gas, len(kept))),
        settled=tuple(replace(s, sealed=b) for s, b in zip(state.settled, kept, strict=False)),
    )
    settled = tuple(_settled(known, batch, view.origin) for batch in batches[:proven])
    sequencer, is_lost = _rebased(state, kept, batches, view)
    recovery = Recovery(
        discarded=state.batches[len(kept) :],
        unsettled=tuple(batch.number for batch in kept[proven : len(state.settled)]),
        adopted=tuple(batch.number for batch in adopted),
        evicted=sequencer.evicted,
        fee_account_lost=is_lost,
    )
    return replace(known, sequencer=sequencer, sealed=batches[proven:], settled=settled, recovery=recovery)


def reconsidered(sequencer: Sequencer) -> Sequencer:
    """With those evicted operations taken in again that apply by now: a lost deposit may have come back."""
    for end in sequencer.evicted:
        try:
            sequencer = sequencer.submitted(end.pooled.operation)
        except (RefusedOperation, InvalidSignature):
            continue
        left = tuple(other for other in sequencer.evicted if other is not end)
        sequencer = replace(sequencer, evicted=left)
    return sequencer


def _supported(batches: tuple[SealedBatch, ...], history: History) -> tuple[SealedBatch, ...]:
    """The first of them that L1 allows for, with the queue entries as it has them now."""
    kept: list[SealedBatch] = []
    for batch in batches:
        start = batch.header.queue_start
        entries = history.queue[start : start + batch.header.queue_count]
        if [entry.operation for entry in entries] != [entry.operation for entry in batch.queued]:
            break
        if batch.number <= history.proven and not _is_of(batch, history.batches[batch.number - 1]):
            break
        kept.append(batch if entries == batch.queued else replace(batch, queued=entries))
    return tuple(kept)


def _is_of(batch: SealedBatch, posted: PostedBatch) -> bool:
    """Whether L1 has this batch, roots included: a store's batches may not have been executed again."""
    return (batch.header, batch.instance) == (posted.header, posted.instance)


def _settled(state: OperatorState, batch: SealedBatch, origin: ProofOrigin) -> SettledBatch:
    if batch.number <= len(state.settled):
        return state.settled[batch.number - 1]
    proof = state.proven.get(batch.number)
    seconds, origin = (0.0, origin) if proof is None else (proof.seconds, proof.origin)
    return SettledBatch(batch, seconds, state.gas.get(batch.number, {}), origin)


def _rebased(
    state: OperatorState, kept: tuple[SealedBatch, ...], batches: tuple[SealedBatch, ...], view: L1View
) -> tuple[Sequencer, bool]:
    """The sequencer after ``batches``, and whether the fee account is no longer whose it was."""
    before = state.sequencer
    waiting = view.history.queue[before.queue_next : before.queue_seen]
    is_same = len(kept) == len(state.batches) == len(batches)
    if is_same and [e.operation for e in waiting] == [e.operation for e in before.queue]:
        arrived = view.history.queue[before.queue_seen : max(before.queue_seen, view.confirmed)]
        return reconsidered(replace(before, queue=waiting).queued(arrived)), False
    last = batches[-1] if batches else None
    queue_next = 0 if last is None else last.header.queue_start + last.header.queue_count
    after = before.rebased(
        LedgerState.genesis(before.sealed.tree.levels) if last is None else last.trace.after,
        queue=view.history.queue[queue_next : max(queue_next, view.confirmed)],
        queue_next=queue_next,
        batches=len(batches),
        returned=[operation for batch in state.batches[len(kept) :] for operation in batch.signed],
    )
    taker = before.fee_account
    if taker is None or _identity(before.pending.account(taker)) == _identity(after.pending.account(taker)):
        return after, False
    return after.collecting(None), True


def _identity(account: Account) -> tuple[int, ...]:
    return (account.key_x, account.key_y, account.owner, account.token)


def _up_to(values: Mapping[int, _Value], last: int) -> dict[int, _Value]:
    return {number: value for number, value in values.items() if number <= last}
