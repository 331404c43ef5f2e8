"""The sequencer alone: order, rules, sealing. No chain, no proof."""

from dataclasses import FrozenInstanceError, replace

import pytest
from tests.devnet.operator.ledgers import DOMAIN, KEYS, TOKEN, deposit, entries, genesis, transfer, withdrawal

from zkrollup.circuits.encoding import Op
from zkrollup.crypto.babyjubjub import SUBORDER
from zkrollup.crypto.eddsa import InvalidSignature, Signature
from zkrollup.ledger.operations import Transfer, Withdrawal
from zkrollup.ledger.transition import RefusedOperation
from zkrollup.operator.mempool import Mempool
from zkrollup.operator.sequencer import NothingToSeal


@pytest.fixture
def funded():
    """Accounts 0 and 1 hold 1009 and 503 wei, account 2 holds 307 tokens; all sealed as batch 1."""
    deposits = entries(deposit(0, 1009), deposit(1, 503), deposit(2, 307, token=TOKEN))
    return genesis().queued(deposits).seal()[0]


def waiting(sequencer):
    return [pooled.operation.amount for pooled in sequencer.pool]


def operations(trace):
    return [slot.inputs.op for slot in trace.slots]


# Order


def test_operations_are_taken_first_come_first_served(funded):
    sequencer = funded
    for amount in (101, 103, 107, 109):
        sequencer = sequencer.submitted(transfer(sequencer, 0, 1, amount))
    assert waiting(sequencer) == [101, 103, 107, 109]
    sequencer, trace, _ = sequencer.seal()
    assert [slot.inputs.amount for slot in trace.slots] == [101, 103, 107]
    assert waiting(sequencer) == [109]
    _, trace, _ = sequencer.seal()
    assert [slot.inputs.amount for slot in trace.slots] == [109, 0, 0]
    assert operations(trace) == [Op.TRANSFER, Op.NOOP, Op.NOOP]


def test_deposits_come_first_within_a_batch_and_change_no_outcome(funded):
    sequencer = funded.submitted(transfer(funded, 0, 1, 1009))
    sequencer = sequencer.queued(entries(deposit(0, 7), start=3))
    sequencer = sequencer.submitted(transfer(sequencer, 0, 1, 5))
    expected = sequencer.pending
    sequencer, trace, queued = sequencer.seal()
    assert operations(trace) == [Op.DEPOSIT, Op.TRANSFER, Op.TRANSFER]
    assert [entry.operation.amount for entry in queued] == [7]
    assert sequencer.sealed.root == sequencer.pending.root == expected.root


def test_the_queue_pointer_counts_what_is_sealed_and_what_waits():
    sequencer = genesis().queued(entries(*(deposit(0, amount) for amount in (11, 13, 17, 19))))
    assert (sequencer.queue_next, sequencer.queue_seen) == (0, 4)
    sequencer, *_ = sequencer.seal()
    assert (sequencer.queue_next, sequencer.queue_seen) == (3, 4)
    assert sequencer.batches == 1


def test_a_batch_is_full_when_no_slot_is_left(funded):
    sequencer = funded
    for amount in (11, 13):
        sequencer = sequencer.submitted(transfer(sequencer, 0, 1, amount))
        assert not sequencer.is_full
    assert sequencer.submitted(transfer(sequencer, 0, 1, 17)).is_full


def test_an_empty_batch_is_sealed_only_when_asked_for(funded):
    with pytest.raises(NothingToSeal) as refusal:
        funded.seal()
    assert refusal.value.number == 2
    sequencer, trace, queued = funded.seal(allow_empty=True)
    assert (operations(trace), queued) == ([Op.NOOP] * 3, ())
    assert sequencer.sealed.root == funded.sealed.root
    assert sequencer.batches == 2


def test_sealed_is_behind_pending_until_the_batch_is_sealed(funded):
    sequencer = funded.submitted(transfer(funded, 0, 1, 101))
    assert sequencer.sealed.root == funded.sealed.root != sequencer.pending.root
    assert sequencer.seal()[0].sealed.root == sequencer.pending.root


# Rules


def refused(sequencer, operation, rule):
    before = (sequencer.pool, sequencer.pending.root, dict(sequencer.pending.accounts))
    with pytest.raises(RefusedOperation) as refusal:
        sequencer.submitted(operation)
    assert refusal.value.rule == rule
    assert refusal.value.operation is operation
    assert (sequencer.pool, sequencer.pending.root, dict(sequencer.pending.accounts)) == before


def test_no_more_than_the_balance_can_be_spent(funded):
    refused(funded, transfer(funded, 0, 1, 1010), "balance")
    assert funded.submitted(transfer(funded, 0, 1, 1009)).pool
    refused(funded, withdrawal(funded, 0, 1010), "balance")


def test_what_waits_counts_as_spent(funded):
    sequencer = funded.submitted(transfer(funded, 0, 1, 1000))
    refused(sequencer, withdrawal(sequencer, 0, 10), "balance")
    assert sequencer.submitted(withdrawal(sequencer, 0, 9)).pool


def test_what_waits_counts_as_received(funded):
    sequencer = funded.submitted(transfer(funded, 0, 1, 101))
    assert sequencer.submitted(withdrawal(sequencer, 1, 604)).pool
    refused(sequencer, withdrawal(sequencer, 1, 605), "balance")


@pytest.mark.parametrize("nonce", [-1, 0])
def test_a_nonce_that_was_used_is_refused(funded, nonce):
    sequencer = funded.submitted(transfer(funded, 0, 1, 101)).seal()[0]
    refused(sequencer, Transfer(0, 1, 103, nonce), "nonce")
    assert sequencer.submitted(transfer(sequencer, 0, 1, 103, nonce=1)).pool


def test_an_operation_is_not_taken_twice(funded):
    operation = transfer(funded, 0, 1, 101)
    sequencer = funded.submitted(operation)
    refused(sequencer, operation, "known")
    refused(sequencer.seal()[0], operation, "nonce")


def test_after_2_32_signatures_an_account_can_only_receive(funded):
    accounts = dict(funded.pending.accounts)
    worn = replace(accounts[0], nonce=2**32)
    state = funded.pending.replaced(0, worn)
    sequencer = replace(funded, pending=state, sealed=state)
    operation = Transfer(0, 1, 101, 2**32, Signature(KEYS[0].public, 1))
    refused(sequencer, operation, "nonce")
    assert sequencer.submitted(transfer(sequencer, 1, 0, 11)).pending.account(0).balance == 1020


def test_accounts_that_are_not_open_neither_pay_nor_receive(funded):
    refused(funded, Transfer(7, 1, 0, 0), "sender")
    refused(funded, Transfer(0, 7, 0, 0), "receiver")
    refused(funded, Withdrawal(7, 5, 0, 0), "sender")
    refused(funded, Transfer(-1, 1, 0, 0), "sender")
    refused(funded, Transfer(0, 256, 0, 0), "receiver")


def test_a_transfer_between_two_tokens_is_refused(funded):
    refused(funded, transfer(funded, 0, 2, 101), "token")


@pytest.mark.parametrize("amount", [-1, 2**128])
def test_amounts_of_more_than_128_bits_are_refused(funded, amount):
    refused(funded, Transfer(0, 1, amount, 0), "amount")
    refused(funded, Withdrawal(0, 5, amount, 0), "amount")


@pytest.mark.parametrize("recipient", [-1, 2**160])
def test_recipients_of_more_than_160_bits_are_refused(funded, recipient):
    refused(funded, Withdrawal(0, recipient, 1, 0), "recipient")


@pytest.mark.parametrize(
    "forge",
    [
        lambda t: replace(t, amount=t.amount + 1),
        lambda t: replace(t, receiver=0),
        lambda t: replace(t, signature=Signature(t.signature.r8, t.signature.s + 1)),
        lambda t: replace(t, signature=Signature(t.signature.r8, t.signature.s + SUBORDER)),
        lambda t: replace(t, signature=Signature(KEYS[0].public, t.signature.s)),
    ],
    ids=["amount", "receiver", "S", "S plus the group's order", "R8"],
)
def test_a_signature_is_for_one_operation(funded, forge):
    operation = transfer(funded, 0, 1, 101)
    with pytest.raises(InvalidSignature):
        funded.submitted(forge(operation))
    assert funded.submitted(operation).pool


def test_a_signature_by_another_key_or_for_another_rollup_is_refused(funded):
    for operation in (
        transfer(funded, 0, 1, 101, key=KEYS[1]),
        transfer(funded, 0, 1, 101, domain=DOMAIN + 1),
    ):
        with pytest.raises(InvalidSignature):
            funded.submitted(operation)


def test_a_transfer_is_for_the_receiver_that_was_meant(funded):
    # A reorganisation of L1 gave account 1 to somebody else after the payer had signed.
    operation = transfer(funded, 0, 1, 101)
    for change in ({"owner": 0xBAD}, {"key_x": KEYS[2].public.x, "key_y": KEYS[2].public.y}):
        state = funded.pending.replaced(1, replace(funded.pending.account(1), **change))
        with pytest.raises(InvalidSignature):
            replace(funded, pending=state).submitted(operation)


def test_a_withdrawal_is_for_the_recipient_that_was_meant(funded):
    operation = withdrawal(funded, 0, 101)
    with pytest.raises(InvalidSignature):
        funded.submitted(replace(operation, recipient=0xBAD))
    assert funded.submitted(operation).pool


def test_a_deposit_for_somebody_elses_account_shows_that_ledger_and_queue_are_out_of_step(funded):
    with pytest.raises(RefusedOperation) as refusal:
        funded.queued(entries(deposit(1, 5, account=0), start=3))
    assert refusal.value.rule == "identity"


def test_states_are_immutable(funded):
    with pytest.raises(FrozenInstanceError):
        funded.pool = Mempool()
    with pytest.raises(TypeError):
        funded.pending.accounts[0] = None
    with pytest.raises(TypeError):
        funded.pool.operations[0, 0] = None
