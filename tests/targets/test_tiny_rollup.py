"""TinyRollup is a rollup and no mock: what its circuit and contract refuse."""

from dataclasses import replace

import pytest
from tests.targets.tiny import TinyTarget
from tests.targets.tiny_circuit import tiny_circuit
from tests.targets.tiny_ledger import (
    GENESIS,
    TRANSFER,
    WITHDRAW,
    Account,
    Operation,
    TinyBatch,
    TinyRefusal,
    pack,
)

from pytest_zkrollup import reverts
from zkrollup.crypto.eddsa import PrivateKey
from zkrollup.crypto.poseidon import poseidon
from zkrollup.snark.satisfaction import UnsatisfiedConstraint
from zkrollup.snark.verifier_contract import solidity_proof

DOMAIN = 0xD0_3A17
ALICE, BOB = PrivateKey(7**50), PrivateKey(7**51)
LEDGER = GENESIS.with_account(3, Account(ALICE.public, 1009, 7)).with_account(5, Account(BOB.public, 601, 2))


def signed(word, *, key=ALICE, nonce=7, domain=DOMAIN):
    return Operation(word, signature=key.sign(poseidon([word, nonce, domain])))


def sealed(*operations, before=LEDGER):
    return TinyBatch.seal(11, before, operations, DOMAIN)


def check(inputs):
    circuit = tiny_circuit()
    circuit.check(circuit.witness(inputs))


TRANSFERRED = sealed(signed(pack(TRANSFER, 401, payer=3, payee=5)))
WITHDRAWN = sealed(signed(pack(WITHDRAW, 409, payer=3, recipient=0xC3C3)))
DEPOSITED = sealed(Operation(pack(1, 419, payee=9), PrivateKey(7**52).public))


@pytest.mark.parametrize("batch", [TRANSFERRED, WITHDRAWN, DEPOSITED, sealed()], ids=["2", "3", "1", "0"])
def test_what_the_sequencer_executes_has_a_proof(batch):
    check(batch.inputs())


LIES = {
    "another amount than posted": (TRANSFERRED, {"word[0]": pack(TRANSFER, 402, payer=3, payee=5)}),
    "another recipient": (WITHDRAWN, {"word[0]": pack(WITHDRAW, 409, payer=3, recipient=0xC3C4)}),
    "another root to end at": (TRANSFERRED, {"new_root": LEDGER.root}),
    "another root to begin at": (TRANSFERRED, {"old_root": GENESIS.root}),
    "another rollup": (TRANSFERRED, {"domain": DOMAIN + 1}),
    "more than the payer has": (TRANSFERRED, {"slot[0].payer.balance": 1010}),
    "a used nonce": (TRANSFERRED, {"slot[0].payer.nonce": 6}),
    "another key's signature": (TRANSFERRED, {"slot[0].payer.s": 3}),
    "a deposit for another key": (DEPOSITED, {"key_x[0]": ALICE.public.x}),
    "an operation code of nothing": (WITHDRAWN, {"word[0]": 0}),
    "a word of more bits": (sealed(), {"word[1]": 1 << 234}),
}


@pytest.mark.parametrize(("batch", "lie"), LIES.values(), ids=LIES)
def test_a_lie_has_none(batch, lie):
    inputs = batch.inputs()
    assert inputs.keys() >= lie.keys()
    with pytest.raises(UnsatisfiedConstraint):
        check(inputs | lie)


def test_a_payment_beyond_the_balance_has_none_whatever_the_root():
    """Executed by a sequencer that does not look, so that all hashes fit."""
    word = pack(WITHDRAW, 1010, payer=3, recipient=0xC3C3)
    rich = LEDGER.with_account(3, replace(LEDGER.accounts[3], balance=5000))
    honest = sealed(signed(word), before=rich).inputs()
    poor = LEDGER.accounts[3]
    indebted = {"slot[0].payer.balance": poor.balance, "old_root": LEDGER.root}
    with pytest.raises(UnsatisfiedConstraint, match=r"payer\.balance"):
        check(honest | indebted)
    with pytest.raises(TinyRefusal, match="holds 1009, less than 1010"):
        sealed(signed(word))


@pytest.fixture
def zk_target(chain, zk, tiny_compiled):
    return TinyTarget.deploy(chain, zk, tiny_compiled)


@pytest.mark.node
def test_the_sequencer_can_post_no_deposit_that_nobody_made(rollup, zk_target, alice):
    contract, sequencer = zk_target.contract, zk_target.sequencer
    with reverts("RequestMissing", index=0):
        contract.commitBatches(1, [1, 0], sender=sequencer)
    for word in (pack(1, 5), 4, 1 << 234 | 2):
        with reverts("BadWord", word=word):
            contract.commitBatches(1, [0, word], sender=sequencer)
    with reverts("NotSequencer", caller=alice):
        contract.commitBatches(1, [0, 0], sender=alice)


@pytest.mark.node
def test_a_proof_is_for_the_data_that_was_posted(rollup, zk_target, alice):
    rollup.deposit(zk_target.usd, 1103, sender=alice)
    batch = rollup.seal()
    rollup.commit(batch)
    proof = solidity_proof(zk_target.circuit.prove(batch.inputs()).proof)
    old, new, words = batch.info
    for data in ((old, new + 1, words), (old, new, [words[0] ^ 1 << 10, 0]), (new, new, words)):
        with reverts("WrongBatchData", number=1):
            zk_target.contract.proveBatches(data, *proof, sender=alice)
    zk_target.contract.proveBatches(batch.info, *proof, sender=alice)
    assert rollup.proven_root == new


@pytest.mark.node
def test_a_withdrawal_is_paid_as_it_stands_in_its_batch(rollup, zk_target, alice, bob):
    rollup.deposit(zk_target.usd, 1109, sender=alice)
    exit_ = rollup.withdraw(zk_target.usd, 211, sender=alice)
    rollup.settle()
    pay = zk_target.contract.finalizeWithdrawal
    for changed in ((1, 0, alice, 211), (1, 1, bob, 211), (1, 1, alice, 212), (1, 3, alice, 211)):
        with reverts("WrongWithdrawal", number=1, slot=changed[1]):
            pay(*changed, bytes(32), sender=bob)
    with reverts("NotExecuted", number=2):
        pay(2, 1, alice, 211, bytes(32), sender=bob)
    exit_.claim(sender=bob)
    with reverts("AlreadyFinalized", number=1, slot=1):
        exit_.claim(sender=bob)


@pytest.mark.node
def test_all_deposits_together_stay_below_what_a_balance_can_hold(rollup, zk_target, alice):
    zk_target.usd.mint(alice, 2**64, sender=alice)
    with reverts("TotalTooLarge", total=2**64):
        zk_target.contract.requestDeposit(alice.address, *alice.key.public, 2**64, sender=alice)
    zk_target.usd.approve(zk_target.contract, 2**64 - 1, sender=alice)
    zk_target.contract.requestDeposit(alice.address, *alice.key.public, 2**64 - 1, sender=alice)
    assert alice.l2_balance(zk_target.usd) == 2**64 - 1
