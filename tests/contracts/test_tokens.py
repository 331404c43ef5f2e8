"""ERC-20 tokens in custody: the plain, the odd, and those that nobody here wrote."""

import pytest
from eth_utils import keccak
from tests.contracts.support import ETH, KEYS, Exit, queued, ship

pytestmark = pytest.mark.node
EXIT_ROOT = 5_000_077


@pytest.fixture
def depositor(chain):
    return chain.accounts[2]


@pytest.fixture
def make_token(deploy_compiled, depositor):
    """Deploy an odd token of which the depositor has 10,000."""

    def make(name: str):
        token = deploy_compiled(name)
        token.mint(depositor.address, 10_000)
        return token

    return make


def settle_deposit(system, entry):
    system.settle(system.batch(entries=(entry,)))


def test_a_token_that_nobody_here_wrote_goes_in_and_out(system, chain, depositor, deploy_compiled):
    token = deploy_compiled("OpenZeppelinToken", "Zeppelin", "ZEP", 10_000, sender=depositor)
    token.approve(system.lock.address, 501, sender=depositor)
    entry = system.deposit_token(token, 501)
    assert (entry.token, entry.amount) == (token.address, 501)
    settle_deposit(system, entry)
    system.claim(Exit(chain.accounts[5].address, token.address, 207), EXIT_ROOT)
    assert token.balanceOf(chain.accounts[5].address) == 207
    assert token.balanceOf(system.lock.address) == system.lock.locked(token.address) == 501 - 207


def test_wrapped_ether_of_solady_goes_in_and_out(system, chain, depositor, deploy_compiled):
    weth = deploy_compiled("WETH")
    weth.deposit(sender=depositor, value=1_003)
    weth.approve(system.lock.address, 501, sender=depositor)
    settle_deposit(system, system.deposit_token(weth, 501))
    system.claim(Exit(chain.accounts[5].address, weth.address, 207), EXIT_ROOT)
    assert weth.balanceOf(chain.accounts[5].address) == 207
    assert system.lock.locked(weth.address) == 501 - 207
    assert system.lock.locked(ETH) == 0


@pytest.mark.parametrize("name", ["OpenZeppelinToken", "WETH"])
def test_a_deposit_without_allowance_is_refused(system, depositor, deploy_compiled, reverts, name):
    if name == "WETH":
        token = deploy_compiled(name)
        token.deposit(sender=depositor, value=1_003)
    else:
        token = deploy_compiled(name, "Zeppelin", "ZEP", 10_000, sender=depositor)
    with reverts("TokenTransferFailed", token=token.address, amount=501):
        system.deposit_token(token, 501)
    assert system.rollup.queueLength() == 0


def test_a_token_that_returns_nothing_goes_in_and_out(system, chain, make_token):
    token = make_token("NoReturnToken")
    settle_deposit(system, system.deposit_token(token, 501))
    system.claim(Exit(chain.accounts[5].address, token.address, 207), EXIT_ROOT)
    assert token.balanceOf(chain.accounts[5].address) == 207


def test_a_token_with_a_fee_credits_what_arrived(system, make_token):
    token = make_token("FeeToken")
    entry = system.deposit_token(token, 1_000)
    assert entry.amount == 970
    assert system.lock.locked(token.address) == token.balanceOf(system.lock.address) == 970


def test_a_token_with_a_fee_pays_out_of_the_exit_alone(system, chain, make_token):
    token = make_token("FeeToken")
    settle_deposit(system, system.deposit_token(token, 1_000))
    system.claim(Exit(chain.accounts[5].address, token.address, 200), EXIT_ROOT)
    assert token.balanceOf(chain.accounts[5].address) == 194
    assert system.lock.locked(token.address) == token.balanceOf(system.lock.address) == 770


ANSWERS = {
    "false": (0).to_bytes(32, "big"),
    "two": (2).to_bytes(32, "big"),
    "a short word": b"\x01",
    "two words": (1).to_bytes(32, "big") * 2,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_deposit_that_the_token_does_not_affirm_is_refused(system, make_token, depositor, reverts, answer):
    token = make_token("AnswerToken")
    token.setAnswer(answer)
    with reverts("TokenTransferFailed", to=system.lock.address, amount=501, answer=answer):
        system.deposit_token(token, 501)
    assert token.balanceOf(depositor.address) == 10_000


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_claim_that_the_token_does_not_affirm_is_refused(system, chain, make_token, reverts, answer):
    token = make_token("AnswerToken")
    settle_deposit(system, system.deposit_token(token, 501))
    exit_ = Exit(chain.accounts[5].address, token.address, 207)
    token.setAnswer(answer)
    with reverts("TokenTransferFailed", to=exit_.recipient, amount=207, answer=answer):
        system.claim(exit_, EXIT_ROOT)
    assert not system.rollup.isClaimed(exit_.nullifier)
    assert system.lock.locked(token.address) == 501

    token.setAnswer((1).to_bytes(32, "big"))
    system.claim(exit_, EXIT_ROOT)
    assert token.balanceOf(exit_.recipient) == 207


def test_a_claim_waits_while_its_token_is_paused(system, chain, make_token, reverts):
    token = make_token("PausableToken")
    settle_deposit(system, system.deposit_token(token, 501))
    exit_ = Exit(chain.accounts[5].address, token.address, 207)
    token.setPaused(True)
    with reverts("TokenTransferFailed", token=token.address):
        system.claim(exit_, EXIT_ROOT)
    token.setPaused(False)
    system.claim(exit_, EXIT_ROOT)
    assert system.lock.locked(token.address) == 501 - 207


def test_registering_moves_nothing_so_a_token_cannot_refuse_it(system, make_token):
    token = make_token("PausableToken")
    token.setPaused(True)
    entry = system.deposit_token(token, 0)
    assert (entry.account, entry.amount, entry.token) == (0, 0, token.address)


def test_an_exit_of_nothing_asks_nothing_of_the_token(system, chain, make_token):
    token = make_token("PausableToken")
    settle_deposit(system, system.deposit_token(token, 501))
    exit_ = Exit(chain.accounts[5].address, token.address, 0)
    system.claim(exit_, EXIT_ROOT)
    assert system.rollup.isClaimed(exit_.nullifier)


def test_a_token_that_takes_more_than_it_pays_is_stopped(system, chain, make_token, reverts):
    token = make_token("GreedyToken")
    settle_deposit(system, system.deposit_token(token, 501))
    with reverts("ReleaseOvercharged", token=token.address, amount=207, taken=208):
        system.claim(Exit(chain.accounts[5].address, token.address, 207), EXIT_ROOT)
    assert token.balanceOf(system.lock.address) == 501


def test_a_token_that_takes_from_lock_is_stopped(system, make_token, reverts):
    token = make_token("ShrinkingToken")
    token.mint(system.lock.address, 1_000)
    with reverts("TokenBalanceShrank", token=token.address, before=1_000, afterwards=499):
        system.deposit_token(token, 501)


@pytest.mark.parametrize("address", [ETH, "0x00000000000000000000000000000000DeaDBeef"])
@pytest.mark.parametrize("amount", [0, 501])
def test_an_address_without_code_is_no_token(system, depositor, reverts, address, amount):
    with reverts("TokenWithoutCode", token=address):
        system.lock.depositERC20(address, amount, depositor.address, *KEYS[0], sender=depositor)


def test_2_128_tokens_are_refused_with_nothing_lost(system, chain, make_token, depositor, reverts):
    token = make_token("NoReturnToken")
    token.mint(depositor.address, 2**128)
    with reverts("AmountTooLarge", amount=2**128):
        system.deposit_token(token, 2**128)
    assert token.balanceOf(depositor.address) == 2**128 + 10_000
    assert system.deposit_token(token, 2**128 - 1).amount == 2**128 - 1


def test_2_128_tokens_are_refused_even_if_fewer_would_arrive(system, make_token, depositor, reverts):
    token = make_token("FeeToken")
    token.mint(depositor.address, 2**128)
    with reverts("AmountTooLarge", amount=2**128):
        system.deposit_token(token, 2**128)
    assert system.deposit_token(token, 2**127).amount == 2**127 - 2**127 * 3 // 100


def test_a_total_of_2_128_tokens_is_refused_with_nothing_lost(system, make_token, depositor, reverts):
    token, other = make_token("NoReturnToken"), make_token("FeeToken")
    token.mint(depositor.address, 2**128)
    system.deposit_token(token, 2**128 - 501)
    with reverts("LockedTotalTooLarge", token=token.address, total=2**128):
        system.deposit_token(token, 501, key=KEYS[1])
    assert token.balanceOf(depositor.address) == 10_000 + 501
    # Totals are each token's own.
    assert system.deposit_token(other, 1_000).amount == 970


REENTRANCY = keccak(text="Reentrancy()")[:4]
CALLS = ["depositETH", "depositERC20", "withdrawCredit", "release"]


def lock_call(system, token, name):
    owner = token.address
    arguments = {
        "depositETH": (owner, *KEYS[1]),
        "depositERC20": (token.address, 307, owner, *KEYS[1]),
        "withdrawCredit": (owner,),
        "release": (token.address, owner, 103),
    }[name]
    return system.lock.encode(name, *arguments)


@pytest.mark.parametrize("name", CALLS)
def test_a_token_cannot_come_back_into_lock_during_a_deposit(system, make_token, reverts, name):
    token = make_token("CallbackToken")
    token.setCallback(system.lock.address, lock_call(system, token, name))
    # Deposited twice, the inner amount would count as received by the outer deposit too.
    with reverts("TokenTransferFailed", token=token.address, answer=REENTRANCY):
        system.deposit_token(token, 501)
    token.setCallback(ETH, b"")
    assert system.deposit_token(token, 501).amount == 501
    assert system.lock.locked(token.address) == 501


@pytest.mark.parametrize("name", CALLS)
def test_a_token_cannot_come_back_into_lock_during_a_claim(system, chain, make_token, reverts, name):
    token = make_token("CallbackToken")
    settle_deposit(system, system.deposit_token(token, 501))
    exit_ = Exit(chain.accounts[5].address, token.address, 207)
    token.setCallback(system.lock.address, lock_call(system, token, name))
    with reverts("TokenTransferFailed", token=token.address, answer=REENTRANCY):
        system.claim(exit_, EXIT_ROOT)
    token.setCallback(ETH, b"")
    system.claim(exit_, EXIT_ROOT)
    assert system.lock.locked(token.address) == 501 - 207


def test_a_token_cannot_claim_the_exit_that_is_being_paid(system, chain, make_token, reverts):
    token = make_token("CallbackToken")
    settle_deposit(system, system.deposit_token(token, 501))
    exit_ = Exit(chain.accounts[5].address, token.address, 207)
    again = system.rollup.encode("claim", *exit_.arguments(EXIT_ROOT, system.domain))
    token.setCallback(system.rollup.address, again)
    spent = keccak(text="AlreadyClaimed(uint256)")[:4] + exit_.nullifier.to_bytes(32, "big")
    with reverts("TokenTransferFailed", token=token.address, answer=spent):
        system.claim(exit_, EXIT_ROOT)
    assert not system.rollup.isClaimed(exit_.nullifier)


def test_gas_of_token_deposits_and_claims(system, chain, depositor, deploy_compiled, snapshot_value):
    token = deploy_compiled("OpenZeppelinToken", "Zeppelin", "ZEP", 10_000, sender=depositor)
    token.approve(system.lock.address, 501, sender=depositor)
    receipt = system.lock.depositERC20(token.address, 501, depositor.address, *KEYS[0], sender=depositor)
    snapshot_value("deposit OpenZeppelin ERC20, first of all", receipt.gas_used)
    settle_deposit(system, queued(receipt))
    receipt = system.claim(Exit(chain.accounts[5].address, token.address, 207), EXIT_ROOT)
    snapshot_value("claim OpenZeppelin ERC20", receipt.gas_used)


def test_the_tokens_of_two_rollup_users_are_counted_together(system, chain, depositor):
    token = ship(chain, "TestToken", "Test", "TST", 6)
    for account, amount, key in ((depositor, 501, KEYS[0]), (chain.accounts[3], 307, KEYS[1])):
        token.mint(account.address, amount)
        token.approve(system.lock.address, amount, sender=account)
        system.deposit_token(token, amount, key=key, sender=account)
    assert system.lock.locked(token.address) == 808
