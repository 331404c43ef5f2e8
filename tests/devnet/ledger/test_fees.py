"""Fees in the ledger: taken with each operation, in one token, and paid out once at the batch's end."""

from dataclasses import replace

import pytest
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    BOB_TOKEN,
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
    account,
    deposit,
    forced,
    populated,
    transfer,
    withdrawal,
)

from zkrollup.circuits.encoding import encode_fee
from zkrollup.crypto.eddsa import InvalidSignature
from zkrollup.ledger.operations import Transfer, Withdrawal
from zkrollup.ledger.transition import RefusedOperation, apply_batch, apply_operation


@pytest.fixture
def state():
    return populated(4)


def apply(state, operation, *, fee_account=ERIN_ETH):
    return apply_operation(state, operation, domain=DOMAIN, batch=NUMBER, slot=1, fee_account=fee_account)


def settle(state, *operations, fee_account=ERIN_ETH):
    return apply_batch(state, operations, number=NUMBER, slots=3, domain=DOMAIN, fee_account=fee_account)


def refusal(state, operation, **options):
    with pytest.raises(RefusedOperation) as caught:
        apply(state, operation, **options)
    return caught.value.rule, str(caught.value)


def test_a_transfers_fee_is_paid_beside_its_amount(state):
    after, trace = settle(state, transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30))
    assert after.account(ALICE_ETH) == account(ALICE, 0, 1009 - 113 - 30, 8)
    assert after.account(BOB_ETH) == account(BOB, 0, 601 + 113, 2)
    assert after.account(ERIN_ETH) == account(ERIN, 0, 211 + 30, 3)
    assert after.supply_of(0) == state.supply_of(0)
    assert (trace.fee_total, trace.slots[0].fee, trace.slots[0].inputs.fee) == (30, 30, 30)


def test_a_withdrawals_fee_is_no_part_of_its_exit():
    richer = populated(4, balance=3000)
    after, trace = settle(richer, withdrawal(richer, ALICE_ETH, 0xBEEF, 113, key=ALICE, fee=2050))
    assert [burned.amount for burned in trace.exits] == [113]
    assert after.account(ALICE_ETH).balance == 3000 - 113 - 2050
    assert after.account(ERIN_ETH).balance == 211 + 2050
    assert trace.slots[0].inputs.fee == encode_fee(2050)


def test_fees_of_a_batch_are_credited_together_after_its_last_slot(state):
    operations = [
        transfer(state, ALICE_ETH, BOB_ETH, 5, key=ALICE, fee=7),
        transfer(state, ALICE_ETH, BOB_ETH, 11, key=ALICE, fee=13, nonce=8),
        transfer(state, BOB_ETH, ERIN_ETH, 17, key=BOB, fee=19),
    ]
    after, trace = settle(state, *operations)
    assert trace.fee_total == 7 + 13 + 19
    assert trace.fees.index == ERIN_ETH
    assert trace.fees.account == account(ERIN, 0, 211 + 17, 3)
    assert after.account(ERIN_ETH).balance == 211 + 17 + 39


def test_who_takes_fees_pays_his_own_and_gets_them_back(state):
    after, _ = settle(state, transfer(state, ERIN_ETH, ERIN_ETH, 200, key=ERIN, fee=11))
    assert after.account(ERIN_ETH) == account(ERIN, 0, 211, 4)


def test_a_batch_without_fees_reads_no_account_for_them(state):
    operation = transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE)
    with_taker, trace = settle(state, operation)
    without, _ = settle(state, operation, fee_account=None)
    assert with_taker == without
    assert (trace.fees.index, trace.fees.account.is_empty, trace.fee_total) == (0, True, 0)


def test_an_account_opened_in_the_batch_takes_its_fees(state):
    operations = [deposit(DAVE, FREE, 0, 0), transfer(state, ALICE_ETH, BOB_ETH, 5, key=ALICE, fee=30)]
    after, _ = settle(state, *operations, fee_account=FREE)
    assert after.account(FREE) == account(DAVE, 0, 30, 0)
    with pytest.raises(RefusedOperation, match="takes none"):
        settle(state, *reversed(operations), fee_account=FREE)


@pytest.mark.parametrize("fee_account", [None, FREE, 255, 1 << 32])
def test_a_fee_that_nobody_takes_is_refused(state, fee_account):
    operation = transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30)
    apply(state, operation)
    rule, message = refusal(state, operation, fee_account=fee_account)
    assert rule == "fee"
    assert "its fee is 30, and the operator takes none" in message


def test_a_fee_in_another_token_than_the_takers_is_refused(state):
    operation = transfer(state, CAROL_TOKEN, BOB_TOKEN, 5, key=CAROL, fee=30)
    apply(state, operation, fee_account=BOB_TOKEN)
    rule, message = refusal(state, operation)
    assert rule == "fee"
    assert "sign it with fee 0" in message
    apply(state, transfer(state, CAROL_TOKEN, BOB_TOKEN, 5, key=CAROL))


@pytest.mark.parametrize("fee", [2049, -1, 2048 * 10**31])
def test_a_fee_without_an_exact_form_is_refused(state, fee):
    for operation in (
        Transfer(ALICE_ETH, BOB_ETH, 5, 7, fee=fee),
        Withdrawal(ALICE_ETH, 0xBEEF, 5, 7, fee=fee),
    ):
        rule, message = refusal(state, operation)
        assert rule == "fee"
        assert f"a fee of {fee} does not fit" in message


def test_amount_and_fee_together_need_the_balance(state):
    apply(state, transfer(state, ALICE_ETH, BOB_ETH, 979, key=ALICE, fee=30))
    rule, message = refusal(state, transfer(state, ALICE_ETH, BOB_ETH, 980, key=ALICE, fee=30))
    assert rule == "balance"
    assert "holds 1009, less than 980 and a fee of 30" in message
    assert refusal(state, withdrawal(state, ALICE_ETH, 5, 980, key=ALICE, fee=30))[0] == "balance"


@pytest.mark.parametrize(("signed", "charged"), [(0, 30), (30, 0), (30, 31), (300, 30)])
def test_a_fee_is_signed(state, signed, charged):
    operation = transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=signed)
    apply(state, operation)
    with pytest.raises(InvalidSignature):
        apply(state, replace(operation, fee=charged))


def test_the_highest_fee_moves_all_that_there_can_be():
    fee = 2047 * 10**31
    state = populated(4, balance=FULL)
    after, _ = settle(state, transfer(state, ALICE_ETH, ALICE_ETH, FULL - fee, key=ALICE, fee=fee))
    assert after.account(ALICE_ETH).balance == FULL - fee
    assert after.account(ERIN_ETH).balance == 211 + fee


def test_forced_withdrawals_and_deposits_pay_none(state):
    _, trace = settle(state, deposit(DAVE, FREE, 0, 5), forced(ALICE, ALICE_ETH, 7))
    assert [slot.fee for slot in trace.slots] == [0, 0, 0]
    assert OWNERS[ALICE] == trace.exits[0].recipient
