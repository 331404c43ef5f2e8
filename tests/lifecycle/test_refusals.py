"""A real proven batch and a real claim, with one thing changed: L1 refuses, and nothing moves."""

from dataclasses import replace

import pytest

from pytest_zkrollup import ETH, reverts
from zkrollup.circuits.encoding import OPERATION_BYTES
from zkrollup.crypto.field import P, R
from zkrollup.crypto.pairing import g1_multiply
from zkrollup.devnet import Devnet
from zkrollup.operator.bridge import _commit_args, header_struct, to_address
from zkrollup.snark.verifier_contract import solidity_proof


@pytest.fixture(scope="module")
def scene():
    """A devnet with a proven but uncommitted batch: deposit, transfer, withdrawal."""
    devnet = Devnet.start()
    rollup, alice, bob = devnet.rollup, devnet.user("alice"), devnet.user("bob")
    rollup.deposit(ETH, 501, sender=alice)
    rollup.open_account(ETH, bob)
    rollup.settle()
    rollup.deposit(devnet.token, 907, sender=bob)
    rollup.transfer(ETH, 207, sender=alice, to=bob)
    exit_ = rollup.withdraw(ETH, 103, sender=bob, recipient="0x" + "c3" * 20)
    (sealed,) = rollup.operator.state.sealed
    return devnet, alice, bob, exit_, rollup.operator.prove(sealed)


@pytest.fixture
def devnet(scene):
    with scene[0].anchor():
        yield scene[0]


def footprint(devnet):
    """All that a refused call must leave alone."""
    contract = devnet.rollup.contract
    names = (
        "stateRoot",
        "committedRoot",
        "provenBatches",
        "committedBatches",
        "provenQueue",
        "committedQueue",
    )
    return [contract[name]() for name in names] + [devnet.rollup.lock.locked(to_address(ETH))]


WORDS = {"op": 0, "fee": 2, "sender": 6, "receiver": 10, "amount": 26, "recipient": 2 * OPERATION_BYTES + 19}


@pytest.mark.parametrize("word", WORDS)
def test_a_changed_word_of_the_data_cannot_be_proved(devnet, scene, word):
    proven = scene[-1]
    new_root, exit_root, commitment, entries, data = _commit_args(proven.sealed)
    changed = bytearray(data)
    changed[WORDS[word]] ^= 1
    before = footprint(devnet)
    with reverts({"op": "OperationNotAllowed", "fee": "FeeNotZero"}.get(word, "InvalidProof")):
        devnet.rollup.contract.submitBatch(
            new_root, exit_root, commitment, entries, bytes(changed), solidity_proof(proven.proof),
            sender=devnet.rollup.operator.bridge.operator,
        )  # fmt: skip
    assert footprint(devnet) == before


@pytest.mark.parametrize("position", [0, 1, 2], ids=["new root", "exit root", "commitment"])
def test_a_changed_root_or_commitment_cannot_be_proved(devnet, scene, position):
    proven = scene[-1]
    args = list(_commit_args(proven.sealed))
    args[position] = (args[position] + 1) % R
    before = footprint(devnet)
    with reverts("InvalidProof"):
        devnet.rollup.contract.submitBatch(
            *args, solidity_proof(proven.proof), sender=devnet.rollup.operator.bridge.operator
        )
    assert footprint(devnet) == before


def test_leaving_out_a_queue_entry_cannot_be_proved(devnet, scene):
    args = list(_commit_args(scene[-1].sealed))
    args[3] = []
    with reverts("InvalidProof"):
        devnet.rollup.contract.submitBatch(
            *args, solidity_proof(scene[-1].proof), sender=devnet.rollup.operator.bridge.operator
        )


@pytest.mark.parametrize("field", range(6))
def test_a_changed_queue_entry_is_refused(devnet, scene, field):
    args = list(_commit_args(scene[-1].sealed))
    entry = list(args[3][0])
    entry[field] = to_address(5) if isinstance(entry[field], str) else entry[field] + 1
    args[3] = [tuple(entry)]
    with reverts("QueueMismatch"):
        devnet.rollup.contract.commitBatch(*args, sender=devnet.rollup.operator.bridge.operator)


@pytest.mark.parametrize("word", range(13))
def test_a_changed_header_word_is_refused_where_the_proof_arrives(devnet, scene, word):
    proven, operator = scene[-1], devnet.rollup.operator
    operator.commit(proven.sealed)
    header = list(header_struct(proven.sealed.header))
    header[word] += 1
    before = footprint(devnet)
    with reverts("BatchNotCommitted" if word == 4 else "CommitmentMismatch"):
        devnet.rollup.contract.proveBatch(
            tuple(header), *proven.sealed.instance.as_tuple(), solidity_proof(proven.proof),
            sender=operator.bridge.operator,
        )  # fmt: skip
    assert footprint(devnet) == before


@pytest.mark.parametrize("position", range(8))
def test_a_changed_coordinate_of_a_proof_is_refused(devnet, scene, position):
    proven, operator = scene[-1], devnet.rollup.operator
    operator.commit(proven.sealed)
    (a, b, c) = solidity_proof(proven.proof)
    flat = [*a, *b[0], *b[1], *c]
    flat[position] = (flat[position] + 1) % P
    changed = (flat[0:2], (flat[2:4], flat[4:6]), flat[6:8])
    with reverts("InvalidProof"):
        devnet.rollup.contract.proveBatch(
            header_struct(proven.sealed.header), *proven.sealed.instance.as_tuple(), changed,
            sender=operator.bridge.operator, gas=2_000_000,
        )  # fmt: skip


def test_the_unchanged_proof_is_accepted_from_anybody(devnet, scene):
    _, alice, _, _, proven = scene
    operator = devnet.rollup.operator
    operator.commit(proven.sealed)
    operator.finalize(proven, sender=alice)
    assert devnet.rollup.contract.stateRoot() == proven.sealed.root_after


def test_a_stranger_cannot_commit(devnet, scene):
    with reverts("NotOperator", caller=scene[1]):
        devnet.rollup.contract.commitBatch(*_commit_args(scene[-1].sealed), sender=scene[1])


@pytest.fixture
def claim(devnet, scene):
    """The settled batch's claim: arguments by name, with a real proof."""
    operator = devnet.rollup.operator
    operator.commit(scene[-1].sealed)
    operator.finalize(scene[-1])
    return scene[3].prove()


def send(devnet, claim, sender, **changes):
    burned = claim.exit
    args = {
        "batch": burned.batch,
        "nullifier": claim.nullifier,
        "recipient": to_address(burned.recipient),
        "token": to_address(burned.token),
        "amount": burned.amount,
        "proof": solidity_proof(claim.proof),
    }
    return devnet.rollup.contract.claim(*(args | changes).values(), sender=sender, gas=2_000_000)


def test_a_claim_pays_the_bound_recipient_whoever_sends_it(devnet, scene, claim):
    send(devnet, claim, scene[1])
    assert devnet.l1.balance("0x" + "c3" * 20) == 103


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient", to_address(5)),
        ("token", to_address(7)),
        ("amount", 104),
        ("nullifier", 11),
        ("batch", 1),
    ],
)
def test_a_changed_claim_is_refused(devnet, scene, claim, field, value):
    before = footprint(devnet)
    with reverts("InvalidProof"):
        send(devnet, claim, scene[1], **{field: value})
    assert footprint(devnet) == before


def test_a_second_claim_with_a_rerandomised_proof_is_refused(devnet, scene, claim):
    send(devnet, claim, scene[1])
    proof = claim.proof
    (x0, x1), (y0, y1) = proof.b
    negated = replace(proof, a=g1_multiply(proof.a, -1), b=((x0, x1), (-y0 % P, -y1 % P)))
    with reverts("AlreadyClaimed", nullifier=claim.nullifier):
        send(devnet, claim, scene[1], proof=solidity_proof(negated))


def test_a_rerandomised_proof_is_a_proof(devnet, scene, claim):
    (x0, x1), (y0, y1) = claim.proof.b
    negated = replace(claim.proof, a=g1_multiply(claim.proof.a, -1), b=((x0, x1), (-y0 % P, -y1 % P)))
    send(devnet, claim, scene[1], proof=solidity_proof(negated))
    assert devnet.l1.balance("0x" + "c3" * 20) == 103


def test_a_nullifier_under_its_second_name_is_refused(devnet, scene, claim):
    send(devnet, claim, scene[1])
    with reverts("NotInField"):
        send(devnet, claim, scene[1], nullifier=claim.nullifier + R)


def test_a_claim_before_its_batch_is_proven_is_refused_by_name(devnet, scene):
    with reverts("BatchNotProven", batch=2):
        devnet.rollup.contract.claim(
            2, 5, to_address(5), to_address(0), 7, solidity_proof(scene[-1].proof), sender=scene[1]
        )


def test_each_tokens_locked_amount_is_accounted_for_at_each_step(devnet, scene):
    _, alice, _, exit_, proven = scene
    rollup = devnet.rollup

    def solvent(unclaimed, waiting):
        ledger = rollup.operator.state.settled[-1].sealed.trace.after
        return rollup.lock.locked(to_address(ETH)) == ledger.supply_of(ETH) + unclaimed + waiting

    assert solvent(unclaimed=0, waiting=0)
    rollup.operator.commit(proven.sealed)
    assert solvent(unclaimed=0, waiting=0)
    rollup.operator.finalize(proven)
    assert solvent(unclaimed=103, waiting=0)
    rollup.deposit(ETH, 17, sender=alice)
    assert solvent(unclaimed=103, waiting=17)
    exit_.claim(sender=alice)
    assert solvent(unclaimed=0, waiting=17)
