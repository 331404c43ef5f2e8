"""What an operator remembers when its process is gone: all that it accepted, nothing that it did twice."""

import itertools
import json
import sqlite3
import sys
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from tests.lifecycle.support import STRANGER, assert_solvent, cast, shared_devnet

from zkrollup.devnet import ETH, Devnet
from zkrollup.evm import Chain
from zkrollup.ledger.transition import RefusedOperation
from zkrollup.operator import memory
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.operator import Operator
from zkrollup.operator.policies import FeePriority
from zkrollup.operator.records import dump_account, dump_header, text
from zkrollup.operator.store import (
    BrokenStore,
    OperatorStore,
    StoreInUse,
    StoreUnavailable,
    changes,
    database,
)
from zkrollup.operator.store import store as store_module
from zkrollup.operator.store.database import Change, Database
from zkrollup.snark.modes import ProofMode


@pytest.fixture(scope="module")
def mocked():
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture
def actors(mocked):
    with mocked.anchor():
        yield cast(mocked)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "operator.sqlite"


@contextmanager
def running(actors, file, **options):
    """The devnet's operator, with a store: another one each time, as after a restart, and a new layer 2."""
    first = actors.rollup.operator
    mirror = Mirror(Chain(31_341, lock=first.exclusive), first.bridge.operator, first.mirror._describe)
    with closing(OperatorStore(file)) as store:
        actors.rollup.target.operator = Operator(first.bridge, mirror, first.prover, store=store, **options)
        try:
            yield actors.rollup.operator
        finally:
            actors.rollup.target.operator = first


def remembered(state):
    """All of a state but what is about one process: how far L1 was read, and what the last recovery did."""
    sequencer = replace(state.sequencer, queue=(), pending=state.sequencer.sealed)
    return replace(state, cursor=None, recovery=None, sequencer=sequencer)


def work(actors):
    """Batches in every stage, and operations that wait."""
    rollup, operator = actors.rollup, actors.rollup.operator
    for user, amount in ((actors.alice, 1009), (actors.bob, 503), (actors.carol, 307)):
        rollup.deposit(ETH, amount, sender=user)
    rollup.settle()
    operator.collect_fees(ETH, minimum=2)
    rollup.transfer(ETH, 107, sender=actors.alice, to=actors.bob, fee=20)
    rollup.withdraw(ETH, 103, sender=actors.bob, recipient=STRANGER, fee=10)
    operator.bridge.force_withdraw(rollup.account_index(ETH, actors.carol), 31, sender=actors.carol)
    for amount in (11, 13, 17, 19):
        rollup.transfer(ETH, amount, sender=actors.alice, to=actors.bob, fee=2)
    operator.commit(operator.state.sealed[0])
    operator.prove(operator.state.sealed[0])


def test_a_restart_finds_everything_as_it_was(actors, file):
    with running(actors, file) as operator:
        work(actors)
        before, waiting = operator.state, operator.ledger
        assert (len(before.settled), len(before.sealed), len(before.sequencer.pool)) == (1, 2, 2)
        assert (set(before.proven), before.sequencer.minimum_fee) == ({1, 2}, 2)
    with running(actors, file) as operator:
        after = operator.state
        assert remembered(after) == remembered(before)
        assert dict(operator.ledger.accounts) == dict(waiting.accounts)
        assert operator.mirror.mint(ETH).balanceOf(actors.alice) == 1009
        assert after.recovery.discarded == ()


def test_a_restarted_operator_goes_on_to_the_same_end(actors, file, mocked):
    ends = []
    for restart in (False, True):
        with mocked.anchor():
            path = file.with_suffix(f".{restart}")
            with running(actors, path) as operator:
                work(actors)
                if not restart:
                    operator.settle()
                    ends.append(end(actors, operator))
            if restart:
                with running(actors, path) as operator:
                    operator.settle()
                    ends.append(end(actors, operator))
    assert ends[0] == ends[1]
    assert ends[0]["batches"] == ends[0]["proven"] == 4


def end(actors, operator):
    contract = actors.rollup.contract
    assert_solvent(actors.rollup, ETH)
    return {
        "root": contract.stateRoot(),
        "proven": contract.provenBatches(),
        "instances": [batch.sealed.instance for batch in operator.state.settled],
        "batches": len(actors.l1.logs(address=contract, event="BatchCommitted")),
        "mints": [operator.mirror.mint(ETH).balanceOf(u) for u in (actors.alice, actors.bob, actors.carol)],
    }


def test_an_operation_that_was_refused_is_not_remembered(actors, file):
    with running(actors, file) as operator:
        actors.rollup.deposit(ETH, 1009, sender=actors.alice)
        with pytest.raises(RefusedOperation):
            actors.rollup.withdraw(ETH, 1010, sender=actors.alice)
        actors.rollup.withdraw(ETH, 11, sender=actors.alice)
    with running(actors, file) as operator:
        assert [pooled.operation.amount for pooled in operator.sequencer.pool] == [11]


def test_policy_and_limits_are_the_new_operators(actors, file):
    with running(actors, file):
        work(actors)
    with running(actors, file, policy=FeePriority()) as operator:
        assert operator.policy == FeePriority()
        assert len(operator.sequencer.pool) == 2


# What L1 did meanwhile


def test_a_proof_that_l1_took_before_the_store_knew_is_not_sent_again(actors, file):
    with running(actors, file) as operator:
        work(actors)
        batch = operator.state.sealed[0]
        before = operator.state
        operator.finalize(operator.prove(batch))
        operator._store.save(operator.state, before)  # as if killed before the last transitions were kept
    nonce = actors.l1.nonce(actors.operator_account)
    with running(actors, file) as operator:
        assert [settled.number for settled in operator.state.settled] == [1, 2]
        assert operator.mirror.applied == 2
        assert actors.l1.nonce(actors.operator_account) == nonce
        operator.settle()
    assert_solvent_with(actors, file)


def test_a_commit_that_l1_took_before_the_store_knew_is_not_sent_again(actors, file):
    with running(actors, file) as operator:
        work(actors)
        before = operator.state
        operator.commit(operator.state.sealed[1])
        operator._store.save(operator.state, before)
    with running(actors, file) as operator:
        operator.settle()
    numbers = [e["number"] for e in actors.l1.logs(address=actors.rollup.contract, event="BatchCommitted")]
    assert numbers == [1, 2, 3, 4]
    assert_solvent_with(actors, file)


def assert_solvent_with(actors, file):
    with running(actors, file):
        assert_solvent(actors.rollup, ETH)


def test_a_reorg_while_nobody_ran_is_noticed(actors, file):
    with running(actors, file) as operator:
        actors.rollup.deposit(ETH, 1009, sender=actors.alice)
        actors.rollup.settle()
        block = actors.l1.block_number
        actors.rollup.deposit(ETH, 11, sender=actors.bob)
        actors.rollup.settle()
    actors.l1.reorg(actors.l1.block_number - block, transactions=lambda _: [])
    with running(actors, file) as operator:
        assert [batch.number for batch in operator.state.recovery.discarded] == [2]
        assert len(operator.state.settled) == 1
        assert operator.ledger.balance_of(int(actors.bob.address, 16), ETH) == 0


def test_deposits_that_came_while_nobody_ran_are_taken_in(actors, file):
    with running(actors, file):
        actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    key = actors.bob.key.public
    actors.rollup.lock.depositETH(actors.bob.address, *key, sender=actors.bob, value=11)
    with running(actors, file) as operator:
        assert [entry.operation.amount for entry in operator.sequencer.queue] == [1009, 11]


# Snapshots of the ledger


def test_a_snapshot_of_a_batch_that_l1_took_back_is_not_used(actors, file, monkeypatch):
    monkeypatch.setattr(changes, "SNAPSHOT_INTERVAL", 1)
    with running(actors, file):
        actors.rollup.deposit(ETH, 1009, sender=actors.alice)
        actors.rollup.settle()
        block = actors.l1.block_number
        actors.rollup.deposit(ETH, 11, sender=actors.bob)
        actors.rollup.settle()
    actors.l1.reorg(actors.l1.block_number - block, transactions=lambda _: [])
    with running(actors, file) as operator:
        assert [batch.number for batch in operator.state.recovery.discarded] == [2]
        assert operator.ledger.root == actors.rollup.contract.stateRoot()
        actors.rollup.deposit(ETH, 13, sender=actors.bob)
        actors.rollup.settle()
    with running(actors, file) as operator:
        assert operator.ledger.balance_of(int(actors.bob.address, 16), ETH) == 13
        assert operator.ledger.root == actors.rollup.contract.stateRoot()


def test_a_forged_snapshot_that_fits_its_forged_batch_is_refused_as_l1_has_another(actors, file, monkeypatch):
    monkeypatch.setattr(changes, "SNAPSHOT_INTERVAL", 1)
    with running(actors, file) as operator:
        actors.rollup.deposit(ETH, 1009, sender=actors.alice)
        actors.rollup.deposit(ETH, 503, sender=actors.bob)
        actors.rollup.settle()
        honest = operator.ledger
    forge_balance(file, honest, operator.state.settled[0].sealed.header, 10**6)
    with pytest.raises(BrokenStore, match="batch 1: its root") as refusal, running(actors, file):
        pass
    assert (refusal.value.path, refusal.value.table) == (file, "batch")


def forge_balance(file, ledger, header, amount):
    """Gives account 0 more in the snapshot and in its batch's root, as one who computes checksums anew."""
    rich = replace(ledger.account(0), balance=amount)
    root = ledger.replaced(0, rich).root
    with closing(Database(file)) as database:
        _, _, *rest = database.read()["batch"][0]
        forged = text(dump_header(replace(header, new_root=root)))
        database.write(
            [
                Change("account", (0,), (text(dump_account(rich)),)),
                Change("batch", (1,), (forged, *rest)),
            ]
        )


# One transaction a transition


def test_a_transition_that_cannot_be_written_did_not_happen(actors, file):
    with running(actors, file) as operator:
        actors.rollup.deposit(ETH, 1009, sender=actors.alice)
        before = operator.state
        operator._store._database._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreUnavailable, match="read-only") as refusal:
            actors.rollup.withdraw(ETH, 11, sender=actors.alice)
        assert refusal.value.path == file
        assert operator.state is before
        operator._store._database._connection.execute("PRAGMA query_only = OFF")
        actors.rollup.withdraw(ETH, 13, sender=actors.alice)
    with running(actors, file) as operator:
        assert [pooled.operation.amount for pooled in operator.sequencer.pool] == [13]


def test_a_statement_that_fails_midway_leaves_the_file_as_it_was(actors, file):
    with running(actors, file) as operator:
        work(actors)
        operator.sync()
        store, before = operator._store, operator.state
        trigger = "CREATE TRIGGER no BEFORE INSERT ON pool BEGIN SELECT RAISE(ABORT, 'no'); END"
        store._database._connection.execute(trigger)
        with pytest.raises(BrokenStore, match="no"):
            actors.rollup.transfer(ETH, 23, sender=actors.alice, to=actors.bob, fee=2)
        store._database._connection.execute("DROP TRIGGER no")
        assert operator.state is before
    with running(actors, file) as operator:
        assert remembered(operator.state) == remembered(before)


KEEPING = frozenset({memory.__file__, database.__file__, store_module.__file__})


def is_interrupted(point, action):
    """Acts, with Ctrl-C at the ``point``-th bytecode that keeps the state; tells whether it came to it."""
    left = point

    def watch(frame, event, argument):
        nonlocal left
        if frame.f_code.co_filename not in KEEPING:
            return None
        frame.f_trace_opcodes = True
        left -= event == "opcode"
        if not left:
            raise KeyboardInterrupt
        return watch

    other = sys.gettrace()
    sys.settrace(watch)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(other)
    return False


def test_an_interrupted_transition_happened_in_memory_and_store_or_in_neither(actors, file):
    ends = set()
    with running(actors, file) as operator:

        def confirm(blocks):
            operator.confirmations = blocks

        for point in itertools.count(1):
            before, confirmations = operator.state, 2 * point
            if not is_interrupted(point, lambda: confirm(confirmations)):  # noqa: B023
                break
            happened = operator.state is not before
            assert operator.confirmations == (confirmations if happened else before.confirmations)
            assert stored(operator) == operator.confirmations
            ends.add(happened)
            confirm(confirmations + 1)  # and the store takes the next one
    assert ends == {True, False}
    assert point > 100


def stored(operator):
    rows = operator._store._database.read()["memory"]
    return json.loads(dict(rows)["confirmations"])


@pytest.mark.parametrize("statements", [["BEGIN IMMEDIATE"], ["BEGIN IMMEDIATE", "DELETE FROM pool"]])
def test_a_transaction_that_a_second_interrupt_left_open_is_rolled_back(actors, file, statements):
    with running(actors, file) as operator:
        actors.rollup.deposit(ETH, 1009, sender=actors.alice)
        for statement in statements:
            operator._store._database._connection.execute(statement)
        actors.rollup.withdraw(ETH, 13, sender=actors.alice)
    with running(actors, file) as operator:
        assert [pooled.operation.amount for pooled in operator.sequencer.pool] == [13]


# Files


def test_two_operators_cannot_have_one_store(file):
    with closing(OperatorStore(file)), pytest.raises(StoreInUse) as refusal:
        OperatorStore(file)
    assert refusal.value.path == file
    OperatorStore(file).close()


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("this is no database, and long enough that it is looked at" * 20)
    with pytest.raises(BrokenStore):
        OperatorStore(text)
    assert text.read_text().startswith("this is no")
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE things (name TEXT)")
    with pytest.raises(BrokenStore, match="version 0"):
        OperatorStore(other)


def test_a_store_of_another_rollup_is_refused(actors, file):
    with running(actors, file):
        work(actors)
    other = Devnet.start(mode=ProofMode.MOCK, accounts=5)
    theirs = other.rollup.operator
    with (
        closing(OperatorStore(file)) as store,
        pytest.raises(BrokenStore, match="another rollup: its domain"),
    ):
        Operator(theirs.bridge, theirs.mirror, theirs.prover, store=store)


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("UPDATE batch SET signed = replace(signed, '107', '108') WHERE number = 2", "batch"),
        ("UPDATE pool SET operation = '[5]'", "pool"),
        ("UPDATE proof SET proof = '{}'", "proof"),
        ("DELETE FROM batch WHERE number = 1", "batch"),
        ("DELETE FROM memory WHERE name = 'fee_account'", "memory"),
    ],
    ids=["operation", "pool", "proof", "missing batch", "memory"],
)
def test_a_store_that_was_changed_by_others_is_refused(actors, file, change, table):
    with running(actors, file):
        work(actors)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute(change).rowcount > 0
        connection.commit()
    with pytest.raises(BrokenStore, match=f"table {table}: its rows") as refusal, running(actors, file):
        pass
    assert (refusal.value.path, refusal.value.table) == (file, table)


def test_real_proofs_are_kept_and_used_after_a_restart(file):
    devnet = shared_devnet()
    with devnet.anchor():
        actors = cast(devnet)
        with running(actors, file) as operator:
            actors.rollup.deposit(ETH, 1009, sender=actors.alice)
            exit_ = actors.rollup.withdraw(ETH, 103, sender=actors.alice, recipient=STRANGER)
            proof = operator.prove(actors.rollup.seal()).proof
        with running(actors, file) as operator, pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(operator.prover), "make_batch", lambda *_, **__: pytest.fail("proved twice"))
            assert operator.state.proven[1].proof == proof
            operator.settle()
            exit_.claim(sender=actors.carol)
        assert actors.l1.balance(STRANGER) == 103
