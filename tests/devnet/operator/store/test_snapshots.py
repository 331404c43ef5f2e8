"""A restart reads the ledger from a snapshot and executes the batches after it; the end is the same."""

from contextlib import closing
from dataclasses import replace

import pytest
from tests.devnet.operator.ledgers import DOMAIN, genesis
from tests.devnet.operator.store.working import (
    Working,
    batches,
    fresh,
    load,
    opened,
    remembered,
    with_everything,
)

from zkrollup.operator.store import BrokenStore, OperatorStore, changes, past
from zkrollup.operator.store.past import RecalledTrace

SETTLED = 11


@pytest.fixture(autouse=True)
def interval(monkeypatch):
    """Snapshots more often, so that a test needs few batches."""
    monkeypatch.setattr(changes, "SNAPSHOT_INTERVAL", 4)


@pytest.fixture
def executed(monkeypatch):
    """The numbers of the batches that are executed, as they are."""
    numbers, execute = [], past.sealed_batch

    def counted(header, *arguments, **options):
        numbers.append(header.number)
        return execute(header, *arguments, **options)

    monkeypatch.setattr(past, "sealed_batch", counted)
    return numbers


@pytest.fixture
def file(tmp_path):
    return tmp_path / "operator.sqlite"


@pytest.fixture
def state(file):
    """An operator's last state, after 11 settled batches, of which 8 are in the snapshot, and 2 others."""
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        batches(life, SETTLED - 1)
        with_everything(life)
        return life.state


def test_a_restart_executes_only_the_batches_after_the_snapshot(file, state, executed):
    load(file)
    assert executed == [9, 10, 11, 12, 13]


def test_without_a_snapshot_a_restart_executes_all_batches(file, executed):
    with closing(OperatorStore(file)) as store:
        batches(opened(store), 2)
    load(file)
    assert executed == [1, 2, 3]


def test_the_state_after_a_restart_is_the_one_that_was_saved(file, state, executed):
    found = load(file)
    assert found.sequencer.sealed == state.sequencer.sealed
    assert dict(found.sequencer.sealed.accounts) == dict(state.sequencer.sealed.accounts)
    assert [batch.trace.moves for batch in found.batches] == [batch.trace.moves for batch in state.batches]
    assert [batch.exits for batch in found.batches] == [batch.exits for batch in state.batches]
    assert executed == [9, 10, 11, 12, 13]  # nothing of this asked for more


def test_what_a_snapshot_left_out_is_executed_when_it_is_asked_for(file, state, executed):
    found = load(file)
    executed.clear()
    assert found.settled[5].sealed.trace.before.root == state.settled[5].root_before
    assert executed == [1, 2, 3, 4, 5, 6]
    assert remembered(found) == remembered(state)  # paths, signatures and all
    assert executed == [1, 2, 3, 4, 5, 6, 7, 8]  # each once


def test_an_old_exit_is_proved_without_executing_its_batch(file, executed):
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        with_everything(life)
        for batch in life.state.sealed:
            life.settled(batch)
        batches(life, 2)
        expected = life.state.settled[1].sealed.trace.exit_tree.root
    trace = load(file).settled[1].sealed.trace
    assert isinstance(trace, RecalledTrace)
    assert trace.exit_tree.root == expected
    assert executed == [5]


def test_an_operator_goes_on_after_a_restart_and_takes_the_next_snapshot(file, state, executed):
    with closing(OperatorStore(file)) as store:
        life = Working(store)
        for batch in life.state.sealed:
            life.settled(batch)
        executed.clear()
    found = load(file)
    assert executed == [13]  # batch 12 has the snapshot
    assert found.sequencer.sealed == state.sequencer.sealed


def test_a_reorg_below_the_snapshot_takes_the_one_before(file, state, executed):
    with closing(OperatorStore(file)) as store:
        life = Working(store)
        kept, lost = life.state.settled[:6], life.state.settled[6:]
        life.become(settled=kept, sealed=(*(done.sealed for done in lost), *life.state.sealed))
    executed.clear()
    found = load(file)
    assert executed == [5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert found.sequencer.sealed == state.sequencer.sealed
    assert len(found.settled) == 6


def test_the_end_is_that_of_a_restart_without_snapshots(file, tmp_path, monkeypatch):
    other = tmp_path / "other.sqlite"
    ends = []
    for path, interval in ((file, 4), (other, 10**6)):
        monkeypatch.setattr(changes, "SNAPSHOT_INTERVAL", interval)
        with closing(OperatorStore(path)) as store:
            life = opened(store)
            batches(life, 9)
            with_everything(life)
        ends.append(remembered(load(path)))
    assert ends[0] == ends[1]


def test_a_snapshot_whose_root_is_not_its_batchs_is_refused(file, state):
    forge(file, "account", lambda row: (row[0], row[1].replace(",0,", ",1,", 1)))
    with pytest.raises(BrokenStore, match="root") as refusal:
        load(file)
    assert (refusal.value.path, refusal.value.table) == (file, "account")


def test_moves_that_a_batch_does_not_lead_to_are_refused(file, state):
    forge(file, "batch", lambda row: (*row[:6], row[6].replace('"mint"', '"burn"'), row[7]), last=True)
    with pytest.raises(BrokenStore, match="moves or exits of batch") as refusal:
        load(file)
    assert (refusal.value.path, refusal.value.table) == (file, "batch")


def forge(file, table, change, *, last=False):
    """Alters one row as somebody who computes the checksum anew."""
    with closing(OperatorStore(file)) as store:
        rows = [row for row in store._database.read()[table] if change(row) != row]
        assert rows, f"nothing to forge in {table}"
        row = rows[-1 if last else 0]
        new = change(row)
        store._database.write([changes.Change(table, (row[0],), new[1:])])


def test_a_store_of_another_domain_is_refused(file, state):
    with closing(OperatorStore(file)) as store:
        other = replace(fresh(), sequencer=genesis(domain=DOMAIN + 1))
        with pytest.raises(BrokenStore, match="another rollup: its domain"):
            store.load(other)
