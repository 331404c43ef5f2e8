"""What a dishonest operator tries: L1 refuses it, or users survive it. All proofs are real."""

from dataclasses import replace

import pytest
from tests.lifecycle.support import STRANGER, assert_solvent

from pytest_zkrollup import reverts
from zkrollup.devnet import ETH
from zkrollup.operator.misconduct import Censored, NothingToSkip, OperatorStopped
from zkrollup.snark.satisfaction import UnsatisfiedConstraint

PERIOD_AND_MORE = 4 * 24 * 3600


@pytest.fixture
def batch(actors):
    """Batch 2, sealed: bob's deposit, a transfer and a withdrawal, after alice's deposit was proven."""
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.settle()
    rollup.deposit(ETH, 11, sender=bob)
    rollup.transfer(ETH, 207, sender=alice, to=bob)
    rollup.withdraw(ETH, 103, sender=bob, recipient=STRANGER)
    return actors.operator.state.sealed[0]


def goes_on_honestly(actors, batch):
    """Once L1 has dropped the lie, the same batch is settled."""
    actors.operator.bridge.revert()
    actors.operator.settle()
    assert actors.rollup.contract.stateRoot() == batch.root_after
    assert_solvent(actors.rollup, ETH)


def leaves(actors, user, amount):
    """Freezes for the first overdue entry and escapes with ``amount``, without the operator."""
    operator = actors.operator
    actors.l1.travel(PERIOD_AND_MORE)
    operator.bridge.freeze(sender=user)
    state = operator.state.settled[-1].sealed.trace.after
    index = actors.rollup.account_index(ETH, user)
    escape = operator.prover.prove_escape(index, state, operator.domain)
    before = actors.l1.balance(user)
    operator.bridge.escape(escape, sender=actors.carol)
    assert actors.l1.balance(user) - before == amount
    assert_solvent(actors.rollup, ETH)


# Censoring


def test_a_censored_user_is_told_what_to_do_instead(actors, batch):
    with (
        actors.operator.censoring(actors.alice),
        pytest.raises(Censored, match="force_withdraw") as refusal,
    ):
        actors.rollup.transfer(ETH, 5, sender=actors.alice, to=actors.bob)
    assert refusal.value.owner == int(actors.alice.address, 16)


def test_a_censored_user_does_not_touch_the_others(actors, batch):
    with actors.operator.censoring(actors.alice):
        actors.rollup.transfer(ETH, 5, sender=actors.bob, to=actors.alice)
    actors.rollup.settle()
    assert actors.bob.l2_balance(ETH) == 11 + 207 - 103 - 5


def test_a_censored_user_leaves_through_l1s_queue(actors, batch):
    operator, alice = actors.operator, actors.alice
    index = actors.rollup.account_index(ETH, alice)
    with operator.censoring(alice):
        operator.bridge.force_withdraw(index, 802, sender=alice)
        settled = operator.settle()
    (out,) = settled.exits
    before = actors.l1.balance(alice)
    operator.bridge.claim(operator.prove_claim(out), sender=actors.carol)
    assert actors.l1.balance(alice) - before == 802
    assert alice.l2_balance(ETH) == 0
    assert_solvent(actors.rollup, ETH)


def test_censoring_ends_with_its_context(actors, batch):
    with actors.operator.censoring(actors.alice), actors.operator.censoring(actors.bob):
        pass
    actors.rollup.transfer(ETH, 5, sender=actors.alice, to=actors.bob)
    actors.rollup.transfer(ETH, 3, sender=actors.bob, to=actors.alice)


# Stopping


@pytest.mark.parametrize("step", ["submit", "seal", "commit", "finalize"])
def test_a_stopped_operator_does_nothing(actors, batch, step):
    operator = actors.operator
    proven = operator.prove(batch)
    operator.commit(batch)
    with operator.stopped(), pytest.raises(OperatorStopped, match="freeze"):
        {
            "submit": lambda: actors.rollup.transfer(ETH, 5, sender=actors.alice, to=actors.bob),
            "seal": operator.seal,
            "commit": lambda: operator.commit(batch),
            "finalize": lambda: operator.finalize(proven),
        }[step]()
    operator.finalize(proven)


def test_users_leave_a_stopped_operator(actors, batch):
    with actors.operator.stopped():
        leaves(actors, actors.alice, 1009)


def test_a_deposit_that_a_stopped_operator_ignores_is_given_back(actors, batch):
    operator, bob = actors.operator, actors.bob
    with operator.stopped():
        leaves(actors, actors.alice, 1009)
        before = actors.l1.balance(bob)
        for entry in operator.bridge.queue(actors.rollup.contract.provenQueue()):
            operator.bridge.refund(entry, sender=actors.carol)
    assert actors.l1.balance(bob) - before == 11
    assert_solvent(actors.rollup, ETH)
    assert actors.rollup.lock.locked("0x" + "00" * 20) == 0


# Lying


def test_no_proof_exists_of_a_wrong_root(actors, batch):
    lie = actors.operator.post_wrong_root(batch, root=batch.root_after + 1)
    assert actors.rollup.contract.committedRoot() == batch.root_after + 1
    with pytest.raises(UnsatisfiedConstraint, match="commitment"):
        actors.operator.prover.prove_batch(lie)
    assert actors.rollup.contract.stateRoot() == batch.root_before


def test_the_honest_proof_does_not_prove_a_wrong_root(actors, batch):
    proven = actors.operator.prove(batch)
    lie = actors.operator.post_wrong_root(batch, root=batch.root_after + 1)
    with reverts("InvalidProof"):
        actors.operator.reuse_proof(lie, of=proven)
    goes_on_honestly(actors, batch)


def test_a_wrong_root_does_not_keep_users_in(actors, batch):
    actors.operator.post_wrong_root(batch, root=batch.root_after + 1)
    leaves(actors, actors.alice, 1009)


def test_no_proof_exists_of_a_batch_whose_data_is_withheld(actors, batch):
    proven = actors.operator.prove(batch)
    lie = actors.operator.withhold_data(batch)
    assert (len(batch.data), lie.data) == (74, b"")
    with pytest.raises(UnsatisfiedConstraint):
        actors.operator.prover.prove_batch(lie)
    with reverts("InvalidProof"):
        actors.operator.reuse_proof(lie, of=proven)
    goes_on_honestly(actors, batch)


def test_withheld_data_does_not_keep_users_in(actors, batch):
    actors.operator.withhold_data(batch)
    leaves(actors, actors.alice, 1009)


def test_the_queue_cannot_be_skipped(actors, batch):
    proven = actors.operator.prove(batch)
    actors.operator.skip_queue_entry(batch)  # without entries it takes none, which L1 allows, ...
    with reverts("CommitmentMismatch"):
        actors.operator.bridge.prove(proven)  # ... but nothing proves that the deposit was credited then
    goes_on_honestly(actors, batch)


def test_an_entry_cannot_be_jumped_over(actors, batch):
    actors.operator.settle()
    actors.rollup.deposit(ETH, 13, sender=actors.alice)
    actors.rollup.deposit(ETH, 17, sender=actors.bob)
    with reverts("QueueMismatch", start=2, count=1):
        actors.operator.skip_queue_entry(actors.rollup.seal())


def test_an_entry_cannot_be_taken_twice(actors, batch):
    with reverts("QueueExceeded"):
        actors.operator.repeat_queue_entry(batch)


def test_a_batch_without_entries_has_none_to_skip(actors, batch):
    actors.operator.settle()
    actors.rollup.transfer(ETH, 5, sender=actors.alice, to=actors.bob)
    with pytest.raises(NothingToSkip) as refusal:
        actors.operator.skip_queue_entry(actors.rollup.seal())
    assert refusal.value.number == 3


def test_a_batch_with_entries_is_not_committed_twice(actors, batch):
    actors.operator.commit(batch)
    with reverts("QueueExceeded"):
        actors.operator.commit_twice(batch)


def test_a_batch_that_is_committed_twice_is_proved_once(actors, batch):
    rollup, operator = actors.rollup, actors.operator
    operator.settle()
    rollup.transfer(ETH, 5, sender=actors.alice, to=actors.bob)
    again = rollup.seal()
    proven = operator.prove(again)
    operator.commit(again)
    operator.commit_twice(again)
    operator.finalize(proven)
    with reverts("CommitmentMismatch", number=4):
        operator.bridge.prove(_renumbered(proven, 4))
    assert actors.alice.l2_balance(ETH) == 797
    assert_solvent(rollup, ETH)


def _renumbered(proven, number):
    header = replace(proven.sealed.header, number=number)
    return replace(proven, sealed=replace(proven.sealed, header=header))


def test_an_old_proof_proves_no_new_batch(actors, batch):
    operator = actors.operator
    old = operator.prove(batch)
    operator.settle()
    actors.rollup.transfer(ETH, 5, sender=actors.alice, to=actors.bob)
    new = actors.rollup.seal()
    operator.commit(new)
    with reverts("InvalidProof"):
        operator.reuse_proof(new, of=old)
    operator.settle()
    assert actors.rollup.contract.stateRoot() == new.root_after
