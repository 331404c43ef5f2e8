"""The batch circuit against the ledger."""

import random
from dataclasses import replace

import pytest
from tests.devnet.circuits.lying import LEVELS, executed
from tests.devnet.circuits.mixes import MIXES
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
    OWNERS,
    TOKEN,
    accepts,
    account,
    batch,
    deposit,
    forced,
    populated,
    run,
    transfer,
    withdrawal,
)
from tests.soundness.attacks import labels_with

from zkrollup.arguments import WrongArgumentType
from zkrollup.circuits.batch import BatchSize, InvalidSize, batch_circuit
from zkrollup.circuits.inputs import BatchInputs, LaneInputs, SlotInputs
from zkrollup.crypto.eddsa import InvalidSignature, Signature
from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import to_ints
from zkrollup.ledger.operations import Deposit, Transfer, Withdrawal
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import RefusedOperation, apply_operation


@pytest.mark.parametrize("name", MIXES)
def test_what_the_ledger_accepts_satisfies_the_circuit(name):
    state = populated(2)
    inputs, _ = run(state, *MIXES[name](state), slots=3, queue_start=6)
    accepts(batch(3, 2), inputs)


def test_the_largest_amount_moves_through_deposit_transfer_and_withdrawal():
    state = LedgerState.genesis(2).replaced(BOB_ETH, account(BOB, 0, 0, 2))
    opened = state.replaced(ALICE_ETH, account(ALICE, 0, FULL, 0))
    inputs, trace = run(
        state,
        deposit(ALICE, ALICE_ETH, 0, FULL),
        transfer(opened, ALICE_ETH, BOB_ETH, FULL, key=ALICE),
        withdrawal(state, BOB_ETH, 0xBEEF, FULL, key=BOB),
        slots=3,
    )
    accepts(batch(3, 2), inputs)
    assert trace.after.supply_of(0) == 0


def test_an_account_at_its_last_nonce_signs_once_more():
    state = populated(2, nonce=(1 << 32) - 1)
    inputs, trace = run(state, transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE), slots=3)
    accepts(batch(3, 2), inputs)
    assert trace.after.account(ALICE_ETH).nonce == 1 << 32


def test_a_deposit_reaches_an_account_whose_nonces_are_used_up():
    inputs, _ = run(populated(2, nonce=1 << 32), deposit(ALICE, ALICE_ETH, 0, 31), slots=3)
    accepts(batch(3, 2), inputs)


def test_an_account_whose_nonces_are_used_up_is_still_withdrawn_from_by_force():
    inputs, trace = run(populated(2, nonce=1 << 32), forced(ALICE, ALICE_ETH, 31), slots=3)
    accepts(batch(3, 2), inputs)
    assert trace.after.account(ALICE_ETH) == account(ALICE, 0, 1009 - 31, 1 << 32)


def test_the_highest_fee_is_paid_to_an_account_that_it_fills():
    fee = 2047 * 10**31
    state = populated(2, balance=fee).replaced(ERIN_ETH, account(ERIN, 0, FULL - fee, 3))
    inputs, trace = run(state, transfer(state, ALICE_ETH, BOB_ETH, 0, key=ALICE, fee=fee), slots=3)
    accepts(batch(3, 2), inputs)
    assert trace.after.account(ERIN_ETH).balance == FULL


def test_fees_go_to_an_account_that_the_same_batch_opens():
    state = populated(2)
    operations = [deposit(DAVE, FREE, 0, 0), transfer(state, ALICE_ETH, BOB_ETH, 5, key=ALICE, fee=30)]
    inputs, trace = run(state, *operations, slots=3, fee_account=FREE)
    accepts(batch(3, 2), inputs)
    assert trace.after.account(FREE).balance == 30


def test_fees_of_a_token_are_paid_in_it():
    state = populated(2)
    operation = transfer(state, CAROL_TOKEN, BOB_TOKEN, 5, key=CAROL, fee=30)
    inputs, trace = run(state, operation, slots=3, fee_account=BOB_TOKEN)
    accepts(batch(3, 2), inputs)
    assert trace.after.account(BOB_TOKEN).balance == 17 + 5 + 30


def random_operation(rng, state):
    """Often right, sometimes wrong, so that the ledger and the circuit are asked about both."""
    keys = {a.key: k for k in OWNERS for a in [account(k, 0, 0, 0)]}
    index, other = rng.choice(sorted(state.accounts)), rng.randrange(state.tree.capacity)
    payer = state.account(index)
    amount = rng.choice([0, 1, payer.balance, payer.balance + 1, rng.randrange(1 << 20)])
    nonce = payer.nonce + rng.choice([0, 0, 0, 0, 1])
    signer = rng.choice([keys[payer.key]] * 6 + [DAVE])
    kind = rng.randrange(4)
    if kind == 3:
        return forced(rng.choice([*[keys[payer.key]] * 3, DAVE]), rng.choice([index] * 3 + [other]), amount)
    fee = rng.choice([0, 0, 1, 20470])
    if kind == 0:
        owner_key = rng.choice(list(OWNERS))
        target = state.account(other)
        if not target.is_empty and rng.random() < 0.7:
            owner_key = keys[target.key]
        return deposit(owner_key, other, target.token if rng.random() < 0.8 else TOKEN, amount)
    if kind == 1:
        other = rng.choice([*sorted(state.accounts), other])
        return Transfer(index, other, amount, nonce, fee=fee).signed(signer, state.account(other), DOMAIN)
    return Withdrawal(index, rng.getrandbits(160), amount, nonce, fee=fee).signed(signer, DOMAIN)


def test_circuit_and_ledger_agree_on_random_batches():
    rng = random.Random(20)
    circuit = batch(3, 2)
    accepted = refused = 0
    state = populated(2)
    for number in range(1, 41):
        operations, latest = [], state
        while len(operations) < 3:
            operation = random_operation(rng, latest)
            try:
                latest, _ = apply_operation(
                    latest, operation, domain=DOMAIN, batch=number, slot=0, fee_account=ERIN_ETH
                )
            except (RefusedOperation, InvalidSignature):
                refused += 1
                if not isinstance(operation, Deposit):  # the circuit's word on what the ledger refuses
                    assert labels_with(batch(1, LEVELS), executed(latest, operation)), operation
                continue
            operations.append(operation)
        inputs, trace = run(state, *operations, slots=3, number=number)
        accepts(circuit, inputs)
        accepted += 1
        state = trace.after
    assert accepted == 40
    assert refused >= 20


# Malleability and sizes


def test_a_signature_with_s_plus_l_is_another_form_of_the_same():
    """Harmless and so not refused: operations are told apart by nonces, never by signatures."""
    from zkrollup.crypto.babyjubjub import SUBORDER

    state = populated(2)
    for amount in range(1, 20):
        operation = transfer(state, ALICE_ETH, BOB_ETH, amount, key=ALICE)
        if operation.signature.s + SUBORDER < 1 << 251:
            break
    inputs, _trace = run(state, operation, slots=3)
    circuit = batch(3, 2)
    accepts(circuit, inputs | {"slot[0].signature.s": operation.signature.s + SUBORDER})
    second = replace(operation, signature=Signature(operation.signature.r8, operation.signature.s + SUBORDER))
    with pytest.raises(InvalidSignature):
        apply_operation(state, second, domain=DOMAIN, batch=1, slot=0)


def test_the_inputs_of_a_batch_are_exactly_the_circuits():
    inputs, _ = run(populated(2), slots=3)
    assert set(inputs) == set(batch(3, 2).inputs)
    noops = BatchInputs(1, 2, 3, 4, 5, 6, 7, 8, LaneInputs.idle(2), (SlotInputs.noop(2),) * 3)
    assert set(noops.named()) == set(batch(3, 2).inputs)


@pytest.mark.parametrize(
    ("slots", "levels", "name"), [(0, 4, "slots"), (257, 4, "slots"), (3, 0, "levels"), (3, 17, "levels")]
)
def test_sizes_without_room_in_the_protocol_are_refused(slots, levels, name):
    with pytest.raises(InvalidSize) as caught:
        BatchSize(slots, levels)
    assert caught.value.name == name


@pytest.mark.parametrize("wrong", ["3", 3.0, None, True], ids=repr)
@pytest.mark.parametrize("name", ["slots", "levels"])
def test_a_size_that_is_no_whole_number_is_named_with_what_to_pass(name, wrong):
    with pytest.raises(WrongArgumentType, match=f"^{name}=.*: pass how many {name} there are, 1 to"):
        BatchSize(**{name: wrong})


def test_the_size_of_a_batch_is_part_of_what_a_key_belongs_to():
    assert batch(1, 2).digest != batch(3, 2).digest != batch_circuit(BatchSize(1, 1)).digest
    assert BatchSize(3, 4).accounts == 256


@pytest.mark.slow
def test_five_slots_share_two_nodes_of_the_exit_tree():
    state = populated(2)
    operations = [withdrawal(state, ALICE_ETH, 0xBEEF + i, 5 + i, key=ALICE, nonce=7 + i) for i in range(5)]
    inputs, trace = run(state, *operations, slots=5)
    accepts(batch(5, 2), inputs)
    assert len(trace.exits) == 5
    assert all(0 <= v < R for v in to_ints(batch(5, 2).witness(inputs)))
