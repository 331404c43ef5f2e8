"""deal: the balance of an ERC-20, wherever its contract keeps it."""

import pytest

from zkrollup.evm import InvalidAddress, NoSingleWord, TooLarge

pytestmark = pytest.mark.node


@pytest.fixture(params=["PlainToken", "SoladyToken", "NamespacedToken", "ReversedToken", "proxy"])
def token(request, deploy, compiled, chain):
    """OpenZeppelin's, Solady's, ERC-7201's and Vyper's layouts, and a proxy before one."""
    if request.param != "proxy":
        return deploy(request.param)
    proxy = deploy("Proxy", deploy("NamespacedToken"))
    return chain.contract(compiled["NamespacedToken"].abi, proxy)


def test_the_balance_is_what_was_dealt_and_others_stay(token, chain, alice, bob):
    chain.deal(token, alice, 501)
    chain.deal(token, bob, 2**128 + 3)
    assert (token.balanceOf(alice), token.balanceOf(bob)) == (501, 2**128 + 3)
    chain.deal(token.address, alice, 0)
    assert (token.balanceOf(alice), token.balanceOf(bob)) == (0, 2**128 + 3)


def test_dealing_mines_nothing(token, chain, alice):
    before = chain.block_number
    chain.deal(token, alice, 503)
    assert chain.block_number == before


def test_a_snapshot_takes_it_back(token, chain, alice):
    with chain.anchor():
        chain.deal(token, alice, 509)
        assert token.balanceOf(alice) == 509
    assert token.balanceOf(alice) == 0


def test_what_was_dealt_can_be_spent(deploy, chain, alice, bob):
    token = deploy("SoladyToken")
    chain.deal(token, alice, 521)
    token.transfer(bob, 523 - 2, sender=alice)
    assert (token.balanceOf(alice), token.balanceOf(bob)) == (0, 521)


@pytest.mark.parametrize(("name", "supply"), [("PlainToken", 1009), ("SoladyToken", 1013)])
def test_the_total_supply_moves_only_if_asked_to(name, supply, deploy, chain, alice):
    token = deploy(name)
    chain.deal(token, alice, 31)
    assert token.totalSupply() == supply
    chain.deal(token, alice, 37, adjust=True)
    assert token.totalSupply() == supply + 6
    chain.deal(token, alice, 0, adjust=True)
    assert token.totalSupply() == supply - 31


def test_a_supply_that_would_fall_below_zero_is_refused_and_nothing_changes(deploy, chain, alice):
    token = deploy("PlainToken")
    chain.deal(token, alice, 2_003)
    with pytest.raises(TooLarge, match="-994 does not fit"):
        chain.deal(token, alice, 0, adjust=True)
    assert (token.balanceOf(alice), token.totalSupply()) == (2_003, 1009)


def test_what_is_packed_beside_a_balance_stays(deploy, chain, alice):
    token = deploy("PackedToken")
    token.meet(alice)
    chain.deal(token, alice, 2**96 - 5)
    assert token.holders(alice) == (7, 2**96 - 5, True)
    assert token.open() is True


def test_more_than_a_packed_balance_holds_is_refused(deploy, chain, alice):
    token = deploy("PackedToken")
    token.meet(alice)
    with pytest.raises(TooLarge, match="96 bits") as refusal:
        chain.deal(token, alice, 2**96)
    assert (refusal.value.value, refusal.value.bits) == (2**96, 96)
    assert token.balanceOf(alice) == 11


def test_a_balance_that_is_computed_is_refused_by_name(deploy, chain, alice):
    token = deploy("RebasingToken")
    with pytest.raises(NoSingleWord, match=r"balanceOf of .* read 3 slots, none .*impersonate") as refusal:
        chain.deal(token, alice, 541)
    assert {address for address, _ in refusal.value.slots} == {token.address}
    assert len(refusal.value.slots) == 3


def test_what_is_no_token_is_refused(deploy, chain, alice, bob):
    with pytest.raises(NoSingleWord, match="it read no slot"):
        chain.deal(bob, alice, 547)
    with pytest.raises(NoSingleWord, match="totalSupply"):
        chain.deal(deploy("ReversedToken"), alice, 547, adjust=True)
    with pytest.raises(InvalidAddress):
        chain.deal("0x12", alice, 547)
