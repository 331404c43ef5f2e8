"""From the rows of a store to an operator's state. Owns what they mean, and that they fit together.

The ledger comes from the last snapshot, whose root must be that of its batch, and from executing the batches
after it. Nothing here asks L1: the operator compares what comes out with what L1 has.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zkrollup import jsontext
from zkrollup.errors import ZkRollupError
from zkrollup.ledger.state import LedgerState
from zkrollup.operator.mempool import Mempool, Pooled, Unsealable
from zkrollup.operator.records import load_account, load_entry, load_signed
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.stages import ProvenBatch, SealedBatch, SettledBatch
from zkrollup.operator.state import L1Cursor, OperatorState
from zkrollup.operator.store.changes import rollup_of, snapshot_number
from zkrollup.operator.store.checksum import Row
from zkrollup.operator.store.errors import BrokenStore, StoreError
from zkrollup.operator.store.past import Past
from zkrollup.snark.formats.snarkjs_json import load_proof
from zkrollup.snark.modes import ProofOrigin

Tables = Mapping[str, list[Row]]
"""Rows by table, in the order of their keys."""


def read(path: Path, tables: Tables, fresh: OperatorState) -> OperatorState | None:
    """The state that these rows are, on top of a fresh one's settings; None if there are none.

    Raises:
        BrokenStore: They are of another rollup, or do not fit together.
    """
    if not any(tables.values()):
        return None
    try:
        return _state(path, tables, fresh)
    except StoreError:
        raise
    except ZkRollupError as error:
        raise BrokenStore(path, str(error)) from error
    except (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError) as error:
        raise BrokenStore(path, f"it has something that was not written here ({error!r})") from error


def _state(path: Path, tables: Tables, fresh: OperatorState) -> OperatorState:
    memory = {name: jsontext.loads(value) for name, value in tables["memory"]}
    _require_rollup(path, memory, fresh.sequencer)
    batches = _batches(path, memory["snapshot"], tables, fresh.sequencer)
    proofs = {
        number: ProvenBatch(batches[number - 1], load_proof(proof), seconds, ProofOrigin(origin))
        for number, proof, seconds, origin in tables["proof"]
    }
    gas: dict[int, Mapping[str, int]] = {}
    for number, function, used in tables["gas"]:
        gas[number] = MappingProxyType({**gas.get(number, {}), function: used})
    settled = tuple(
        SettledBatch(batches[number - 1], seconds, gas.get(number, {}), ProofOrigin(origin))
        for number, seconds, origin in tables["settled"]
    )
    if [batch.number for batch in settled] != list(range(1, len(settled) + 1)):
        raise BrokenStore(path, "its numbers have gaps", table="settled")
    cursor = memory["cursor"]
    return OperatorState(
        sequencer=_sequencer(memory, tables, fresh.sequencer, batches),
        sealed=batches[len(settled) :],
        proven=MappingProxyType(proofs),
        settled=settled,
        gas=MappingProxyType(gas),
        cursor=cursor and L1Cursor(cursor[0], bytes.fromhex(cursor[1]), cursor[2]),
        confirmations=memory["confirmations"],
    )


def _batches(path: Path, kept: int, tables: Tables, fresh: Sequencer) -> tuple[SealedBatch, ...]:
    """Those up to the snapshot as they were stored, those after it executed again."""
    if kept != snapshot_number(len(tables["settled"])):
        raise BrokenStore(path, f"its snapshot is of batch {kept}, which is not its turn", table="memory")
    past = Past(path, fresh.sealed, fresh.domain, tables["batch"])
    state = fresh.sealed
    if kept:
        state = _ledger(path, tables["account"], fresh.sealed, past.headers[kept - 1].new_root)
    batches = [past.recalled(number, state if number == kept else None) for number in range(1, kept + 1)]
    for number in range(kept + 1, len(past.headers) + 1):
        batches.append(past.executed(number, state))
        state = batches[-1].trace.after
    return tuple(batches)


def _ledger(path: Path, rows: list[Row], genesis: LedgerState, root: int) -> LedgerState:
    """The snapshot's accounts with their tree."""
    ledger = genesis.with_accounts({number: load_account(jsontext.loads(record)) for number, record in rows})
    if ledger.root != root:
        reason = f"the accounts lead to the root {ledger.root:#x}, and their batch to {root:#x}"
        raise BrokenStore(path, reason, table="account")
    return ledger


def _sequencer(
    memory: Mapping[str, Any], tables: Tables, fresh: Sequencer, batches: tuple[SealedBatch, ...]
) -> Sequencer:
    pooled = (Pooled(_signed(operation), arrival) for arrival, operation in tables["pool"])
    last = batches[-1] if batches else None
    known = replace(
        fresh,
        sealed=fresh.sealed if last is None else last.trace.after,
        queue=tuple(load_entry(jsontext.loads(entry)) for _, entry in tables["queue"]),
        pool=Mempool(
            fresh.pool.limits,
            MappingProxyType({(each.sender, each.nonce): each for each in pooled}),
            memory["arrivals"],
        ),
        queue_next=0 if last is None else last.header.queue_start + last.header.queue_count,
        batches=len(batches),
        evicted=tuple(
            Unsealable(Pooled(_signed(operation), arrival), rule, why)
            for _, arrival, operation, rule, why in tables["evicted"]
        ),
    )
    return known.collecting(memory["fee_account"], minimum=memory["minimum_fee"])


def _signed(operation: str) -> Any:
    return load_signed(jsontext.loads(operation))


def _require_rollup(path: Path, memory: Mapping[str, Any], sequencer: Sequencer) -> None:
    for name, value in rollup_of(sequencer).items():
        if memory[name] != value:
            raise BrokenStore(path, f"it is of another rollup: its {name} is {memory[name]}, not {value}")
