"""Solady's ERC20 and WETH, from npm: errors that assembly raises, ETH in and out."""

import pytest

from pytest_zkrollup import reverts

pytestmark = pytest.mark.node
PROJECT = "tokens"


@pytest.fixture
def sol(project, owner):
    return project.Sol.deploy(1013, sender=owner)


@pytest.fixture
def weth(project, owner):
    return project.WETH.deploy(sender=owner)


def test_a_transfer_moves_what_it_says_and_tells_it(sol, owner, friend):
    receipt = sol.transfer(friend, 311, sender=owner)
    assert (sol.balanceOf(owner), sol.balanceOf(friend), sol.symbol()) == (702, 311, "SOL")
    (event,) = receipt.events
    assert (event.name, list(event.args.values())) == ("Transfer", [owner.address, friend.address, 311])


def test_errors_raised_in_assembly_have_their_names(sol, owner, friend, stranger):
    with reverts("InsufficientBalance"):
        sol.transfer(owner, 13, sender=friend)
    sol.approve(friend, 17, sender=owner)
    with reverts("InsufficientAllowance"):
        sol.transferFrom(owner, stranger, 19, sender=friend)
    sol.transferFrom(owner, stranger, 17, sender=friend)
    assert sol.balanceOf(stranger) == 17


def test_eth_becomes_weth_and_eth_again(weth, chain, friend):
    weth.deposit(sender=friend, value=503)
    assert (weth.balanceOf(friend), weth.totalSupply(), chain.balance(weth)) == (503, 503, 503)
    before = chain.balance(friend)
    receipt = weth.withdraw(211, sender=friend)
    assert (weth.balanceOf(friend), chain.balance(weth)) == (292, 292)
    assert chain.balance(friend) + receipt.gas_used * receipt.gas_price == before + 211


def test_eth_that_is_just_sent_becomes_weth_too(weth, chain, friend):
    chain.transact(to=weth, value=307, sender=friend)
    assert weth.balanceOf(friend) == 307


def test_more_weth_than_there_is_becomes_no_eth(weth, chain, friend, stranger):
    weth.deposit(sender=friend, value=503)
    with reverts("InsufficientBalance"):
        weth.withdraw(509, sender=friend)
    with reverts("InsufficientBalance"):
        weth.withdraw(3, sender=stranger)
    assert chain.balance(weth) == 503


def test_eth_that_its_owner_does_not_take_stays(weth, project, chain, owner):
    """A contract without a receive function."""
    token = project.Oak.deploy(5, sender=owner)
    weth.deposit(sender=owner, value=503)
    weth.transfer(token, 101, sender=owner)
    with chain.impersonate(token) as holder:
        chain.set_balance(token, 10**18)  # for gas
        with reverts("ETHTransferFailed"):
            weth.withdraw(101, sender=holder)
    assert weth.balanceOf(token) == 101
