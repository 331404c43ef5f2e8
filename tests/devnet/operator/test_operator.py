"""The operator: whose turn it is, and how it goes on after a step that failed."""

import itertools
from dataclasses import replace

import pytest
from tests.lifecycle.support import assert_solvent, commit_arguments

from pytest_zkrollup import refuses, reverts
from zkrollup.devnet import ETH
from zkrollup.evm import InvalidTransaction
from zkrollup.ledger.transition import Exit
from zkrollup.operator.operator import BatchOrder, NotSettled, StaleBatch
from zkrollup.operator.pool import ProofFailed
from zkrollup.operator.sequencer import NothingToSeal
from zkrollup.snark.satisfaction import UnsatisfiedConstraint


@pytest.fixture
def two(actors):
    """Two sealed batches: three deposits, and one more."""
    for amount in (11, 13, 17, 19):
        actors.rollup.deposit(ETH, amount, sender=actors.alice)
    first = actors.operator.state.sealed[0]
    return first, actors.rollup.seal()


def test_a_batch_is_sealed_as_soon_as_it_is_full(actors):
    rollup, operator = actors.rollup, actors.operator
    for amount in (11, 13):
        rollup.deposit(ETH, amount, sender=actors.alice)
    assert (len(operator.sequencer.queue), operator.state.sealed) == (2, ())
    rollup.deposit(ETH, 17, sender=actors.alice)
    assert (len(operator.sequencer.queue), len(operator.state.sealed)) == (0, 1)


def test_deposits_that_arrived_together_fill_several_batches(actors):
    lock, alice, operator = actors.rollup.lock, actors.alice, actors.operator
    for amount in range(1, 8):
        lock.depositETH(alice.address, *alice.key.public, sender=alice, value=amount)
    assert operator.sync() == 7
    assert [len(batch.queued) for batch in operator.state.sealed] == [3, 3]
    assert [batch.header.queue_start for batch in operator.state.sealed] == [0, 3]
    assert [entry.operation.amount for entry in operator.sequencer.queue] == [7]
    assert operator.sync() == 0


def test_a_refused_operation_still_takes_in_the_deposits_before_it(actors):
    rollup, alice = actors.rollup, actors.alice
    lock = rollup.lock
    lock.depositETH(alice.address, *alice.key.public, sender=alice, value=1009)
    with refuses("balance"):
        rollup.withdraw(ETH, 1010, sender=alice)
    assert [entry.operation.amount for entry in rollup.sequencer.queue] == [1009]
    rollup.withdraw(ETH, 1009, sender=alice)


def test_batches_are_committed_in_order(actors, two):
    first, second = two
    with pytest.raises(BatchOrder) as refusal:
        actors.operator.commit(second)
    assert (refusal.value.step, refusal.value.number, refusal.value.expected) == ("commit", 2, 1)
    actors.operator.commit(first)
    with pytest.raises(BatchOrder) as refusal:
        actors.operator.commit(first)
    assert refusal.value.expected == 2
    actors.operator.commit(second)
    with pytest.raises(BatchOrder) as refusal:
        actors.operator.commit(second)
    assert refusal.value.expected is None


def test_batches_are_finalized_in_order_and_after_their_data(actors, two):
    operator = actors.operator
    first, second = map(operator.prove, two)
    with pytest.raises(BatchOrder) as refusal:
        operator.finalize(first)
    assert (refusal.value.step, refusal.value.number) == ("finalize", 1)
    operator.commit(first.sealed)
    operator.commit(second.sealed)
    with pytest.raises(BatchOrder) as refusal:
        operator.finalize(second)
    assert refusal.value.expected == 1
    operator.finalize(first)
    with pytest.raises(BatchOrder) as refusal:
        operator.finalize(first)
    assert refusal.value.expected == 2
    operator.finalize(second)
    assert actors.rollup.contract.provenBatches() == 2
    with pytest.raises(BatchOrder) as refusal:
        operator.finalize(second)
    assert refusal.value.expected is None


def test_a_batch_is_proved_once(actors, two):
    assert actors.operator.prove(two[0]) is actors.operator.prove(two[0])


def test_settling_settles_all_and_then_has_nothing_to_do(actors, two):
    settled = actors.operator.settle()
    assert (settled.number, len(actors.operator.state.settled)) == (2, 2)
    assert settled.gas.keys() == {"commitBatch", "proveBatch"}
    with pytest.raises(NothingToSeal):
        actors.operator.settle()


# Failures in the middle


def test_a_commit_that_cannot_be_sent_is_sent_later(actors, two):
    operator, l1 = actors.operator, actors.l1
    funds = l1.balance(actors.operator_account)
    l1.set_balance(actors.operator_account, 0)
    with pytest.raises(InvalidTransaction):
        operator.settle()
    assert (operator.bridge.committed, len(operator.state.sealed)) == (0, 2)
    l1.set_balance(actors.operator_account, funds)
    assert operator.settle().number == 2


def test_a_batch_whose_proof_failed_waits_and_stops_the_rest(actors, two):
    # Bypass the ledger: the sealed trace claims that the first deposit was larger.
    operator = actors.operator
    honest = operator.state
    operator.restore(replace(honest, sealed=()))  # the honest proof has begun already
    first = two[0]
    slot = first.trace.slots[0]
    lie = replace(
        first.trace, slots=(replace(slot, inputs=replace(slot.inputs, amount=12)), *first.trace.slots[1:])
    )
    operator.state = replace(honest, sealed=(replace(first, trace=lie), two[1]))
    with pytest.raises(ProofFailed, match="batch 1 has no proof: circuit 'batch-3x4'") as refusal:
        operator.settle()
    assert refusal.value.number == 1
    assert isinstance(refusal.value.cause, UnsatisfiedConstraint)
    assert refusal.value.refused_by == "circuit"
    # The next slot no longer finds the tree that it was read from.
    assert refusal.value.cause.label == "slot[1].credit.root"
    assert (operator.bridge.committed, operator.bridge.proven, len(operator.state.sealed)) == (1, 0, 2)
    operator.restore(honest)
    assert operator.settle().number == 2


def test_a_stranger_who_proves_first_takes_nothing_from_the_operator(actors, two):
    # Whoever sees the operator's proof on its way to L1 can send it.
    operator = actors.operator
    first = operator.prove(two[0])
    operator.commit(two[0])
    operator.bridge.prove(first, sender=actors.carol)
    assert operator.bridge.proven == 1
    settled = operator.settle()
    assert settled.number == 2
    assert operator.state.settled[0].gas.keys() == {"commitBatch"}
    assert actors.rollup.mint(ETH).totalSupply() == 11 + 13 + 17 + 19
    assert_solvent(actors.rollup, ETH)


def test_a_mint_that_fails_midway_goes_on_where_it_stopped(actors, two, monkeypatch):
    operator, l2 = actors.operator, actors.devnet.l2
    operator.commit(two[0])
    proven = operator.prove(two[0])
    send, calls = l2.transact, itertools.count()

    def fail_once(**transaction):
        if next(calls) == 1:  # after the first deposit's; a deployment does not pass here
            raise InvalidTransaction("the node is away")
        return send(**transaction)

    monkeypatch.setattr(l2, "transact", fail_once)
    with pytest.raises(InvalidTransaction):
        operator.finalize(proven)
    assert operator.bridge.proven == 1
    assert operator.state.settled == ()
    assert actors.rollup.mint(ETH).totalSupply() == 11
    assert operator.settle().number == 2
    assert actors.rollup.mint(ETH).totalSupply() == 11 + 13 + 17 + 19
    assert_solvent(actors.rollup, ETH)


def test_a_batch_from_before_a_rollback_is_refused_by_name(actors):
    rollup, operator, alice = actors.rollup, actors.operator, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.settle()
    snapshot = actors.devnet.snapshot()
    rollup.transfer(ETH, 11, sender=alice, to=alice)
    stale = operator.prove(rollup.seal())
    actors.devnet.revert(snapshot)
    for step in (operator.commit, operator.prove):
        with pytest.raises((StaleBatch, BatchOrder)):
            step(stale.sealed)
    rollup.transfer(ETH, 13, sender=alice, to=alice)
    fresh = rollup.seal()
    assert fresh.number == stale.sealed.number
    for step in (operator.commit, operator.prove):
        with pytest.raises(StaleBatch) as refusal:
            step(stale.sealed)
        assert refusal.value.number == 2
    operator.commit(fresh)
    with pytest.raises(StaleBatch):
        operator.finalize(stale)
    assert operator.settle().root_after == fresh.root_after


def test_a_claim_waits_for_l1(actors):
    rollup, operator = actors.rollup, actors.operator
    rollup.deposit(ETH, 1009, sender=actors.alice)
    rollup.withdraw(ETH, 103, sender=actors.alice)
    batch = rollup.seal()
    rollup.commit(batch)
    with pytest.raises(NotSettled) as refusal:
        operator.prove_claim(batch.exits[0])
    assert (refusal.value.batch, refusal.value.settled) == (1, 0)
    with pytest.raises(NotSettled):
        operator.prove_claim(Exit(0, 1, 5, 0, 103))
    rollup.prove(batch)
    assert operator.prove_claim(batch.exits[0]).exit == batch.exits[0]


# The bridge


def test_the_bridge_reads_the_queue_from_any_entry(actors):
    lock, bridge, alice, bob = actors.rollup.lock, actors.operator.bridge, actors.alice, actors.bob
    for user, amount in ((alice, 11), (bob, 13), (alice, 17)):
        lock.depositETH(user.address, *user.key.public, sender=user, value=amount)
    entries = bridge.queue(0)
    deposits = [entry.operation for entry in entries]
    assert [(d.account, d.amount) for d in deposits] == [(0, 11), (1, 13), (0, 17)]
    assert [entry.index for entry in entries] == [0, 1, 2]
    assert deposits[1].owner == int(bob.address, 16)
    assert (deposits[1].token, deposits[1].key) == (ETH, bob.key.public)
    assert bridge.queue(2) == entries[2:]
    assert bridge.queue(3) == []


def test_l1_builds_the_same_header_and_public_inputs(actors):
    rollup = actors.rollup
    rollup.deposit(ETH, 1009, sender=actors.alice)
    rollup.transfer(ETH, 11, sender=actors.alice, to=actors.alice)
    rollup.withdraw(ETH, 13, sender=actors.alice)
    (batch,) = rollup.operator.state.sealed
    header, x, y = rollup.contract.previewBatch(*commit_arguments(batch))
    assert tuple(header) == batch.header.words()
    assert (x, y) == batch.instance.as_tuple()[1:]


def test_only_the_operators_account_commits(actors, two):
    bridge = replace(actors.operator.bridge, operator=actors.carol.account)
    with reverts("NotOperator", caller=actors.carol):
        bridge.commit(two[0])
