"""The tokens' faces: Mint on layer 2, and the token that tests lock."""

import pytest
from tests.contracts.support import ETH, ship

from zkrollup.evm import Chain


@pytest.fixture(scope="module")
def module_chain():
    return Chain()


@pytest.fixture
def chain(module_chain):
    with module_chain.anchor():
        yield module_chain


@pytest.fixture
def people(chain):
    return [account.address for account in chain.accounts[2:5]]


@pytest.fixture
def mint(chain):
    operator = chain.accounts[1]
    return ship(chain, "Mint", operator.address, ETH, "Rollup Ether", "rETH", 18, sender=operator)


@pytest.fixture
def operator(chain):
    return chain.accounts[1]


@pytest.fixture
def wallet(chain, compiled):
    """A contract that makes any call for anybody."""
    return chain.deploy(compiled["Wallet"].abi, compiled["Wallet"].bytecode)


def test_mint_says_what_it_shows(mint, operator):
    assert (mint.name(), mint.symbol(), mint.decimals()) == ("Rollup Ether", "rETH", 18)
    assert (mint.l1Token(), mint.operator()) == (ETH, operator.address)


def test_mint_names_the_token_that_is_locked_for_it(chain, operator, people):
    of_a_token = ship(chain, "Mint", operator.address, people[2], "Rollup Dai", "rDAI", 13, sender=operator)
    assert (of_a_token.l1Token(), of_a_token.operator()) == (people[2], operator.address)
    assert (of_a_token.name(), of_a_token.symbol(), of_a_token.decimals()) == ("Rollup Dai", "rDAI", 13)


def test_the_operator_mints_moves_and_burns(mint, operator, people):
    alice, bob, _ = people
    nobody = ETH
    shown = [
        mint.mint(alice, 501, sender=operator).event("Transfer").args,
        mint.move(alice, bob, 207, sender=operator).event("Transfer").args,
        mint.burn(bob, 103, sender=operator).event("Transfer").args,
    ]
    assert [tuple(args.values()) for args in shown] == [
        (nobody, alice, 501),
        (alice, bob, 207),
        (bob, nobody, 103),
    ]
    assert (mint.balanceOf(alice), mint.balanceOf(bob), mint.totalSupply()) == (294, 104, 398)


def test_all_that_there_is_can_be_moved_and_burned(mint, operator, people):
    alice, bob, _ = people
    mint.mint(alice, 503, sender=operator)
    mint.move(alice, bob, 503, sender=operator)
    assert (mint.balanceOf(alice), mint.balanceOf(bob)) == (0, 503)
    mint.burn(bob, 503, sender=operator)
    assert (mint.balanceOf(bob), mint.totalSupply()) == (0, 0)


def test_moving_to_oneself_changes_nothing(mint, operator, people):
    mint.mint(people[0], 501, sender=operator)
    mint.move(people[0], people[0], 207, sender=operator)
    assert mint.balanceOf(people[0]) == mint.totalSupply() == 501


@pytest.mark.parametrize("name", ["mint", "burn", "move"])
def test_nobody_else_writes(mint, chain, operator, people, reverts, name):
    mint.mint(people[0], 501, sender=operator)
    stranger = chain.accounts[2]
    arguments = (people[0], people[1], 207) if name == "move" else (people[0], 207)
    with reverts("NotOperator", caller=stranger.address):
        mint[name](*arguments, sender=stranger)


@pytest.mark.node
@pytest.mark.parametrize("name", ["mint", "burn", "move"])
def test_a_contract_that_the_operator_calls_writes_nothing(mint, operator, people, wallet, reverts, name):
    mint.mint(people[0], 501, sender=operator)
    arguments = (people[0], people[1], 207) if name == "move" else (people[0], 207)
    with reverts("NotOperator", caller=wallet.address):
        wallet.execute(mint.address, 0, mint.encode(name, *arguments), sender=operator)
    assert (mint.balanceOf(people[0]), mint.totalSupply()) == (501, 501)


@pytest.mark.parametrize("name", ["burn", "move"])
def test_more_than_there_is_cannot_be_taken(mint, operator, people, reverts, name):
    mint.mint(people[0], 501, sender=operator)
    arguments = (people[0], people[1], 502) if name == "move" else (people[0], 502)
    with reverts("InsufficientBalance", account=people[0], balance=501, amount=502):
        mint[name](*arguments, sender=operator)


@pytest.mark.parametrize("name", ["transfer", "approve", "transferFrom"])
def test_holders_are_told_how_to_transfer(mint, chain, operator, people, reverts, name):
    holder = chain.accounts[2]
    mint.mint(holder.address, 501, sender=operator)
    arguments = (people[0], people[1], 207) if name == "transferFrom" else (people[1], 207)
    how = "sign a rollup transfer with your L2 key and send it to the operator"
    with reverts("TransferThroughOperator", how=how):
        mint[name](*arguments, sender=holder)
    assert mint.balanceOf(holder.address) == 501
    assert mint.allowance(holder.address, people[1]) == 0


@pytest.fixture
def token(chain, people):
    token = ship(chain, "TestToken", "Test", "TST", 6)
    token.mint(people[0], 501)
    return token


def test_the_test_token_moves_by_its_holder(token, chain, people):
    token.transfer(people[1], 207, sender=chain.accounts[2])
    assert [token.balanceOf(person) for person in people] == [294, 207, 0]
    assert (token.name(), token.symbol(), token.decimals(), token.totalSupply()) == ("Test", "TST", 6, 501)


def test_the_test_token_tells_what_it_makes_and_moves(token, chain, people):
    made = token.mint(people[1], 103).event("Transfer").args
    moved = token.transfer(people[2], 101, sender=chain.accounts[2]).event("Transfer").args
    assert [tuple(args.values()) for args in (made, moved)] == [
        (ETH, people[1], 103),
        (people[0], people[2], 101),
    ]


def test_all_test_tokens_that_there_are_can_be_moved(token, chain, people):
    token.transfer(people[1], 501, sender=chain.accounts[2])
    assert (token.balanceOf(people[0]), token.balanceOf(people[1])) == (0, 501)


def test_the_test_token_refuses_more_than_the_balance(token, chain, people, reverts):
    with reverts("ERC20InsufficientBalance", sender=people[0], balance=501, needed=502):
        token.transfer(people[1], 502, sender=chain.accounts[2])


def test_the_test_token_moves_within_an_allowance(token, chain, people, reverts):
    token.approve(people[1], 207, sender=chain.accounts[2])
    token.transferFrom(people[0], people[2], 103, sender=chain.accounts[3])
    assert (token.balanceOf(people[2]), token.allowance(people[0], people[1])) == (103, 104)
    with reverts("ERC20InsufficientAllowance", spender=people[1], allowance=104, needed=105):
        token.transferFrom(people[0], people[2], 105, sender=chain.accounts[3])


def test_what_a_spender_moves_is_told_as_the_holders(token, chain, people):
    token.approve(people[1], 207, sender=chain.accounts[2])
    moved = token.transferFrom(people[0], people[2], 103, sender=chain.accounts[3]).event("Transfer").args
    assert tuple(moved.values()) == (people[0], people[2], 103)


def test_a_spender_is_refused_more_than_the_holder_has_in_the_holders_name(token, chain, people, reverts):
    token.approve(people[1], 601, sender=chain.accounts[2])
    with reverts("ERC20InsufficientBalance", sender=people[0], balance=501, needed=503):
        token.transferFrom(people[0], people[2], 503, sender=chain.accounts[3])


def test_an_allowance_without_limit_is_not_used_up(token, chain, people):
    token.approve(people[1], 2**256 - 1, sender=chain.accounts[2])
    token.transferFrom(people[0], people[2], 103, sender=chain.accounts[3])
    assert token.allowance(people[0], people[1]) == 2**256 - 1


@pytest.mark.node
def test_a_contract_that_a_holder_calls_moves_its_own_test_tokens_only(token, chain, people, wallet, reverts):
    holder, spender, payee = people
    with reverts("ERC20InsufficientBalance", sender=wallet.address, balance=0, needed=103):
        wallet.execute(token.address, 0, token.encode("transfer", payee, 103), sender=chain.accounts[2])
    token.approve(spender, 103, sender=chain.accounts[2])
    spent = token.encode("transferFrom", holder, payee, 103)
    with reverts("ERC20InsufficientAllowance", spender=wallet.address, allowance=0, needed=103):
        wallet.execute(token.address, 0, spent, sender=chain.accounts[3])


@pytest.mark.node
def test_a_contract_uses_up_the_allowance_that_it_was_given(token, chain, people, wallet):
    holder, _, payee = people
    token.approve(wallet.address, 207, sender=chain.accounts[2])
    spent = token.encode("transferFrom", holder, payee, 103)
    wallet.execute(token.address, 0, spent, sender=chain.accounts[3])
    assert (token.balanceOf(payee), token.allowance(holder, wallet.address)) == (103, 104)


@pytest.mark.node
def test_a_contract_approves_in_its_own_name(token, chain, people, wallet):
    holder, spender, _ = people
    event = wallet.execute(
        token.address, 0, token.encode("approve", spender, 103), sender=chain.accounts[2]
    ).event("Approval")
    assert tuple(event.args.values()) == (wallet.address, spender, 103)
    assert token.allowance(wallet.address, spender) == 103
    assert token.allowance(holder, spender) == 0
