"""Transactions that wait: order, replacement, what is dropped."""

from itertools import count

import pytest
from tests.devnet.evm.engine.support import ALICE, BOB, CAROL, ETHER, STRANGER, pay, resign

from zkrollup.evm.engine.transactions import InvalidTransaction


@pytest.fixture
def engine(engine):
    engine.automine = False
    return engine


def tipped(engine, sender, tip, **fields):
    return pay(engine, sender, max_priority_fee_per_gas=tip, max_fee_per_gas=10**10, **fields)


def test_without_automine_a_transaction_waits_and_the_next_block_takes_it(engine):
    sent = engine.send(pay(engine))
    assert engine.head.number == 0
    assert engine.balance(STRANGER) == 0
    waiting = engine.transaction(sent)
    assert (waiting.hash, waiting.sender, len(engine.pending)) == (sent, ALICE, 1)
    (block,) = engine.mine()
    assert [m.hash for m in block.transactions] == [sent]
    assert engine.transaction(sent).block_number == 1
    assert engine.balance(STRANGER) == 501
    assert len(engine.pending) == 0


def test_the_highest_tip_is_first_then_the_earliest_and_nonces_stay_in_order(engine):
    names = {}
    for name, sender, tip in (
        ("alice low", ALICE, 3),
        ("alice high", ALICE, 101),
        ("bob", BOB, 7),
        ("carol", CAROL, 7),
    ):
        names[engine.send(tipped(engine, sender, tip))] = name
    (block,) = engine.mine()
    assert [names[m.hash] for m in block.transactions] == ["bob", "carol", "alice low", "alice high"]


def test_a_nonce_ahead_waits_until_the_gap_is_filled(engine):
    ahead = engine.send(pay(engine, nonce=1))
    assert engine.mine()[0].transactions == ()
    assert not engine.pending.is_ready(engine.transaction(ahead), engine.nonce(ALICE))
    assert engine.nonce(ALICE, at="pending") == 0
    engine.send(pay(engine, value=307))
    assert engine.pending.is_ready(engine.transaction(ahead), engine.nonce(ALICE))
    assert engine.nonce(ALICE, at="pending") == 2
    assert len(engine.mine()[0].transactions) == 2


def test_a_replacement_must_outbid_by_a_tenth(engine):
    old = tipped(engine, ALICE, 100)
    engine.send(old)
    with pytest.raises(InvalidTransaction, match=r"^already known: "):
        engine.send(old)
    for tip, cap in ((109, 2 * 10**10), (200, 10**10 + 5)):
        with pytest.raises(InvalidTransaction, match=r"^replacement transaction underpriced: .* 10 % over"):
            engine.send(resign(engine, old, max_priority_fee_per_gas=tip, max_fee_per_gas=cap))
    new = resign(engine, old, max_priority_fee_per_gas=110, max_fee_per_gas=11 * 10**9, value=307)
    engine.send(new)
    assert engine.transaction(old.hash) is None
    assert [p.hash for p in engine.pending] == [new.hash]
    engine.mine()
    assert engine.balance(STRANGER) == 307


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"value": 20_000 * ETHER}, "^insufficient funds for gas"),
        ({"gas": 20_999}, "^intrinsic gas too low"),
        ({"gas": 30_000_001}, "^intrinsic gas too high"),
        (
            {"max_fee_per_gas": 5, "max_priority_fee_per_gas": 7},
            "^max priority fee per gas higher than max fee per gas: 7 over 5",
        ),
    ],
)
def test_what_can_never_be_mined_does_not_enter(engine, fields, rule):
    with pytest.raises(InvalidTransaction, match=rule):
        engine.send(pay(engine, **fields))
    assert len(engine.pending) == 0


def test_a_used_nonce_and_another_chains_transaction_do_not_enter(engine):
    engine.send(pay(engine))
    engine.mine()
    with pytest.raises(InvalidTransaction, match=r"^nonce too low: 0 of 0x.* is used, the next is 1"):
        engine.send(pay(engine, nonce=0))
    with pytest.raises(InvalidTransaction, match="signed for chain 5"):
        engine.send(resign(engine, pay(engine), chain_id=5))


def test_a_fee_below_the_base_fee_waits_until_that_has_fallen(engine):
    # The base fee is 10^9 at genesis and falls by an eighth with each empty block.
    sent = engine.send(pay(engine, max_fee_per_gas=700_000_000))
    assert [len(b.transactions) for b in engine.mine(4)] == [0, 0, 1, 0]
    assert engine.transaction(sent).effective_gas_price == engine.block(3).header.base_fee == 669_921_875


def test_a_full_block_leaves_the_rest_for_the_next(engine):
    for sender, gas in ((ALICE, 20_000_000), (BOB, 20_000_000), (CAROL, 21_000)):
        engine.send(pay(engine, sender, gas=gas))
    first, second = engine.mine(2)
    # Gas that is not used is room again: 21,000 each.
    assert [len(b.transactions) for b in (first, second)] == [3, 0]
    engine.schedule = engine.schedule.__class__(30_000)
    for sender in (ALICE, BOB):
        engine.send(pay(engine, sender))
    assert [[m.sender for m in b.transactions] for b in engine.mine(2)] == [[ALICE], [BOB]]


def test_what_was_mined_otherwise_no_longer_waits(engine):
    engine.send(pay(engine, max_priority_fee_per_gas=3))
    engine.mine_transaction(pay(engine, nonce=0, value=307))
    assert len(engine.pending) == 0
    assert engine.balance(STRANGER) == 307


def test_a_dropped_transaction_is_not_mined_and_an_unknown_one_cannot_be_dropped(engine):
    sent = engine.send(pay(engine))
    assert engine.pending.remove(sent)
    assert not engine.pending.remove(sent)
    assert engine.mine()[0].transactions == ()
    engine.send(pay(engine))
    engine.pending.clear()
    assert engine.mine()[0].transactions == ()


def test_a_snapshot_holds_what_waits(engine):
    kept = engine.send(pay(engine))
    snapshot = engine.snapshot()
    engine.send(pay(engine, BOB))
    engine.mine()
    engine.revert(snapshot)
    assert [p.hash for p in engine.pending] == [kept]
    later = engine.send(pay(engine, BOB))
    assert [p.hash for p in engine.pending] == [kept, later]


def test_the_pending_block_is_the_one_that_mining_makes_and_leaves_no_trace(engine):
    sent = engine.send(pay(engine))
    pending = engine.block("pending")
    assert [m.hash for m in pending.transactions] == [sent]
    assert engine.balance(STRANGER, at="pending") == 501
    assert engine.balance(STRANGER) == 0
    assert engine.head.number == 0
    assert engine.mine()[0] == pending


def test_replacing_keeps_arrivals_apart(engine):
    numbers = count(1)
    for sender in (CAROL, ALICE, BOB):
        engine.send(pay(engine, sender, value=next(numbers)))
    assert [p.sender for p in engine.pending] == [CAROL, ALICE, BOB]
