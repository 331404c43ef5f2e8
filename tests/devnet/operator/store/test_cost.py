"""What a save touches does not grow with the past: rows, SQLite's steps, and calls in Python are counted."""

from collections import Counter
from contextlib import closing

import pytest
from tests.calls import calls_of
from tests.devnet.operator.ledgers import deposit
from tests.devnet.operator.store.working import batches, opened

from zkrollup.operator.store import OperatorStore, store
from zkrollup.operator.store import changes as store_changes
from zkrollup.operator.store.changes import SNAPSHOT_INTERVAL, changes

EARLY, LATE = 6, 2 * SNAPSHOT_INTERVAL + 6
"""Numbers of two batches that are as far from a snapshot."""


class CountingStore:
    """A store that counts what each save of a batch takes."""

    def __init__(self, kept: OperatorStore) -> None:
        self._store, self.load = kept, kept.load
        self.counts: dict[int, list[dict[str, int]]] = {}
        self._connection = kept._database._connection

    def save(self, before, after) -> None:
        counted = Counter(calls=calls_of(lambda: list(changes(before, after))))
        rows = self._connection.total_changes
        self._connection.set_trace_callback(lambda _: counted.update(statements=1))
        self._connection.set_progress_handler(lambda: counted.update(steps=1), 1)
        self._store.save(before, after)
        self._connection.set_progress_handler(None, 0)
        self._connection.set_trace_callback(None)
        counted["rows"] = self._connection.total_changes - rows
        settled = 0 if before is None else len(before.settled)
        self.counts.setdefault(settled + 1, []).append(dict(counted))


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """What each save took, by the batch that it was for."""
    with closing(OperatorStore(tmp_path_factory.mktemp("cost") / "operator.sqlite")) as kept:
        counting = CountingStore(kept)
        batches(opened(counting), LATE)
    return counting.counts


@pytest.mark.parametrize("what", ["rows", "statements", "steps", "calls"])
def test_the_saves_of_a_late_batch_take_what_those_of_an_early_one_took(counts, what):
    early, late = ([save[what] for save in counts[number]] for number in (EARLY, LATE))
    assert len(early) == 7  # queued, submitted, sealed, committed, proved, proved on L1, settled
    assert all(early)
    assert late == early


def test_a_snapshot_writes_the_accounts_that_changed_since_the_last_one(tmp_path, monkeypatch):
    monkeypatch.setattr(store_changes, "SNAPSHOT_INTERVAL", 4)
    written = []

    def watched(before, after):
        for change in changes(before, after):
            if change.table == "account":
                written.append((len(after.settled), *change.key))
            yield change

    monkeypatch.setattr(store, "changes", watched)
    with closing(OperatorStore(tmp_path / "operator.sqlite")) as kept:
        life = opened(kept)
        life.queued(deposit(2, 5))
        life.settled(life.sealed())
        batches(life, 7)
    assert written == [(4, 0), (4, 1), (4, 2), (8, 0), (8, 1)]
