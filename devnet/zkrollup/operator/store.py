"""The operator's memory on disk, in SQLite: one transaction for each transition of its state.

Owns the schema, and that a killed process finds the state before or after a transition, never between. Kept
is what cannot be had again: batches with what was signed, proofs, what waits, and how far L1 was read.
Ledgers are executed anew and compared, batch by batch, with the roots that were kept.
"""

import ctypes
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zkrollup import forks
from zkrollup.circuits.encoding import BatchHeader, BatchInstance
from zkrollup.errors import ZkRollupError
from zkrollup.ledger.state import LedgerState
from zkrollup.operator.history import records_of
from zkrollup.operator.mempool import Mempool, Pooled, Unsealable
from zkrollup.operator.queue import QueueEntry
from zkrollup.operator.rebuild import Mismatch, sealed_batch
from zkrollup.operator.records import dump_entry, dump_signed, load_entry, load_signed, text
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.stages import ProvenBatch, SealedBatch, SettledBatch
from zkrollup.operator.state import L1Cursor, OperatorState
from zkrollup.snark.formats.snarkjs_json import InvalidFormat, dump_proof, load_proof
from zkrollup.snark.modes import ProofOrigin

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE memory (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE batch (
    number INTEGER PRIMARY KEY, header TEXT NOT NULL, instance TEXT NOT NULL,
    queued TEXT NOT NULL, signed TEXT NOT NULL, data BLOB NOT NULL
) STRICT;
CREATE TABLE settled (number INTEGER PRIMARY KEY, seconds REAL NOT NULL, origin TEXT NOT NULL) STRICT;
CREATE TABLE proof (
    number INTEGER PRIMARY KEY, proof TEXT NOT NULL, seconds REAL NOT NULL, origin TEXT NOT NULL
) STRICT;
CREATE TABLE gas (number INTEGER, function TEXT, gas INTEGER NOT NULL, PRIMARY KEY (number, function)) STRICT;
CREATE TABLE queue (number INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT;
CREATE TABLE pool (arrival INTEGER PRIMARY KEY, operation TEXT NOT NULL) STRICT;
CREATE TABLE evicted (
    position INTEGER PRIMARY KEY, arrival INTEGER NOT NULL, operation TEXT NOT NULL,
    rule TEXT NOT NULL, why TEXT NOT NULL
) STRICT;
"""

Rows = dict[Any, tuple[Any, ...]]
"""A table's rows by their key."""


class StoreInUse(ZkRollupError):
    """Another operator has the store open; two would commit against each other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is in use by another operator; stop that one, or give this one its own file"
        )


class InheritedStore(StoreInUse):
    """A forked child asks for a store that its parent has open."""

    def __init__(self, path: Path) -> None:
        ZkRollupError.__init__(
            self,
            f"{path} is in use by the process that this one was forked from; use it there alone, or open "
            "another file, in an operator of this process",
        )
        self.path = path


class BrokenStore(ZkRollupError):
    """A file is no store, or not of this rollup, or does not fit together. It is left as it is."""

    def __init__(self, path: Path, reason: str) -> None:
        """``reason`` names what is wrong."""
        self.path, self.reason = path, reason
        super().__init__(
            f"{path} cannot be used: {reason}; move it away, and the operator takes its state over from L1, "
            "without what waited"
        )


class OperatorStore:
    """A file with an operator's state. One operator at a time; the lock ends with the process.

    Any thread may use it, one at a time: the operator's lock sees to that. A forked child may not.
    """

    def __init__(self, path: Path | str) -> None:
        """Opens the file, or makes it.

        Raises:
            StoreInUse: Another operator has it open.
            BrokenStore: It is something else, or of another version.
        """
        self.path = Path(path)
        self._is_inherited = False
        self._connection = sqlite3.connect(
            self.path, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            # Locked for good, without a second file that a reader would need; each commit is on the disk.
            self._connection.executescript(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                "BEGIN IMMEDIATE; COMMIT;"
            )
            self._prepare()
        except sqlite3.OperationalError as error:
            self._connection.close()
            if "locked" in str(error):
                raise StoreInUse(self.path) from error
            raise BrokenStore(self.path, str(error)) from error
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise BrokenStore(self.path, str(error)) from error
        except BrokenStore:
            self._connection.close()
            raise
        forks.renew_in_children(self)

    def close(self) -> None:
        """Gives the file free; in a forked child, does nothing."""
        if not self._is_inherited:
            self._connection.close()

    def after_fork(self) -> None:
        """In a forked child, gives it up: SQLite's connections must neither be used nor closed there.

        Source: https://www.sqlite.org/howtocorrupt.html, "Carrying an open database connection across a
        fork".
        """
        self._is_inherited = True
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))  # for ever: its end would close it

    def require_own(self) -> None:
        """Pass in the process that has opened it.

        Raises:
            InheritedStore: This one is a fork of that.
        """
        if self._is_inherited:
            raise InheritedStore(self.path)

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if version == 0 and tables == 0:
            self._connection.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        elif version != SCHEMA_VERSION:
            raise BrokenStore(self.path, f"its schema has version {version}, this one reads {SCHEMA_VERSION}")

    # Writing

    def save(self, before: OperatorState | None, after: OperatorState) -> None:
        """Brings the file from ``before``, None for nothing, to ``after``, in one transaction.

        Raises:
            sqlite3.Error: It could not be written; the file has ``before``.
            InheritedStore: The file is the parent process's.
        """
        self.require_own()
        old, new = _tables(before), _tables(after)
        changes = [change for table, rows in new.items() for change in _changes(table, old[table], rows)]
        batches = _batch_changes(() if before is None else before.batches, after.batches)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in (*changes, *batches):
                self._connection.execute(statement, values)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    # Reading

    def load(self, fresh: OperatorState) -> OperatorState | None:
        """The state that was saved last, on top of a fresh one's settings; None if there is none.

        Policy and limits are those of ``fresh``. L1 may have gone on since: the operator compares.

        Raises:
            BrokenStore: It belongs to another rollup, or does not fit together.
            InheritedStore: The file is the parent process's.
        """
        self.require_own()
        try:
            memory = {name: json.loads(value) for name, value in self._rows("SELECT name, value FROM memory")}
            if not memory:
                return None
            self._require_rollup(memory, fresh.sequencer)
            return self._state(memory, fresh)
        except Mismatch as error:
            raise BrokenStore(self.path, str(error)) from error
        except (sqlite3.DatabaseError, InvalidFormat, ValueError, KeyError, TypeError) as error:
            raise BrokenStore(self.path, f"it has something that was not written here ({error!r})") from error

    def _state(self, memory: Mapping[str, Any], fresh: OperatorState) -> OperatorState:
        batches = self._batches(fresh.sequencer)
        proofs = {
            number: ProvenBatch(batches[number - 1], load_proof(proof), seconds, ProofOrigin(origin))
            for number, proof, seconds, origin in self._rows("SELECT * FROM proof ORDER BY number")
        }
        gas: dict[int, Mapping[str, int]] = {}
        for number, function, used in self._rows("SELECT * FROM gas ORDER BY rowid"):
            gas[number] = MappingProxyType({**gas.get(number, {}), function: used})
        settled = tuple(
            SettledBatch(batches[number - 1], seconds, gas.get(number, {}), ProofOrigin(origin))
            for number, seconds, origin in self._rows("SELECT * FROM settled ORDER BY number")
        )
        cursor = memory["cursor"]
        return OperatorState(
            sequencer=self._sequencer(memory, fresh.sequencer, batches),
            sealed=batches[len(settled) :],
            proven=MappingProxyType(proofs),
            settled=settled,
            gas=MappingProxyType(gas),
            cursor=cursor and L1Cursor(cursor[0], bytes.fromhex(cursor[1]), cursor[2]),
            confirmations=memory["confirmations"],
        )

    def _batches(self, sequencer: Sequencer) -> tuple[SealedBatch, ...]:
        state, batches = sequencer.sealed, []
        for _, header, instance, queued, signed, data in self._rows("SELECT * FROM batch ORDER BY number"):
            batch = _executed(header, instance, queued, signed, data, state=state, domain=sequencer.domain)
            batches.append(batch)
            state = batch.trace.after
        return tuple(batches)

    def _sequencer(
        self, memory: Mapping[str, Any], fresh: Sequencer, batches: tuple[SealedBatch, ...]
    ) -> Sequencer:
        pooled = (Pooled(_read(o), a) for a, o in self._rows("SELECT * FROM pool ORDER BY arrival"))
        places = MappingProxyType({(each.sender, each.nonce): each for each in pooled})
        last = batches[-1] if batches else None
        known = replace(
            fresh,
            sealed=fresh.sealed if last is None else last.trace.after,
            queue=tuple(
                load_entry(json.loads(entry))
                for _, entry in self._rows("SELECT * FROM queue ORDER BY number")
            ),
            pool=Mempool(fresh.pool.limits, places, memory["arrivals"]),
            queue_next=0 if last is None else last.header.queue_start + last.header.queue_count,
            batches=len(batches),
            evicted=tuple(
                Unsealable(Pooled(_read(operation), arrival), rule, why)
                for _, arrival, operation, rule, why in self._rows("SELECT * FROM evicted ORDER BY position")
            ),
        )
        return known.collecting(memory["fee_account"], minimum=memory["minimum_fee"])

    def _require_rollup(self, memory: Mapping[str, Any], sequencer: Sequencer) -> None:
        own = _rollup(sequencer)
        for name, value in own.items():
            if memory[name] != value:
                raise BrokenStore(
                    self.path, f"it is of another rollup: its {name} is {memory[name]}, not {value}"
                )

    def _rows(self, query: str) -> Iterable[Any]:
        return self._connection.execute(query).fetchall()


# --- what is written


def _tables(state: OperatorState | None) -> dict[str, dict[Any, tuple[Any, ...]]]:
    """All rows but the batches', by table and key. Only what is small or cheap to name."""
    if state is None:
        return {name: {} for name in ("memory", "settled", "proof", "gas", "queue", "pool", "evicted")}
    sequencer, cursor = state.sequencer, state.cursor
    memory = {
        **_rollup(sequencer),
        "cursor": None if cursor is None else [cursor.number, cursor.hash.hex(), cursor.taken],
        "confirmations": state.confirmations,
        "arrivals": sequencer.pool.arrivals,
        "fee_account": sequencer.fee_account,
        "minimum_fee": sequencer.minimum_fee,
    }
    return {
        "memory": {name: (text(value),) for name, value in memory.items()},
        "settled": {s.number: (s.proof_seconds, s.proof_origin.value) for s in state.settled},
        "proof": {number: (proof,) for number, proof in state.proven.items()},
        "gas": {(n, name): (used,) for n, of_batch in state.gas.items() for name, used in of_batch.items()},
        "queue": {entry.index: (entry,) for entry in sequencer.queue},
        "pool": {pooled.arrival: (pooled.operation,) for pooled in sequencer.pool.operations.values()},
        "evicted": {i: (end,) for i, end in enumerate(sequencer.evicted)},
    }


def _changes(table: str, old: Rows, new: Rows) -> Iterable[tuple[str, tuple[Any, ...]]]:
    keys = {"memory": "name = ?", "gas": "number = ? AND function = ?"}
    keys |= {"pool": "arrival = ?", "evicted": "position = ?"}
    for key in old.keys() - new.keys():
        where = keys.get(table, "number = ?")
        yield f"DELETE FROM {table} WHERE {where}", key if isinstance(key, tuple) else (key,)  # noqa: S608
    for key, row in new.items():
        if old.get(key) != row:
            values = (*(key if isinstance(key, tuple) else (key,)), *_columns(row))
            marks = ", ".join("?" * len(values))
            yield f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values  # noqa: S608


def _columns(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row's values; objects are turned into text only here, once they are known to be new."""
    match row:
        case (ProvenBatch(_, proof, seconds, origin),):
            return (dump_proof(proof), seconds, origin.value)
        case (Unsealable(pooled, rule, why),):
            return (pooled.arrival, text(dump_signed(pooled.operation)), rule, why)
        case (str() | int() | float(), *_):
            return row  # already what SQLite takes
        case (QueueEntry() as entry,):
            return (text(dump_entry(entry)),)
        case (operation,):
            return (text(dump_signed(operation)),)
    raise TypeError(row)


def _batch_changes(
    old: tuple[SealedBatch, ...], new: tuple[SealedBatch, ...]
) -> Iterable[tuple[str, tuple[Any, ...]]]:
    same = 0
    while same < min(len(old), len(new)) and old[same] is new[same]:
        same += 1
    if same < len(old):
        yield "DELETE FROM batch WHERE number > ?", (same,)
    for batch in new[same:]:
        queued = text([dump_entry(entry) for entry in batch.queued])
        signed = text([dump_signed(operation) for operation in batch.signed])
        header, instance = text(_header_fields(batch.header)), text(batch.instance.as_tuple())
        yield (
            "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(batch.number, header, instance),
                *(queued, signed, batch.data),
            ),
        )


def _rollup(sequencer: Sequencer) -> dict[str, Any]:
    """What names the rollup: its state belongs to no other."""
    levels = sequencer.sealed.tree.levels
    return {"domain": sequencer.domain, "slots": sequencer.slots, "levels": levels}


def _header_fields(header: BatchHeader) -> list[int]:
    return [getattr(header, name) for name in BatchHeader.__dataclass_fields__]


# --- what is read


def _read(operation: str) -> Any:
    return load_signed(json.loads(operation))


def _executed(
    header: str, instance: str, queued: str, signed: str, data: bytes, *, state: LedgerState, domain: int
) -> SealedBatch:
    """A stored batch, executed again.

    Raises:
        Mismatch: It does not lead to what was stored of it.
    """
    known = BatchHeader(*json.loads(header))
    entries = tuple(load_entry(record) for record in json.loads(queued))
    return sealed_batch(
        known,
        BatchInstance(*json.loads(instance)),
        entries,
        [load_signed(record) for record in json.loads(signed)],
        [record.words for record in records_of(data, known.number)],
        state=state,
        domain=domain,
    )
