"""The main job with real proofs: lock, mint, transfer, burn, claim; and the books at each step."""

import pytest
from tests.lifecycle.support import STRANGER, assert_solvent, solvency

from pytest_zkrollup import reverts
from zkrollup.devnet import ETH
from zkrollup.devnet.exits import NotSealed
from zkrollup.operator.mirror import NoMint
from zkrollup.operator.operator import NotSettled
from zkrollup.operator.sequencer import NothingToSeal


@pytest.fixture(params=["ETH", "TestToken"])
def token(request, actors):
    return ETH if request.param == "ETH" else actors.token


def test_what_is_locked_is_minted_moved_burned_and_unlocked(actors, token):
    rollup, alice, bob, carol = actors.rollup, actors.alice, actors.bob, actors.carol
    genesis = rollup.contract.stateRoot()
    start = bob.l1_balance(token)

    rollup.deposit(token, 1009, sender=alice)
    assert solvency(rollup, token) == {"ledger": 0, "exits": 0, "queued": 1009, "credits": 0}
    assert_solvent(rollup, token)
    assert alice.l2_balance(token) == 1009  # the operator's promise
    with pytest.raises(NoMint):
        rollup.mint(token)  # the proven truth
    assert rollup.contract.stateRoot() == genesis

    first = rollup.settle()
    assert rollup.contract.stateRoot() == first.root_after != genesis
    mint = rollup.mint(token)
    assert (mint.balanceOf(alice), mint.totalSupply()) == (1009, 1009)
    assert solvency(rollup, token) == {"ledger": 1009, "exits": 0, "queued": 0, "credits": 0}
    assert_solvent(rollup, token)

    rollup.transfer(token, 407, sender=alice, to=bob)
    handle = rollup.withdraw(token, 103, sender=bob)
    assert (alice.l2_balance(token), bob.l2_balance(token)) == (602, 304)
    assert (mint.balanceOf(alice), mint.balanceOf(bob)) == (1009, 0)
    assert rollup.contract.stateRoot() == first.root_after
    assert bob.l1_balance(token) <= start

    second = rollup.settle()
    assert rollup.contract.stateRoot() == second.root_after == rollup.state_root
    assert (mint.balanceOf(alice), mint.balanceOf(bob), mint.totalSupply()) == (602, 304, 906)
    assert solvency(rollup, token) == {"ledger": 906, "exits": 103, "queued": 0, "credits": 0}
    assert_solvent(rollup, token)

    before = bob.l1_balance(token)
    handle.claim(sender=carol)
    assert bob.l1_balance(token) - before == 103
    assert solvency(rollup, token) == {"ledger": 906, "exits": 0, "queued": 0, "credits": 0}
    assert_solvent(rollup, token)
    with reverts("AlreadyClaimed", nullifier=handle.nullifier):
        handle.claim(sender=carol)
    assert_solvent(rollup, token)


def test_layer_1_knows_nothing_between_batches(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.open_account(ETH, bob)
    rollup.settle()
    mint, block, nonce = rollup.mint(ETH), actors.l1.block_number, actors.l1.nonce(actors.operator_account)
    rollup.transfer(ETH, 407, sender=alice, to=bob)
    rollup.transfer(ETH, 11, sender=bob, to=alice)
    handle = rollup.withdraw(ETH, 103, sender=bob)  # fills the batch, which is sealed
    assert rollup.operator.state.sealed
    assert actors.l1.block_number == block
    assert actors.l1.nonce(actors.operator_account) == nonce
    assert (mint.balanceOf(alice), mint.balanceOf(bob), mint.totalSupply()) == (1009, 0, 1009)
    with pytest.raises(NotSettled) as refusal:
        handle.claim(sender=bob)
    assert (refusal.value.batch, refusal.value.settled) == (2, 1)
    rollup.settle()
    assert (mint.balanceOf(alice), mint.balanceOf(bob), mint.totalSupply()) == (613, 293, 906)


def test_committed_data_moves_neither_root_nor_mint(actors):
    rollup = actors.rollup
    genesis = rollup.contract.stateRoot()
    rollup.deposit(ETH, 1009, sender=actors.alice)
    batch = rollup.seal()
    rollup.commit(batch)
    assert rollup.contract.stateRoot() == genesis
    assert rollup.contract.committedRoot() == batch.root_after
    with pytest.raises(NoMint):
        rollup.mint(ETH)
    assert_solvent(rollup, ETH)
    rollup.prove(batch)
    assert rollup.contract.stateRoot() == batch.root_after
    assert rollup.mint(ETH).totalSupply() == 1009


def test_more_operations_than_slots_take_several_batches(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.open_account(ETH, bob)
    for amount in (101, 103, 107, 109, 113):
        rollup.transfer(ETH, amount, sender=alice, to=bob)
    last = rollup.settle()
    assert last.number == rollup.contract.provenBatches() == 3
    assert [slot.inputs.op for slot in last.sealed.trace.slots] == [2, 0, 0]  # padded with noops
    assert rollup.mint(ETH).balanceOf(bob) == 533
    assert_solvent(rollup, ETH)


def test_two_tokens_are_counted_apart(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.deposit(actors.token, 2003, sender=alice)
    rollup.open_account(actors.token, bob)
    rollup.transfer(actors.token, 307, sender=alice, to=bob)
    eth, tokens = (rollup.withdraw(token, amount, sender=alice, recipient=STRANGER)
                   for token, amount in ((ETH, 101), (actors.token, 103)))  # fmt: skip
    rollup.settle()
    eth.claim(sender=bob)
    assert_solvent(rollup, ETH)
    assert_solvent(rollup, actors.token)
    assert solvency(rollup, actors.token) == {"ledger": 1900, "exits": 103, "queued": 0, "credits": 0}
    tokens.claim(sender=bob)
    assert (actors.l1.balance(STRANGER), actors.token.balanceOf(STRANGER)) == (101, 103)
    assert rollup.mint(ETH).totalSupply() == rollup.lock.locked("0x" + "00" * 20) == 908
    assert rollup.mint(actors.token).balanceOf(bob) == 307
    assert_solvent(rollup, actors.token)


def test_a_payment_to_oneself_changes_only_the_nonce(actors):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.transfer(ETH, 1009, sender=alice, to=alice)
    rollup.settle()
    index = rollup.account_index(ETH, alice)
    account = rollup.operator.ledger.account(index)
    assert (account.balance, account.nonce) == (1009, 1)
    assert rollup.mint(ETH).balanceOf(alice) == rollup.mint(ETH).totalSupply() == 1009
    assert_solvent(rollup, ETH)


def test_a_deposit_for_somebody_else_is_theirs_alone(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice, to=bob)
    rollup.settle()
    assert (alice.l2_balance(ETH), bob.l2_balance(ETH)) == (0, 1009)
    handle = rollup.withdraw(ETH, 103, sender=bob)
    before = bob.l1_balance(ETH)
    rollup.settle()
    handle.claim(sender=alice)
    assert bob.l1_balance(ETH) - before == 103


def test_an_empty_batch_is_made_only_when_asked_for(actors):
    operator = actors.operator
    with pytest.raises(NothingToSeal) as refusal:
        operator.settle()
    assert refusal.value.number == 1
    genesis = actors.rollup.contract.stateRoot()
    empty = operator.settle(allow_empty=True)
    assert actors.rollup.contract.provenBatches() == empty.number == 1
    assert empty.root_before == empty.root_after == actors.rollup.contract.stateRoot() == genesis


def test_everything_can_be_withdrawn_to_the_last_unit(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.transfer(ETH, 4, sender=alice, to=bob)
    handles = [
        rollup.withdraw(ETH, 1005, sender=alice, recipient=STRANGER),
        rollup.withdraw(ETH, 4, sender=bob, recipient=STRANGER),
    ]
    rollup.settle()
    for handle in handles:
        handle.claim(sender=alice)
    assert actors.l1.balance(STRANGER) == 1009
    assert actors.l1.balance(rollup.lock) == rollup.mint(ETH).totalSupply() == 0
    assert_solvent(rollup, ETH)


def test_equal_exits_of_one_batch_are_paid_each(actors):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    handles = [rollup.withdraw(ETH, 103, sender=alice, recipient=STRANGER) for _ in range(2)]
    rollup.settle()
    assert handles[0].id != handles[1].id
    assert handles[0].nullifier != handles[1].nullifier
    for handle in handles:
        handle.claim(sender=alice)
    assert actors.l1.balance(STRANGER) == 206
    assert_solvent(rollup, ETH)


def test_a_burn_of_nothing_is_an_exit_that_pays_nothing(actors):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    handle = rollup.withdraw(ETH, 0, sender=alice, recipient=STRANGER)
    rollup.settle()
    handle.claim(sender=alice)
    assert handle.is_claimed
    assert actors.l1.balance(STRANGER) == 0
    assert_solvent(rollup, ETH)


def test_the_largest_amount_goes_in_around_and_out(actors):
    rollup, alice, bob, token = actors.rollup, actors.alice, actors.bob, actors.token
    most = 2**128 - 1
    token.mint(alice, most)
    rollup.deposit(token, most, sender=alice)
    with reverts("LockedTotalTooLarge", total=2**128):
        rollup.deposit(token, 1, sender=bob)
    rollup.transfer(token, most, sender=alice, to=bob)
    handle = rollup.withdraw(token, most, sender=bob, recipient=STRANGER)
    rollup.settle()
    with reverts("LockedTotalTooLarge", total=2**128):
        rollup.deposit(token, 1, sender=bob)  # a proven exit is locked until it is claimed
    handle.claim(sender=alice)
    assert token.balanceOf(STRANGER) == most
    rollup.deposit(token, 1, sender=bob)
    assert_solvent(rollup, token)


def test_an_exit_cannot_be_proved_before_its_batch_is_sealed(actors):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    handle = rollup.withdraw(ETH, 103, sender=alice)
    with pytest.raises(NotSealed):
        handle.prove()
    rollup.settle()
    handle.prove()
