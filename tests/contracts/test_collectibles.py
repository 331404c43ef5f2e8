"""ERC-721 tokens, whose transferFrom looks like an ERC-20's: Lock takes none, and takes no ERC-20 for one."""

import pytest
from tests.contracts.support import KEYS, Exit, queued

from zkrollup.evm import Reverted

pytestmark = pytest.mark.node
EXIT_ROOT = 5_000_077
STANDARD = ["OpenZeppelinCollectible", "SoladyCollectible"]
DRAFTS = ["KittyCollectible", "AffirmingCollectible", "UncountedCollectible", "HybridCollectible"]


@pytest.fixture
def depositor(chain):
    return chain.accounts[2]


@pytest.fixture
def make_collectible(system, deploy_compiled, depositor):
    """Deploy one of which the depositor has the token ``id``, and Lock may take it."""

    def make(name: str, id_: int):
        token = deploy_compiled(name)
        token.mint(depositor.address, id_)
        token.approve(system.lock.address, id_, sender=depositor)
        return token

    return make


@pytest.mark.parametrize("name", [*STANDARD, *DRAFTS])
@pytest.mark.parametrize("id_", [1, 2, 501, 2**128 - 1])
def test_a_collectible_is_refused_and_stays_with_its_owner(
    system, make_collectible, depositor, reverts, name, id_
):
    token = make_collectible(name, id_)
    with reverts("TokenNotFungible", token=token.address, id=id_):
        system.deposit_token(token, id_)
    assert token.ownerOf(id_) == depositor.address
    assert token.balanceOf(system.lock.address) == system.lock.locked(token.address) == 0
    assert system.rollup.queueLength() == 0


@pytest.mark.parametrize("name", STANDARD)
def test_a_second_collectible_beside_one_that_lock_was_sent_is_refused(
    system, make_collectible, depositor, reverts, name
):
    token = make_collectible(name, 1)
    token.transferFrom(depositor.address, system.lock.address, 1, sender=depositor)
    token.mint(depositor.address, 2)
    token.approve(system.lock.address, 2, sender=depositor)
    with reverts("TokenNotFungible", token=token.address, id=2):
        system.deposit_token(token, 2)
    assert token.ownerOf(2) == depositor.address


def test_an_id_that_is_no_amount_is_refused(system, make_collectible, depositor, reverts):
    token = make_collectible("OpenZeppelinCollectible", 2**128)
    with reverts("AmountTooLarge", amount=2**128):
        system.deposit_token(token, 2**128)
    assert token.ownerOf(2**128) == depositor.address


def test_a_deposit_of_nothing_does_not_move_the_collectible_of_id_0(system, make_collectible, depositor):
    token = make_collectible("OpenZeppelinCollectible", 0)
    assert system.deposit_token(token, 0).amount == 0
    assert token.ownerOf(0) == depositor.address


@pytest.mark.parametrize("name", ["OpenZeppelinCollectible", "KittyCollectible"])
def test_no_gas_limit_lets_a_collectible_through(system, chain, make_collectible, depositor, name):
    token = make_collectible(name, 1)
    data = system.lock.encode("depositERC20", token.address, 1, depositor.address, *KEYS[0])
    refusals = set()
    for gas in range(40_000, 260_000, 5_000):
        with chain.anchor(), pytest.raises(Reverted) as caught:
            chain.transact(to=system.lock.address, data=data, sender=depositor, gas=gas)
        refusals.add(caught.value.name)
    assert "TokenNotFungible" in refusals
    assert len(refusals) > 1  # with less gas it ends before


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("OpenZeppelinCollectible", "ERC721InvalidReceiver"),
        ("SoladyCollectible", "TransferToNonERC721ReceiverImplementer"),
    ],
)
def test_lock_does_not_take_a_safe_transfer(system, chain, make_collectible, depositor, reverts, name, error):
    token, overload = make_collectible(name, 1), "safeTransferFrom(address,address,uint256)"
    data = token.encode(overload, depositor.address, system.lock.address, 1)
    with reverts(error):
        chain.transact(to=token.address, data=data, sender=depositor)
    assert token.ownerOf(1) == depositor.address


def test_an_erc1155_is_refused_and_stays_with_its_owner(system, deploy_compiled, depositor, reverts):
    token = deploy_compiled("OpenZeppelinMulti")
    token.mint(depositor.address, 7, 501)
    token.setApprovalForAll(system.lock.address, True, sender=depositor)
    with reverts(""):
        system.deposit_token(token, 7)
    assert token.balanceOf(depositor.address, 7) == 501


FUNGIBLE = ["NoReturnToken", "FeeToken", "HookToken", "FallbackToken", "AgreeableToken"]


@pytest.mark.parametrize("name", FUNGIBLE)
@pytest.mark.parametrize("amount", [1, 7])
def test_an_erc20_goes_in_and_out_whatever_it_answers_when_asked_for_an_owner(
    system, chain, deploy_compiled, depositor, name, amount
):
    token = deploy_compiled(name)
    token.mint(depositor.address, 10_007)
    system.settle(system.batch(entries=(system.deposit_token(token, amount),)))
    assert system.lock.locked(token.address) == token.balanceOf(system.lock.address) == amount
    system.claim(Exit(chain.accounts[5].address, token.address, amount), EXIT_ROOT)
    assert token.balanceOf(chain.accounts[5].address) == amount


def test_the_question_for_an_owner_takes_bounded_gas(system, deploy_compiled, depositor):
    # FallbackToken, as WETH9, spends whatever it is given on it.
    token = deploy_compiled("FallbackToken")
    token.mint(depositor.address, 10_007)
    account = (depositor.address, *KEYS[0])
    receipts = [
        system.lock.depositERC20(token.address, amount, *account, sender=depositor) for amount in (3, 5, 1)
    ]
    assert [queued(receipt).amount for receipt in receipts] == [3, 5, 1]
    assert 50_000 < receipts[2].gas_used - receipts[1].gas_used < 51_000


def test_one_unit_of_a_token_that_nobody_here_wrote_goes_in(system, deploy_compiled, depositor):
    token = deploy_compiled("OpenZeppelinToken", "Zeppelin", "ZEP", 10_000, sender=depositor)
    token.approve(system.lock.address, 1, sender=depositor)
    assert system.deposit_token(token, 1).amount == 1
