"""Filters and listeners: what is new, and what is taken back."""

import pytest
from tests.devnet.evm.engine.support import ALICE, BOB, COUNTED, COUNTER, deploy, pay

from zkrollup.evm.engine.blocks import Added, Removed
from zkrollup.evm.engine.filters import UnknownFilter
from zkrollup.evm.engine.pool import Arrived
from zkrollup.evm.engine.transactions import CallFields, InvalidTransaction


@pytest.fixture
def counter(engine):
    return deploy(engine, COUNTER)


def count(engine, contract, sender=ALICE):
    return engine.send(engine.sign(CallFields(sender, contract, gas=100_000)))


def told(engine, number):
    return [(log.block_number, log.removed) for log in engine.filters.changes(number)]


def test_each_filter_tells_its_kind_once(engine, counter):
    blocks, pending, logs = (
        engine.filters.add_block(),
        engine.filters.add_pending(),
        engine.filters.add_log([counter], [[COUNTED]]),
    )
    sent = count(engine, counter)
    (empty,) = engine.mine()
    assert engine.filters.changes(blocks) == [empty.header.parent_hash, empty.hash]
    assert engine.filters.changes(pending) == [sent]
    assert [log.transaction_hash for log in engine.filters.changes(logs)] == [sent]
    assert [engine.filters.changes(f) for f in (blocks, pending, logs)] == [[], [], []]


def test_a_log_filter_tells_only_what_matches(engine, counter):
    other = deploy(engine, COUNTER)
    mine = engine.filters.add_log([counter])
    bobs = engine.filters.add_log(topics=[None, [BOB.rjust(32, b"\0")]])
    head = engine.head.number
    bounded = engine.filters.add_log(first=head + 2, last=head + 3)
    for contract, sender in ((counter, ALICE), (other, BOB), (counter, BOB), (other, ALICE)):
        count(engine, contract, sender)
    assert [n - head for n, _ in told(engine, mine)] == [1, 3]
    assert [n - head for n, _ in told(engine, bobs)] == [2, 3]
    assert [n - head for n, _ in told(engine, bounded)] == [2, 3]


def test_all_logs_of_a_filter_are_those_of_its_blocks_now(engine, counter):
    for _ in range(3):
        count(engine, counter)
    last = engine.head.number
    number = engine.filters.add_log(first=last - 1, last="latest")
    assert [log.block_number for log in engine.filters.logs(number)] == [last - 1, last]
    count(engine, counter)
    assert [log.block_number for log in engine.filters.logs(number)] == [last - 1, last, last + 1]


def test_what_was_told_is_taken_back_after_a_revert_and_what_was_not_is_forgotten(engine, counter):
    blocks, pending, logs = (
        engine.filters.add_block(),
        engine.filters.add_pending(),
        engine.filters.add_log([counter]),
    )
    snapshot, start = engine.snapshot(), engine.head.number
    count(engine, counter)
    assert told(engine, logs) == [(start + 1, False)]
    kept = engine.head.hash
    count(engine, counter)
    engine.revert(snapshot, keep=True)
    assert told(engine, logs) == [(start + 1, True)]
    assert engine.filters.changes(blocks) == []
    assert engine.filters.changes(pending) == []
    count(engine, counter)
    assert told(engine, logs) == [(start + 1, False)]
    assert engine.filters.changes(blocks) == [engine.head.hash] == [kept]


def test_what_was_told_and_what_was_not_are_kept_apart_over_several_blocks(engine, counter):
    snapshot, start = engine.snapshot(), engine.head.number
    logs, blocks = engine.filters.add_log([counter]), engine.filters.add_block()
    for _ in range(2):
        count(engine, counter)
    assert told(engine, logs) == [(start + 1, False), (start + 2, False)]
    for _ in range(2):
        count(engine, counter)
    engine.revert(snapshot)
    count(engine, counter, BOB)
    assert told(engine, logs) == [(start + 2, True), (start + 1, True), (start + 1, False)]
    assert engine.filters.changes(blocks) == [engine.head.hash]


def test_a_filter_takes_back_nothing_from_before_it_was_made(engine, counter):
    snapshot = engine.snapshot()
    count(engine, counter)
    logs = engine.filters.add_log([counter])
    engine.revert(snapshot)
    assert told(engine, logs) == []
    count(engine, counter)
    assert told(engine, logs) == [(2, False)]


def test_a_reorganisation_takes_back_and_tells_anew(engine, counter):
    logs, blocks = engine.filters.add_log([counter]), engine.filters.add_block()
    count(engine, counter)
    assert told(engine, logs) == [(2, False)]
    old = engine.filters.changes(blocks)
    engine.reorg(1)
    first, second = engine.filters.changes(logs)
    assert (first.removed, second.removed) == (True, False)
    assert [first.block_hash] == old
    assert second.block_hash == engine.head.hash
    assert first.transaction_hash == second.transaction_hash
    assert engine.filters.changes(blocks) == [engine.head.hash]


def test_a_removed_or_unknown_filter_is_refused(engine):
    number = engine.filters.add_block()
    assert engine.filters.remove(number)
    assert not engine.filters.remove(number)
    for unknown in (number, 77):
        with pytest.raises(UnknownFilter, match=f"^filter not found: {unknown} was") as caught:
            engine.filters.changes(unknown)
        assert caught.value.number == unknown
    with pytest.raises(UnknownFilter, match="not for logs"):
        engine.filters.logs(engine.filters.add_block())


def test_numbers_are_not_given_twice(engine):
    first = engine.filters.add_block()
    engine.filters.remove(first)
    assert engine.filters.add_log() != first


def test_a_listener_hears_of_arrivals_and_blocks_in_order_until_it_ends(engine):
    heard = []
    end = engine.subscribe(heard.append)
    snapshot = engine.snapshot()
    sent = engine.send(pay(engine))
    first, second = engine.head, engine.mine()[0]
    engine.revert(snapshot)
    assert heard == [Arrived(sent), Added(first), Added(second), Removed(second), Removed(first)]
    end()
    engine.mine()
    assert len(heard) == 5


def test_a_refused_transaction_is_heard_of_by_nobody(engine):
    heard = []
    engine.subscribe(heard.append)
    with pytest.raises(InvalidTransaction, match=r"^nonce too high: 5"):
        engine.send(pay(engine, nonce=5))
    assert heard == []
