"""What a tester holds: users, tokens in their forms, exits, and refusals that say what to do."""

import pytest

from pytest_zkrollup import refuses, reverts
from zkrollup.arguments import WrongArgument
from zkrollup.circuits.encoding import claim_nullifier
from zkrollup.devnet import ETH, NoAccount
from zkrollup.devnet.devnet import USER_TOKENS, Devnet, NoAccountsLeft
from zkrollup.devnet.exits import NotSealed
from zkrollup.operator.operator import NotSettled


def test_a_user_starts_with_ether_tokens_and_a_key_of_its_own(actors):
    alice, bob = actors.alice, actors.bob
    assert alice.l1_balance(ETH) == 10_000 * 10**18
    assert alice.l1_balance(actors.token) == actors.token.balanceOf(alice) == USER_TOKENS
    assert (alice.l2_balance(ETH), alice.l2_balance(actors.token)) == (0, 0)
    assert alice.key != bob.key
    assert alice.key.scalar != 0
    assert str(alice.key.scalar) not in repr(alice)


def test_users_are_as_many_as_funded_accounts_but_one(actors):
    devnet = Devnet(actors.operator.prover, accounts=3)
    users = [devnet.user(name) for name in ("alice", "bob")]
    assert devnet.rollup.operator.bridge.operator.address not in {user.address for user in users}
    with pytest.raises(NoAccountsLeft) as refusal:
        devnet.user("carol")
    assert refusal.value.accounts == 2


FORMS = {
    "contract": lambda token: token,
    "checksummed": lambda token: token.address,
    "lower case": lambda token: token.address.lower(),
    "number": lambda token: int(token.address, 16),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_token_is_named_by_contract_address_or_number(actors, form):
    token = form(actors.token)
    actors.rollup.deposit(token, 503, sender=actors.alice)
    assert actors.alice.l2_balance(actors.token) == actors.rollup.balance(token, actors.alice) == 503
    assert actors.alice.l1_balance(token) == USER_TOKENS - 503
    assert actors.rollup.account_index(token, actors.alice) == 0


def test_the_zero_address_is_ether(actors):
    actors.rollup.deposit("0x" + "00" * 20, 503, sender=actors.alice)
    assert actors.alice.l2_balance(ETH) == 503


@pytest.mark.parametrize("wrong", ["ETH", "0xabc", "DAD", "0x" + "g" * 40, -1, 2**160, None, 1.5], ids=str)
def test_what_is_no_token_is_refused(actors, wrong):
    with pytest.raises(WrongArgument):
        actors.rollup.deposit(wrong, 5, sender=actors.alice)
    assert actors.rollup.contract.queueLength() == 0


def test_an_address_without_a_contract_is_no_token(actors):
    with reverts("TokenWithoutCode"):
        actors.rollup.deposit("0x" + "ab" * 20, 0, sender=actors.alice)


def test_a_withdrawal_goes_to_the_sender_a_user_a_contract_or_an_address(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    recipients = {
        None: alice.address,
        bob: bob.address,
        actors.token: actors.token.address,
        bob.address.lower(): bob.address,
    }
    for given, expected in recipients.items():
        handle = rollup.withdraw(ETH, 11, sender=alice, recipient=given)
        assert handle.withdrawal.recipient == int(expected, 16)


@pytest.mark.parametrize("wrong", ["0xabc", "bob", "0x" + "aB" * 20, "", 7], ids=str)
def test_a_mistyped_recipient_burns_nothing(actors, wrong):
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    with pytest.raises(WrongArgument):
        actors.rollup.withdraw(ETH, 11, sender=actors.alice, recipient=wrong)
    assert actors.alice.l2_balance(ETH) == 1009


def test_who_has_no_account_is_told_how_to_open_one(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    for call in (
        lambda: rollup.withdraw(ETH, 1, sender=alice),
        lambda: rollup.transfer(ETH, 1, sender=alice, to=bob),
        lambda: rollup.account_index(ETH, alice),
    ):
        with pytest.raises(NoAccount, match="open_account") as refusal:
            call()
        assert (refusal.value.user, refusal.value.token) == (alice, ETH)
    assert rollup.contract.accountCount() == 0
    rollup.open_account(ETH, alice)
    with refuses("balance"):
        rollup.withdraw(ETH, 1, sender=alice)


def test_a_receiver_without_an_account_gets_one(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    transfer = rollup.transfer(ETH, 11, sender=alice, to=bob)
    assert (transfer.sender, transfer.receiver) == (0, 1)
    assert bob.l2_balance(ETH) == 11
    rollup.transfer(ETH, 13, sender=alice, to=bob)
    assert rollup.contract.accountCount() == 2


@pytest.mark.parametrize("amount", [-1, 2**128])
def test_amounts_that_have_no_encoding_are_refused(actors, amount):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    with pytest.raises(WrongArgument):
        rollup.transfer(ETH, amount, sender=alice, to=alice)
    with pytest.raises(WrongArgument):
        rollup.withdraw(ETH, amount, sender=alice)
    assert alice.l2_balance(ETH) == 1009


def test_a_refused_operation_changes_nothing(actors):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.open_account(ETH, bob)
    before = rollup.operator.state
    with refuses("balance"):
        rollup.transfer(ETH, 1010, sender=alice, to=bob)
    assert rollup.operator.state == before
    rollup.transfer(ETH, 1009, sender=alice, to=bob)  # the nonce is unspent


def test_an_exit_has_an_id_once_sealed_and_a_claim_once_settled(actors):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    handle = rollup.withdraw(ETH, 103, sender=alice)
    for read in (lambda: handle.id, lambda: handle.nullifier, lambda: handle.is_claimed, handle.prove):
        with pytest.raises(NotSealed, match="settle") as refusal:
            read()
        assert refusal.value.withdrawal == handle.withdrawal
    batch = rollup.seal()
    assert handle.id == (1 << 16) + 1
    assert handle.nullifier == claim_nullifier(handle.id, rollup.contract.domain())
    assert not handle.is_claimed
    for _ in range(2):
        with pytest.raises(NotSettled) as refusal:
            handle.claim(sender=alice)
        assert (refusal.value.batch, refusal.value.settled) == (1, 0)
        if not rollup.contract.committedBatches():
            rollup.commit(batch)
    rollup.prove(batch)
    handle.claim(sender=alice)
    assert handle.is_claimed


def test_handles_of_like_withdrawals_are_told_apart(actors):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    first, second = (rollup.withdraw(ETH, 103, sender=alice) for _ in range(2))
    assert (first.id, second.id) == ((1 << 16) + 1, (1 << 16) + 2)


def test_an_erc20_deposit_leaves_no_allowance(actors):
    actors.rollup.deposit(actors.token, 503, sender=actors.alice)
    assert actors.token.allowance(actors.alice, actors.rollup.lock) == 0
    assert actors.token.balanceOf(actors.rollup.lock) == 503


def test_a_deposit_beyond_ones_means_is_refused_and_locks_nothing(actors):
    with reverts("TokenTransferFailed"):
        actors.rollup.deposit(actors.token, USER_TOKENS + 1, sender=actors.alice)
    assert actors.rollup.lock.locked(actors.token.address) == actors.rollup.contract.queueLength() == 0


def test_two_keys_of_one_owner_are_two_accounts(actors):
    alice, bob, lock = actors.alice, actors.bob, actors.rollup.lock
    actors.rollup.deposit(ETH, 11, sender=alice)
    lock.depositETH(alice.address, *bob.key.public, sender=bob, value=13)
    assert actors.rollup.contract.accountCount() == 2
    assert alice.l2_balance(ETH) == 24  # she owns both
    with refuses("balance"):
        actors.rollup.withdraw(ETH, 24, sender=alice)  # her key signs for one
