"""Whose call it is: contracts that call on somebody's behalf, and senders who are not the owner."""

import pytest
from tests.contracts.support import ETH, FORCED_FEE, KEYS, Entry, deploy, queued, ship, transfer


@pytest.fixture
def stranger(chain):
    return chain.accounts[9]


@pytest.fixture
def wallet(chain, deploy_compiled):
    """A contract that makes any call for anybody, with ether of its own."""
    wallet = deploy_compiled("Wallet")
    chain.set_balance(wallet.address, 10**6)
    return wallet


def through(wallet, contract, name, *args, sender, value=0):
    """A transaction of the sender's, in which the wallet calls the contract."""
    return wallet.execute(contract.address, value, contract.encode(name, *args), sender=sender)


# Forced withdrawals


@pytest.mark.node
def test_a_request_belongs_to_the_contract_that_made_it(system, wallet, stranger):
    receipt = through(
        wallet, system.rollup, "requestForcedWithdrawal", 7, 501, sender=stranger, value=FORCED_FEE
    )
    entry = queued(receipt)
    assert entry.owner == wallet.address
    system.commit(system.batch(entries=(entry,)))  # the queue's own entry names it too


@pytest.mark.node
def test_the_fee_of_a_request_goes_back_to_the_contract_that_paid_it(system, chain, wallet, stranger):
    entry = queued(
        through(wallet, system.rollup, "requestForcedWithdrawal", 7, 501, sender=stranger, value=FORCED_FEE)
    )
    system.freeze(entry)
    before = chain.balance(wallet)
    system.refund(0, entry, sender=chain.accounts[8])
    assert chain.balance(wallet) - before == FORCED_FEE


# The operator


OPERATOR_CALLS = ["commitBatch", "submitBatch", "revertBatches"]


def arguments_of(name, batch):
    return {
        "commitBatch": batch.commit_arguments,
        "submitBatch": (*batch.commit_arguments, batch.proof),
        "revertBatches": (),
    }[name]


@pytest.mark.node
@pytest.mark.parametrize("name", OPERATOR_CALLS)
def test_a_contract_that_the_operator_calls_cannot_act_for_it(system, wallet, reverts, name):
    batch = system.batch(transfer(3, 7, 501))
    if name == "revertBatches":
        system.commit(batch)
    committed = system.rollup.committedBatches()
    with reverts("NotOperator", caller=wallet.address):
        through(wallet, system.rollup, name, *arguments_of(name, batch), sender=system.operator)
    assert system.rollup.committedBatches() == committed


@pytest.mark.node
@pytest.mark.parametrize("name", OPERATOR_CALLS)
def test_an_operator_that_is_a_contract_acts_whoever_calls_it(chain, wallet, stranger, reverts, name):
    system = deploy(chain, operator=wallet.address)
    batch = system.batch(transfer(3, 7, 501))
    if name == "revertBatches":
        through(wallet, system.rollup, "commitBatch", *batch.commit_arguments, sender=stranger)
    arguments = arguments_of(name, batch)
    with reverts("NotOperator", caller=stranger.address):
        getattr(system.rollup, name)(*arguments, sender=stranger)
    through(wallet, system.rollup, name, *arguments, sender=stranger)
    assert system.rollup.committedBatches() == (0 if name == "revertBatches" else 1)


@pytest.mark.node
def test_fees_go_to_the_operator_and_not_to_who_asks_for_them(chain, wallet, stranger):
    system = deploy(chain, operator=wallet.address)
    entry = system.request(7, 501)
    batch = system.batch(entries=(entry,))
    through(wallet, system.rollup, "submitBatch", *arguments_of("submitBatch", batch), sender=stranger)
    before = chain.balance(wallet)
    system.collect(entry, sender=stranger)
    assert chain.balance(wallet) - before == FORCED_FEE


# Lock and Rollup know each other only


@pytest.mark.node
def test_a_contract_that_is_not_rollup_releases_nothing(system, wallet, stranger, reverts):
    system.deposit(501)
    with reverts("NotRollup", caller=wallet.address):
        through(wallet, system.lock, "release", ETH, wallet.address, 501, sender=stranger)


@pytest.mark.node
def test_a_contract_that_is_not_lock_queues_no_deposit(system, wallet, stranger, reverts):
    with reverts("NotLock", caller=wallet.address):
        through(
            wallet, system.rollup, "enqueueDeposit", stranger.address, ETH, 501, *KEYS[0], sender=stranger
        )
    assert system.rollup.queueLength() == 0


@pytest.mark.parametrize("who", ["the operator", "the owner itself"])
def test_nobody_queues_a_deposit_beside_lock(system, stranger, reverts, who):
    caller = system.operator if who == "the operator" else stranger
    with reverts("NotLock", caller=caller.address):
        system.rollup.enqueueDeposit(caller.address, ETH, 501, *KEYS[0], sender=caller)


def test_nobody_releases_to_itself(system, stranger, reverts):
    system.deposit(501)
    with reverts("NotRollup", caller=stranger.address):
        system.lock.release(ETH, stranger.address, 501, sender=stranger)


@pytest.mark.node
def test_ether_that_a_contract_sends_is_refused_in_its_name(system, wallet, stranger, reverts):
    with reverts("DirectTransfer", sender=wallet.address, amount=501):
        wallet.execute(system.lock.address, 501, b"", sender=stranger)


# Who pays for a deposit, and whose it is


def test_a_deposit_for_somebody_else_takes_the_senders_tokens(system, chain):
    payer, owner = chain.accounts[2], chain.accounts[4]
    token = ship(chain, "TestToken", "Test", "TST", 6)
    for account, amount in ((payer, 1_009), (owner, 2_003)):
        token.mint(account.address, amount)
        token.approve(system.lock.address, amount, sender=account)
    entry = queued(system.lock.depositERC20(token.address, 501, owner.address, *KEYS[0], sender=payer))
    assert (entry.owner, entry.amount) == (owner.address, 501)
    assert token.balanceOf(payer.address) == 1_009 - 501
    assert token.balanceOf(owner.address) == token.allowance(owner.address, system.lock.address) == 2_003


def test_nobody_deposits_the_tokens_that_somebody_else_approved(system, chain, stranger, reverts):
    owner = chain.accounts[4]
    token = ship(chain, "TestToken", "Test", "TST", 6)
    token.mint(owner.address, 2_003)
    token.approve(system.lock.address, 2_003, sender=owner)
    with reverts("TokenTransferFailed", **{"from": stranger.address, "to": system.lock.address}):
        system.lock.depositERC20(token.address, 501, owner.address, *KEYS[0], sender=stranger)
    assert token.balanceOf(owner.address) == 2_003


@pytest.mark.node
def test_a_contract_that_a_holder_calls_deposits_its_own_tokens_only(system, chain, wallet):
    holder, owner = chain.accounts[2], chain.accounts[4]
    token = ship(chain, "TestToken", "Test", "TST", 6)
    token.mint(holder.address, 2_003)
    token.approve(system.lock.address, 2_003, sender=holder)
    token.mint(wallet.address, 1_009)
    through(wallet, token, "approve", system.lock.address, 1_009, sender=holder)
    entry = queued(
        through(
            wallet, system.lock, "depositERC20", token.address, 501, owner.address, *KEYS[0], sender=holder
        )
    )
    assert (entry.owner, entry.amount) == (owner.address, 501)
    assert (token.balanceOf(wallet.address), token.balanceOf(holder.address)) == (1_009 - 501, 2_003)


@pytest.mark.node
@pytest.mark.parametrize("kind", ["ether", "tokens"])
def test_the_account_of_a_deposit_is_the_named_owners(system, chain, wallet, stranger, kind):
    owner = chain.accounts[4].address
    if kind == "ether":
        token = ETH
        receipt = through(wallet, system.lock, "depositETH", owner, *KEYS[1], sender=stranger, value=501)
    else:
        token = ship(chain, "TestToken", "Test", "TST", 6).address
        receipt = through(wallet, system.lock, "depositERC20", token, 0, owner, *KEYS[1], sender=stranger)
    entry: Entry = queued(receipt)
    assert (entry.owner, entry.token) == (owner, token)
    system.commit(system.batch(entries=(entry,)))  # the queue's own entry names it too
    known = {
        who: system.rollup.accountIndex(*KEYS[1], who, token)
        for who in (owner, wallet.address, stranger.address, system.operator.address, system.lock.address)
    }
    assert known.pop(owner) == (True, 0)
    assert set(known.values()) == {(False, 0)}
