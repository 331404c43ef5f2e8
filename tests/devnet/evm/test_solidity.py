"""Compiled contracts: what opcodes by hand do not show."""

import pytest

from zkrollup import artifacts
from zkrollup.evm import Reverted


@pytest.fixture
def token(chain):
    artifact = artifacts.load("TestToken")
    return chain.deploy(artifact.abi, artifact.bytecode, "Apple", "APL", 6, sender=chain.accounts[4])


def test_a_token_is_deployed_minted_and_moved(chain, token):
    alice, bob = chain.accounts[1], chain.accounts[2]
    assert (token.name(), token.symbol(), token.decimals()) == ("Apple", "APL", 6)
    token.mint(alice, 1_009, sender=alice)
    receipt = token.transfer(bob, 307, sender=alice)
    assert (token.balanceOf(alice), token.balanceOf(bob), token.totalSupply()) == (702, 307, 1_009)
    assert list(receipt.event("Transfer").args.values()) == [alice.address, bob.address, 307]
    assert [e.args for e in token.events("Transfer")][1] == receipt.events[0].args


def test_a_custom_error_names_its_arguments(chain, token):
    alice, bob = chain.accounts[1], chain.accounts[2]
    token.mint(alice, 5)
    for act in (token.transfer.transact, token.transfer.call):
        with pytest.raises(Reverted) as caught:
            act(bob, 7, sender=alice)
        assert caught.value.name == "ERC20InsufficientBalance"
        assert sorted(map(str, caught.value.args_by_name.values())) == sorted([alice.address, "5", "7"])
    assert token.balanceOf(bob) == 0


def test_an_arithmetic_overflow_is_a_panic(chain, token):
    token.mint(chain.accounts[1], 2**256 - 1)
    with pytest.raises(Reverted) as caught:
        token.mint(chain.accounts[2], 1)
    assert (caught.value.name, caught.value.args_by_name) == ("Panic", {"code": 0x11})


def test_a_call_of_no_function_reverts_without_data(chain, token):
    with pytest.raises(Reverted, match="without data"):
        chain.call(to=token, data=b"\x01\x02\x03\x04")
