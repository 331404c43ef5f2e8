"""Deployment: what is wrong with a key is found before anything is on the chain."""

from dataclasses import replace

import pytest
from eth_utils import keccak

from zkrollup.circuits.encoding import EMPTY_EXIT_ROOT, compute_domain
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.devnet.devnet import Devnet
from zkrollup.evm import Chain
from zkrollup.operator.deployment import deploy
from zkrollup.snark.keys import InvalidKey
from zkrollup.snark.verifier_contract import verifier_code_hash


@pytest.fixture
def prover(actors):
    return actors.operator.prover


@pytest.mark.parametrize("which", ["batch", "claim", "escape"])
@pytest.mark.parametrize("fault", ["gamma is delta", "off the curve", "too few inputs", "the other key"])
def test_an_unsound_key_is_refused_before_anything_is_deployed(prover, which, fault):
    keys = {"batch": prover.batch.vk, "claim": prover.claim.vk, "escape": prover.escape.vk}
    good = keys[which]
    keys[which] = {
        "gamma is delta": replace(good, gamma=good.delta),
        "off the curve": replace(good, alpha=(good.alpha[0], good.alpha[1] + 1)),
        "too few inputs": replace(good, ic=good.ic[:-1]),
        "the other key": keys["batch" if which != "batch" else "claim"],
    }[fault]
    chain = Chain(31_341)
    with pytest.raises(InvalidKey):
        deploy(chain, chain.accounts[0], prover.size, *keys.values())
    assert chain.block_number == chain.nonce(chain.accounts[0]) == 0


def test_lock_and_rollup_know_each_other_whatever_was_deployed_before(prover):
    chain = Chain(31_341)
    for _ in range(3):
        chain.deploy_raw("5f5ff3", sender=chain.accounts[2])
    keys = (prover.batch.vk, prover.claim.vk, prover.escape.vk)
    contracts = deploy(chain, chain.accounts[2], prover.size, *keys)
    assert contracts.lock.rollup() == contracts.rollup.address
    assert contracts.rollup.lock() == contracts.lock.address
    assert contracts.rollup.operator() == chain.accounts[2].address


def test_a_rollup_starts_from_the_circuits_genesis(actors, prover):
    rollup = actors.rollup.contract
    assert rollup.stateRoot() == rollup.genesisRoot() == QuadTree(prover.size.levels).root
    assert rollup.emptyExitRoot() == EMPTY_EXIT_ROOT
    assert rollup.accountCapacity() == prover.size.accounts
    assert rollup.slotCount() == prover.size.slots
    assert rollup.domain() == compute_domain(actors.l1.chain_id, rollup.address)
    assert rollup.domain() < 1 << 248


def test_verifiers_are_pinned_by_their_code(actors, prover):
    contracts, l1 = actors.operator.bridge.contracts, actors.l1
    for verifier, key in (
        (contracts.batch_verifier, prover.batch.vk),
        (contracts.claim_verifier, prover.claim.vk),
        (contracts.escape_verifier, prover.escape.vk),
    ):
        assert keccak(l1.code(verifier)) == verifier_code_hash(key)
    assert contracts.rollup.batchVerifier() == contracts.batch_verifier.address
    assert contracts.rollup.claimVerifier() == contracts.claim_verifier.address
    assert contracts.rollup.escapeVerifier() == contracts.escape_verifier.address


def test_two_devnets_of_one_prover_are_alike_and_apart(prover):
    first, second = Devnet(prover), Devnet(prover)
    first.rollup.deposit(0, 11, sender=first.user("alice"))
    assert first.rollup.contract.address == second.rollup.contract.address
    assert (first.rollup.contract.queueLength(), second.rollup.contract.queueLength()) == (1, 0)
