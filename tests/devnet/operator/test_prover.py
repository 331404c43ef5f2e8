"""Operations that the ledger would refuse, forced past it, have no proof; the error names the rule."""

from dataclasses import replace

import pytest

from zkrollup.circuits.encoding import Op
from zkrollup.circuits.inputs import LaneInputs
from zkrollup.devnet import ETH
from zkrollup.ledger.operations import Transfer, Withdrawal
from zkrollup.ledger.transition import BatchTrace, Exit, SlotTrace, apply_batch
from zkrollup.operator.explaining import meaning_for_batch, meaning_for_claim, meaning_for_escape
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


def refusal_of(actors, batch) -> UnsatisfiedConstraint:
    with pytest.raises(UnsatisfiedConstraint) as refusal:
        actors.operator.prover.prove_batch(batch)
    return refusal.value


def broken_rule(actors, batch) -> str:
    error = refusal_of(actors, batch)
    assert error.label in str(error)
    return error.label


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


# What the error says


def with_slot(batch, number, **changed):
    """A batch whose prover says something else of one slot than L1 knows."""
    slots = list(batch.trace.slots)
    slots[number] = replace(slots[number], inputs=replace(slots[number].inputs, **changed))
    return replace(batch, trace=replace(batch.trace, slots=tuple(slots)))


@pytest.mark.parametrize(
    ("number", "changed", "said"),
    [
        (0, {"amount": 1010}, "slot 0 (deposit): amount 1010, L1's queue says 1009"),
        (1, {"address": 5}, f"slot 1 (deposit): owner 0x{5:040x}, L1's queue says 0x"),
        (2, {"token": 0}, f"slot 2 (deposit): token 0x{0:040x}, L1's queue says 0x"),
    ],
)
def test_another_deposit_than_l1s_is_named_by_slot_and_field(funded, number, changed, said):
    (batch,) = funded.operator.state.sealed
    error = refusal_of(funded, with_slot(batch, number, **changed))
    assert said in str(error)
    assert error.meaning in str(error)
    assert len(str(error)) < 250


def test_another_amount_than_the_posted_one_is_named(funded):
    operation = Withdrawal(0, 5, 103, 0).signed(funded.alice.key, funded.operator.domain)
    batch = with_slot(forced(funded, operation, Op.WITHDRAW), 0, amount=107, address=11)
    posted = replace(batch.trace.slots[0], words=Withdrawal(0, 11, 101, 0).words())
    batch = replace(batch, trace=replace(batch.trace, slots=(posted, *batch.trace.slots[1:])))
    assert meaning_for_batch(batch, "evaluation") == "slot 0 (withdraw): amount 107, the posted data says 101"


def test_another_root_than_the_slots_lead_to_is_named_in_the_header(funded):
    (batch,) = funded.operator.state.sealed
    lie = replace(batch, header=replace(batch.header, new_root=batch.root_after + 1))
    assert meaning_for_batch(lie, "commitment").startswith("header: new root 0x")


def test_spending_too_much_is_said_with_both_amounts(funded):
    operation = Withdrawal(0, 5, 1010, 0).signed(funded.alice.key, funded.operator.domain)
    error = refusal_of(funded, forced(funded, operation, Op.WITHDRAW))
    assert error.meaning == "slot 0 (withdraw): amount 1010, account 0 holds 1009"


def test_a_signature_by_somebody_else_is_said_to_be(funded):
    operation = Withdrawal(0, 5, 103, 0).signed(funded.bob.key, funded.operator.domain)
    error = refusal_of(funded, forced(funded, operation, Op.WITHDRAW))
    assert error.meaning.startswith("slot 0 (withdraw): the signature is not that of account 0's key")


def test_a_receiver_that_is_not_there_is_said_to_be(funded):
    receiver = funded.operator.ledger.account(9)
    operation = Transfer(0, 9, 103, 0).signed(funded.alice.key, receiver, funded.operator.domain)
    error = refusal_of(funded, forced(funded, operation, Op.TRANSFER, credit=9))
    assert error.meaning == "slot 0 (transfer): account 9, which is to be paid, is not open"


def test_a_rule_without_words_of_its_own_is_named_with_its_slot(funded):
    (batch,) = funded.operator.state.sealed
    said = meaning_for_batch(batch, "slot[1].credit.same.owner")
    assert said == "slot 1 (deposit): rule 'credit.same.owner' is broken, amount 503, account 0"
    assert meaning_for_batch(batch, "fees.balance") is None


def test_an_exit_and_an_account_that_stand_nowhere_are_named():
    burned = Exit(3, 1, 7, 0, 104)
    said = meaning_for_claim(burned, 11, "exit_root")
    assert said.startswith(f"exit {burned.id} (amount 104 of 0x0000")
    assert said.endswith("does not stand at place 1 of the exit tree with root 11")
    assert meaning_for_claim(burned, 11, "nullifier") is None
    assert meaning_for_escape(5, 13, "state_root").startswith("account 5 does not stand in the state")
    assert meaning_for_escape(5, 13, "nullifier") is None


def test_each_proof_is_reported(funded):
    actors, seen = funded, []
    prover = replace(
        actors.operator.prover,
        on_proof=lambda circuit, origin, seconds: seen.append((circuit, origin, seconds)),
    )
    (batch,) = actors.operator.state.sealed
    proven = prover.prove_batch(batch)
    assert seen == [("batch", proven.origin, proven.seconds)]
