"""Claims on L1, pull credits, and what only Rollup may ask of Lock."""

import pytest
from eth_utils import keccak
from tests.contracts.support import CLAIM_KEY, ETH, KEYS, Exit, ship, transfer

from zkrollup.crypto.field import R
from zkrollup.snark.verifier_contract import solidity_proof

EXIT_ROOT = 5_000_077


@pytest.fixture
def funded(system):
    """Rollup with 501 wei locked and a proven batch whose exit root is EXIT_ROOT."""
    system.settle(system.batch(entries=(system.deposit(501),)))
    return system


@pytest.fixture
def exit_(chain):
    return Exit(chain.accounts[5].address, ETH, 207)


def test_a_claim_pays_the_recipient_whoever_sends_it(funded, chain, exit_):
    before = chain.balance(exit_.recipient)
    event = funded.claim(exit_, EXIT_ROOT, sender=chain.accounts[8]).event("Claimed")
    assert event.args == {
        "batch": 1,
        "nullifier": exit_.nullifier,
        "recipient": exit_.recipient,
        "token": ETH,
        "amount": 207,
    }
    assert chain.balance(exit_.recipient) - before == 207
    assert funded.lock.locked(ETH) == chain.balance(funded.lock) == 501 - 207
    assert funded.rollup.isClaimed(exit_.nullifier)


def test_a_claim_pays_once(funded, exit_, reverts):
    funded.claim(exit_, EXIT_ROOT)
    with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        funded.claim(exit_, EXIT_ROOT)
    assert funded.lock.locked(ETH) == 501 - 207


def test_a_claim_pays_once_whatever_proof_comes_with_it(funded, exit_, reverts):
    funded.claim(exit_, EXIT_ROOT)
    public = exit_.public(EXIT_ROOT, funded.domain)
    other = solidity_proof(CLAIM_KEY.prove(public, a=3_000_047))
    with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        funded.rollup.claim(1, exit_.nullifier, exit_.recipient, ETH, 207, other)


def test_one_proof_may_not_be_confused_with_another_exits(funded, chain, exit_):
    # Two exits of equal recipient, token and amount are two payments.
    before = chain.balance(exit_.recipient)
    funded.claim(exit_, EXIT_ROOT)
    funded.claim(Exit(exit_.recipient, ETH, 207, nullifier=7_000_009), EXIT_ROOT)
    assert chain.balance(exit_.recipient) - before == 2 * 207


def test_a_second_name_of_a_spent_nullifier_is_refused(funded, exit_, reverts):
    funded.claim(exit_, EXIT_ROOT)
    with reverts("NotInField", value=exit_.nullifier + R):
        funded.claim(Exit(exit_.recipient, ETH, 207, nullifier=exit_.nullifier + R), EXIT_ROOT)


@pytest.mark.parametrize("field", ["nullifier", "recipient", "token", "amount"])
def test_a_claim_with_any_value_changed_is_refused(funded, chain, exit_, reverts, field):
    arguments = list(exit_.arguments(EXIT_ROOT, funded.domain))
    index = ("batch", "nullifier", "recipient", "token", "amount").index(field)
    token = ship(chain, "TestToken", "Test", "TST", 6)
    changed = {
        "nullifier": exit_.nullifier + 1,
        "recipient": chain.accounts[8].address,
        "token": token.address,
        "amount": exit_.amount + 1,
    }
    arguments[index] = changed[field]
    with reverts("InvalidProof"):
        funded.rollup.claim(*arguments)
    assert not funded.rollup.isClaimed(arguments[1])
    assert funded.lock.locked(ETH) == 501


def test_a_claim_for_another_exit_root_is_refused(funded, exit_, reverts):
    with reverts("InvalidProof"):
        funded.claim(exit_, EXIT_ROOT + 1)


def test_a_claim_for_another_rollup_is_refused(funded, exit_, reverts):
    with reverts("InvalidProof"):
        funded.rollup.claim(*exit_.arguments(EXIT_ROOT, funded.domain + 1))


@pytest.mark.parametrize("batch", [0, 2, 2**64 - 1])
def test_a_claim_on_a_batch_that_is_not_proven_is_refused_by_name(funded, exit_, reverts, batch):
    # Number 2 is committed, and its exits are known to all.
    funded.commit(funded.batch(entries=()).following(queue_start=1, old_root=5_000_011))
    with reverts("BatchNotProven", batch=batch):
        funded.claim(Exit(exit_.recipient, ETH, 207, batch=batch), 0)
    with reverts("BatchNotProven", batch=batch):
        funded.rollup.exitRoot(batch)


def test_an_older_batch_keeps_its_exits(funded, exit_):
    first = funded.batch(entries=()).following(queue_start=1, old_root=5_000_011)
    funded.settle(first)
    funded.claim(exit_, EXIT_ROOT)
    assert funded.rollup.isClaimed(exit_.nullifier)


def test_a_claim_of_more_than_is_locked_is_refused(funded, exit_, reverts):
    # No sound proof says so; Lock counts all the same, token by token.
    with reverts("InsufficientLocked", token=ETH, locked=501, amount=502):
        funded.claim(Exit(exit_.recipient, ETH, 502), EXIT_ROOT)
    assert not funded.rollup.isClaimed(exit_.nullifier)


def test_a_claim_of_nothing_is_spent_without_a_payment(funded, chain, exit_):
    before = chain.balance(exit_.recipient)
    funded.claim(Exit(exit_.recipient, ETH, 0), EXIT_ROOT)
    assert funded.rollup.isClaimed(exit_.nullifier)
    assert chain.balance(exit_.recipient) == before


def test_only_rollup_releases(funded, chain, reverts):
    thief = chain.accounts[6]
    with reverts("NotRollup", caller=thief.address):
        funded.lock.release(ETH, thief.address, 501, sender=thief)
    with reverts("NotRollup", caller=funded.operator.address):
        funded.lock.release(ETH, thief.address, 501, sender=funded.operator)
    with chain.impersonate(funded.rollup.address) as rollup:
        funded.lock.release(ETH, thief.address, 307, sender=rollup)
    assert funded.lock.locked(ETH) == 501 - 307


# Pull credits


@pytest.mark.node
def test_eth_that_is_refused_becomes_a_credit(funded, chain, deploy_compiled, reverts):
    receiver = deploy_compiled("FussyReceiver")
    exit_ = Exit(receiver.address, ETH, 207)
    event = funded.claim(exit_, EXIT_ROOT).event("CreditAdded")
    assert event.args == {"recipient": receiver.address, "amount": 207}
    assert funded.lock.credits(receiver.address) == funded.lock.totalCredits() == 207
    assert funded.lock.locked(ETH) == chain.balance(funded.lock) == 501
    with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        funded.claim(exit_, EXIT_ROOT)


@pytest.mark.node
def test_a_credit_is_paid_to_its_recipient_whoever_asks(funded, chain, deploy_compiled, reverts):
    receiver = deploy_compiled("FussyReceiver")
    funded.claim(Exit(receiver.address, ETH, 207), EXIT_ROOT)
    with reverts("CreditNotDelivered", recipient=receiver.address, amount=207):
        funded.lock.withdrawCredit(receiver.address, sender=chain.accounts[8])
    assert funded.lock.credits(receiver.address) == 207

    receiver.setRefusing(False)
    event = funded.lock.withdrawCredit(receiver.address, sender=chain.accounts[8]).event("CreditWithdrawn")
    assert event.args == {"recipient": receiver.address, "amount": 207}
    assert chain.balance(receiver) == 207
    assert funded.lock.credits(receiver.address) == funded.lock.totalCredits() == 0
    assert funded.lock.locked(ETH) == chain.balance(funded.lock) == 501 - 207


@pytest.mark.node
def test_a_credit_is_paid_once(funded, deploy_compiled, reverts):
    receiver = deploy_compiled("FussyReceiver")
    funded.claim(Exit(receiver.address, ETH, 207), EXIT_ROOT)
    receiver.setRefusing(False)
    funded.lock.withdrawCredit(receiver.address)
    with reverts("NoCredit", recipient=receiver.address):
        funded.lock.withdrawCredit(receiver.address)


def test_who_has_no_credit_is_paid_nothing(funded, chain, reverts):
    with reverts("NoCredit", recipient=chain.accounts[6].address):
        funded.lock.withdrawCredit(chain.accounts[6].address)


@pytest.mark.node
def test_a_receiver_that_answers_at_length_only_delays_itself(funded, deploy_compiled):
    bomb = deploy_compiled("BombReceiver")
    funded.claim(Exit(bomb.address, ETH, 207), EXIT_ROOT, gas=1_000_000)
    assert funded.lock.credits(bomb.address) == 207


# Reentrancy


@pytest.mark.node
@pytest.mark.parametrize("entrance", ["deposit", "credit", "claim", "release"])
def test_a_receiver_cannot_come_back_into_lock(funded, chain, deploy_compiled, entrance):
    receiver = deploy_compiled("ReentrantReceiver")
    first = Exit(receiver.address, ETH, 207)
    second = Exit(receiver.address, ETH, 103, nullifier=7_000_009)
    lock, rollup = funded.lock, funded.rollup
    target, data = {
        "deposit": (lock, lock.encode("depositETH", receiver.address, *KEYS[0])),
        "credit": (lock, lock.encode("withdrawCredit", receiver.address)),
        "claim": (rollup, rollup.encode("claim", *second.arguments(EXIT_ROOT, funded.domain))),
        "release": (lock, lock.encode("release", ETH, receiver.address, 294)),
    }[entrance]
    receiver.setCallback(target.address, data)

    funded.claim(first, EXIT_ROOT)
    assert receiver.called()
    assert not receiver.succeeded()
    assert receiver.answer() == keccak(text="Reentrancy()")[:4]
    assert chain.balance(receiver) == 207
    assert not rollup.isClaimed(second.nullifier)

    # The same call succeeds where it should: the second claim, outside the first.
    receiver.setCallback(ETH, b"")
    funded.claim(second, EXIT_ROOT)
    assert chain.balance(receiver) == 310


@pytest.mark.node
def test_a_receiver_cannot_withdraw_a_credit_while_it_is_paid(funded, deploy_compiled):
    receiver, fussy = deploy_compiled("ReentrantReceiver"), deploy_compiled("FussyReceiver")
    funded.claim(Exit(fussy.address, ETH, 103), EXIT_ROOT)
    fussy.setRefusing(False)
    receiver.setCallback(funded.lock.address, funded.lock.encode("withdrawCredit", fussy.address))
    funded.claim(Exit(receiver.address, ETH, 207, nullifier=7_000_009), EXIT_ROOT)
    assert receiver.answer() == keccak(text="Reentrancy()")[:4]
    assert funded.lock.credits(fussy.address) == 103


@pytest.mark.node
def test_one_transaction_may_claim_twice(funded, chain, exit_, deploy_compiled, reverts):
    caller = deploy_compiled("Caller")
    other = Exit(exit_.recipient, ETH, 103, nullifier=7_000_009)
    calls = [
        funded.rollup.encode("claim", *claimed.arguments(EXIT_ROOT, funded.domain))
        for claimed in (exit_, other)
    ]
    before = chain.balance(exit_.recipient)
    with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        caller.callAll([funded.rollup.address] * 3, [*calls, calls[0]])
    caller.callAll([funded.rollup.address] * 2, calls)
    assert chain.balance(exit_.recipient) - before == 207 + 103


@pytest.mark.node
def test_gas_of_claims(funded, exit_, deploy_compiled, snapshot_value):
    snapshot_value("claim ETH", funded.claim(exit_, EXIT_ROOT).gas_used)
    receiver = deploy_compiled("FussyReceiver")
    funded.claim(Exit(receiver.address, ETH, 103, nullifier=7_000_009), EXIT_ROOT)
    receiver.setRefusing(False)
    snapshot_value("withdraw credit", funded.lock.withdrawCredit(receiver.address).gas_used)


def test_transfers_never_touch_what_is_locked(funded):
    batch = funded.batch(transfer(0, 1, 103), old_root=5_000_011, number=2, queue_start=1)
    funded.settle(batch)
    assert funded.lock.locked(ETH) == 501
