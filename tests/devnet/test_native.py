"""ETH is a token, and counts nothing."""

import copy
import operator
import pickle

import pytest

import zkrollup
from pytest_zkrollup import ETH, ether
from zkrollup import artifacts, native, units
from zkrollup.arguments import WrongArgument
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, InvalidArgument

TWO_SIDED = [
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod),
    *(operator.pow, operator.lshift, operator.rshift, divmod),
]
ONE_SIDED = [operator.neg, operator.pos, operator.abs, operator.invert]
ZERO_ADDRESS = "0x" + "0" * 40


@pytest.mark.parametrize("calculate", TWO_SIDED, ids=lambda each: each.__name__)
@pytest.mark.parametrize("places", [(5, ETH), (ETH, 5), (ETH, ETH)], ids=["5, ETH", "ETH, 5", "ETH, ETH"])
def test_nobody_calculates_with_eth(calculate, places):
    with pytest.raises(native.EtherIsNoUnit, match=r"pass ether\('5'\)") as refusal:
        calculate(*places)
    assert isinstance(refusal.value, ZkRollupError)
    assert isinstance(refusal.value, TypeError)


@pytest.mark.parametrize("calculate", ONE_SIDED, ids=lambda each: each.__name__)
def test_eth_has_no_sign(calculate):
    with pytest.raises(native.EtherIsNoUnit):
        calculate(ETH)


def test_eth_compares_sorts_and_hashes_as_the_zero_address_number():
    assert ETH == 0
    assert sorted([7, ETH, 3]) == [0, 3, 7]
    assert {ETH: "ether"}[0] == "ether"
    assert f"0x{ETH:040x}" == ZERO_ADDRESS


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_of_eth_is_eth(copied):
    assert repr(copied(ETH)) == "ETH"
    with pytest.raises(native.EtherIsNoUnit):
        5 * copied(ETH)


def test_the_package_hands_out_the_function_ether_whatever_was_imported_before():
    assert zkrollup.ether is units.ether is ether
    assert zkrollup.ETH is ETH


@pytest.fixture(scope="module")
def erc20():
    chain = Chain(accounts=2)
    compiled = artifacts.load("TestToken")
    return chain, chain.deploy(compiled.abi, compiled.bytecode, "Six", "SIX", 6)


def test_a_contract_takes_eth_for_an_address(erc20):
    _, token = erc20
    assert token.balanceOf(ETH) == token.balanceOf(ZERO_ADDRESS) == 0


def test_a_contract_takes_no_eth_for_a_number(erc20):
    chain, token = erc20
    sender = chain.accounts[0]
    with pytest.raises(InvalidArgument, match=r"ether\('5'\)"):
        token.approve(chain.accounts[1], ETH, sender=sender)


@pytest.mark.parametrize("place", ["value", "wei", "amount"])
def test_a_chain_takes_no_eth_for_an_amount(erc20, place):
    chain, token = erc20
    one, other = chain.accounts
    calls = {
        "value": lambda: chain.transact(to=other, sender=one, value=ETH),
        "wei": lambda: chain.set_balance(one, ETH),
        "amount": lambda: chain.deal(token, one, ETH),
    }
    before = chain.balance(one)
    with pytest.raises(WrongArgument, match=rf"^{place}=ETH .*ether\('5'\)"):
        calls[place]()
    assert chain.balance(one) == before
