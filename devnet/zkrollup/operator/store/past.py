"""Batches up to a snapshot of the ledger: what they did is known, and they are executed only if need be.

Owns their traces. Balances, exits and fees of such a batch are what was stored, under the store's checksum;
its states, paths and signed operations come from executing it, and those before it, once more.
"""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from threading import Lock
from typing import Any, Final

from zkrollup import forks, jsontext
from zkrollup.circuits.encoding import BatchInstance
from zkrollup.errors import ZkRollupError
from zkrollup.ledger.moves import Move, MoveKind
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import BatchTrace, Exit, exit_tree
from zkrollup.operator.history import records_of
from zkrollup.operator.rebuild import sealed_batch
from zkrollup.operator.records import load_entry, load_exit, load_header, load_move, load_signed
from zkrollup.operator.stages import SealedBatch
from zkrollup.operator.store.checksum import Row
from zkrollup.operator.store.errors import BrokenStore

_EXECUTED: Final = frozenset(field.name for field in fields(BatchTrace))


class RecalledTrace(BatchTrace):
    """A trace of which the exits and moves are known. All else is executed when it is first asked for."""

    __slots__ = ("_execute", "_exits", "_moves")

    _execute: Callable[[int], BatchTrace]
    _exits: tuple[Exit, ...]
    _moves: tuple[Move, ...]

    def __init__(
        self,
        number: int,
        exits: tuple[Exit, ...],
        moves: tuple[Move, ...],
        execute: Callable[[int], BatchTrace],
        after: LedgerState | None = None,
    ) -> None:
        """``execute`` gives a batch's whole trace; ``after`` is the state after it, if a snapshot has it."""
        known = {"number": number, "_exits": exits, "_moves": moves, "_execute": execute}
        self._keep(known if after is None else {**known, "after": after})

    def __getattr__(self, name: str) -> Any:
        """Asked only for what is not there yet."""
        if name not in _EXECUTED:
            raise AttributeError(name)
        if name == "exit_tree":
            self._keep({name: exit_tree(self._exits)})
        else:
            executed = self._execute(self.number)
            self._keep({each: getattr(executed, each) for each in _EXECUTED})
        return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BatchTrace):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _EXECUTED)

    __hash__ = None  # type: ignore[assignment]  # as its parent's, whose mappings have none

    @property
    def fee_total(self) -> int:
        """See ``BatchTrace``."""
        return sum(move.amount for move in self._moves if move.kind is MoveKind.FEE)

    @property
    def exits(self) -> tuple[Exit, ...]:
        """See ``BatchTrace``."""
        return self._exits

    @property
    def moves(self) -> tuple[Move, ...]:
        """See ``BatchTrace``."""
        return self._moves

    def _keep(self, known: dict[str, Any]) -> None:
        for name, value in known.items():
            object.__setattr__(self, name, value)  # as dataclasses do where they are frozen


class Past:
    """The stored batches, in order, and their execution."""

    def __init__(self, path: Path, genesis: LedgerState, domain: int, rows: list[Row]) -> None:
        """``rows`` are those of the table ``batch``.

        Raises:
            BrokenStore: Their numbers, roots or queue entries do not follow each other.
        """
        self._path, self._domain, self._rows = path, domain, rows
        self.headers = [load_header(jsontext.loads(row[1])) for row in rows]
        self._traces: list[BatchTrace] = []
        self._lock = Lock()
        self._genesis = genesis
        self._require_chain()
        forks.renew_in_children(self)

    def after_fork(self) -> None:
        """In a forked child, executes anew what another thread of the parent was executing."""
        self._lock = Lock()

    def recalled(self, number: int, after: LedgerState | None = None) -> SealedBatch:
        """Batch ``number``, not executed; ``after`` is the state after it, if a snapshot has it."""
        _, _, instance, queued, _, _, moves, exits = self._rows[number - 1]
        header = self.headers[number - 1]
        trace = RecalledTrace(
            number,
            tuple(load_exit(number, record) for record in jsontext.loads(exits)),
            tuple(load_move(record) for record in jsontext.loads(moves)),
            self._trace,
            after,
        )
        entries = tuple(load_entry(record) for record in jsontext.loads(queued))
        return SealedBatch(header, trace, entries, BatchInstance(*jsontext.loads(instance)))

    def executed(self, number: int, state: LedgerState) -> SealedBatch:
        """Batch ``number``, executed on top of ``state``.

        Raises:
            Mismatch: It does not lead to what was stored of it.
            BrokenStore: Its moves or exits are not those that were stored.
        """
        _, _, instance, queued, signed, data, _, _ = self._rows[number - 1]
        batch = sealed_batch(
            self.headers[number - 1],
            BatchInstance(*jsontext.loads(instance)),
            tuple(load_entry(record) for record in jsontext.loads(queued)),
            [load_signed(record) for record in jsontext.loads(signed)],
            [record.words for record in records_of(data, number)],
            state=state,
            domain=self._domain,
        )
        stored = self.recalled(number).trace
        if (stored.moves, stored.exits) != (batch.trace.moves, batch.trace.exits):
            raise self._broken(f"the moves or exits of batch {number} are not what it leads to")
        return batch

    # Inside

    def _trace(self, number: int) -> BatchTrace:
        """How a batch was executed; those before it are executed first, once."""
        with self._lock:
            while len(self._traces) < number:
                state = self._traces[-1].after if self._traces else self._genesis
                self._traces.append(self._sound(len(self._traces) + 1, state))
            return self._traces[number - 1]

    def _sound(self, number: int, state: LedgerState) -> BatchTrace:
        try:
            return self.executed(number, state).trace
        except BrokenStore:
            raise
        except (ZkRollupError, ValueError, LookupError, TypeError) as error:
            raise self._broken(str(error)) from error

    def _require_chain(self) -> None:
        root, queue = self._genesis.root, 0
        for position, (row, header) in enumerate(zip(self._rows, self.headers, strict=True), start=1):
            found = (row[0], header.number, header.domain, header.old_root, header.queue_start)
            if found != (position, position, self._domain, root, queue):
                raise self._broken(f"batch {row[0]} does not follow the one before it")
            root, queue = header.new_root, header.queue_start + header.queue_count

    def _broken(self, reason: str) -> BrokenStore:
        return BrokenStore(self._path, reason, table="batch")
