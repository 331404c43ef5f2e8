"""From two states of an operator to the rows that differ. Owns what is written, and that it is little.

States share what they have in common. Batches, proofs and gas of a state begin with those of the state before
it; that beginning is skipped by comparing references, so that the rows to write do not grow with the past.
"""

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, TypeVar

from zkrollup.circuits.inputs import Account
from zkrollup.ledger.transition import BatchTrace
from zkrollup.operator.grown import Grown
from zkrollup.operator.mempool import Mempool, Pooled, Unsealable
from zkrollup.operator.queue import QueueEntry
from zkrollup.operator.records import (
    dump_account,
    dump_entry,
    dump_exit,
    dump_header,
    dump_move,
    dump_signed,
    text,
)
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.stages import ProvenBatch, SealedBatch, SettledBatch
from zkrollup.operator.state import OperatorState
from zkrollup.operator.store.checksum import Row
from zkrollup.operator.store.database import Change
from zkrollup.snark.formats.snarkjs_json import dump_proof

SNAPSHOT_INTERVAL: Final = 32
"""The ledger is kept as it was after the last settled batch whose number this divides."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def changes(before: OperatorState | None, after: OperatorState) -> Iterator[Change]:
    """The rows to change in a file that has ``before``, None for nothing, so that it has ``after``."""
    known = {} if before is None else memory(before)
    yield from _in_table("memory", known, memory(after), lambda value: (text(value),))
    before = _without_past(after) if before is None else before
    settled = _common(before.settled, after.settled)
    yield from _batches(before, after, settled)
    yield from _in_table("settled", *_tails(before.settled, after.settled, settled, first=1), _settled)
    yield from _in_table("proof", *_differing(before.proven, after.proven), _proof)
    gone, came = map(_flat, _differing(before.gas, after.gas))
    yield from _in_table("gas", gone, came, lambda gas: (gas,))
    old, new = before.sequencer, after.sequencer
    if old.queue is not new.queue:
        yield from _in_table("queue", _queue(old), _queue(new), lambda entry: (text(dump_entry(entry)),))
    if old.pool.operations is not new.pool.operations:
        yield from _in_table("pool", _pool(old), _pool(new), lambda pooled: (_signed(pooled),))
    evicted = _common(old.evicted, new.evicted)
    yield from _in_table("evicted", *_tails(old.evicted, new.evicted, evicted, first=0), _evicted)
    yield from _accounts(_snapshot(before), _snapshot(after))


def memory(state: OperatorState) -> dict[str, Any]:
    """What there is one of, by name."""
    sequencer, cursor = state.sequencer, state.cursor
    return {
        **rollup_of(sequencer),
        "cursor": None if cursor is None else [cursor.number, cursor.hash.hex(), cursor.taken],
        "confirmations": state.confirmations,
        "arrivals": sequencer.pool.arrivals,
        "fee_account": sequencer.fee_account,
        "minimum_fee": sequencer.minimum_fee,
        "snapshot": snapshot_number(len(state.settled)),
    }


def rollup_of(sequencer: Sequencer) -> dict[str, Any]:
    """What names the rollup: its state belongs to no other."""
    levels = sequencer.sealed.tree.levels
    return {"domain": sequencer.domain, "slots": sequencer.slots, "levels": levels}


def snapshot_number(settled: int) -> int:
    """The batch after which the ledger is kept, where so many are settled; 0 for none."""
    return settled // SNAPSHOT_INTERVAL * SNAPSHOT_INTERVAL


# --- tables


def _without_past(state: OperatorState) -> OperatorState:
    nothing = MappingProxyType[Any, Any]({})
    sequencer = replace(state.sequencer, queue=(), pool=Mempool(), evicted=())
    return replace(state, sequencer=sequencer, sealed=(), settled=(), proven=nothing, gas=nothing)


def _batches(before: OperatorState, after: OperatorState, settled: int) -> Iterator[Change]:
    """The first ``settled`` batches are the same: one that is settled stays the same batch."""
    if before.settled is after.settled and before.sealed is after.sealed:
        return
    old, new = (_sealed_from(state, settled) for state in (before, after))
    same = _common(old, new)
    # Two batches of one number are told apart by reference: executing them again to compare would be dear.
    yield from _in_table("batch", *_tails(old, new, same, first=settled + 1), _batch, by_value=False)


def _sealed_from(state: OperatorState, start: int) -> tuple[SealedBatch, ...]:
    return (*(settled.sealed for settled in state.settled[start:]), *state.sealed)


def _queue(sequencer: Sequencer) -> dict[int, QueueEntry]:
    return {entry.index: entry for entry in sequencer.queue}


def _pool(sequencer: Sequencer) -> dict[int, Pooled]:
    return {pooled.arrival: pooled for pooled in sequencer.pool.operations.values()}


def _flat(gas: Mapping[int, Mapping[str, int]]) -> dict[tuple[int, str], int]:
    return {(number, name): used for number, of_batch in gas.items() for name, used in of_batch.items()}


def _snapshot(state: OperatorState) -> BatchTrace | None:
    """The batch whose ledger is kept. Its trace tells it from another one of its number."""
    number = snapshot_number(len(state.settled))
    return state.settled[number - 1].sealed.trace if number else None


def _accounts(old: BatchTrace | None, new: BatchTrace | None) -> Iterator[Change]:
    if old is not new:
        before, after = ({} if trace is None else trace.after.accounts for trace in (old, new))
        yield from _in_table("account", before, after, _account)


# --- columns


def _batch(batch: SealedBatch) -> Row:
    return (
        text(dump_header(batch.header)),
        text(batch.instance.as_tuple()),
        text([dump_entry(entry) for entry in batch.queued]),
        text([dump_signed(operation) for operation in batch.signed]),
        batch.data,
        text([dump_move(move) for move in batch.trace.moves]),
        text([dump_exit(burned) for burned in batch.exits]),
    )


def _settled(batch: SettledBatch) -> Row:
    return (float(batch.proof_seconds), batch.proof_origin.value)


def _proof(proven: ProvenBatch) -> Row:
    return (dump_proof(proven.proof), float(proven.seconds), proven.origin.value)


def _signed(pooled: Pooled) -> str:
    return text(dump_signed(pooled.operation))


def _evicted(end: Unsealable) -> Row:
    return (end.pooled.arrival, _signed(end.pooled), end.rule, end.why)


def _account(account: Account) -> Row:
    return (text(dump_account(account)),)


# --- differences


def _in_table(
    table: str,
    old: Mapping[_Key, _Value],
    new: Mapping[_Key, _Value],
    columns: Callable[[_Value], Row],
    *,
    by_value: bool = True,
) -> Iterator[Change]:
    """The changes of a table; an object is turned into columns only if it is not the one that was there."""
    for key in old:
        if key not in new:
            yield Change(table, _key(key), None)
    for key, value in new.items():
        if key not in old:
            yield Change(table, _key(key), columns(value), is_new=True)
        elif old[key] is not value and not (by_value and columns(old[key]) == columns(value)):
            yield Change(table, _key(key), columns(value))


def _key(key: object) -> Row:
    return key if isinstance(key, tuple) else (key,)


def _tails(
    old: Sequence[_Value], new: Sequence[_Value], same: int, *, first: int
) -> tuple[dict[int, _Value], dict[int, _Value]]:
    """Both sequences without their ``same`` first elements, by number; the first element's is ``first``."""
    before, after = (dict(enumerate(islice(each, same, None), first + same)) for each in (old, new))
    return before, after


def _differing(
    old: Mapping[_Key, _Value], new: Mapping[_Key, _Value]
) -> tuple[Mapping[_Key, _Value], Mapping[_Key, _Value]]:
    """Both mappings without the items that they begin with in common."""
    if old is new:
        return {}, {}
    if isinstance(new, Grown) and new.grew_from(old):
        return {key: old[key] for key in (new.key,) if key in old}, {new.key: new[new.key]}
    same = min(_common(old, new), _common(old.values(), new.values()))
    before, after = (dict(islice(each.items(), same, None)) for each in (old, new))
    return before, after


def _common(old: Collection[object], new: Collection[object]) -> int:
    """How many objects both begin with in common; references are compared, at the speed of C."""
    if old is new:
        return len(old)
    try:
        return operator.indexOf(map(operator.is_, old, new), False)
    except ValueError:  # one is the beginning of the other
        return min(len(old), len(new))
