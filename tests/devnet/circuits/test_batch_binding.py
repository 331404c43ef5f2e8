"""A batch's proof is of the contract's words, header included, and of no others."""

from dataclasses import replace

import pytest
from tests.devnet.circuits.mixes import MIXES
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    ERIN,
    ERIN_ETH,
    NUMBER,
    OWNERS,
    accepts,
    account,
    batch,
    forced,
    header_of,
    inputs_of,
    populated,
    run,
    transfer,
    withdrawal,
)
from tests.soundness.attacks import broken_labels, labels_with, overwritten

from zkrollup.circuits.encoding import SlotWords, batch_instance

BINDING = {"commitment", "evaluation"}


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


@pytest.mark.parametrize("credited", [0, 30, 29, 59 + 30, 60], ids=lambda paid: f"{paid} instead of 59")
def test_no_root_is_proved_that_credits_other_fees_than_were_paid(credited):
    state = populated(2)
    operations = MIXES["fees of a transfer and a withdrawal"](state)
    _, trace = run(state, *operations, slots=3)
    assert trace.fee_total == 59
    forged = trace.after.replaced(ERIN_ETH, account(ERIN, 0, 211 + credited, 3))
    header = replace(header_of(trace), new_root=forged.root)
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
