"""The main job on tokens that nobody here wrote, on odd ones, and for receivers that refuse or call back."""

import contextlib

import pytest
from eth_utils import keccak
from tests.lifecycle.support import STRANGER, assert_solvent, claim, solvency

from pytest_zkrollup import ETH, reverts
from zkrollup.evm import Reverted
from zkrollup.operator.queue import to_address
from zkrollup.snark.verifier_contract import solidity_proof

pytestmark = pytest.mark.node
REENTRANCY = keccak(text="Reentrancy()")[:4]
NOBODY = "0x" + "00" * 20


def solady_weth(actors, ship):
    weth = ship("WETH")
    weth.deposit(sender=actors.alice, value=5003)
    return weth


def openzeppelin_erc20(_, ship):
    return ship("OpenZeppelinToken", "Zeppelin", "ZEP", 5003)


@pytest.mark.parametrize("make", [solady_weth, openzeppelin_erc20], ids=["Solady WETH", "OpenZeppelin ERC20"])
def test_the_main_job_on_a_token_that_nobody_here_wrote(actors, ship, make):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    token = make(actors, ship)
    rollup.deposit(token, 1009, sender=alice)
    rollup.transfer(token, 407, sender=alice, to=bob)
    rollup.settle()
    mint = rollup.mint(token)
    assert (mint.balanceOf(alice), mint.balanceOf(bob), mint.totalSupply()) == (602, 407, 1009)
    assert (mint.symbol(), mint.decimals()) == (token.symbol(), token.decimals())
    assert_solvent(rollup, token)

    handle = rollup.withdraw(token, 103, sender=bob)
    rollup.settle()
    assert_solvent(rollup, token)
    handle.claim(sender=actors.carol)
    assert (token.balanceOf(alice), token.balanceOf(bob)) == (5003 - 1009, 103)
    assert mint.totalSupply() == token.balanceOf(rollup.lock) == 906
    assert_solvent(rollup, token)
    with reverts("AlreadyClaimed"):
        handle.claim(sender=actors.carol)


def lock_up(actors, token, amount):
    """Alice deposits a token that has no approve."""
    token.mint(actors.alice.address, 5003)
    alice = actors.alice
    actors.rollup.lock.depositERC20(
        token.address, amount, alice.address, *alice.key.public, sender=alice
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "credited", "paid"), [("FeeToken", 979, 100), ("NoReturnToken", 1009, 103)], ids=str
)
def test_the_main_job_on_an_odd_token(actors, ship, name, credited, paid):
    rollup, token = actors.rollup, ship(name)
    lock_up(actors, token, 1009)
    assert actors.alice.l2_balance(token) == credited  # what arrived
    assert_solvent(rollup, token)
    handle = rollup.withdraw(token, 103, sender=actors.alice, recipient=STRANGER)
    rollup.settle()
    assert rollup.mint(token).decimals() == 0  # it does not say
    handle.claim(sender=actors.carol)
    assert token.balanceOf(STRANGER) == paid
    assert solvency(rollup, token)["ledger"] == credited - 103
    assert_solvent(rollup, token)


@pytest.mark.parametrize("name", ["OpenZeppelinCollectible", "KittyCollectible"])
@pytest.mark.parametrize("id_", [1, 73])
def test_a_collectible_is_refused_by_name_and_stays_with_its_owner(actors, ship, name, id_):
    rollup, alice, token = actors.rollup, actors.alice, ship(name)
    token.mint(alice, id_)
    with reverts("TokenNotFungible", token=token, id=id_):
        rollup.deposit(token, id_, sender=alice)
    assert token.ownerOf(id_) == alice.address
    assert rollup.lock.locked(token) == rollup.contract.queueLength() == 0


def test_a_paused_token_delays_its_own_claims_only(actors, ship):
    rollup, alice, token = actors.rollup, actors.alice, ship("PausableToken")
    lock_up(actors, token, 1009)
    rollup.deposit(ETH, 501, sender=alice)
    rollup.settle()
    tokens = rollup.withdraw(token, 103, sender=alice, recipient=STRANGER)
    ether = rollup.withdraw(ETH, 53, sender=alice, recipient=STRANGER)
    rollup.settle()
    token.setPaused(True)
    with reverts("TokenTransferFailed", token=token):
        tokens.claim(sender=alice)
    assert not tokens.is_claimed
    assert_solvent(rollup, token)
    ether.claim(sender=alice)
    token.setPaused(False)
    tokens.claim(sender=alice)
    assert (token.balanceOf(STRANGER), actors.l1.balance(STRANGER)) == (103, 53)


def burned_for(actors, recipient, amount, *, token=ETH):
    handle = actors.rollup.withdraw(token, amount, sender=actors.alice, recipient=recipient)
    actors.rollup.settle()
    return handle


def test_ether_that_a_receiver_refuses_waits_for_it_and_for_nobody_else(actors, ship):
    rollup, alice, carol, receiver = actors.rollup, actors.alice, actors.carol, ship("FussyReceiver")
    rollup.deposit(ETH, 1009, sender=alice)
    handle = burned_for(actors, receiver.address, 103)
    handle.claim(sender=carol)
    assert solvency(rollup, ETH) == {"ledger": 906, "exits": 0, "queued": 0, "credits": 103}
    assert_solvent(rollup, ETH)
    with reverts("AlreadyClaimed", nullifier=handle.nullifier):
        handle.claim(sender=carol)
    with reverts("NoCredit", recipient=carol):
        rollup.lock.withdrawCredit(carol.address, sender=carol)
    with reverts("CreditNotDelivered", recipient=receiver, amount=103):
        rollup.lock.withdrawCredit(receiver.address, sender=carol)
    receiver.setRefusing(False)
    rollup.lock.withdrawCredit(receiver.address, sender=carol)
    assert actors.l1.balance(receiver) == 103
    assert_solvent(rollup, ETH)
    with reverts("NoCredit", recipient=receiver):
        rollup.lock.withdrawCredit(receiver.address, sender=carol)


def test_a_relayer_that_saves_gas_cannot_lose_the_recipients_ether(actors, ship):
    # A receiver that runs out leaves Lock 1/64 of the gas: too little to record a credit, so all reverts.
    rollup, receiver, l1 = actors.rollup, ship("ReentrantReceiver"), actors.l1
    rollup.deposit(ETH, 1009, sender=actors.alice)
    proven = burned_for(actors, receiver.address, 103).prove()
    receiver.setCallback(rollup.lock.address, rollup.lock.encode("withdrawCredit", STRANGER))
    data, outcomes = _calldata(rollup, proven), []
    for gas in range(250_000, 500_001, 10_000):
        with l1.anchor():
            with contextlib.suppress(Reverted):
                l1.transact(to=rollup.contract, data=data, sender=actors.carol, gas=gas)
            credited = rollup.lock.credits(receiver.address)
            outcomes.append((l1.balance(receiver), credited, rollup.contract.isClaimed(proven.nullifier)))
            assert_solvent(rollup, ETH)
    assert set(outcomes) == {(0, 0, False), (103, 0, True)}
    assert outcomes == sorted(outcomes)


def _calldata(rollup, proven):
    burned = proven.exit
    return rollup.contract.encode(
        "claim",
        burned.batch,
        proven.nullifier,
        to_address(burned.recipient),
        to_address(burned.token),
        burned.amount,
        solidity_proof(proven.proof),
    )


def test_a_receiver_that_calls_back_gets_its_ether_once(actors, ship):
    rollup, alice, receiver, lock = actors.rollup, actors.alice, ship("ReentrantReceiver"), actors.rollup.lock
    rollup.deposit(ETH, 1009, sender=alice)
    handles = [
        rollup.withdraw(ETH, amount, sender=alice, recipient=receiver.address) for amount in (103, 107)
    ]
    rollup.settle()
    first, second = (handle.prove() for handle in handles)
    spent = keccak(text="AlreadyClaimed(uint256)")[:4] + first.nullifier.to_bytes(32, "big")
    callbacks = [
        (rollup.contract, _calldata(rollup, first), spent),
        (rollup.contract, _calldata(rollup, second), REENTRANCY),
        (lock, lock.encode("depositETH", receiver.address, *alice.key.public), REENTRANCY),
        (lock, lock.encode("withdrawCredit", receiver.address), REENTRANCY),
        (lock, lock.encode("release", NOBODY, receiver.address, 799), REENTRANCY),
    ]
    for target, data, answer in callbacks:
        with actors.l1.anchor():
            receiver.setCallback(target.address, data)
            claim(actors, first)
            assert (receiver.called(), receiver.succeeded(), receiver.answer()) == (True, False, answer)
            assert actors.l1.balance(receiver) == 103
            assert_solvent(rollup, ETH)
            receiver.setCallback(NOBODY, b"")
            claim(actors, second)
            assert actors.l1.balance(receiver) == 210


def test_a_token_that_calls_back_cannot_be_counted_or_paid_twice(actors, ship):
    rollup, alice, token = actors.rollup, actors.alice, ship("CallbackToken")
    lock = rollup.lock
    token.mint(lock.address, 17)  # a gift counts for nobody
    again = lock.encode("depositERC20", token.address, 7, alice.address, *alice.key.public)
    token.setCallback(lock.address, again)
    with reverts("TokenTransferFailed", token=token, answer=REENTRANCY):
        lock_up(actors, token, 1009)
    token.setCallback(NOBODY, b"")
    lock_up(actors, token, 1009)
    proven = burned_for(actors, STRANGER, 103, token=token).prove()
    token.setCallback(rollup.contract.address, _calldata(rollup, proven))
    with reverts("TokenTransferFailed", token=token):
        claim(actors, proven)
    assert not rollup.contract.isClaimed(proven.nullifier)
    token.setCallback(NOBODY, b"")
    claim(actors, proven)
    assert token.balanceOf(STRANGER) == 103
    assert lock.locked(token.address) == sum(solvency(rollup, token).values()) == 906
