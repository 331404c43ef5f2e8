"""Real claims with one thing changed, repeated or moved: L1 refuses by name, and nothing moves."""

import pytest
from tests.lifecycle.scenes import set_up
from tests.lifecycle.support import STRANGER, claim, footprint, rerandomised, second_rollup, submit

from pytest_zkrollup import ETH, reverts
from zkrollup.circuits.claim import PUBLIC_INPUTS
from zkrollup.circuits.encoding import claim_nullifier, exit_id
from zkrollup.crypto.field import P, R
from zkrollup.ledger.operations import Withdrawal
from zkrollup.ledger.transition import Exit
from zkrollup.operator.queue import to_address
from zkrollup.snark.satisfaction import UnsatisfiedConstraint
from zkrollup.snark.verifier_contract import solidity_proof


@pytest.fixture(scope="module")
def module_scene(module_devnet):
    """Batches 1 and 2 are settled; each has an exit for STRANGER, and both claims are proved."""
    scene = set_up(module_devnet)
    scene.actors.operator.commit(scene.mixed.sealed)
    scene.actors.operator.finalize(scene.mixed)
    return scene, scene.exit.prove(), scene.mixed_exit.prove()


@pytest.fixture
def scene(module_scene):
    with module_scene[0].actors.devnet.anchor():
        yield module_scene[0]


@pytest.fixture
def first(module_scene):
    return module_scene[1]


@pytest.fixture
def second(module_scene):
    return module_scene[2]


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


def test_a_claim_pays_the_bound_recipient_whoever_sends_it(scene, second):
    carol = scene.actors.carol
    before, nonce = carol.l1_balance(ETH), scene.actors.l1.nonce(carol)
    claim(scene.actors, second, sender=carol)
    assert scene.actors.l1.nonce(carol) == nonce + 1
    assert scene.actors.l1.balance(STRANGER) == 103
    assert carol.l1_balance(ETH) <= before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient", to_address(int(STRANGER, 16) + 1)),
        ("recipient", to_address(0)),
        ("amount", 104),
        ("amount", 0),
        ("amount", 2**128 - 1),
        ("nullifier", 11),
        ("nullifier", 0),
        ("batch", 1),
    ],
)
def test_a_changed_claim_is_refused(scene, refused, second, field, value):
    with refused("InvalidProof"):
        claim(scene.actors, second, **{field: value})


def test_a_claim_in_another_token_is_refused(scene, refused, second):
    for token in (scene.actors.token.address, to_address(7), scene.actors.rollup.lock.address):
        with refused("InvalidProof"):
            claim(scene.actors, second, token=token)


@pytest.mark.parametrize("batch", [0, 3, 2**64 - 1])
def test_a_claim_on_a_batch_that_is_not_proven_is_refused_by_name(scene, refused, second, batch):
    scene.actors.operator.commit(scene.queued.sealed)  # batch 3 is committed, not proven
    with refused("BatchNotProven", batch=batch):
        claim(scene.actors, second, batch=batch)


def test_a_claim_for_a_recipient_of_more_than_160_bits_has_no_encoding(scene, second):
    # uint160 of two numbers may be one address: the calldata itself is refused.
    contract = scene.actors.rollup.contract
    burned = second.exit
    data = bytearray(
        contract.encode(
            "claim",
            burned.batch,
            second.nullifier,
            STRANGER,
            to_address(ETH),
            burned.amount,
            solidity_proof(second.proof),
        )
    )
    for word in (0, 2, 3, 4):  # uint64, address, address, uint128
        dirty = bytearray(data)
        dirty[4 + 32 * word] = 1
        with reverts() as refusal:
            scene.actors.l1.transact(to=contract, data=bytes(dirty), sender=scene.actors.carol)
        assert (refusal.error.name, refusal.error.data) == ("", b"")
    scene.actors.l1.transact(to=contract, data=bytes(data), sender=scene.actors.carol)
    assert scene.actors.l1.balance(STRANGER) == 103


@pytest.mark.parametrize("position", range(8))
def test_a_changed_coordinate_of_the_proof_is_refused(scene, refused, second, position):
    a, b, c = solidity_proof(second.proof)
    flat = [*a, *b[0], *b[1], *c]
    for value in (flat[position] + 1, flat[position] + P, 0, P - flat[position]):
        changed = [*flat[:position], value, *flat[position + 1 :]]
        with refused("InvalidProof"):
            claim(scene.actors, second, proof=(changed[:2], (changed[2:4], changed[4:6]), changed[6:]))


def test_the_proof_of_one_exit_does_not_claim_another(scene, refused, first, second):
    with refused("InvalidProof"):
        claim(scene.actors, second, proof=solidity_proof(first.proof))
    with refused("InvalidProof"):
        claim(scene.actors, second, batch=1, nullifier=first.nullifier)
    claim(scene.actors, first)
    claim(scene.actors, second)
    assert scene.actors.l1.balance(STRANGER) == 53 + 103


def test_an_exit_is_paid_once_whatever_proof_comes_with_it(scene, refused, second):
    key = scene.actors.operator.prover.claim.vk
    others = [rerandomised(second.proof, key, r=r, k=k) for r, k in ((1, 0), (R - 1, 0), (1_000_003, 7))]
    for other in others:
        with scene.actors.l1.anchor():  # each of them is a proof
            claim(scene.actors, second, proof=solidity_proof(other))
            assert scene.actors.l1.balance(STRANGER) == 103
    claim(scene.actors, second)
    for other in others:
        with refused("AlreadyClaimed", nullifier=second.nullifier):
            claim(scene.actors, second, proof=solidity_proof(other))


def test_a_nullifier_has_one_name(scene, refused, second):
    for alias in (second.nullifier + R, second.nullifier + 2 * R):
        with refused("NotInField", value=alias):
            claim(scene.actors, second, nullifier=alias)
    claim(scene.actors, second)
    with refused("NotInField", value=second.nullifier + R):
        claim(scene.actors, second, nullifier=second.nullifier + R)


@pytest.mark.parametrize("position", range(6), ids=PUBLIC_INPUTS)
def test_the_verifier_itself_refuses_a_public_input_under_its_second_name(scene, second, position):
    contracts, burned = scene.actors.operator.bridge.contracts, second.exit
    root, domain = contracts.rollup.exitRoot(2), contracts.rollup.domain()
    public = [root, second.nullifier, burned.recipient, burned.token, burned.amount, domain]
    proof = solidity_proof(second.proof)
    assert contracts.claim_verifier.verifyProof(*proof, public) is True
    public[position] += R
    assert contracts.claim_verifier.verifyProof(*proof, public) is False


def test_an_exit_of_a_later_batch_does_not_claim_the_earlier_ones_place(scene, refused, first, second):
    # A nullifier follows from batch and slot, so another exit's nullifier needs another exit's leaf.
    stolen = claim_nullifier(exit_id(1, 2), scene.actors.operator.domain)
    assert stolen == first.nullifier
    with refused("InvalidProof"):
        claim(scene.actors, second, nullifier=stolen)


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", 104), ("recipient", 5), ("token", 7), ("slot", 1), ("batch", 1)],
)
def test_no_proof_exists_of_an_exit_that_no_batch_holds(scene, second, field, value):
    operator, burned = scene.actors.operator, second.exit
    fields = {name: getattr(burned, name) for name in ("batch", "slot", "recipient", "token", "amount")}
    tree = operator.state.settled[1].sealed.trace.exit_tree
    with pytest.raises(UnsatisfiedConstraint) as refusal:
        operator.prover.prove_claim(Exit(**fields | {field: value}), tree, operator.domain)
    assert refusal.value.label == "exit_root"


def test_a_claim_proves_nothing_on_another_rollup_with_the_same_exit_root(scene, first):
    actors = scene.actors
    other = second_rollup(actors, actors.l1)
    contracts, domain = other.bridge.contracts, other.domain
    for deposit in (entry.operation for entry in scene.settled.sealed.queued):
        owner = to_address(deposit.owner)
        contracts.lock.depositETH(owner, *deposit.key, sender=actors.alice, value=deposit.amount)
    other.submit(Withdrawal(0, int(STRANGER, 16), 53, 0).signed(actors.alice.key, domain))
    other.settle()
    assert contracts.rollup.exitRoot(1) == actors.rollup.contract.exitRoot(1)
    with reverts("InvalidProof"):
        other.bridge.claim(first, sender=actors.carol)
    assert actors.l1.balance(STRANGER) == 0
    other.bridge.claim(other.prove_claim(first.exit), sender=actors.carol)
    assert actors.l1.balance(STRANGER) == 53
    assert not actors.rollup.contract.isClaimed(first.nullifier)


def test_a_batch_that_was_dropped_leaves_no_exit(scene, refused, second):
    actors = scene.actors
    actors.operator.commit(scene.queued.sealed)
    actors.rollup.contract.revertBatches(sender=actors.operator_account)
    with refused("BatchNotProven", batch=3):
        claim(actors, second, batch=3)
    submit(actors, scene.queued)
    with refused("InvalidProof"):  # proven now, and without exits
        claim(actors, second, batch=3)
    claim(actors, second)  # a later batch leaves the earlier one's exits


def test_only_rollup_releases(scene, refused):
    lock, actors = scene.actors.rollup.lock, scene.actors
    for thief in (actors.carol, actors.operator_account):
        with refused("NotRollup", caller=thief):
            lock.release(to_address(ETH), STRANGER, 103, sender=thief)
