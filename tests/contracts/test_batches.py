"""Committing and proving batches: what the contract computes of them, what it refuses, in which order."""

from dataclasses import fields, replace

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.contracts.support import (
    BATCH_KEY,
    EMPTY_EXIT_ROOT,
    GENESIS_ROOT,
    KEYS,
    Entry,
    deploy,
    transfer,
    withdrawal,
    word,
)

from zkrollup.circuits import encoding
from zkrollup.crypto.field import R
from zkrollup.evm import Chain
from zkrollup.snark.verifier_contract import solidity_proof

RECIPIENT = "0x00000000000000000000000000000000DeaDBeef"


@pytest.fixture
def mixed(system):
    """A deposit, a transfer and a withdrawal."""
    return system.batch(
        transfer(3, 7, 501), withdrawal(5, 207, RECIPIENT), entries=(system.deposit(103, key=KEYS[1]),)
    )


def pointers(system):
    rollup = system.rollup
    return {
        "committed": (rollup.committedBatches(), rollup.committedQueue(), rollup.committedRoot()),
        "proven": (rollup.provenBatches(), rollup.provenQueue(), rollup.stateRoot()),
    }


# What the contract computes


def test_header_x_and_y_are_those_computed_apart(system, mixed):
    header, x, y = system.rollup.previewBatch(*mixed.commit_arguments)
    assert tuple(header) == mixed.header
    assert (x, y) == (mixed.x, mixed.y)


@pytest.mark.parametrize(
    ("queue", "posted"),
    [
        (queue, n)
        for queue in ("", "d", "f", "dd", "df", "fd", "ff", "dfd", "fdf")
        for n in range(4 - len(queue))
    ],
)
def test_every_mix_of_queue_data_and_padding_evaluates_alike(system, queue, posted):
    entries = tuple(
        system.deposit(103 + i, key=KEYS[i]) if kind == "d" else system.request(11 + i, 2**128 - 1 - i)
        for i, kind in enumerate(queue)
    )
    records = (withdrawal(5, 207, RECIPIENT), transfer(3, 7, 501), transfer(2, 4, 2**128 - 1))[:posted]
    batch = system.batch(*records, entries=entries)
    _, x, y = system.rollup.previewBatch(*batch.commit_arguments)
    assert (x, y) == (batch.x, batch.y)


def test_the_packages_encoding_is_the_contracts(system, mixed):
    header = encoding.BatchHeader(
        old_root=mixed.old_root,
        new_root=mixed.new_root,
        exit_root=mixed.exit_root,
        number=1,
        domain=encoding.compute_domain(31337, system.rollup.address),
        queue_start=0,
        queue_count=1,
        fee_account=0,
        slots=3,
    )
    (entry,) = mixed.entries
    slots = [
        encoding.SlotWords(*entry.words),
        encoding.SlotWords(encoding.pack_operation(encoding.Op.TRANSFER, 3, 7, 501)),
        encoding.SlotWords(encoding.pack_operation(encoding.Op.WITHDRAW, 5, 0, 207), int(RECIPIENT, 16)),
    ]
    assert encoding.posted_data(slots) == mixed.data
    assert encoding.batch_instance(header, slots).as_tuple() == mixed.public
    _, x, y = system.rollup.previewBatch(*mixed.commit_arguments)
    assert encoding.batch_instance(header, slots).as_tuple()[1:] == (x, y)


def test_a_full_batch_of_256_slots_evaluates_alike():
    system = deploy(Chain(), slots=256)
    records = [
        transfer(i, i + 1, 501 + i) if i % 3 else withdrawal(i, 207 + i, RECIPIENT) for i in range(256)
    ]
    batch = system.batch(*records)
    _, x, y = system.rollup.previewBatch(*batch.commit_arguments)
    assert (x, y) == (batch.x, batch.y)


def test_the_domain_is_that_of_chain_address_and_version(system):
    packed = encode(["uint256", "address", "uint256"], [31337, system.rollup.address, 2])
    assert system.domain == int.from_bytes(keccak(packed), "big") >> 8


def test_a_commit_announces_what_a_prover_needs(system, mixed):
    event = system.commit(mixed).event("BatchCommitted")
    assert event.args["number"] == 1
    assert tuple(event.args["header"]) == mixed.header
    assert tuple(event.args[name] for name in ("commitment", "x", "y")) == mixed.public


@pytest.mark.parametrize(
    "change",
    [
        {"deposited": 104},
        {"key": KEYS[2]},
        {"owner": RECIPIENT},
        {"sent": 502},
        {"recipient": "0x00000000000000000000000000000000DeaDBee1"},
        {"new_root": 5_000_012},
        {"exit_root": 5_000_078},
        {"fee": 1},
        {"fee_account": 11},
        {"forced": 308},
        {"requester": 4},
    ],
    ids=lambda change: next(iter(change)),
)
def test_x_covers_everything_that_is_evaluated(system, change):
    # The same C: an operator who searches for words that fit an x that it knows already.
    def challenge(deposited=103, key=KEYS[1], owner=None, forced=307, requester=3, sent=501, fee=0,
                  recipient=RECIPIENT, **header):  # fmt: skip
        with system.chain.anchor():
            entries = (
                system.deposit(deposited, key=key, owner=owner),
                system.request(9, forced, sender=system.chain.accounts[requester]),
            )
            batch = system.batch(withdrawal(5, sent, recipient, fee=fee), entries=entries, **header)
            new_root, exit_root, _, *posted = batch.commit_arguments
            return system.rollup.previewBatch(new_root, exit_root, 9_000_011, *posted)[1]

    assert challenge() == challenge()
    assert challenge() != challenge(**change)


# What data may hold


@pytest.mark.parametrize("op", [0, 1, 4, 5, 255])
def test_only_transfers_and_withdrawals_may_be_posted(system, reverts, op):
    record = word(op, sender=3, receiver=7, amount=501)
    with reverts("OperationNotAllowed", offset=27, op=op):
        system.commit(system.batch(transfer(1, 2, 307), record))


@pytest.mark.parametrize("kept", [1, 26, 28, 46])
def test_a_record_cut_short_is_refused(system, reverts, kept):
    record = withdrawal(5, 207, RECIPIENT)
    arguments = list(system.batch(record).commit_arguments)
    arguments[-1] = record[:kept]
    size = 27 if kept < 27 else 47
    with reverts("TruncatedRecord", offset=0, size=size, remaining=kept):
        system.rollup.commitBatch(*arguments, sender=system.operator)


def test_bytes_after_the_last_record_are_refused(system, reverts):
    with reverts("TruncatedRecord", offset=27, size=27, remaining=1):
        arguments = list(system.batch(transfer(3, 7, 501)).commit_arguments)
        arguments[-1] += b"\x00"
        system.rollup.commitBatch(*arguments, sender=system.operator)


@pytest.mark.parametrize("fee", [1, 2**15, 2**16 - 1])
def test_records_carry_a_fee(system, fee):
    # The contract evaluates the bits; what they mean, and who is paid, the circuit decides.
    batch = system.batch(
        transfer(3, 7, 501, fee=fee), withdrawal(5, 207, RECIPIENT, fee=fee), fee_account=2**32 - 1
    )
    header, x, y = system.rollup.previewBatch(*batch.commit_arguments)
    assert (tuple(header), x, y) == (batch.header, batch.x, batch.y)


def test_more_records_than_slots_are_refused(system, reverts):
    with reverts("TooManyOperations", operations=4, slots=3):
        system.rollup.commitBatch(1, 2, 3, 0, [], transfer(3, 7, 501) * 4, sender=system.operator)


def test_records_that_queue_entries_leave_no_slot_for_are_refused(system, mixed, reverts):
    with reverts("TooManyOperations", operations=4, slots=3):
        system.commit(replace(mixed, records=(*mixed.records, transfer(1, 2, 307)), slots=4))


def test_more_queue_entries_than_slots_are_refused(system, reverts):
    entries = tuple(system.deposit(103 + i, key=KEYS[i]) for i in range(4))
    with reverts("TooManyOperations", operations=4, slots=3):
        system.commit(system.batch(entries=entries))


@pytest.mark.parametrize("field", ["new_root", "exit_root"])
@pytest.mark.parametrize("value", [R, 2**256 - 1])
def test_a_root_outside_the_field_is_refused(system, reverts, field, value):
    arguments = list(system.batch().commit_arguments)
    arguments[("new_root", "exit_root").index(field)] = value
    with reverts("NotInField", value=value):
        system.rollup.commitBatch(*arguments, sender=system.operator)


def test_a_commitment_outside_the_field_is_refused(system, reverts):
    batch = system.batch()
    arguments = list(batch.commit_arguments)
    arguments[2] = batch.commitment + R
    with reverts("NotInField", value=batch.commitment + R):
        system.rollup.commitBatch(*arguments, sender=system.operator)


# The queue

ENTRY_FIELDS = [field.name for field in fields(Entry)]


@pytest.mark.parametrize("kind", ["deposit", "request"])
@pytest.mark.parametrize("change", ENTRY_FIELDS)
def test_entries_that_differ_from_the_queue_are_refused(system, reverts, kind, change):
    # Another op, too: a forced withdrawal that is posted as a deposit, or the other way round.
    entry = system.deposit(501) if kind == "deposit" else system.request(7, 501)
    other = RECIPIENT if change in ("owner", "token") else getattr(entry, change) + 1
    if change == "op":
        other = {1: 4, 4: 1}[entry.op]
    with reverts("QueueMismatch", start=0, count=1):
        system.commit(system.batch(entries=(replace(entry, **{change: other}),)))
    system.commit(system.batch(entries=(entry,)))


def test_entries_are_taken_in_order(system, reverts):
    first, second, third = system.deposit(501), system.request(0, 307), system.request(0, 103)
    for entries in (
        *((second,), (third,), (second, first), (first, first), (first, third)),
        *((first, third, second), (first, second, second)),
    ):
        with reverts("QueueMismatch", start=0, count=len(entries)):
            system.commit(system.batch(entries=entries))
    system.commit(system.batch(entries=(first, second, third)))


def test_entries_beyond_the_queue_are_refused(system, reverts):
    entry = system.deposit(501)
    with reverts("QueueExceeded", end=2, length=1):
        system.commit(system.batch(entries=(entry, entry)))


def test_an_entry_is_taken_once(system, reverts):
    entry = system.deposit(501)
    batch = system.batch(entries=(entry,))
    system.commit(batch)
    with reverts("QueueExceeded", end=2, length=1):
        system.commit(batch.following(entries=(entry,)))


def test_a_batch_may_leave_entries_for_the_next(system):
    entries = [system.deposit(501), system.deposit(307, key=KEYS[1])]
    first = system.batch(entries=(entries[0],))
    second = first.following(entries=(entries[1],))
    system.commit(first)
    assert tuple(system.commit(second).event("BatchCommitted").args["header"]) == second.header
    assert system.rollup.committedQueue() == 2


# Who and when


def test_only_the_operator_commits(system, chain, mixed, reverts):
    stranger = chain.accounts[3]
    with reverts("NotOperator", caller=stranger.address):
        system.commit(mixed, sender=stranger)
    with reverts("NotOperator", caller=stranger.address):
        system.rollup.submitBatch(*mixed.commit_arguments, mixed.proof, sender=stranger)
    with reverts("NotOperator", caller=stranger.address):
        system.rollup.revertBatches(sender=stranger)


def test_a_commit_moves_the_committed_pointers_only(system, mixed):
    system.commit(mixed)
    assert pointers(system) == {"committed": (1, 1, mixed.new_root), "proven": (0, 0, GENESIS_ROOT)}


def test_anybody_proves_and_the_root_moves(system, chain, mixed):
    system.commit(mixed)
    event = system.prove(mixed, sender=chain.accounts[9]).event("BatchProven")
    assert event.args == {"number": 1, "stateRoot": mixed.new_root, "exitRoot": mixed.exit_root}
    assert pointers(system) == {"committed": (1, 1, mixed.new_root), "proven": (1, 1, mixed.new_root)}
    assert system.rollup.exitRoot(1) == mixed.exit_root


@pytest.mark.parametrize("word_index", range(8))
def test_a_proof_with_any_word_changed_is_refused(system, mixed, reverts, word_index):
    system.commit(mixed)
    a, b, c = mixed.proof
    flat = [*a, *b[0], *b[1], *c]
    flat[word_index] += 1
    proof = (flat[:2], (flat[2:4], flat[4:6]), flat[6:])
    with reverts("InvalidProof"):
        system.rollup.proveBatch(mixed.header, *mixed.public, proof)
    assert system.rollup.stateRoot() == GENESIS_ROOT


@pytest.mark.parametrize("index", range(3))
def test_a_proof_of_other_inputs_is_refused(system, mixed, reverts, index):
    system.commit(mixed)
    public = list(mixed.public)
    public[index] += 1
    with reverts("InvalidProof"):
        system.rollup.proveBatch(mixed.header, *mixed.public, solidity_proof(BATCH_KEY.prove(public)))


@pytest.mark.parametrize("index", range(14))
def test_a_header_with_any_word_changed_is_refused(system, mixed, reverts, index):
    system.commit(mixed)
    header = list(mixed.header)
    header[index] += 1
    name = "BatchNotCommitted" if index == 4 else "CommitmentMismatch"
    with reverts(name, number=header[4]):
        system.rollup.proveBatch(header, *mixed.public, mixed.proof)


@pytest.mark.parametrize("index", range(3))
def test_other_public_inputs_than_committed_are_refused_even_with_a_proof(system, mixed, reverts, index):
    system.commit(mixed)
    public = list(mixed.public)
    public[index] += 1
    with reverts("CommitmentMismatch", number=1):
        system.rollup.proveBatch(mixed.header, *public, solidity_proof(BATCH_KEY.prove(public)))


def test_what_was_committed_is_one_hash_until_it_is_proven(system, mixed, reverts):
    second = mixed.following()
    system.commit(mixed)
    system.commit(second)
    for batch in (mixed, second):
        words = (*batch.public, *batch.header)
        expected = keccak(b"".join(value.to_bytes(32, "big") for value in words))
        assert system.rollup.commitmentHash(batch.number) == expected
    system.prove(mixed)
    with reverts("BatchNotCommitted", number=1):
        system.rollup.commitmentHash(1)
    assert system.rollup.commitmentHash(2)


def test_batches_are_proved_in_order(system, reverts):
    first = system.batch(transfer(3, 7, 501))
    second = first.following(records=(transfer(7, 3, 103),))
    system.commit(first)
    system.commit(second)
    with reverts("ProofOutOfOrder", expected=1, number=2):
        system.prove(second)
    system.prove(first)
    system.prove(second)
    assert system.rollup.stateRoot() == second.new_root


def test_a_batch_is_proved_once(system, mixed, reverts):
    system.settle(mixed)
    with reverts("BatchNotCommitted", number=1):
        system.prove(mixed)


def test_a_batch_that_was_never_committed_is_not_proved(system, mixed, reverts):
    with reverts("BatchNotCommitted", number=1):
        system.prove(mixed)
    with reverts("BatchNotCommitted", number=1):
        system.rollup.commitmentHash(1)


def test_a_batch_number_of_more_than_64_bits_names_no_batch(system, mixed, reverts):
    system.commit(mixed)
    header = list(mixed.header)
    header[4] = 2**64 + 1
    with reverts("BatchNotCommitted", number=2**64 + 1):
        system.rollup.proveBatch(header, *mixed.public, mixed.proof)


def test_submitting_commits_and_proves_at_once(system, mixed):
    receipt = system.submit(mixed)
    assert [event.name for event in receipt.events] == ["BatchCommitted", "BatchProven"]
    assert pointers(system) == {"committed": (1, 1, mixed.new_root), "proven": (1, 1, mixed.new_root)}


def test_submitting_a_wrong_proof_commits_nothing(system, mixed, reverts):
    wrong = solidity_proof(BATCH_KEY.prove((1, 2, 3)))
    with reverts("InvalidProof"):
        system.rollup.submitBatch(*mixed.commit_arguments, wrong, sender=system.operator)
    assert pointers(system)["committed"] == (0, 0, GENESIS_ROOT)


def test_submitting_over_unproven_batches_is_refused(system, mixed, reverts):
    system.commit(mixed)
    second = mixed.following()
    with reverts("UnprovenBatches", proven=0, committed=1):
        system.submit(second)


# Reverting


def test_reverting_restores_the_committed_pointers(system):
    entries = [system.deposit(501 + i, key=KEYS[i]) for i in range(3)]
    proven = system.batch(entries=(entries[0],))
    system.settle(proven)
    second = proven.following(entries=(entries[1],))
    third = second.following(entries=(entries[2],))
    system.commit(second)
    system.commit(third)
    event = system.rollup.revertBatches(sender=system.operator).event("BatchesReverted")
    assert event.args == {"first": 2, "last": 3}
    assert pointers(system) == {"committed": (1, 1, proven.new_root), "proven": (1, 1, proven.new_root)}


def test_a_dropped_batch_cannot_be_proved(system, mixed, reverts):
    system.commit(mixed)
    system.rollup.revertBatches(sender=system.operator)
    with reverts("BatchNotCommitted", number=1):
        system.prove(mixed)


def test_a_dropped_batch_stays_dropped_when_its_number_is_taken_again(system, mixed, reverts):
    dropped = mixed.following()
    system.commit(mixed)
    system.commit(dropped)
    system.rollup.revertBatches(sender=system.operator)
    other = replace(mixed, new_root=mixed.new_root + 9)
    system.settle(other)
    with reverts("BatchNotCommitted", number=2):
        system.prove(dropped)
    system.commit(other.following())
    with reverts("CommitmentMismatch", number=2):
        system.prove(dropped)


def test_queue_entries_of_dropped_batches_are_taken_again(system, mixed):
    system.commit(mixed)
    system.rollup.revertBatches(sender=system.operator)
    system.settle(mixed)
    assert system.rollup.provenQueue() == 1


def test_proven_batches_cannot_be_reverted(system, mixed, reverts):
    system.settle(mixed)
    with reverts("NothingToRevert", proven=1):
        system.rollup.revertBatches(sender=system.operator)
    assert system.rollup.stateRoot() == mixed.new_root


# Gas


def test_gas_of_batches(system, mixed, snapshot_value):
    empty = system.batch()
    with system.chain.anchor():
        snapshot_value("commit, 3 noops", system.commit(empty).gas_used)
    with system.chain.anchor():
        snapshot_value("submit, deposit and transfer and withdrawal", system.submit(mixed).gas_used)
    snapshot_value("commit, deposit and transfer and withdrawal", system.commit(mixed).gas_used)
    with system.chain.anchor():
        system.commit(mixed.following())
        receipt = system.rollup.revertBatches(sender=system.operator)
        snapshot_value("revert two batches", receipt.gas_used)
    snapshot_value("prove", system.prove(mixed).gas_used)


def test_the_genesis_roots_are_those_given(system):
    assert system.rollup.genesisRoot() == system.rollup.committedRoot() == GENESIS_ROOT
    assert system.rollup.emptyExitRoot() == EMPTY_EXIT_ROOT
