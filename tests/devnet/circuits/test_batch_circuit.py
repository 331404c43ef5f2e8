"""The batch circuit against the ledger, and its binding to what the contract knows."""

import random
from dataclasses import replace

import pytest
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
    NUMBER,
    OWNERS,
    TOKEN,
    account,
    batch,
    deposit,
    forced,
    header_of,
    inputs_of,
    populated,
    run,
    transfer,
    withdrawal,
)
from tests.soundness.attacks import broken_labels, labels_with, overwritten

from zkrollup.circuits.batch import BatchSize, InvalidSize, batch_circuit
from zkrollup.circuits.encoding import SlotWords, batch_instance
from zkrollup.circuits.inputs import BatchInputs, LaneInputs, SlotInputs
from zkrollup.crypto.eddsa import InvalidSignature, Signature
from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import to_ints
from zkrollup.ledger.operations import Transfer, Withdrawal
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import RefusedOperation, apply_operation

BINDING = {"commitment", "evaluation"}


def accepts(circuit, inputs):
    witness = circuit.witness(inputs)
    circuit.check(witness)
    assert circuit.public_values(witness) == tuple(
        inputs[n] for n in ("commitment", "challenge", "evaluation")
    )


MIXES = {
    "nothing at all": lambda s: [],
    "deposits to a new, an open and a token account": lambda s: [
        deposit(DAVE, FREE, 0, 37),
        deposit(BOB, BOB_ETH, 0, 41),
        deposit(BOB, BOB_TOKEN, TOKEN, 43),
    ],
    "a deposit of zero that only opens": lambda s: [deposit(DAVE, FREE, TOKEN, 0)],
    "a deposit to the last account": lambda s: [deposit(DAVE, s.tree.capacity - 1, 0, 37)],
    "a deposit of 2^128 - 1": lambda s: [deposit(DAVE, FREE, 0, FULL)],
    "one of each": lambda s: [
        deposit(DAVE, FREE, 0, 37),
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE),
        withdrawal(s, CAROL_TOKEN, 0xBEEF, 67, key=CAROL),
    ],
    "a payment to oneself": lambda s: [transfer(s, ALICE_ETH, ALICE_ETH, 113, key=ALICE)],
    "a payment of everything": lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 1009, key=ALICE)],
    "a payment of nothing": lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 0, key=ALICE)],
    "a withdrawal of nothing to nobody": lambda s: [withdrawal(s, BOB_TOKEN, 0, 0, key=BOB)],
    "two withdrawals of one account": lambda s: [
        withdrawal(s, ALICE_ETH, 0xBEEF, 5, key=ALICE),
        withdrawal(s, ALICE_ETH, (1 << 160) - 1, 7, key=ALICE, nonce=8),
    ],
    "forced withdrawals that apply, of everything and of nothing": lambda s: [
        forced(ALICE, ALICE_ETH, 1009),
        forced(ALICE, ALICE_ETH, 0),
        forced(BOB, BOB_TOKEN, 5),
    ],
    "forced withdrawals that do not apply": lambda s: [
        forced(BOB, ALICE_ETH, 1),
        forced(ALICE, ALICE_ETH, 1010),
        forced(DAVE, FREE, 0),
    ],
    "a forced withdrawal of 2^128 - 1 of nobody's account": lambda s: [forced(ALICE, 15, FULL)],
    "a deposit, its forced withdrawal, and another that comes too late": lambda s: [
        deposit(DAVE, FREE, TOKEN, 37),
        forced(DAVE, FREE, 37),
        forced(DAVE, FREE, 1),
    ],
    "fees of a transfer and a withdrawal": lambda s: [
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30),
        withdrawal(s, BOB_ETH, 0xBEEF, 67, key=BOB, fee=29),
        transfer(s, CAROL_TOKEN, BOB_TOKEN, 11, key=CAROL),
    ],
    "a fee of all that is left": lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 0, key=ALICE, fee=1009)],
    "fees of who takes them, to whom he pays": lambda s: [
        transfer(s, ERIN_ETH, ERIN_ETH, 7, key=ERIN, fee=11),
        transfer(s, ERIN_ETH, ALICE_ETH, 13, key=ERIN, fee=17, nonce=4),
        transfer(s, ALICE_ETH, ERIN_ETH, 19, key=ALICE, fee=23),
    ],
    "a forced withdrawal of who takes fees, before they are paid out": lambda s: [
        forced(ERIN, ERIN_ETH, 211),
        forced(ERIN, ERIN_ETH, 30),
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30),
    ],
    "payments in a row": lambda s: [
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE),
        transfer(s, BOB_ETH, ALICE_ETH, 700, key=BOB),
        transfer(s, ALICE_ETH, BOB_ETH, 1500, key=ALICE, nonce=8),
    ],
}


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
                continue
            operations.append(operation)
        inputs, trace = run(state, *operations, slots=3, number=number)
        accepts(circuit, inputs)
        accepted += 1
        state = trace.after
    assert accepted == 40
    assert refused >= 20


# Binding to the contract's words


@pytest.fixture(scope="module")
def mixed():
    state = populated(2)
    return run(state, *MIXES["one of each"](state), slots=3, queue_start=6)


@pytest.mark.parametrize("name", ["commitment", "challenge", "evaluation"])
def test_no_public_input_can_be_another(mixed, name):
    inputs, _ = mixed
    circuit = batch(3, 2)
    broken = broken_labels(circuit, overwritten(circuit, circuit.witness(inputs), {name: inputs[name] ^ 1}))
    assert broken
    again = labels_with(circuit, {**inputs, name: inputs[name] ^ 1})
    assert again == ["evaluation" if name == "challenge" else name]


@pytest.mark.parametrize("position", range(14))
def test_no_header_word_can_differ_from_the_contracts(mixed, position):
    inputs, trace = mixed
    slots = [slot.words for slot in trace.slots]

    class Other(type(header_of(trace))):
        def words(self):
            words = list(super().words())
            words[position] ^= 1
            return tuple(words)

    header = header_of(trace, queue_start=6)
    other = Other(**{name: getattr(header, name) for name in header.__dataclass_fields__})
    instance = batch_instance(other, slots)
    lied = {
        **inputs,
        **dict(zip(("commitment", "challenge", "evaluation"), instance.as_tuple(), strict=True)),
    }
    assert set(labels_with(batch(3, 2), lied)) == BINDING
    # The prover may choose C: then x and y alone must refuse.
    lied["commitment"] = inputs["commitment"]
    assert labels_with(batch(3, 2), lied) == ["evaluation"]


@pytest.mark.parametrize("slot", range(3))
@pytest.mark.parametrize("word", ["operation", "address", "token", "key_x", "key_y"])
def test_no_slot_word_can_differ_from_the_contracts(mixed, slot, word):
    _inputs, trace = mixed
    words = [s.words for s in trace.slots]
    words[slot] = replace(words[slot], **{word: getattr(words[slot], word) ^ 1})
    lied = inputs_of(trace, queue_start=6, words=words).named()
    assert set(labels_with(batch(3, 2), lied)) == BINDING


def test_a_fee_that_l1_did_not_see_is_refused(mixed):
    _inputs, trace = mixed
    words = [s.words for s in trace.slots]
    words[1] = replace(words[1], operation=words[1].operation ^ 1 << 192)
    assert set(labels_with(batch(3, 2), inputs_of(trace, queue_start=6, words=words).named())) == BINDING


@pytest.mark.parametrize("name", ["slot[0].amount", "slot[0].debit.index", "slot[0].address"])
def test_a_forced_withdrawal_is_the_one_that_l1_asked_for(name):
    inputs, _ = run(populated(2), forced(BOB, ALICE_ETH, 113), slots=3)
    assert set(labels_with(batch(3, 2), {**inputs, name: inputs[name] + 1})) >= BINDING


@pytest.mark.parametrize("op", [1, 2, 3, 0])
def test_a_forced_withdrawal_cannot_be_passed_off_as_another_operation(op):
    inputs, _ = run(populated(2), forced(BOB, ALICE_ETH, 113), slots=3)
    names = {1: "deposit", 2: "transfer", 3: "withdraw"}
    lied = {**inputs, "slot[0].is_forced": 0}
    if op:
        lied[f"slot[0].is_{names[op]}"] = 1
    assert set(labels_with(batch(3, 2), lied)) >= BINDING


def test_fees_cannot_go_to_another_account_than_the_headers():
    """All is as Bob's due would have it, but the contract's header names Erin's account."""
    state = populated(2)
    operation = transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30)
    inputs, trace = run(state, operation, slots=3, fee_account=BOB_ETH)
    accepts(batch(3, 2), inputs)
    header = replace(header_of(trace), fee_account=ERIN_ETH)
    assert set(labels_with(batch(3, 2), inputs_of(trace, header=header).named())) == BINDING


def test_a_signature_beside_a_forced_withdrawal_moves_no_nonce():
    state = populated(2)
    inputs, trace = run(state, forced(ALICE, ALICE_ETH, 113), slots=3)
    signature = withdrawal(state, ALICE_ETH, OWNERS[ALICE], 113, key=ALICE).signature
    parts = {"r8_x": signature.r8.x, "r8_y": signature.r8.y, "s": signature.s}
    accepts(batch(3, 2), inputs | {f"slot[0].signature.{name}": part for name, part in parts.items()})
    assert trace.after.account(ALICE_ETH).nonce == 7


def test_a_padding_slot_with_an_amount_is_not_the_contracts_noop():
    inputs, trace = run(populated(2), slots=3)
    assert trace.slots[2].words == SlotWords()
    assert set(labels_with(batch(3, 2), {**inputs, "slot[2].amount": 5})) == BINDING


@pytest.mark.parametrize("name", ["number", "domain", "queue_start", "queue_count", "old_root"])
def test_a_prover_cannot_use_other_header_values(mixed, name):
    inputs, _ = mixed
    assert set(labels_with(batch(3, 2), {**inputs, name: inputs[name] + 1})) >= BINDING


def test_a_batch_cannot_be_replayed_under_another_number(mixed):
    """Also its exit ids would be others: they are computed from the number, not read."""
    _inputs, trace = mixed
    later = replace(header_of(trace, queue_start=6), number=NUMBER + 1)
    assert set(labels_with(batch(3, 2), inputs_of(trace, queue_start=6, header=later).named())) == BINDING


def test_a_forged_exit_root_is_refused(mixed):
    _, trace = mixed
    forged = trace.exit_tree.set(1, 0xF0F)
    header = replace(header_of(trace, queue_start=6), exit_root=forged.root)
    assert set(labels_with(batch(3, 2), inputs_of(trace, queue_start=6, header=header).named())) == BINDING


def test_an_exit_under_another_slots_id_is_refused(mixed):
    _, trace = mixed
    moved = replace(trace.exits[0], slot=1)
    forged = trace.exit_tree.set(2, moved.leaf)
    header = replace(header_of(trace, queue_start=6), exit_root=forged.root)
    assert set(labels_with(batch(3, 2), inputs_of(trace, queue_start=6, header=header).named())) == BINDING


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


def test_the_inputs_of_a_batch_are_exactly_the_circuits(mixed):
    inputs, _ = mixed
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
