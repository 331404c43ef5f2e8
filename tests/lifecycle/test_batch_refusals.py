"""Real proven batches with one thing changed, moved or repeated: L1 refuses by name, and nothing moves."""

from dataclasses import replace

import pytest
from tests.lifecycle.scenes import set_up
from tests.lifecycle.support import (
    STRANGER,
    commit_arguments,
    entries_of,
    footprint,
    forged,
    prove,
    rerandomised,
    second_rollup,
    submit,
)

from pytest_zkrollup import ETH, reverts
from zkrollup.circuits.encoding import OPERATION_BYTES
from zkrollup.crypto.field import P, R
from zkrollup.evm import Chain, Reverted
from zkrollup.ledger.operations import Deposit
from zkrollup.operator.bridge import header_struct
from zkrollup.operator.mempool import Mempool
from zkrollup.operator.queue import QueueEntry, to_address
from zkrollup.snark.verifier_contract import solidity_proof


@pytest.fixture(scope="module")
def module_scene(module_devnet):
    return set_up(module_devnet)


@pytest.fixture
def scene(module_scene):
    with module_scene.actors.devnet.anchor():
        yield module_scene


@pytest.fixture
def refused(scene):
    """Expects a refusal by name that leaves L1 as it was."""

    class Refused(reverts):
        def __enter__(self):
            self.before = footprint(scene.actors.rollup)
            return super().__enter__()

        def __exit__(self, *exc):
            passed = super().__exit__(*exc)
            assert footprint(scene.actors.rollup) == self.before
            return passed

    return Refused


# What is posted


def test_the_unchanged_batch_is_accepted(scene):
    submit(scene.actors, scene.mixed)
    assert scene.actors.rollup.contract.stateRoot() == scene.mixed.sealed.root_after
    assert scene.actors.rollup.contract.exitRoot(2) == scene.mixed.sealed.header.exit_root


PARTS = {"op": 0, "fee": 2, "sender": 6, "receiver": 10, "amount": 26, "recipient": 2 * OPERATION_BYTES + 19}


@pytest.mark.parametrize("part", PARTS)
def test_a_changed_part_of_the_data_is_refused(scene, refused, part):
    changed = bytearray(scene.mixed.sealed.data)
    changed[PARTS[part]] ^= 1
    with refused({"op": "OperationNotAllowed"}.get(part, "InvalidProof")):
        submit(scene.actors, scene.mixed, data=bytes(changed))


def test_no_byte_of_the_data_can_be_changed(scene):
    data, contract = scene.mixed.sealed.data, scene.actors.rollup.contract
    assert len(data) == 27 + 47
    refusals = set()
    for position in range(len(data)):
        for flip in (0x01, 0x80):
            changed = bytearray(data)
            changed[position] ^= flip
            with pytest.raises(Reverted) as refusal:
                contract["submitBatch"].call(
                    *commit_arguments(scene.mixed.sealed, data=bytes(changed)),
                    solidity_proof(scene.mixed.proof),
                    sender=scene.actors.operator_account,
                )
            refusals.add(refusal.value.name)
    # An operation that calls itself another one shifts or cuts what follows.
    assert refusals == {"InvalidProof", "OperationNotAllowed", "TruncatedRecord"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("InvalidProof", lambda data: b""),
        ("InvalidProof", lambda data: data[:27]),
        ("InvalidProof", lambda data: data[27:]),
        ("InvalidProof", lambda data: data[27:] + data[:27]),
        ("TruncatedRecord", lambda data: data[:-1]),
        ("TruncatedRecord", lambda data: data + b"\x02"),
        ("OperationNotAllowed", lambda data: data[:27] + bytes(27)),
        ("OperationNotAllowed", lambda data: b"\x01" + data[1:]),
        ("OperationNotAllowed", lambda data: b"\x04" + data[1:]),
        ("TooManyOperations", lambda data: data + data[:27]),
    ],
    ids=["none", "without burn", "without transfer", "reordered", "cut", "trailing byte", "explicit noop",
         "posted deposit", "posted forced withdrawal", "repeated"],
)  # fmt: skip
def test_data_that_is_not_the_batchs_is_refused(scene, refused, name, change):
    with refused(name):
        submit(scene.actors, scene.mixed, data=change(scene.mixed.sealed.data))


@pytest.mark.parametrize("root", ["new_root", "exit_root", "commitment"])
def test_a_changed_root_or_commitment_is_refused(scene, refused, root):
    header, instance = scene.mixed.sealed.header, scene.mixed.sealed.instance
    value = instance.commitment if root == "commitment" else getattr(header, root)
    for changed in ((value + 1) % R, 0, header.old_root):
        with refused("InvalidProof"):
            submit(scene.actors, scene.mixed, **{root: changed})
    with refused("NotInField", value=value + R):
        submit(scene.actors, scene.mixed, **{root: value + R})


def test_an_exit_root_without_the_burn_is_refused(scene, refused):
    with refused("InvalidProof"):
        submit(scene.actors, scene.mixed, exit_root=scene.actors.rollup.contract.emptyExitRoot())


# The queue


def test_a_left_out_deposit_is_refused(scene, refused):
    with refused("InvalidProof"):
        submit(scene.actors, scene.mixed, entries=[])


@pytest.mark.parametrize("field", range(9))
def test_a_changed_field_of_a_deposit_is_refused(scene, refused, field):
    entry = list(entries_of(scene.mixed.sealed)[0])
    entry[field] = to_address(5) if isinstance(entry[field], str) else entry[field] + 1
    with refused("QueueMismatch", start=2, count=1):
        submit(scene.actors, scene.mixed, entries=[tuple(entry)])


@pytest.mark.parametrize("order", [(1, 0), (0, 0), (1,), (1, 1)], ids=str)
def test_deposits_are_taken_in_order_and_once(scene, refused, order):
    submit(scene.actors, scene.mixed)
    entries = entries_of(scene.queued.sealed)
    with refused("QueueMismatch", start=3, count=len(order)):
        submit(scene.actors, scene.queued, entries=[entries[i] for i in order])
    submit(scene.actors, scene.queued)


def test_more_deposits_than_proved_are_refused(scene, refused):
    more = [entries_of(batch.sealed)[0] for batch in (scene.mixed, scene.queued)]
    with refused("InvalidProof"):  # they do come next in the queue
        submit(scene.actors, scene.rival, entries=more)


def test_more_deposits_than_the_queue_holds_are_refused(scene, refused):
    submit(scene.actors, scene.mixed)
    entries = entries_of(scene.queued.sealed)
    with refused("QueueExceeded", end=6, length=5):
        submit(scene.actors, scene.queued, entries=[*entries, entries[0]])


# Order


def test_a_batch_that_skips_one_is_refused(scene, refused):
    # The contract builds the header: its old root, number and queue pointer are not the proof's.
    entries = entries_of(scene.mixed.sealed)
    with refused("QueueMismatch"):
        submit(scene.actors, scene.queued)
    with refused("InvalidProof"):
        submit(scene.actors, scene.queued, entries=entries)


def test_a_batch_is_not_taken_twice(scene, refused):
    submit(scene.actors, scene.mixed)
    with refused("QueueMismatch"):
        submit(scene.actors, scene.mixed)
    with refused("InvalidProof"):
        submit(scene.actors, scene.mixed, entries=[])
    with refused("BatchNotCommitted", number=2):
        prove(scene.actors, scene.mixed)


def test_one_pre_state_has_one_successor(scene, refused):
    # Both proofs are right about the same old root.
    assert scene.mixed.sealed.root_before == scene.rival.sealed.root_before
    submit(scene.actors, scene.mixed)
    with refused("QueueMismatch"):
        submit(scene.actors, scene.rival)
    with refused("BatchNotCommitted", number=2):
        prove(scene.actors, scene.rival)


def test_the_proof_of_one_batch_does_not_prove_another(scene, refused):
    operator = scene.actors.operator
    operator.commit(scene.mixed.sealed)
    with refused("InvalidProof"):
        prove(scene.actors, scene.mixed, proof=solidity_proof(scene.rival.proof))
    with refused("CommitmentMismatch", number=2):
        prove(scene.actors, scene.rival)


def test_two_commits_are_proved_in_order(scene, refused):
    operator, contract = scene.actors.operator, scene.actors.rollup.contract
    operator.commit(scene.mixed.sealed)
    operator.commit(scene.queued.sealed)
    with refused("ProofOutOfOrder", expected=2, number=3):
        prove(scene.actors, scene.queued)
    with refused("UnprovenBatches", proven=1, committed=3):
        submit(scene.actors, scene.mixed)
    prove(scene.actors, scene.mixed)
    prove(scene.actors, scene.queued)
    assert contract.stateRoot() == scene.queued.sealed.root_after


# Who


def test_a_stranger_proves_and_does_not_commit(scene, refused):
    actors = scene.actors
    arguments = commit_arguments(scene.mixed.sealed)
    with refused("NotOperator", caller=actors.carol):
        submit(actors, scene.mixed, sender=actors.carol)
    with refused("NotOperator", caller=actors.carol):
        actors.rollup.contract.commitBatch(*arguments, sender=actors.carol)
    actors.operator.commit(scene.mixed.sealed)
    with refused("NotOperator", caller=actors.carol):
        actors.rollup.contract.revertBatches(sender=actors.carol)
    prove(actors, scene.mixed, sender=actors.carol)
    assert actors.rollup.contract.stateRoot() == scene.mixed.sealed.root_after


def test_a_garbage_commit_stops_neither_deposits_nor_claims_nor_the_rollup(scene, refused):
    actors, contract = scene.actors, scene.actors.rollup.contract
    root = contract.stateRoot()
    contract.commitBatch(5, 7, 11, 0, [], b"", sender=actors.operator_account)
    with refused("CommitmentMismatch", number=2):
        prove(actors, scene.mixed)
    scene.exit.claim(sender=actors.carol)
    assert actors.l1.balance(STRANGER) == 53
    actors.rollup.lock.depositETH(
        actors.carol.address, *actors.carol.key.public, sender=actors.carol, value=3
    )
    contract.revertBatches(sender=actors.operator_account)
    assert contract.stateRoot() == contract.committedRoot() == root
    submit(actors, scene.mixed)
    assert contract.stateRoot() == scene.mixed.sealed.root_after


def test_commits_can_be_taken_back_and_made_again(scene, refused):
    actors, operator = scene.actors, scene.actors.operator
    operator.commit(scene.mixed.sealed)
    operator.commit(scene.queued.sealed)
    actors.rollup.contract.revertBatches(sender=actors.operator_account)
    with refused("BatchNotCommitted", number=2):
        prove(actors, scene.mixed)
    actors.rollup.settle()  # the operator reads from L1 what it must commit again
    assert actors.rollup.contract.stateRoot() == scene.queued.sealed.root_after


# The proof


@pytest.mark.parametrize("position", range(8))
def test_a_changed_coordinate_of_the_proof_is_refused(scene, refused, position):
    scene.actors.operator.commit(scene.mixed.sealed)
    a, b, c = solidity_proof(scene.mixed.proof)
    flat = [*a, *b[0], *b[1], *c]
    # One more, the same modulo P, zero, the negative
    for value in (flat[position] + 1, flat[position] + P, 0, P - flat[position]):
        changed = [*flat[:position], value, *flat[position + 1 :]]
        with refused("InvalidProof"):
            prove(
                scene.actors, scene.mixed, proof=(changed[:2], (changed[2:4], changed[4:6]), changed[6:])
            )  # fmt: skip


@pytest.mark.parametrize(
    "proof",
    [
        ((0, 0), ((0, 0), (0, 0)), (0, 0)),
        ((1, 2), ((0, 0), (0, 0)), (0, 0)),
        ((2**256 - 1,) * 2, ((2**256 - 1,) * 2,) * 2, (2**256 - 1,) * 2),
    ],
    ids=["infinities", "generator", "all ones"],
)
def test_a_proof_of_nothing_is_refused(scene, refused, proof):
    scene.actors.operator.commit(scene.mixed.sealed)
    with refused("InvalidProof"):
        prove(scene.actors, scene.mixed, proof=proof)


def test_a_rerandomised_proof_proves_the_batch_and_no_other(scene, refused):
    actors = scene.actors
    key = actors.operator.prover.batch.vk
    other = solidity_proof(rerandomised(scene.mixed.proof, key, r=1_000_003, k=1_000_033))
    actors.operator.commit(scene.mixed.sealed)
    prove(actors, scene.mixed, proof=other)
    with refused("BatchNotCommitted", number=2):
        prove(actors, scene.mixed)


@pytest.mark.parametrize("word", range(13))
def test_a_changed_header_word_is_refused_with_the_proof(scene, refused, word):
    scene.actors.operator.commit(scene.mixed.sealed)
    for change in (1, R):
        header = list(header_struct(scene.mixed.sealed.header))
        header[word] += change
        with refused("BatchNotCommitted" if word == 4 else "CommitmentMismatch"):
            prove(scene.actors, scene.mixed, header=tuple(header))


@pytest.mark.parametrize("position", range(3), ids=["C", "x", "y"])
def test_a_changed_public_input_is_refused_with_the_proof(scene, refused, position):
    scene.actors.operator.commit(scene.mixed.sealed)
    for change in (1, R):
        public = list(scene.mixed.sealed.instance.as_tuple())
        public[position] += change
        with refused("CommitmentMismatch", number=2):
            prove(scene.actors, scene.mixed, public=public)


def test_the_verifier_itself_refuses_a_public_input_under_its_second_name(scene):
    verifier, public = scene.actors.rollup.verifier, scene.mixed.sealed.instance.as_tuple()
    proof = solidity_proof(scene.mixed.proof)
    assert verifier.verifyProof(*proof, public) is True
    for position in range(3):
        alias = [*public[:position], public[position] + R, *public[position + 1 :]]
        assert verifier.verifyProof(*proof, alias) is False


# Other rollups


@pytest.mark.parametrize("where", ["the same chain", "another chain"])
def test_a_batch_proves_nothing_on_another_rollup(scene, where):
    actors, contract = scene.actors, scene.actors.rollup.contract
    l1 = actors.l1 if where == "the same chain" else Chain(31_340)
    bridge = second_rollup(actors, l1).bridge
    other = bridge.contracts
    if where == "another chain":
        assert other.rollup.address == contract.address
    assert other.rollup.stateRoot() == contract.genesisRoot()
    assert other.rollup.domain() != contract.domain()
    deposits = [entry.operation for entry in scene.settled.sealed.queued]
    for deposit in deposits:
        other.lock.depositETH(
            to_address(deposit.owner), *deposit.key, sender=l1.accounts[0], value=deposit.amount
        )
    queue = bridge.queue(0)
    assert [entry.operation for entry in queue] == deposits  # so domain is the only difference
    with reverts("InvalidProof"):
        other.rollup.submitBatch(
            *commit_arguments(scene.settled.sealed, entries=[entry.struct for entry in queue]),
            solidity_proof(scene.settled.proof),
            sender=actors.operator_account,
        )
    assert other.rollup.stateRoot() == contract.genesisRoot()


# Operators that prove lies: the circuit is satisfied, L1's own words are not


def test_money_from_no_deposit_is_refused(scene, refused):
    actors, alice = scene.actors, scene.actors.alice
    index = actors.rollup.account_index(ETH, alice)
    invented = Deposit(index, int(alice.address, 16), int(ETH), 10**18, alice.key.public)
    actors.operator.commit(scene.mixed.sealed)
    actors.operator.finalize(scene.mixed)
    actors.operator.commit(scene.queued.sealed)
    actors.operator.finalize(scene.queued)
    posted = forged(actors, [invented])
    with refused("InvalidProof"):
        submit(actors, posted, data=b"")
    with refused("OperationNotAllowed", op=1):
        submit(actors, posted, data=invented.words().operation.to_bytes(27, "big"))
    with refused("QueueExceeded"):
        queued = [QueueEntry(actors.operator.sequencer.queue_next, invented, 2**40, 0)]
        submit(actors, forged(actors, [invented], queue_count=1, queued=queued))


def test_swallowing_a_deposit_is_refused(scene, refused):
    actors = scene.actors
    swallowed = scene.mixed.sealed.queued
    actors.operator.state = _at_batch_1(actors.operator.state, scene)
    with refused("InvalidProof"):
        submit(actors, forged(actors, [], queue_count=1, queued=swallowed))


@pytest.mark.parametrize(
    "lie",
    [{"number": 7}, {"queue_start": 0}, {"domain": 5}, {"old_root": 5, "new_root": 5}, {"number": 2 + 2**64}],
    ids=lambda lie: next(iter(lie)),
)
def test_a_header_that_is_not_l1s_is_refused(scene, refused, lie):
    # Of a batch without operations, whose circuit takes any of these.
    actors = scene.actors
    actors.operator.state = _at_batch_1(actors.operator.state, scene)
    with refused("InvalidProof"):
        submit(actors, forged(actors, [], **lie))


def _at_batch_1(state, scene):
    """The operator's memory when batch 1 was all there was."""
    trace = scene.settled.sealed.trace
    sequencer = replace(
        state.sequencer,
        sealed=trace.after,
        pending=trace.after,
        queue=(),
        pool=Mempool(),
        queue_next=2,
        batches=1,
    )
    return replace(state, sequencer=sequencer, sealed=())
