"""Getting out against the operator's will: through L1's queue, and out of a rollup that has stopped."""

import pytest

from pytest_zkrollup import ETH, reverts


@pytest.fixture
def saver(rollup, alice):
    """Alice, with 1,009 wei on L2 that L1 has proved."""
    rollup.deposit(ETH, 1_009, sender=alice)
    rollup.settle()
    return alice


def test_a_censored_user_withdraws_through_l1s_queue(rollup, saver, bob):
    with rollup.operator.censoring(saver):
        forced = rollup.force_withdraw(ETH, 307, sender=saver)
        rollup.settle()  # the batch cannot be proved without it
    before = saver.l1_balance(ETH)
    forced.claim(sender=bob)  # anybody may send it
    assert saver.l1_balance(ETH) == before + 307
    assert saver.l2_balance(ETH) == 702


def test_an_operator_that_serves_in_time_is_not_frozen(rollup, bob):
    rollup.deposit(ETH, 11, sender=bob)
    with reverts("NotOverdue", expiry=rollup.deadline):
        rollup.freeze(sender=bob)
    rollup.settle()
    with reverts("NothingDue"):
        rollup.freeze(sender=bob)


def test_everybody_leaves_a_rollup_that_has_stopped(rollup, saver, bob):
    with rollup.operator.stopped():
        rollup.deposit(ETH, 211, sender=bob)  # never taken
        rollup.travel_past_deadline()
        rollup.freeze(sender=bob)

        before = saver.l1_balance(ETH)
        receipt = rollup.escape(ETH, sender=saver)  # a proof of the last proven state
        assert saver.l1_balance(ETH) == before + 1_009 - receipt.gas_used * receipt.gas_price

        before = bob.l1_balance(ETH)
        (receipt,) = rollup.refund(sender=bob)
        assert bob.l1_balance(ETH) == before + 211 - receipt.gas_used * receipt.gas_price

    with reverts("AlreadyClaimed"):
        rollup.escape(ETH, sender=saver)
    with reverts("AlreadyRefunded"):
        rollup.refund(sender=bob)
    assert rollup.target.custody(rollup.tokens[0]) == 0


def test_a_wrong_root_moves_nothing_and_keeps_nobody_in(rollup, saver, bob):
    rollup.deposit(ETH, 11, sender=bob)
    batch = rollup.seal()
    lie = rollup.operator.post_wrong_root(batch, root=batch.root_after + 1)
    with reverts("InvalidProof"):
        rollup.operator.reuse_proof(lie, of=rollup.operator.prove(batch))
    assert rollup.proven_root == batch.root_before
    rollup.travel_past_deadline()  # committing garbage does not stop the clock
    rollup.freeze(sender=bob)
    rollup.escape(ETH, sender=saver)
