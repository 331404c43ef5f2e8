"""Forced withdrawals in the ledger: never refused, and nothing moves where they do not apply."""

from dataclasses import replace

import pytest
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    CAROL,
    CAROL_TOKEN,
    DAVE,
    DOMAIN,
    ERIN,
    ERIN_ETH,
    FREE,
    FULL,
    NUMBER,
    OWNERS,
    TOKEN,
    account,
    deposit,
    forced,
    populated,
    transfer,
)

from zkrollup.circuits.encoding import SlotWords, exit_leaf
from zkrollup.crypto.quadtree import LeafIndexError
from zkrollup.ledger.operations import ForcedWithdrawal
from zkrollup.ledger.transition import Exit, RefusedOperation, apply_batch, apply_operation


@pytest.fixture
def state():
    return populated(4)


def apply(state, operation, *, slot=1):
    return apply_operation(state, operation, domain=DOMAIN, batch=NUMBER, slot=slot)


def test_an_owner_takes_money_out_without_a_signature(state):
    after, trace = apply(state, forced(CAROL, CAROL_TOKEN, 67), slot=2)
    assert after.account(CAROL_TOKEN) == account(CAROL, TOKEN, 409 - 67, 11)
    assert trace.exit == Exit(NUMBER, 2, OWNERS[CAROL], TOKEN, 67)
    assert trace.exit.leaf == exit_leaf(NUMBER << 16 | 2, OWNERS[CAROL], TOKEN, 67)
    assert trace.fee == 0


@pytest.mark.parametrize("amount", [0, 1, 1009])
def test_any_amount_up_to_the_balance_applies(state, amount):
    after, trace = apply(state, forced(ALICE, ALICE_ETH, amount))
    assert after.account(ALICE_ETH).balance == 1009 - amount
    assert trace.exit.amount == amount


@pytest.mark.parametrize(
    "request_",
    [
        forced(BOB, ALICE_ETH, 1),
        forced(BOB, ALICE_ETH, 0),
        ForcedWithdrawal(ALICE_ETH, OWNERS[ALICE] ^ 1 << 159, 1),
        ForcedWithdrawal(ALICE_ETH, 0, 0),
        forced(ALICE, ALICE_ETH, 1010),
        forced(ALICE, ALICE_ETH, FULL),
        forced(DAVE, FREE, 0),
        forced(DAVE, FREE, FULL),
        ForcedWithdrawal(FREE, 0, 0),
        forced(ALICE, 255, 5),
    ],
    ids=str,
)
def test_one_that_does_not_apply_moves_nothing_and_is_not_refused(state, request_):
    after, trace = apply(state, request_)
    assert after == state
    assert dict(after.accounts) == dict(state.accounts)
    assert trace.exit is None
    assert trace.words == request_.words()


def test_the_nonce_stays_also_where_it_is_used_up():
    state = populated(4, nonce=1 << 32)
    after, _ = apply(state, forced(ALICE, ALICE_ETH, 9))
    assert after.account(ALICE_ETH) == account(ALICE, 0, 1000, 1 << 32)


def test_its_words_hold_who_pays_who_asked_and_how_much():
    words = ForcedWithdrawal(3, 0xA11CE, 113).words()
    assert words == SlotWords(4 << 208 | 3 << 160 | 113, 0xA11CE)
    assert words.posted() == b""


def test_the_same_request_twice_pays_twice_while_there_is_enough(state):
    operations = [forced(ALICE, ALICE_ETH, 500)] * 3
    after, trace = apply_batch(state, operations, number=NUMBER, slots=3, domain=DOMAIN)
    assert [(e.slot, e.amount) for e in trace.exits] == [(0, 500), (1, 500)]
    assert after.account(ALICE_ETH).balance == 9
    assert list(trace.exit_tree.leaves()) == [(e.slot, e.leaf) for e in trace.exits]


def test_it_sees_the_deposit_before_it(state):
    operations = [forced(DAVE, FREE, 37), deposit(DAVE, FREE, 0, 37), forced(DAVE, FREE, 37)]
    _, trace = apply_batch(state, operations, number=NUMBER, slots=3, domain=DOMAIN)
    assert [e.slot for e in trace.exits] == [2]


def test_what_it_takes_is_gone_for_a_transfer_after_it(state):
    operations = [forced(ALICE, ALICE_ETH, 1000), transfer(state, ALICE_ETH, BOB_ETH, 10, key=ALICE)]
    with pytest.raises(RefusedOperation, match=r"balance.*holds 9, less than 10"):
        apply_batch(state, operations, number=NUMBER, slots=3, domain=DOMAIN)
    operations[0] = forced(ALICE, ALICE_ETH, 999)
    apply_batch(state, operations, number=NUMBER, slots=3, domain=DOMAIN)


def test_fees_of_a_batch_come_too_late_for_one_in_it(state):
    operations = [forced(ERIN, ERIN_ETH, 241), transfer(state, ALICE_ETH, BOB_ETH, 5, key=ALICE, fee=30)]
    after, trace = apply_batch(state, operations, number=NUMBER, slots=3, domain=DOMAIN, fee_account=ERIN_ETH)
    assert trace.exits == ()
    _, trace = apply(after, operations[0])
    assert trace.exit.amount == 241


@pytest.mark.parametrize("amount", [-1, 1 << 128])
def test_an_amount_that_l1_has_no_type_for_is_refused(state, amount):
    with pytest.raises(RefusedOperation) as caught:
        apply(state, replace(forced(ALICE, ALICE_ETH, 0), amount=amount))
    assert caught.value.rule == "amount"


def test_an_index_beyond_the_tree_is_refused_as_l1_does(state):
    with pytest.raises(LeafIndexError):
        apply(state, forced(ALICE, 256, 0))
