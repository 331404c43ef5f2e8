"""OpenZeppelin's ERC20, ERC4626, ERC721 and TimelockController, from npm: values, events, custom errors."""

import pytest

from pytest_zkrollup import reverts

pytestmark = pytest.mark.node
PROJECT = "tokens"
NOBODY = "0x" + "00" * 20
DELAY = 3607
NO_PREDECESSOR = bytes(32)
SALT = bytes([7] * 32)


# --- ERC20 ------------------------------------------------------------------------------------------------


@pytest.fixture
def oak(project, owner):
    return project.Oak.deploy(1009, sender=owner)


def test_a_transfer_moves_what_it_says_and_tells_it(oak, owner, friend):
    receipt = oak.transfer(friend, 307, sender=owner)
    assert (oak.balanceOf(owner), oak.balanceOf(friend), oak.totalSupply()) == (702, 307, 1009)
    (event,) = receipt.events
    assert (event.name, event.args) == (
        "Transfer",
        {"from": owner.address, "to": friend.address, "value": 307},
    )


def test_more_than_there_is_is_refused_with_all_figures(oak, owner, friend):
    oak.transfer(friend, 11, sender=owner)
    with reverts("ERC20InsufficientBalance", sender=friend, balance=11, needed=13):
        oak.transfer(owner, 13, sender=friend)


def test_nobody_receives_and_nobody_approves_nobody(oak, owner):
    with reverts("ERC20InvalidReceiver", receiver=NOBODY):
        oak.transfer(NOBODY, 5, sender=owner)
    with reverts("ERC20InvalidSpender", spender=NOBODY):
        oak.approve(NOBODY, 5, sender=owner)


def test_an_allowance_is_used_up(oak, owner, friend, stranger):
    oak.approve(friend, 101, sender=owner)
    oak.transferFrom(owner, stranger, 61, sender=friend)
    assert (oak.allowance(owner, friend), oak.balanceOf(stranger)) == (40, 61)
    with reverts("ERC20InsufficientAllowance", spender=friend, allowance=40, needed=41):
        oak.transferFrom(owner, stranger, 41, sender=friend)


# --- ERC4626 ----------------------------------------------------------------------------------------------


@pytest.fixture
def vault(project, oak, owner, friend):
    """Holds 100 for friend, and then 50 more that nobody deposited: a share is worth 1.5."""
    vault = project.Vault.deploy(oak, sender=owner)
    oak.transfer(friend, 211, sender=owner)
    oak.approve(vault, 211, sender=friend)
    vault.deposit(100, friend, sender=friend)
    oak.transfer(vault, 50, sender=owner)
    return vault


def test_a_vault_gives_shares_for_assets_and_assets_for_shares(vault, oak, friend):
    assert (vault.asset(), vault.totalAssets(), vault.balanceOf(friend)) == (oak.address, 150, 100)
    before = oak.balanceOf(friend)
    receipt = vault.redeem(30, friend, friend, sender=friend)
    assert oak.balanceOf(friend) == before + 44  # 30 * 151 / 101, rounded down
    withdrawn = next(event for event in receipt.events if event.name == "Withdraw")
    assert (withdrawn["assets"], withdrawn["shares"], withdrawn["owner"]) == (44, 30, friend.address)


def test_all_roundings_favour_the_vault(vault):
    """With 100 shares over 150 assets, and one virtual of each."""
    assert vault.previewDeposit(10) == 6  # shares given: 10 * 101 / 151 = 6.7
    assert vault.previewMint(6) == 9  # assets taken: 6 * 151 / 101 = 8.97
    assert vault.previewWithdraw(10) == 7  # shares taken: 6.7
    assert vault.previewRedeem(7) == 10  # assets given: 7 * 151 / 101 = 10.5


def test_depositing_and_redeeming_at_once_gains_nothing(vault, oak, friend):
    before = oak.balanceOf(friend)
    shares = vault.previewDeposit(20)
    vault.deposit(20, friend, sender=friend)
    vault.redeem(shares, friend, friend, sender=friend)
    assert before - 20 < oak.balanceOf(friend) <= before


def test_more_shares_than_one_has_are_not_redeemed(vault, friend, stranger):
    with reverts("ERC4626ExceededMaxRedeem", owner=friend, shares=103, max=100):
        vault.redeem(103, friend, friend, sender=friend)
    with reverts("ERC20InsufficientAllowance", spender=stranger, allowance=0, needed=17):
        vault.redeem(17, stranger, friend, sender=stranger)


# --- ERC721 -----------------------------------------------------------------------------------------------


@pytest.fixture
def deed(project, owner, friend):
    deed = project.Deed.deploy(sender=owner)
    deed.mint(friend, 71, sender=owner)
    return deed


def test_a_deed_moves_to_a_contract_that_takes_deeds(deed, project, owner, friend):
    holder = project.Holder.deploy(sender=owner)
    receipt = deed["safeTransferFrom(address,address,uint256)"](friend, holder, 71, sender=friend)
    assert deed.ownerOf(71) == holder.address
    (event,) = receipt.events
    assert event.args == {"from": friend.address, "to": holder.address, "tokenId": 71}


def test_a_contract_that_takes_no_deeds_gets_none(deed, project, owner, friend):
    vault = project.Oak.deploy(5, sender=owner)
    with reverts("ERC721InvalidReceiver", receiver=vault):
        deed["safeTransferFrom(address,address,uint256)"](friend, vault, 71, sender=friend)
    assert deed.ownerOf(71) == friend.address


def test_a_deed_is_moved_by_nobody_but_its_owner(deed, friend, stranger):
    with reverts("ERC721InsufficientApproval", operator=stranger, tokenId=71):
        deed.transferFrom(friend, stranger, 71, sender=stranger)


def test_a_deed_that_is_not_there_has_no_owner(deed):
    with reverts("ERC721NonexistentToken", tokenId=73):
        deed.ownerOf(73)


# --- TimelockController -----------------------------------------------------------------------------------


@pytest.fixture
def timelock(project, owner, friend):
    """Owner proposes, friend executes."""
    return project.TimelockController.deploy(DELAY, [owner], [friend], NOBODY, sender=owner)


@pytest.fixture
def governed(project, timelock, owner):
    return project.Governed.deploy(timelock, sender=owner)


@pytest.fixture
def proposal(timelock, governed, owner):
    """Arguments of an operation that was scheduled just now: set the fee to 29."""
    call = (governed, 0, governed.encode("setFee", 29), NO_PREDECESSOR, SALT)
    timelock.schedule(*call, DELAY, sender=owner)
    return call


def states(*numbers):
    """A set of operation states as the error shows it: one bit each."""
    return sum(1 << number for number in numbers).to_bytes(32, "big")


WAITING, READY = 1, 2


def test_an_operation_is_executed_once_its_delay_is_over(timelock, governed, proposal, chain, friend):
    operation = timelock.hashOperation(*proposal)
    assert timelock.getOperationState(operation) == WAITING
    chain.travel(DELAY)
    assert timelock.getOperationState(operation) == READY
    receipt = timelock.execute(*proposal, sender=friend)
    assert governed.fee() == 29
    (event,) = [event for event in receipt.events if event.name == "CallExecuted"]
    assert (event["id"], event["target"], event["data"]) == (operation, governed.address, proposal[2])


def test_an_operation_is_not_executed_before_its_delay_is_over(timelock, governed, proposal, chain, friend):
    operation = timelock.hashOperation(*proposal)
    chain.travel(DELAY - 60)
    with reverts("TimelockUnexpectedOperationState", operationId=operation, expectedStates=states(READY)):
        timelock.execute(*proposal, sender=friend)
    assert governed.fee() == 0


def test_an_operation_is_not_executed_twice(timelock, proposal, chain, friend):
    chain.travel(DELAY)
    timelock.execute(*proposal, sender=friend)
    with reverts("TimelockUnexpectedOperationState", expectedStates=states(READY)):
        timelock.execute(*proposal, sender=friend)


def test_a_delay_below_the_least_is_refused(timelock, governed, owner):
    call = (governed, 0, governed.encode("setFee", 31), NO_PREDECESSOR, SALT)
    with reverts("TimelockInsufficientDelay", delay=DELAY - 1, minDelay=DELAY):
        timelock.schedule(*call, DELAY - 1, sender=owner)


def test_who_may_not_propose_is_refused_by_role(timelock, governed, stranger):
    call = (governed, 0, governed.encode("setFee", 31), NO_PREDECESSOR, SALT)
    role = timelock.PROPOSER_ROLE()
    with reverts("AccessControlUnauthorizedAccount", account=stranger, neededRole=role):
        timelock.schedule(*call, DELAY, sender=stranger)


def test_a_cancelled_operation_is_not_executed(timelock, proposal, chain, owner, friend):
    timelock.cancel(timelock.hashOperation(*proposal), sender=owner)
    chain.travel(DELAY)
    with reverts("TimelockUnexpectedOperationState"):
        timelock.execute(*proposal, sender=friend)


def test_an_operation_waits_for_the_one_before_it(timelock, governed, proposal, chain, owner, friend):
    first = timelock.hashOperation(*proposal)
    second = (governed, 0, governed.encode("setFee", 37), first, SALT)
    timelock.schedule(*second, DELAY, sender=owner)
    chain.travel(DELAY)
    with reverts("TimelockUnexecutedPredecessor", predecessorId=first):
        timelock.execute(*second, sender=friend)
    timelock.execute(*proposal, sender=friend)
    timelock.execute(*second, sender=friend)
    assert governed.fee() == 37


def test_the_governed_contract_listens_to_its_timelock_alone(governed, timelock, owner):
    assert governed.governor() == timelock.address
    with reverts("NotGovernor", caller=owner):
        governed.setFee(41, sender=owner)
