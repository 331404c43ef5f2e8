"""Rules apart from hashing and signatures: what an operation would change, and what was checked before."""

from dataclasses import replace

import pytest
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    BOB_TOKEN,
    DAVE,
    DOMAIN,
    FREE,
    OWNERS,
    TOKEN,
    deposit,
    populated,
    transfer,
    withdrawal,
)

from zkrollup.crypto.eddsa import InvalidSignature
from zkrollup.ledger.operations import ForcedWithdrawal
from zkrollup.ledger.transition import RefusedOperation, apply_operation, check_signature, outcome


@pytest.fixture
def state():
    return populated(4)


def applied(state, operation, **options):
    return apply_operation(state, operation, domain=DOMAIN, batch=5, slot=1, **options)[0]


OPERATIONS = {
    "deposit": lambda state: deposit(BOB, BOB_ETH, 0, 41),
    "first deposit": lambda state: deposit(DAVE, FREE, TOKEN, 37),
    "forced": lambda state: ForcedWithdrawal(ALICE_ETH, OWNERS[ALICE], 5),
    "forced by another": lambda state: ForcedWithdrawal(ALICE_ETH, OWNERS[BOB], 5),
    "transfer": lambda state: transfer(state, ALICE_ETH, BOB_ETH, 7, key=ALICE),
    "transfer to itself": lambda state: transfer(state, ALICE_ETH, ALICE_ETH, 7, key=ALICE),
    "withdrawal": lambda state: withdrawal(state, ALICE_ETH, 0x5EA, 11, key=ALICE),
}


@pytest.mark.parametrize("make", OPERATIONS.values(), ids=OPERATIONS)
def test_the_outcome_is_what_applying_leaves(state, make):
    operation = make(state)
    changed = outcome(state, operation)
    assert dict(applied(state, operation).accounts) == {**state.accounts, **changed}
    assert state.with_accounts(changed) == applied(state, operation)


def test_a_forced_withdrawal_that_does_not_apply_changes_nothing(state):
    assert outcome(state, OPERATIONS["forced by another"](state)) == {}
    assert outcome(state, OPERATIONS["forced"](state)).keys() == {ALICE_ETH}


def test_several_accounts_are_replaced_as_one_after_the_other(state):
    changed = {ALICE_ETH: state.account(BOB_ETH), BOB_TOKEN: state.account(ALICE_ETH)}
    one_by_one = state
    for index, account in changed.items():
        one_by_one = one_by_one.replaced(index, account)
    assert state.with_accounts(changed) == one_by_one


def test_the_outcome_asks_no_signature_and_every_other_rule(state):
    honest = transfer(state, ALICE_ETH, BOB_ETH, 7, key=ALICE)
    forged = replace(honest, amount=8)
    assert outcome(state, forged)[ALICE_ETH].balance == state.account(ALICE_ETH).balance - 8
    with pytest.raises(InvalidSignature):
        check_signature(state, forged, DOMAIN)
    check_signature(state, honest, DOMAIN)
    for lie, rule in (
        (replace(honest, amount=state.account(ALICE_ETH).balance + 1), "balance"),
        (replace(honest, receiver=BOB_TOKEN), "token"),
        (replace(honest, nonce=honest.nonce + 1), "nonce"),
        (replace(honest, fee=3), "fee"),
    ):
        with pytest.raises(RefusedOperation) as refusal:
            outcome(state, lie)
        assert refusal.value.rule == rule


def test_a_signature_that_was_checked_before_is_not_checked_again(state):
    honest = transfer(state, ALICE_ETH, BOB_ETH, 7, key=ALICE)
    forged = replace(honest, signature=withdrawal(state, ALICE_ETH, 0x5EA, 7, key=ALICE).signature)
    with pytest.raises(InvalidSignature):
        applied(state, forged)
    assert applied(state, forged, authentic=True) == applied(state, honest)
