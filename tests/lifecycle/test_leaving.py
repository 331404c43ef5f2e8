"""In and out against the operator's will, by the fixtures: forced withdrawals, freeze, escape, refund."""

import pytest
from tests.lifecycle.support import assert_solvent

from pytest_zkrollup import reverts
from zkrollup.devnet import ETH
from zkrollup.devnet.exits import NotApplied, NotSealed
from zkrollup.devnet.reference import NoAccount
from zkrollup.devnet.rollup import MovedOnL1, NothingDue

PERIOD, INTERVAL = 3 * 24 * 3600, 60


@pytest.fixture
def rollup(actors):
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    actors.rollup.deposit(actors.token, 2003, sender=actors.bob)
    actors.rollup.settle()
    return actors.rollup


def test_a_forced_withdrawal_pays_who_asked(actors, rollup):
    forced = rollup.force_withdraw(ETH, 307, sender=actors.alice)
    with pytest.raises(NotSealed, match="entry 2 of L1's queue"):
        forced.prove()
    assert actors.alice.l2_balance(ETH) == 702
    rollup.settle()
    before = actors.l1.balance(actors.alice)
    forced.claim(sender=actors.carol)
    assert actors.l1.balance(actors.alice) - before == 307
    assert rollup.mint(ETH).balanceOf(actors.alice) == 702
    with reverts("AlreadyClaimed", nullifier=forced.nullifier):
        forced.claim(sender=actors.carol)
    assert_solvent(rollup, ETH)


def test_a_forced_withdrawal_of_a_token_pays_in_the_token(actors, rollup):
    forced = rollup.force_withdraw(actors.token, 503, sender=actors.bob)
    rollup.settle()
    before = actors.token.balanceOf(actors.bob)
    forced.claim(sender=actors.bob)
    assert actors.token.balanceOf(actors.bob) - before == 503
    assert_solvent(rollup, actors.token)


def test_a_forced_withdrawal_of_too_much_applies_nothing_and_stops_nobody(actors, rollup):
    forced = rollup.force_withdraw(ETH, 1010, sender=actors.alice)
    rollup.transfer(ETH, 11, sender=actors.alice, to=actors.bob)
    rollup.settle()
    with pytest.raises(NotApplied, match="1010 from account 0"):
        forced.claim(sender=actors.alice)
    assert (actors.alice.l2_balance(ETH), actors.bob.l2_balance(ETH)) == (998, 11)
    assert_solvent(rollup, ETH)


def test_nobody_forces_a_withdrawal_from_anothers_account(actors, rollup):
    operator, theirs = actors.operator, rollup.account_index(ETH, actors.alice)
    operator.bridge.force_withdraw(theirs, 5, sender=actors.carol)
    settled = operator.settle()
    assert settled.exits == ()
    assert actors.alice.l2_balance(ETH) == 1009


def test_who_has_no_account_is_told_before_it_costs_a_fee(actors, rollup):
    before = actors.l1.balance(actors.carol)
    with pytest.raises(NoAccount):
        rollup.force_withdraw(ETH, 5, sender=actors.carol)
    assert actors.l1.balance(actors.carol) == before


def test_the_operator_is_paid_for_forced_withdrawals_once_they_are_proven(actors, rollup):
    fee, operator = rollup.contract.forcedFee(), actors.operator_account
    rollup.force_withdraw(ETH, 307, sender=actors.alice)
    with reverts("NothingEarned", provenQueue=2):
        actors.operator.bridge.collect_forced_fees(sender=actors.carol)
    rollup.settle()
    before = actors.l1.balance(operator)
    actors.operator.bridge.collect_forced_fees(sender=actors.carol)
    assert actors.l1.balance(operator) - before == fee == 10**15


# Freezing


def test_the_deadline_is_that_of_the_first_unproven_entry(actors, rollup):
    assert rollup.deadline is None
    with pytest.raises(NothingDue, match="nothing is due"):
        rollup.travel_past_deadline()
    rollup.deposit(ETH, 11, sender=actors.alice)
    first = rollup.deadline
    rollup.deposit(ETH, 13, sender=actors.alice)
    assert rollup.deadline == first
    rollup.commit(rollup.seal())
    assert rollup.deadline == first  # data is no service
    rollup.settle()
    assert rollup.deadline is None


def test_nobody_freezes_in_time(actors, rollup):
    with reverts("NothingDue"):
        rollup.freeze(sender=actors.carol)
    rollup.deposit(ETH, 11, sender=actors.alice)
    with reverts("NotOverdue", expiry=rollup.deadline):
        rollup.freeze(sender=actors.carol)
    assert not rollup.is_frozen


def test_a_frozen_rollup_pays_everybody_once(actors, rollup):
    alice, bob, carol, token = actors.alice, actors.bob, actors.carol, actors.token
    exit_ = rollup.withdraw(ETH, 103, sender=alice, recipient=carol)
    rollup.settle()
    rollup.deposit(ETH, 17, sender=bob)
    rollup.travel_past_deadline()
    rollup.freeze(sender=carol)
    assert rollup.is_frozen
    before = {user.name: (actors.l1.balance(user), token.balanceOf(user)) for user in (alice, bob, carol)}
    gas = {user.name: 0 for user in (alice, bob)}
    for user, receipts in (
        (alice, [rollup.escape(ETH, sender=alice)]),
        (bob, [rollup.escape(token, sender=bob), *rollup.refund(sender=bob)]),
    ):
        gas[user.name] = sum(receipt.gas_used * receipt.gas_price for receipt in receipts)
    exit_.claim(sender=bob)
    assert actors.l1.balance(alice) - before["alice"][0] == 906 - gas["alice"]
    assert token.balanceOf(bob) - before["bob"][1] == 2003
    assert actors.l1.balance(carol) - before["carol"][0] == 103
    rollup.check_solvency()
    assert rollup.lock.locked("0x" + "00" * 20) == rollup.lock.locked(token.address) == 0
    for again, name in (
        (lambda: rollup.escape(ETH, sender=alice), "AlreadyClaimed"),
        (lambda: rollup.escape(token, sender=bob), "AlreadyClaimed"),
        (lambda: rollup.refund(sender=bob), "AlreadyRefunded"),
        (lambda: exit_.claim(sender=bob), "AlreadyClaimed"),
    ):
        with reverts(name):
            again()


def test_the_fee_of_a_forced_withdrawal_that_is_never_proven_comes_back(actors, rollup):
    rollup.force_withdraw(ETH, 307, sender=actors.alice)
    with actors.operator.stopped():
        rollup.travel_past_deadline()
        rollup.freeze(sender=actors.carol)
        before = actors.l1.balance(rollup.contract)
        rollup.refund(sender=actors.alice)
    assert (before, actors.l1.balance(rollup.contract)) == (10**15, 0)


def test_nobody_escapes_from_a_rollup_that_runs(actors, rollup):
    rollup.deposit(ETH, 11, sender=actors.alice)
    with reverts("NotFrozen"):
        rollup.escape(ETH, sender=actors.alice)
    with reverts("NotFrozen"):
        rollup.refund(sender=actors.alice)


def test_an_escape_pays_what_the_last_proven_state_holds_not_what_was_promised_since(actors, rollup):
    alice, bob = actors.alice, actors.bob
    rollup.open_account(ETH, bob)
    rollup.transfer(ETH, 407, sender=alice, to=bob)
    batch = rollup.seal()
    rollup.commit(batch)  # a promise
    rollup.travel_past_deadline()
    rollup.freeze(sender=bob)
    before = actors.l1.balance(alice)
    receipt = rollup.escape(ETH, sender=alice)
    assert actors.l1.balance(alice) - before == 1009 - receipt.gas_used * receipt.gas_price
    rollup.check_solvency()


# Two layers apart


def test_operations_on_l2_move_nothing_on_l1(actors, rollup):
    rollup.open_account(ETH, actors.bob)
    with rollup.unmoved_on_l1():
        rollup.transfer(ETH, 407, sender=actors.alice, to=actors.bob)
        rollup.withdraw(ETH, 11, sender=actors.bob)  # fills the batch
    assert [batch.number for batch in actors.operator.state.sealed] == [2]


def test_whatever_moves_on_l1_is_told(actors, rollup):
    with pytest.raises(MovedOnL1, match="move nothing on L1") as moved, rollup.unmoved_on_l1():
        actors.token.mint(actors.carol, 3, sender=actors.operator_account)
    assert (moved.value.holder, moved.value.token) == (actors.carol.address, actors.token.address)
    assert moved.value.after - moved.value.before == 3
