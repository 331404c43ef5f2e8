"""Tokens of others through the whole rollup: in, settled, out, claimed."""

import pytest

from pytest_zkrollup import reverts
from zkrollup.devnet import Project


def through_the_rollup(rollup, token, alice, bob):
    """Deposits 401 of a token, and claims 131 of them for bob."""
    rollup.deposit(token, 401, sender=alice)
    rollup.settle()
    assert rollup.mint(token).balanceOf(alice) == 401
    exit_ = rollup.withdraw(token, 131, sender=alice, recipient=bob)
    rollup.settle()
    assert token.balanceOf(bob) == 0
    exit_.claim(sender=alice)
    assert (token.balanceOf(bob), token.balanceOf(rollup.lock), rollup.lock.locked(token)) == (131, 270, 270)
    with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        exit_.claim(sender=alice)


@pytest.mark.node
def test_openzeppelin_s_erc20_goes_in_and_out(rollup, chain, tokens, alice, bob):
    oak = Project(chain, tokens).Oak.deploy(1009, sender=alice)
    through_the_rollup(rollup, oak, alice, bob)
    with reverts("TokenTransferFailed", token=oak, amount=609):
        rollup.deposit(oak, 609, sender=alice)


@pytest.mark.node
def test_solady_s_weth_goes_in_and_out(rollup, chain, tokens, alice, bob):
    weth = Project(chain, tokens).WETH.deploy(sender=alice)
    weth.deposit(sender=alice, value=1013)
    through_the_rollup(rollup, weth, alice, bob)
    weth.withdraw(131, sender=bob)
    assert (weth.balanceOf(bob), chain.balance(weth)) == (0, 882)


def test_a_token_in_vyper_goes_in_and_out(rollup, chain, snakes, alice, bob):
    adder = Project(chain, snakes).Adder.deploy(5, 1019, sender=alice)
    adder.mint(alice, 1019, sender=alice)
    through_the_rollup(rollup, adder, alice, bob)
    assert rollup.mint(adder).decimals() == 5
    with reverts("more than the cap"):
        adder.mint(bob, 1, sender=alice)
