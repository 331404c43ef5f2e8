"""A Vyper project: an ERC-20 with immutables, a module, and refusals in words."""

import pytest

from pytest_zkrollup import reverts

PROJECT = "snakes"
NOBODY = "0x" + "00" * 20


@pytest.fixture
def adder(project, owner):
    return project.Adder.deploy(5, 1019, sender=owner)


def test_immutables_hold_what_the_constructor_got(adder, project, chain):
    assert (adder.decimals(), adder.CAP(), adder.symbol()) == (5, 1019, "ADD")
    code = chain.code(adder)
    held = {
        name: [int.from_bytes(code[place.start : place.start + place.length]) for place in places]
        for name, places in project.Adder.artifact.immutables.items()
    }
    assert held == {"decimals": [5], "CAP": [1019]}


def test_its_module_says_who_may_mint(adder, owner, friend):
    assert adder.owner() == owner.address
    with reverts("only the owner"):
        adder.mint(friend, 7, sender=friend)
    receipt = adder.mint(friend, 401, sender=owner)
    (event,) = receipt.events
    assert event.args == {"sender": NOBODY, "receiver": friend.address, "value": 401}


def test_no_more_is_minted_than_the_cap(adder, owner, friend):
    adder.mint(friend, 1018, sender=owner)
    with reverts("more than the cap"):
        adder.mint(friend, 2, sender=owner)
    adder.mint(friend, 1, sender=owner)
    assert adder.totalSupply() == 1019


def test_what_is_raised_in_words_is_seen_in_words(adder, owner, friend):
    adder.mint(friend, 401, sender=owner)
    with reverts("nobody receives it"):
        adder.transfer(NOBODY, 11, sender=friend)
    adder.transfer(owner, 11, sender=friend)
    assert (adder.balanceOf(owner), adder.balanceOf(friend)) == (11, 390)


def test_vyper_s_own_checks_revert_without_data(adder, owner, friend):
    adder.mint(friend, 401, sender=owner)
    with reverts() as refusal:
        adder.transfer(owner, 403, sender=friend)
    assert (refusal.error.failure, refusal.error.data) == ("Revert", b"")
