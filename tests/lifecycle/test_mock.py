"""Mock mode: the same way without proofs, refused wherever a real rollup is, and never taken for one."""

from dataclasses import replace

import pytest
from tests.lifecycle import support
from tests.lifecycle.support import assert_solvent, cast, commit_arguments, shared_devnet

from pytest_zkrollup import reverts
from zkrollup.circuits.batch import BatchSize
from zkrollup.devnet import ETH, Devnet
from zkrollup.operator.operator import Operator
from zkrollup.operator.prover import Prover
from zkrollup.snark.mock import mock_proof
from zkrollup.snark.modes import Assurance, ProofMode, ProofOrigin
from zkrollup.snark.satisfaction import UnsatisfiedConstraint
from zkrollup.snark.verifier_contract import solidity_proof, verifier_runtime


@pytest.fixture(scope="module")
def mock_devnet():
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture
def mocked(mock_devnet):
    with mock_devnet.anchor():
        yield cast(mock_devnet)


@pytest.fixture
def real():
    with shared_devnet().anchor():
        yield cast(shared_devnet())


def deposited(actors):
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    exit_ = actors.rollup.withdraw(ETH, 103, sender=actors.alice, recipient=actors.bob)
    return exit_, actors.rollup.seal()


def test_the_whole_way_goes_without_a_proof_and_says_so(mocked):
    exit_, _ = deposited(mocked)
    settled = mocked.rollup.settle()
    assert (settled.assurance, settled.proof_origin) == (Assurance.MOCK, ProofOrigin.MOCKED)
    assert mocked.rollup.contract.stateRoot() == settled.root_after
    before = mocked.bob.l1_balance(ETH)
    exit_.claim(sender=mocked.carol)
    assert mocked.bob.l1_balance(ETH) == before + 103
    with reverts("AlreadyClaimed"):
        exit_.claim(sender=mocked.carol)
    assert exit_.prove().assurance is Assurance.MOCK
    assert_solvent(mocked.rollup, ETH)


def test_a_real_rollups_batches_and_claims_have_validity(real):
    exit_, batch = deposited(real)
    assert real.operator.prove(batch).assurance is Assurance.VALIDITY
    assert real.rollup.settle().assurance is Assurance.VALIDITY
    assert exit_.prove().assurance is Assurance.VALIDITY


def test_mode_and_assurance_stand_on_prover_and_deployment(mocked, real):
    assert (mocked.rollup.prover.mode, real.rollup.prover.mode) == (ProofMode.MOCK, ProofMode.REAL)
    contracts = [actors.operator.bridge.contracts for actors in (mocked, real)]
    assert [each.assurance for each in contracts] == [Assurance.MOCK, Assurance.VALIDITY]


def test_other_inputs_are_refused_as_with_proofs(mocked):
    _, batch = deposited(mocked)
    proven = mocked.operator.prove(batch)
    mocked.operator.commit(batch)
    commitment, x, y = batch.instance.as_tuple()
    with reverts("InvalidProof"):
        support.prove(mocked, proven, proof=solidity_proof(mock_proof([commitment, x, y - 1])))
    with reverts("InvalidProof"):
        support.prove(mocked, proven, proof=((0, 0), ((0, 0), (0, 0)), (0, 0)))
    support.prove(mocked, proven)


def test_a_claim_of_more_than_was_burned_is_refused_as_with_proofs(mocked):
    exit_, _ = deposited(mocked)
    mocked.rollup.settle()
    proven = exit_.prove()
    for changes in ({"amount": 104}, {"recipient": mocked.carol.address}):
        with reverts("InvalidProof"):
            support.claim(mocked, proven, **changes)
    support.claim(mocked, proven)


def test_a_broken_rule_is_still_named(mocked):
    _, batch = deposited(mocked)
    slot = batch.trace.slots[0]
    lie = replace(
        batch.trace, slots=(replace(slot, inputs=replace(slot.inputs, amount=1010)), *batch.trace.slots[1:])
    )
    with pytest.raises(UnsatisfiedConstraint) as refusal:
        mocked.rollup.prover.prove_batch(replace(batch, trace=lie))
    assert refusal.value.label


# Neither takes the other's


def test_a_real_rollup_refuses_mock_proofs_of_true_statements(real):
    exit_, batch = deposited(real)
    prover = Prover.prepare(BatchSize(), mode=ProofMode.MOCK)
    mock = prover.prove_batch(batch)
    assert mock.origin is ProofOrigin.MOCKED
    with reverts("InvalidProof"):
        real.rollup.contract.submitBatch(
            *commit_arguments(batch), solidity_proof(mock.proof), sender=real.operator_account
        )
    real.rollup.settle()
    claim = prover.prove_claim(exit_.burned, batch.trace.exit_tree, real.operator.domain)
    with reverts("InvalidProof"):
        support.claim(real, claim)
    exit_.claim(sender=real.carol)


def test_a_prover_of_the_wrong_mode_settles_nothing(real):
    prover = Prover.prepare(BatchSize(), mode=ProofMode.MOCK)
    operator = Operator(real.operator.bridge, real.operator.mirror, prover)
    real.rollup.lock.depositETH(real.alice.address, *real.alice.key.public, sender=real.alice, value=11)
    with reverts("InvalidProof"):
        operator.settle()
    assert real.rollup.contract.provenBatches() == 0


def test_a_mock_rollup_refuses_a_real_proof_of_a_true_statement(mocked):
    _, batch = deposited(mocked)
    proven = Prover.prepare(BatchSize()).prove_batch(batch)
    mocked.operator.commit(batch)
    with reverts("InvalidProof"):
        support.prove(mocked, proven)


@pytest.mark.parametrize("mode", [ProofMode.REAL, ProofMode.FRESH])
def test_a_real_deployment_has_no_mocks_code(mode):
    devnet = Devnet.start(BatchSize(1, 1), mode=mode)
    contracts, prover = devnet.rollup.operator.bridge.contracts, devnet.rollup.prover
    assert contracts.assurance is Assurance.VALIDITY
    for verifier, key in (
        (contracts.batch_verifier, prover.batch.vk),
        (contracts.claim_verifier, prover.claim.vk),
        (contracts.escape_verifier, prover.escape.vk),
    ):
        assert devnet.l1.code(verifier) == verifier_runtime(key)
