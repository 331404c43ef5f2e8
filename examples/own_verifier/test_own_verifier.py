"""A proof by snarkjs under a team's own verification key, checked off chain and on chain."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def key(zk):
    return zk.verification_key(HERE / "verification_key.json")


@pytest.fixture
def proof(zk):
    return zk.proof(HERE / "proof.json", HERE / "public.json")


def test_the_proof_holds(key, proof):
    assert key.verify(proof.proof, proof.public)


def test_a_contract_says_so_too(key, proof):
    assert key.verifier().verifyProof(*proof.solidity)


def test_other_public_inputs_are_refused_by_both(key, proof):
    first, *others = proof.public
    assert not key.verify(proof.proof, [first + 1, *others])
    a, b, c, _ = proof.solidity
    assert not key.verifier().verifyProof(a, b, c, [first + 1, *others])
