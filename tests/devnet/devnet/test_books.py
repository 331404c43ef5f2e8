"""The books of a target of anybody's: L1 says what is held, whatever the target says."""

import pytest
from eth_utils import to_checksum_address

from zkrollup import ETH_ADDRESS, Capability, Target
from zkrollup.devnet import Grounds
from zkrollup.operator.deployment import deploy_shipped
from zkrollup.operator.solvency import Insolvent

VAULT, CELLAR = (to_checksum_address("0x" + digits * 20) for digits in ("ad", "ce"))


class Keeper(Target):
    """Keeps two safes, and says of both what it is told to."""

    capabilities = frozenset({Capability.BOOKS})
    custodians = (VAULT, CELLAR, VAULT)
    owes, says, knows = 0, None, "all"

    def custody(self, token):
        if self.knows == "its own" and token not in self.tokens:
            raise KeyError(token)
        if self.knows == "one":
            token = self.tokens[0]
        return self.on_l1(token) if self.says is None else self.says

    def owed(self, token):
        return {"ledger": self.owes - 2, "exits": 2} if self.owes else {}

    def on_l1(self, token):
        return sum(self.l1_balance(token, self.l1.contract([], each)) for each in (VAULT, CELLAR))


@pytest.fixture
def grounds():
    return Grounds.fresh(accounts=3)


@pytest.fixture
def keeper(grounds):
    """Holds 307 units of its token in one safe and 5 in the other."""
    grounds.token.mint(VAULT, 307, sender=grounds.operator)
    grounds.token.mint(CELLAR, 5, sender=grounds.operator)
    return Keeper(grounds.l1, address=VAULT, tokens=[grounds.token])


@pytest.fixture
def other(grounds):
    """A token that the target does not name, of which one safe was sent 101 units."""
    token = deploy_shipped(grounds.l1, "TestToken", "Other", "OTH", 6, sender=grounds.operator)
    token.mint(grounds.operator, 1000, sender=grounds.operator)
    token.transfer(CELLAR, 101, sender=grounds.operator)
    return token


def test_all_custodians_count_and_each_once(keeper):
    keeper.owes = 312
    keeper.check_solvency()
    keeper.owes = 313
    with pytest.raises(Insolvent, match=r"Keeper holds 312 and owes \{'ledger': 311, 'exits': 2\}"):
        keeper.check_solvency()


def test_a_target_that_says_it_holds_more_than_l1_says_is_insolvent_though_that_covers_all(keeper):
    keeper.owes, keeper.says = 400, 450
    with pytest.raises(Insolvent, match=f"says that it holds 450, and its custodians, {VAULT}, .* hold 312"):
        keeper.check_solvency()


def test_a_target_may_count_less_than_it_holds(keeper):
    keeper.owes = keeper.says = 300
    keeper.check_solvency()


def test_the_books_of_a_target_speak_of_no_lock_of_ours(keeper):
    keeper.owes = 313
    with pytest.raises(Insolvent) as refusal:
        keeper.check_solvency()
    assert "Lock" not in str(refusal.value)


def test_a_token_that_takes_back_is_left_alone(keeper, grounds):
    keeper.owes, keeper.rebasing = 313, frozenset({grounds.token.address})
    keeper.check_solvency()


def test_a_token_that_came_in_and_is_not_named_is_looked_at_too(keeper, other):
    keeper.owes = 101
    keeper.check_solvency()
    with keeper.l1.impersonate(CELLAR) as thief:
        other.transfer(keeper.l1.accounts[1], 7, sender=thief)
    with pytest.raises(Insolvent, match=f"token {other.address}: Keeper holds 94 and owes"):
        keeper.check_solvency()


@pytest.mark.parametrize("knows", ["its own", "one"])
def test_a_token_that_a_target_does_not_know_is_no_matter_of_its_books(keeper, other, knows):
    keeper.owes, keeper.knows = 305, knows
    keeper.check_solvency()


def test_ether_is_held_as_l1_says(grounds):
    keeper = Keeper(grounds.l1, address=VAULT, tokens=[ETH_ADDRESS])
    grounds.l1.set_balance(VAULT, 11)
    keeper.owes = 11
    keeper.check_solvency()
    keeper.owes = 12
    with pytest.raises(Insolvent, match="Keeper holds 11 and owes"):
        keeper.check_solvency()
