"""Policy, limits and fees of a running operator, with real proofs through L1."""

from dataclasses import replace

import pytest
from tests.lifecycle.support import assert_solvent

from pytest_zkrollup import refuses
from zkrollup.circuits.encoding import InexactFee
from zkrollup.devnet import ETH, User
from zkrollup.evm import InvalidTransaction
from zkrollup.ledger.operations import Transfer
from zkrollup.operator.mempool import PoolLimits
from zkrollup.operator.operator import Operator
from zkrollup.operator.policies import FIFO, BadChoice, Canonical, FeePriority


@pytest.fixture
def operator_user(actors):
    """Who the operator is as a user."""
    operator = actors.operator
    return User("operator", operator.bridge.operator, operator.key, actors.rollup)


@pytest.fixture
def funded(actors):
    """Alice and Bob hold ETH on L1's proven state; the operator takes fees in it."""
    rollup = actors.rollup
    rollup.deposit(ETH, 1009, sender=actors.alice)
    rollup.deposit(ETH, 503, sender=actors.bob)
    actors.operator.collect_fees(ETH)
    rollup.settle()
    return actors


def moved(batch):
    return [slot.inputs.amount for slot in batch.trace.slots if slot.inputs.amount]


# Fees


def test_fees_reach_the_operator_on_l2_and_l1_stays_solvent(funded, operator_user):
    rollup, operator, alice, bob = funded.rollup, funded.operator, funded.alice, funded.bob
    mint = rollup.mint(ETH)
    rollup.transfer(ETH, 101, sender=alice, to=bob, fee=7)
    rollup.withdraw(ETH, 53, sender=bob, fee=11)
    assert operator_user.l2_balance(ETH) == 0  # nothing is earned before the batch is sealed
    rollup.seal()
    assert (operator_user.l2_balance(ETH), operator.fees_earned) == (18, {})
    assert mint.balanceOf(operator_user) == 0
    settled = rollup.settle()
    assert rollup.contract.stateRoot() == settled.root_after
    assert operator.fees_earned == {ETH: 18}
    assert [mint.balanceOf(user) for user in (alice, bob, operator_user)] == [901, 540, 18]
    assert [user.l2_balance(ETH) for user in (alice, bob, operator_user)] == [901, 540, 18]
    assert mint.totalSupply() == 1009 + 503 - 53
    assert_solvent(rollup, ETH)


def test_the_operator_withdraws_what_it_earned_and_pays_itself_a_fee(funded, operator_user):
    rollup, alice = funded.rollup, funded.alice
    rollup.transfer(ETH, 101, sender=alice, to=funded.bob, fee=19)
    with refuses("balance"):
        rollup.withdraw(ETH, 17, sender=operator_user)
    rollup.seal()
    exit_ = rollup.withdraw(ETH, 17, sender=operator_user, recipient=funded.carol, fee=2)
    rollup.settle()
    before = funded.carol.l1_balance(ETH)
    exit_.claim(sender=alice)
    assert funded.carol.l1_balance(ETH) == before + 17
    assert rollup.mint(ETH).balanceOf(operator_user) == operator_user.l2_balance(ETH) == 2
    assert_solvent(rollup, ETH)


def test_a_fee_account_that_is_new_to_layer_2_has_its_mint_in_time(actors, operator_user):
    # The account is opened, paid into and its Mint deployed all in one batch.
    rollup, operator = actors.rollup, actors.operator
    with operator.gathering():
        rollup.deposit(actors.token, 211, sender=actors.alice)
        operator.collect_fees(actors.token)
        rollup.transfer(actors.token, 101, sender=actors.alice, to=actors.alice, fee=13)
    settled = rollup.settle()
    assert (settled.number, operator.fees_earned) == (1, {int(actors.token.address, 16): 13})
    assert rollup.mint(actors.token).balanceOf(operator_user) == 13
    assert_solvent(rollup, actors.token)


def test_a_mint_that_fails_between_a_payment_and_its_fee_goes_on_with_the_fee(
    funded, operator_user, monkeypatch
):
    rollup, l2 = funded.rollup, funded.devnet.l2
    rollup.transfer(ETH, 101, sender=funded.alice, to=funded.bob, fee=7)
    send, calls = l2.transact, iter(range(100))

    def fail_once(**transaction):
        if next(calls) == 1:  # after the payment
            raise InvalidTransaction("the node is away")
        return send(**transaction)

    monkeypatch.setattr(l2, "transact", fail_once)
    with pytest.raises(InvalidTransaction):
        rollup.settle()
    mint = rollup.mint(ETH)
    assert [mint.balanceOf(user) for user in (funded.bob, operator_user)] == [604, 0]
    rollup.settle()
    assert [mint.balanceOf(user) for user in (funded.bob, operator_user)] == [604, 7]


def test_fees_are_taken_in_one_token_alone(funded):
    rollup, alice = funded.rollup, funded.alice
    rollup.deposit(funded.token, 307, sender=alice)
    with refuses("fee"):
        rollup.withdraw(funded.token, 5, sender=alice, fee=1)
    with pytest.raises(InexactFee):
        rollup.withdraw(ETH, 5, sender=alice, fee=2049)
    rollup.withdraw(funded.token, 5, sender=alice)
    first = funded.operator.fee_account
    second = funded.operator.collect_fees(funded.token)
    assert (funded.operator.fee_account, second != first) == (second, True)
    rollup.withdraw(funded.token, 5, sender=alice, fee=1)
    with refuses("fee"):
        rollup.withdraw(ETH, 5, sender=alice, fee=1)


def test_an_operator_without_a_fee_account_takes_none(actors):
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    assert actors.operator.fee_account is None
    with refuses("fee"):
        actors.rollup.withdraw(ETH, 5, sender=actors.alice, fee=1)


def test_the_fee_account_is_opened_once(funded):
    queue = funded.rollup.contract.queueLength()
    index = funded.operator.fee_account
    assert funded.operator.collect_fees(ETH, minimum=3) == index
    assert funded.rollup.contract.queueLength() == queue
    with refuses("underpriced"):
        funded.rollup.withdraw(ETH, 5, sender=funded.alice, fee=2)
    funded.rollup.withdraw(ETH, 5, sender=funded.alice, fee=3)


# Policies


def test_the_policy_chooses_among_all_that_was_gathered(funded):
    rollup, operator = funded.rollup, funded.operator
    operator.policy = FeePriority()
    with operator.gathering():
        for amount, fee in ((11, 1), (13, 2)):
            rollup.transfer(ETH, amount, sender=funded.alice, to=funded.bob, fee=fee)
        for amount, fee in ((17, 30), (19, 40)):
            rollup.transfer(ETH, amount, sender=funded.bob, to=funded.alice, fee=fee)
        assert operator.state.sealed == ()
    (full,) = operator.state.sealed
    assert moved(full) == [17, 19, 11]
    settled = rollup.settle()
    assert (moved(settled.sealed), rollup.contract.stateRoot()) == ([13], settled.root_after)


def test_a_policy_that_errs_loses_nothing(funded):
    rollup, operator = funded.rollup, funded.operator

    class Absent:
        def choose(self, ready):
            return None

    operator.policy = Absent()
    for amount in (11, 13):
        rollup.withdraw(ETH, amount, sender=funded.alice)
    with pytest.raises(BadChoice, match="Absent"):
        rollup.withdraw(ETH, 17, sender=funded.alice)  # fills the batch
    assert operator.state.sealed == ()
    operator.policy = FIFO()
    operator.sync()
    assert [moved(batch) for batch in operator.state.sealed] == [[11, 13, 17]]


def test_a_batch_is_sealed_when_it_is_full_unless_the_operator_gathers(funded):
    rollup, operator = funded.rollup, funded.operator
    for amount in (11, 13, 17):
        rollup.withdraw(ETH, amount, sender=funded.alice)
    assert len(operator.state.sealed) == 1
    with operator.gathering():
        with operator.gathering():
            for amount in (19, 23, 29):
                rollup.withdraw(ETH, amount, sender=funded.alice)
        assert len(operator.state.sealed) == 1
    assert [moved(batch) for batch in operator.state.sealed] == [[11, 13, 17], [19, 23, 29]]


def interrupted(operator, work):
    with operator.gathering():
        work()
        raise LookupError


def test_gathering_ends_with_an_error_too(funded):
    rollup, operator = funded.rollup, funded.operator

    def work():
        for amount in (19, 23, 29):
            rollup.withdraw(ETH, amount, sender=funded.alice)

    with pytest.raises(LookupError):
        interrupted(operator, work)
    assert operator.state.sealed == ()
    rollup.withdraw(ETH, 31, sender=funded.alice)  # from here on, at once again
    assert [moved(batch) for batch in operator.state.sealed] == [[19, 23, 29]]


def test_policy_limits_and_fees_roll_back_with_the_devnet(actors):
    operator = actors.operator
    snapshot = actors.devnet.snapshot()
    assert (operator.policy, operator.limits, operator.fee_account) == (FIFO(), PoolLimits(), None)
    operator.policy, operator.limits = Canonical(), PoolLimits(operations=0)
    operator.collect_fees(ETH, minimum=5)
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    with refuses("pool_full"):
        actors.rollup.withdraw(ETH, 11, sender=actors.alice)
    actors.devnet.revert(snapshot)
    assert (operator.policy, operator.limits, operator.fee_account) == (FIFO(), PoolLimits(), None)
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    actors.rollup.withdraw(ETH, 11, sender=actors.alice)


def test_an_operator_starts_with_the_policy_and_limits_that_it_is_given(actors):
    operator, limits = actors.operator, PoolLimits(per_sender=7)
    other = Operator(operator.bridge, operator.mirror, operator.prover, policy=Canonical(), limits=limits)
    assert (other.policy, other.limits) == (Canonical(), limits)


# Through the mempool


def test_a_gap_does_not_keep_the_rest_from_being_settled(funded):
    rollup, operator, alice, bob = funded.rollup, funded.operator, funded.alice, funded.bob
    payer, receiver = rollup.account_index(ETH, alice), rollup.account_index(ETH, bob)
    second = Transfer(payer, receiver, 13, 1).signed(
        alice.key, operator.ledger.account(receiver), operator.domain
    )
    operator.submit(second)
    rollup.withdraw(ETH, 17, sender=bob)
    assert moved(rollup.settle().sealed) == [17]
    rollup.transfer(ETH, 11, sender=alice, to=bob)
    assert moved(rollup.settle().sealed) == [11, 13]


def test_a_payment_is_replaced_for_a_higher_fee(funded):
    rollup, operator, alice, bob = funded.rollup, funded.operator, funded.alice, funded.bob
    first = rollup.transfer(ETH, 101, sender=alice, to=bob, fee=10)
    receiver = operator.ledger.account(first.receiver)
    low, high = (
        replace(first, amount=103, fee=fee).signed(alice.key, receiver, operator.domain) for fee in (10, 11)
    )
    with refuses("replacement"):
        operator.submit(low)
    operator.submit(high)
    assert (moved(rollup.settle().sealed), bob.l2_balance(ETH)) == ([103], 606)


def test_a_forced_withdrawal_makes_a_payment_wait_for_money(funded):
    rollup, operator, alice = funded.rollup, funded.operator, funded.alice
    rollup.transfer(ETH, 1000, sender=alice, to=funded.bob)
    operator.bridge.force_withdraw(rollup.account_index(ETH, alice), 10, sender=alice)
    assert moved(rollup.settle().sealed) == [10]
    assert [held.rule for held in operator.sequencer.blocked] == ["balance"]
    rollup.deposit(ETH, 1, sender=alice)
    assert moved(rollup.settle().sealed) == [1, 1000]
    assert_solvent(rollup, ETH)
