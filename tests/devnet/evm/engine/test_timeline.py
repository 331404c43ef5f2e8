"""Going back: snapshots, historical states, reorganisations."""

from dataclasses import replace

import pytest
from tests.devnet.evm.engine.support import (
    ALICE,
    BOB,
    CAROL,
    COUNTER,
    ETHER,
    STRANGER,
    deploy,
    make_engine,
    pay,
)

from zkrollup.evm.engine.blocks import UnknownBlock
from zkrollup.evm.engine.timeline import InvalidReorg
from zkrollup.evm.engine.transactions import CallFields


def count(engine, contract, sender=ALICE):
    return engine.send(engine.sign(CallFields(sender, contract, gas=100_000)))


# --- snapshots


def test_a_revert_restores_state_blocks_time_and_keys(engine):
    engine.send(pay(engine))
    engine.increase_time(50)
    snapshot, head = engine.snapshot(), engine.head
    engine.send(pay(engine, value=307))
    outsider = engine.add_key(b"\x07" * 32)
    engine.set_balance(outsider, 5)
    engine.mine(3, timestamp=head.timestamp + 1_000)
    assert engine.revert(snapshot)
    assert engine.head is head
    assert (engine.balance(STRANGER), engine.balance(outsider)) == (501, 0)
    assert not engine.can_send(outsider)
    assert engine.mine()[0].timestamp == head.timestamp + 51


def test_a_snapshot_is_consumed_unless_it_is_kept(engine):
    kept, once = engine.snapshot(), engine.snapshot()
    assert engine.revert(once)
    assert not engine.revert(once)
    assert engine.revert(kept, keep=True)
    assert engine.revert(kept, keep=True)
    assert engine.has_snapshot(kept)
    engine.discard(kept)
    engine.discard(kept)
    assert not engine.revert(kept)


def test_a_revert_ends_the_later_snapshots_and_an_unknown_one_changes_nothing(engine):
    outer = engine.snapshot()
    engine.mine()
    inner = engine.snapshot()
    engine.mine()
    assert not engine.revert(77)
    assert engine.head.number == 2
    assert engine.revert(outer)
    assert not engine.revert(inner)
    assert engine.snapshot() not in (outer, inner)


def test_two_ways_after_a_snapshot_do_not_see_each_other(engine):
    contract = deploy(engine, COUNTER)
    snapshot = engine.snapshot()
    hashes = []
    for _ in range(2):
        count(engine, contract)
        hashes.append(engine.head.hash)
        assert engine.storage(contract, 0) == 1
        engine.revert(snapshot, keep=True)
    assert hashes[0] == hashes[1]
    count(engine, contract, BOB)
    assert engine.head.hash != hashes[0]


# --- history


def test_an_earlier_blocks_state_is_read_and_the_latest_is_as_it_was(engine):
    contract = deploy(engine, COUNTER)
    for _ in range(3):
        count(engine, contract)
    engine.send(pay(engine, BOB))
    for number, words in enumerate((0, 0, 1, 2, 3, 3)):
        assert engine.storage(contract, 0, at=number) == words
    assert [engine.nonce(ALICE, at=n) for n in range(6)] == [0, 1, 2, 3, 4, 4]
    assert engine.code(contract, at=0) == b""
    assert engine.code(contract, at=1) == engine.code(contract) != b""
    assert engine.balance(STRANGER, at=engine.block(4).hash) == 0
    assert engine.balance(STRANGER, at="earliest") == 0
    assert engine.balance(STRANGER) == engine.balance(STRANGER, at="safe") == 501
    with pytest.raises(UnknownBlock):
        engine.balance(STRANGER, at=6)


def test_a_call_at_an_earlier_block_runs_in_its_context_on_its_state(engine):
    contract = deploy(engine, COUNTER)
    seen = deploy(engine, "435f5260205ff3")  # return number
    for _ in range(2):
        count(engine, contract)
    for at, number in ((2, 2), (3, 3), ("latest", 4), ("pending", 5)):
        assert int.from_bytes(engine.call(CallFields(ALICE, seen), at=at).output, "big") == number
    counts = [engine.call(CallFields(ALICE, contract), at=at).output[-1] for at in (2, 3, 4)]
    assert counts == [1, 2, 3]
    assert engine.storage(contract, 0) == 2


def test_a_cheat_counts_for_the_block_that_was_the_latest(engine):
    engine.mine()
    engine.set_balance(STRANGER, 7)
    assert engine.balance(STRANGER) == engine.balance(STRANGER, at=1) == 7
    engine.mine()
    engine.set_balance(STRANGER, 9)
    assert [engine.balance(STRANGER, at=n) for n in (0, 1, 2)] == [0, 7, 9]


def test_the_state_before_a_transaction_includes_those_before_it_in_its_block(engine):
    engine.automine = False
    sent = [engine.send(pay(engine, value=value)) for value in (3, 5, 7)]
    engine.mine()
    for transaction_hash, earlier in zip(sent, (0, 3, 8), strict=True):
        with engine.before(transaction_hash) as (state, mined):
            assert mined.hash == transaction_hash
            assert state.get_balance(STRANGER) == earlier
            assert state.block_number == 1
            state.set_balance(STRANGER, 99)
    assert engine.balance(STRANGER) == 15
    with pytest.raises(LookupError, match="is not mined"), engine.before(b"\x01" * 32):
        pass


# --- reorganisations


def test_a_reorganisation_replaces_blocks_and_keeps_transactions_and_their_order(engine):
    for value, sender in ((3, ALICE), (5, BOB), (7, ALICE)):
        engine.send(pay(engine, sender, value=value))
    old = [engine.block(n) for n in range(4)]
    done = engine.reorg(2)
    assert done.dropped == tuple(old[2:])
    assert done.added == tuple(engine.block(n) for n in (2, 3))
    assert done.refused == ()
    assert engine.block(1) is old[1]
    assert {b.hash for b in done.dropped}.isdisjoint(b.hash for b in done.added)
    assert [[m.hash for m in b.transactions] for b in done.added] == [
        [m.hash for m in b.transactions] for b in done.dropped
    ]
    assert engine.balance(STRANGER) == 15
    assert engine.block(2).header.parent_hash == old[1].hash
    with pytest.raises(UnknownBlock):
        engine.block(old[3].hash)
    assert engine.transaction(old[3].transactions[0].hash).block_hash == engine.head.hash


def test_a_reorganisation_can_drop_and_reorder(engine):
    for value, sender in ((3, ALICE), (5, BOB), (7, CAROL)):
        engine.send(pay(engine, sender, value=value))
    done = engine.reorg(3, transactions=lambda old: [old[2], old[0]])
    assert [[m.sender for m in b.transactions] for b in done.added] == [[CAROL], [ALICE], []]
    assert engine.balance(STRANGER) == 10
    assert engine.nonce(BOB) == 0


def test_what_no_longer_fits_is_reported(engine):
    engine.send(pay(engine, value=3))
    engine.send(pay(engine, value=5))
    second = engine.head.transactions[0].transaction
    done = engine.reorg(2, transactions=lambda old: old[1:])
    ((refused, reason),) = done.refused
    assert refused == second
    assert reason.startswith("nonce too high: 1 ")
    assert engine.balance(STRANGER) == 0
    assert engine.head.number == 2


def test_a_transaction_may_come_out_differently_on_the_other_branch(engine):
    contract = deploy(engine, COUNTER)
    hashes = [count(engine, contract, sender) for sender in (ALICE, BOB)]
    engine.reorg(2, transactions=lambda old: [old[1], old[0]])
    outputs = {h: engine.transaction(h).logs[0].data[-1] for h in hashes}
    assert outputs == {hashes[0]: 2, hashes[1]: 1}


@pytest.mark.parametrize("depth", [0, -1, 3])
def test_a_reorganisation_of_nothing_or_of_genesis_is_refused(engine, depth):
    engine.mine(2)
    head = engine.head
    with pytest.raises(InvalidReorg, match="must be 1 to 2") as caught:
        engine.reorg(depth)
    assert caught.value.depth == depth
    assert engine.head is head
    assert engine.reorg(2).added[-1] is engine.head


def test_a_choice_that_fails_changes_nothing(engine):
    engine.send(pay(engine))
    head, snapshot = engine.head, engine.snapshot()
    with pytest.raises(IndexError):
        engine.reorg(1, transactions=lambda old: [old[7]])
    assert engine.head is head
    assert engine.balance(STRANGER) == 501
    assert engine.has_snapshot(snapshot)


def test_a_listener_of_a_removed_block_sees_the_chain_without_it(engine):
    seen = []
    engine.automine = False
    snapshot = engine.snapshot()
    engine.send(pay(engine))
    engine.mine(2)
    engine.subscribe(
        lambda notice: seen.append((engine.head.number, len(engine.pending), engine.nonce(ALICE)))
    )
    engine.revert(snapshot)
    assert seen == [(0, 0, 0), (0, 0, 0)]


@pytest.mark.parametrize(("ahead", "kept"), [(1, False), (500, True)])
def test_what_is_set_for_the_next_block_is_not_spent_on_the_replaced_ones(engine, ahead, kept):
    engine.mine()
    engine.schedule = replace(engine.schedule, base_fee=80)
    time = engine.head.timestamp + ahead
    engine.set_next_block_timestamp(time)
    (new,) = engine.reorg(1).added
    assert new.header.base_fee != 80
    (following,) = engine.mine()
    assert following.header.base_fee == 80
    assert following.timestamp == (time if kept else new.timestamp + 1)


def test_snapshots_from_before_the_fork_stay_and_later_ones_go(engine):
    engine.mine()
    before = engine.snapshot()
    engine.send(pay(engine))
    after = engine.snapshot()
    engine.mine()
    engine.reorg(2)
    assert not engine.revert(after)
    assert engine.balance(STRANGER) == 501
    assert engine.revert(before)
    assert (engine.head.number, engine.balance(STRANGER)) == (1, 0)


def test_cheats_from_before_the_fork_stay_and_later_ones_go(engine):
    engine.mine()
    engine.set_balance(STRANGER, 2 * ETHER)
    engine.mine()
    engine.set_balance(CAROL, 3 * ETHER)
    engine.mine()
    engine.reorg(2)
    assert engine.balance(STRANGER) == 2 * ETHER
    assert engine.balance(CAROL) == 10_000 * ETHER


def test_exact_roots_go_back_and_forth_too():
    engine, twin = make_engine(exact_roots=True), make_engine(exact_roots=True)
    engine.send(pay(engine))
    snapshot = engine.snapshot()
    engine.send(pay(engine, value=307))
    engine.set_storage(BOB, 1, 5)
    engine.mine()
    engine.revert(snapshot)
    for one in (engine, twin):
        if one is twin:
            one.send(pay(one))
        one.send(pay(one, BOB, value=211))
    assert engine.head == twin.head
    engine.reorg(1)
    assert engine.head.header.state_root != twin.head.header.state_root
    assert engine.proof(STRANGER).balance == 501 + 211
