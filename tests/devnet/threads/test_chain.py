"""Several threads use one chain: all that they did has happened, in some order, and nothing else."""

import asyncio
import sys
import threading

import pytest
from tests.devnet.threads.support import hangs_together, repeated, together, transactions_of

from zkrollup import artifacts
from zkrollup.evm import Chain, UnknownSender
from zkrollup.evm.engine.engine import UnknownSigner

TIMES = 40


@pytest.fixture(autouse=True)
def impatient_threads():
    """Threads change places often, as they do on a busy machine."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def chain():
    return Chain()


def receipts_are_true(chain, receipts):
    places = transactions_of(chain)
    assert len(places) == len(receipts)
    assert {receipt.transaction_hash: receipt.block_number for receipt in receipts} == places


def test_every_receipt_of_every_thread_points_to_a_block_that_has_it(chain):
    payee = chain.accounts[9].address
    before = chain.balance(payee)

    def pay(sender, wei):
        return repeated(TIMES, lambda _: chain.transact(to=payee, sender=chain.accounts[sender], value=wei))

    paid = together(*(pay(sender, wei) for sender, wei in ((0, 3), (1, 5), (2, 7))))
    receipts_are_true(chain, [receipt for each in paid for receipt in each])
    assert hangs_together(chain)
    assert [chain.nonce(chain.accounts[i]) for i in range(4)] == [TIMES, TIMES, TIMES, 0]
    assert chain.balance(payee) == before + TIMES * (3 + 5 + 7)


def test_threads_that_send_as_one_account_get_nonces_of_their_own(chain):
    payee = chain.accounts[9].address
    pay = repeated(TIMES, lambda _: chain.transact(to=payee, value=11))
    receipts_are_true(chain, [receipt for each in together(pay, pay) for receipt in each])
    assert chain.nonce(chain.accounts[0]) == 2 * TIMES


def test_asyncio_may_send_from_its_threads(chain):
    payee = chain.accounts[9].address

    async def send():
        pay = [
            asyncio.to_thread(chain.transact, to=payee, sender=chain.accounts[i % 5], value=1 + i)
            for i in range(TIMES)
        ]
        return await asyncio.gather(*pay)

    receipts_are_true(chain, asyncio.run(send()))


def test_web3_may_be_used_from_several_threads(chain):
    payee = chain.accounts[9].address
    before = chain.balance(payee)

    def pay(sender, wei):
        def one(_):
            tx = chain.w3.eth.send_transaction(
                {"from": chain.accounts[sender].address, "to": payee, "value": wei}
            )
            receipt = chain.w3.eth.get_transaction_receipt(tx)
            return bytes(tx), receipt["blockNumber"]

        return repeated(TIMES, one)

    told = [each for thread in together(pay(0, 3), pay(1, 5)) for each in thread]
    assert dict(told) == transactions_of(chain)
    assert chain.balance(payee) == before + TIMES * (3 + 5)


def test_threads_get_the_same_web3(chain):
    assert len({id(w3) for w3 in together(*[lambda: chain.w3] * 4)}) == 1


def test_contracts_count_each_call_once(chain):
    artifact = artifacts.load("TestToken")
    token = chain.deploy(artifact.abi, artifact.bytecode, "Token", "TKN", 18)
    holders = [chain.accounts[i].address for i in (3, 4)]

    def mint(holder, units):
        return repeated(TIMES, lambda _: token.mint(holder, units, sender=chain.accounts[0]))

    together(mint(holders[0], 13), mint(holders[1], 17))
    assert [token.balanceOf(holder) for holder in holders] == [TIMES * 13, TIMES * 17]
    assert sum(event["value"] for event in token.events("Transfer")) == TIMES * (13 + 17)


def test_each_deployment_gets_the_contract_that_it_made(chain):
    artifact = artifacts.load("TestToken")

    def deploy(thread):
        return repeated(
            8, lambda i: chain.deploy(artifact.abi, artifact.bytecode, f"{thread}-{i}", "TKN", 18)
        )

    made = [token for each in together(deploy("a"), deploy("b")) for token in each]
    names = [token.name() for token in made]
    assert sorted(names) == sorted(f"{thread}-{i}" for thread in "ab" for i in range(8))
    assert names[:8] == [f"a-{i}" for i in range(8)]


def test_reads_of_the_past_do_not_disturb_those_of_the_present(chain):
    payee = chain.accounts[9].address
    start = chain.balance(payee)
    for _ in range(20):
        chain.transact(to=payee, value=1)

    def past(_):
        return chain.w3.eth.get_balance(payee, 5)

    def present(_):
        return chain.balance(payee)

    old, new = together(repeated(300, past), repeated(300, present))
    assert set(old) == {start + 5}
    assert set(new) == {start + 20}


def test_a_revert_and_a_transaction_of_another_thread_come_one_after_the_other(chain):
    snapshot, payee = chain.snapshot(), chain.accounts[9].address
    before = chain.balance(payee)
    together(
        repeated(TIMES, lambda _: chain.transact(to=payee, value=3)),
        repeated(TIMES, lambda _: chain.revert(snapshot)),
        repeated(TIMES, lambda _: chain.transact(to=payee, sender=chain.accounts[1], value=3)),
    )
    assert hangs_together(chain)
    assert len(transactions_of(chain)) == chain.block_number
    assert chain.balance(payee) == before + 3 * chain.block_number
    assert chain.nonce(chain.accounts[0]) + chain.nonce(chain.accounts[1]) == chain.block_number


def test_reorganisations_lose_no_transaction_of_another_thread(chain):
    payee = chain.accounts[9].address
    chain.mine(3)
    sent, _ = together(
        repeated(TIMES, lambda _: chain.transact(to=payee, value=3).transaction_hash),
        repeated(TIMES, lambda _: chain.reorg(2)),
    )
    assert hangs_together(chain)
    assert set(transactions_of(chain)) == set(sent)


def test_mocks_of_two_threads_end_in_any_order(chain):
    artifact = artifacts.load("TestToken")
    token = chain.deploy(artifact.abi, artifact.bytecode, "Token", "TKN", 18)
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first():
        with chain.mock(token.totalSupply, returns=1009):
            first_is_in.set()
            second_is_in.wait(30)
        first_is_out.set()
        return token.totalSupply()

    def second():
        first_is_in.wait(30)
        with chain.mock(token.name, returns="mocked"):
            second_is_in.set()
            first_is_out.wait(30)
            return token.name()

    assert together(first, second) == [0, "mocked"]
    assert token.name() == "Token"
    assert not chain.engine.mocks


def test_a_mocked_address_without_code_has_code_until_the_last_mock_of_it_ends(chain):
    nobody = "0x" + "7e" * 20
    outer, inner = (
        chain.mock_call(nobody, "0x01", returns=b"\1"),
        chain.mock_call(nobody, "0x02", returns=b"\2"),
    )
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    assert chain.code(nobody)
    assert chain.call(to=nobody, data="0x02") == b"\2"
    inner.__exit__(None, None, None)
    assert chain.code(nobody) == b""


def test_an_impersonation_lasts_as_long_as_any_thread_needs_it(chain):
    whale = "0x" + "5a" * 20
    chain.set_balance(whale, 10**18)
    outer, inner = chain.impersonate(whale), chain.impersonate(whale)
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    assert chain.transact(sender=whale, to=chain.accounts[0], value=7).status == 1
    inner.__exit__(None, None, None)
    with pytest.raises((UnknownSender, UnknownSigner)):
        chain.transact(sender=whale, to=chain.accounts[0], value=7)


def test_one_thread_can_keep_others_out_between_two_calls(chain):
    payee = chain.accounts[9].address

    def check_and_pay(sender):
        def one(_):
            with chain.exclusive:
                before = chain.balance(payee)
                chain.transact(to=payee, sender=chain.accounts[sender], value=1)
                return chain.balance(payee) - before

        return repeated(TIMES, one)

    assert [set(seen) for seen in together(check_and_pay(0), check_and_pay(1))] == [{1}, {1}]


def test_an_error_of_one_thread_leaves_the_lock_to_others(chain):
    with pytest.raises(UnknownSender):
        chain.transact(sender="0x" + "99" * 20, to=chain.accounts[1], value=1)
    (receipt,) = together(lambda: chain.transact(to=chain.accounts[1], value=1))
    assert receipt.status == 1


def test_two_chains_do_not_wait_for_each_other():
    one, other = Chain(), Chain()
    with one.exclusive:
        (number,) = together(lambda: (other.mine(), other.block_number)[1])
    assert number == 1
