"""Operations that the ledger would refuse, forced past it, have no proof; the error names the rule."""

from dataclasses import replace

import pytest

from zkrollup.circuits.encoding import Op
from zkrollup.circuits.inputs import LaneInputs
from zkrollup.devnet import ETH
from zkrollup.ledger.operations import Transfer, Withdrawal
from zkrollup.ledger.transition import BatchTrace, SlotTrace, apply_batch
from zkrollup.operator.stages import SealedBatch
from zkrollup.snark.satisfaction import UnsatisfiedConstraint


@pytest.fixture
def funded(actors):
    """Alice's account 0 and bob's 1 hold 1009 and 503 wei, alice's 2 holds 307 tokens. Nothing is proved."""
    rollup = actors.rollup
    rollup.deposit(ETH, 1009, sender=actors.alice)
    rollup.deposit(ETH, 503, sender=actors.bob)
    rollup.deposit(actors.token, 307, sender=actors.alice)
    return actors


def forced(actors, operation, op, *, credit=None) -> SealedBatch:
    """A batch of one signed operation that no ledger has looked at."""
    sequencer = actors.operator.sequencer
    state, levels = sequencer.sealed, sequencer.sealed.tree.levels
    keep = {"number": 2, "slots": 3, "domain": actors.operator.domain}
    _, trace = apply_batch(state, [], **keep)
    idle, words = LaneInputs.idle(levels), operation.words()
    slot = SlotTrace(
        replace(
            trace.slots[0].inputs,
            op=op,
            amount=operation.amount,
            address=words.address,
            debit=state.lane(operation.sender),
            credit=idle if credit is None else state.lane(credit),
            signature=operation.signature,
        ),
        words,
        None,
    )
    forged = BatchTrace(2, state, state, (slot, *trace.slots[1:]), trace.exit_tree, trace.fees)
    return SealedBatch.seal(forged, (), queue_start=3, domain=actors.operator.domain)


def broken_rule(actors, batch) -> str:
    with pytest.raises(UnsatisfiedConstraint) as refusal:
        actors.operator.prover.prove_batch(batch)
    assert refusal.value.label in str(refusal.value)
    return refusal.value.label


def test_spending_more_than_the_balance_breaks_the_balance_rule(funded):
    actors = funded
    operation = Withdrawal(0, 5, 1010, 0).signed(actors.alice.key, actors.operator.domain)
    assert broken_rule(actors, forced(actors, operation, Op.WITHDRAW)) == "slot[0].debit.covers"


def test_a_signature_by_somebody_else_breaks_the_signature_rule(funded):
    actors = funded
    operation = Withdrawal(0, 5, 103, 0).signed(actors.bob.key, actors.operator.domain)
    label = broken_rule(actors, forced(actors, operation, Op.WITHDRAW))
    assert label.startswith("slot[0].signature")


def test_a_signature_for_another_rollup_breaks_the_signature_rule(funded):
    actors = funded
    operation = Withdrawal(0, 5, 103, 0).signed(actors.alice.key, actors.operator.domain + 1)
    label = broken_rule(actors, forced(actors, operation, Op.WITHDRAW))
    assert label.startswith("slot[0].signature")


def test_a_transfer_into_another_token_breaks_the_token_rule(funded):
    actors = funded
    receiver = actors.operator.ledger.account(2)
    operation = Transfer(0, 2, 103, 0).signed(actors.alice.key, receiver, actors.operator.domain)
    label = broken_rule(actors, forced(actors, operation, Op.TRANSFER, credit=2))
    assert label == "slot[0].transfer.token"


def test_a_transfer_into_nowhere_breaks_the_rule_that_receivers_exist(funded):
    actors = funded
    receiver = actors.operator.ledger.account(9)
    operation = Transfer(0, 9, 103, 0).signed(actors.alice.key, receiver, actors.operator.domain)
    label = broken_rule(actors, forced(actors, operation, Op.TRANSFER, credit=9))
    assert label == "slot[0].credit.exists"


def test_leaving_an_exit_out_of_the_exit_tree_has_no_proof(funded):
    actors = funded
    operation = Withdrawal(0, 5, 103, 0).signed(actors.alice.key, actors.operator.domain)
    # The operation itself is fine: header and C are what does not fit.
    assert broken_rule(actors, forced(actors, operation, Op.WITHDRAW)) == "commitment"


def test_each_proof_is_reported(funded):
    actors, seen = funded, []
    prover = replace(
        actors.operator.prover,
        on_proof=lambda circuit, origin, seconds: seen.append((circuit, origin, seconds)),
    )
    (batch,) = actors.operator.state.sealed
    proven = prover.prove_batch(batch)
    assert seen == [("batch", proven.origin, proven.seconds)]
