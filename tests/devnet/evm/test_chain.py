"""The chain: accounts, transactions, calls, identity, time, logs."""

import os
import subprocess
import sys

import pytest
from eth_account import Account

from zkrollup.arguments import WrongArgument
from zkrollup.evm import (
    Chain,
    InvalidAddress,
    InvalidTransaction,
    InvalidTravel,
    Reverted,
    UnknownEvent,
    UnknownSender,
)
from zkrollup.evm.engine.schedule import InvalidTime

ETHER = 10**18
STRANGER = "0x00000000000000000000000000000000DeaDBeef"


# --- accounts


def test_accounts_are_those_of_the_well_known_mnemonic_with_10000_ether_each(chain):
    assert [account.address for account in chain.accounts[:3]] == [
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    ]
    assert len(chain.accounts) == 10
    assert {chain.balance(account) for account in chain.accounts} == {10_000 * ETHER}
    assert chain.balance(STRANGER) == 0


def test_the_number_of_accounts_is_a_parameter():
    assert len(Chain(accounts=3).accounts) == 3


# --- transactions


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *(("chain_id", each) for each in ("31337", None, 1.0, True, 0, -1, 2**64)),
        *(("accounts", each) for each in ("3", None, 2.0, True, 0, -1)),
        *(("exact_roots", each) for each in ("no", None, 1)),
        *(("lock", each) for each in ("lock", True, 5)),
    ],
)
def test_a_wrong_argument_of_a_chain_is_named_with_what_to_pass(name, wrong):
    with pytest.raises(WrongArgument, match=f"^{name}=.*: pass ") as refusal:
        Chain(**{name: wrong})
    assert refusal.value.argument == name


@pytest.mark.parametrize("number", [1, 2**64 - 1])
def test_a_chain_id_is_any_number_of_64_bits(number):
    chain = Chain(number, accounts=1)
    assert chain.chain_id == chain.w3.eth.chain_id == number
    assert chain.transact(to=STRANGER, value=5).status == 1


def test_a_chain_id_that_is_set_by_json_rpc_is_the_chains(chain):
    chain.w3.provider.make_request("anvil_setChainId", [271])
    assert chain.chain_id == chain.w3.eth.chain_id == 271
    assert repr(chain).startswith("<Chain 271 ")


def test_a_transfer_moves_value_and_charges_the_sender_for_gas(chain):
    sender, receiver = chain.accounts[3], chain.accounts[7]
    receipt = chain.transact(sender=sender, to=receiver, value=501)
    assert receipt.status == 1
    assert receipt.gas_used == 21_000
    assert receipt.block_number == chain.block_number == 1
    assert receipt.contract_address is None
    assert receipt.logs == receipt.events == ()
    assert chain.balance(receiver) == 10_000 * ETHER + 501
    assert chain.balance(sender) == 10_000 * ETHER - 501 - 21_000 * receipt.gas_price
    assert chain.nonce(sender) == 1


def test_an_account_from_elsewhere_sends_with_its_own_key(chain):
    outsider = Account.create()
    chain.set_balance(outsider, 2 * ETHER)
    chain.transact(sender=outsider, to=STRANGER, value=307)
    assert chain.balance(STRANGER) == 307


def test_an_added_accounts_address_alone_can_send_and_has_no_ether(chain):
    outsider = Account.create()
    chain.add_account(outsider)
    assert chain.balance(outsider) == 0
    chain.set_balance(outsider, ETHER)
    chain.transact(sender=outsider.address, to=STRANGER, value=211)
    assert chain.balance(STRANGER) == 211


def test_an_address_without_a_key_cannot_send(chain):
    with pytest.raises(UnknownSender, match="impersonate") as caught:
        chain.transact(sender=STRANGER, to=chain.accounts[2])
    assert caught.value.address == STRANGER
    assert chain.block_number == 0


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"value": 20_000 * ETHER}, "balance"),
        ({"gas": 20_999}, "at least 21000 is needed"),
        ({"gas": 30_000_001}, "exceeds block gas limit 30000000"),
        ({"data": b"\xff" * 10, "gas": 21_399}, "at least 21400 is needed"),
    ],
)
def test_a_transaction_that_no_block_can_hold_changes_nothing(chain, options, rule):
    with pytest.raises(InvalidTransaction, match=rule):
        chain.transact(to=STRANGER, **options)
    assert chain.block_number == 0
    assert chain.nonce(chain.accounts[0]) == 0
    assert chain.balance(chain.accounts[0]) == 10_000 * ETHER


def test_the_calldata_floor_is_enough_gas(chain):
    assert chain.transact(to=STRANGER, data=b"\xff" * 10, gas=21_400).gas_used == 21_400


@pytest.mark.parametrize("value", ["0x1234", "alice", b"\x01" * 19, 7, None])
def test_what_is_no_address_is_refused(chain, value):
    with pytest.raises(InvalidAddress, match="is no address"):
        chain.balance(value)


def test_bytes_text_accounts_and_contracts_are_all_addresses(chain, counter):
    account = chain.accounts[4]
    contract = counter.on(chain)
    chain.set_balance(account.address.lower(), 11)
    assert chain.balance(account) == chain.balance(bytes.fromhex(account.address[2:])) == 11
    assert chain.code(contract) == chain.code(contract.address) != b""


# --- deployment and calls


def test_deployment_runs_init_code_and_transactions_keep_their_effects(chain, counter):
    contract = counter.on(chain, sender=chain.accounts[1])
    assert chain.code(contract) == counter.code[10:]
    assert contract.count().status == 1
    receipt = contract.count(sender=chain.accounts[2])
    assert chain.storage(contract, 0) == 2
    counted = receipt.event("Counted")
    assert counted.args == {"count": 2, "caller": chain.accounts[2].address}
    assert counted["count"] == 2
    assert counted.address == contract.address
    assert 43_000 > receipt.gas_used > 26_000


def test_calls_keep_no_effects_and_need_no_key(chain, counter):
    contract = counter.on(chain)
    before = chain.block_number
    assert contract.next() == contract.next(sender=STRANGER) == 1
    assert contract.count.call() == 1
    assert chain.call(to=contract) == (1).to_bytes(32, "big")
    assert chain.storage(contract, 0) == 0
    assert chain.block_number == before


def test_value_reaches_a_contract_and_a_call_cannot_invent_it(chain, context, counter):
    contract = counter.on(chain)
    contract.pay(value=503)
    assert chain.balance(contract) == 503
    assert context.on(chain).paid.call(value=409, sender=chain.accounts[5]).value == 409
    with pytest.raises(InvalidTransaction, match="balance"):
        contract.pay.call(value=409, sender=STRANGER)


def test_raw_init_code_is_deployed_and_a_failing_one_raises(chain, counter):
    address = chain.deploy_raw(counter.code, sender=chain.accounts[6])
    assert chain.code(address) == counter.code[10:]
    with pytest.raises(Reverted, match="InvalidInstruction"):
        chain.deploy_raw(b"\xfe")


def test_a_creation_can_be_called_without_being_kept(chain, counter):
    assert chain.call(data=counter.code) == counter.code[10:]
    assert chain.nonce(chain.accounts[0]) == 0


# --- identity


@pytest.mark.parametrize("chain_id", [31337, 32337, 1])
def test_opcode_signatures_and_rpc_agree_on_the_chain_id(chain_id, context):
    chain = Chain(chain_id)
    assert chain.chain_id == chain.w3.eth.chain_id == chain_id
    assert chain.w3.net.version == str(chain_id)
    contract = context.on(chain)
    assert contract.read().chainId == chain_id
    receipt = contract.paid(value=3)
    assert chain.w3.eth.get_transaction(receipt.transaction_hash)["chainId"] == chain_id


def test_two_chains_share_nothing(counter):
    first, second = Chain(31337), Chain(31338)
    contract = counter.on(first)
    contract.count()
    assert (first.block_number, second.block_number) == (2, 0)
    assert second.code(contract.address) == b""
    twin = counter.on(second)
    assert twin.address == contract.address
    assert twin != contract
    assert second.storage(twin, 0) == 0
    assert second.nonce(second.accounts[0]) == 1


def test_two_runs_give_the_same_hashes(counter):
    def run():
        chain = Chain()
        counter.on(chain)
        chain.travel(601)
        return chain.w3.eth.get_block("latest")["hash"]

    assert run() == run()


# --- blocks and time


def test_each_block_is_one_second_after_its_parent(chain):
    start = chain.timestamp
    chain.mine(3)
    chain.transact(to=STRANGER)
    assert chain.block_number == 4
    assert chain.timestamp == start + 4


def test_travel_mines_a_block_at_the_time(chain, context):
    contract = context.on(chain)
    start, number = chain.timestamp, chain.block_number
    chain.travel(86_400)
    assert chain.timestamp == start + 86_400
    assert chain.block_number == number + 1
    assert contract.read().time == start + 86_400
    assert contract.read().number == number + 1
    chain.mine()
    assert chain.timestamp == start + 86_401


@pytest.mark.parametrize("seconds", [0, -5])
def test_time_does_not_stand_still_or_go_back(chain, seconds):
    with pytest.raises(InvalidTravel) as caught:
        chain.travel(seconds)
    assert caught.value.seconds == seconds
    assert chain.block_number == 0


@pytest.mark.parametrize(
    "move",
    [
        lambda chain, end: chain.travel(end - chain.timestamp),
        lambda chain, end: chain.warp(end),
        lambda chain, end: chain.engine.increase_time(end - chain.timestamp - 1),
    ],
    ids=["travel", "warp", "increase_time"],
)
def test_time_ends_with_64_bits(chain, move):
    before = chain.block_number
    for end in (2**64, 2**70, 2**256 + 5):
        with pytest.raises(InvalidTime, match=r"no block at \d+ s: .* later, below 2\^64"):
            move(chain, end)
    assert chain.block_number == before
    move(chain, 2**64 - 1)
    chain.mine(0 if chain.block_number > before else 1)
    assert chain.timestamp == 2**64 - 1
    with pytest.raises(InvalidTime):
        chain.mine()


def test_time_that_is_moved_in_many_steps_ends_with_64_bits_too(chain):
    request = chain.w3.provider.make_request
    request("anvil_setBlockTimestampInterval", [2**63 - 1])
    assert request("evm_mine", [])["result"] == "0x0"
    assert "below 2^64" in request("evm_mine", [])["error"]["message"]
    assert chain.timestamp < 2**64


def test_prevrandao_differs_between_blocks(chain, context):
    contract = context.on(chain)
    first = contract.read().prevrandao
    chain.mine()
    assert contract.read().prevrandao not in (first, 0)


# --- logs


def test_logs_are_filtered_by_contract_event_and_block(chain, counter):
    first, second = counter.on(chain), counter.on(chain)
    start = chain.block_number
    first.count()
    second.count(sender=chain.accounts[8])
    chain.mine(2)
    first.count()
    assert [e["count"] for e in chain.logs()] == [1, 1, 2]
    assert [e["count"] for e in chain.logs(address=first)] == [1, 2]
    assert [e.block_number - start for e in first.events("Counted")] == [1, 5]
    assert [e["caller"] for e in second.events()] == [chain.accounts[8].address]
    assert len(chain.logs(event="Counted", from_block=start + 2, to_block=start + 4)) == 1
    assert first.events("Counted", from_block=start + 6) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Countd", "; did you mean Counted[?]; there is: Counted"),
        ("Counted(uint256,address)", "; pass its name alone"),
        ("Deposited", "; there is: Counted"),
        ("", "; there is: Counted"),
        (5, "; there is: Counted"),
    ],
)
def test_an_event_that_no_known_abi_has_is_refused_and_not_simply_absent(chain, counter, name, hint):
    contract = counter.on(chain)
    for ask in (lambda: chain.logs(event=name), lambda: contract.events(name)):
        with pytest.raises(UnknownEvent, match=f"^no known ABI has an event .*{hint}") as refusal:
            ask()
        assert refusal.value.event == name


@pytest.mark.parametrize("wrong", [-1, True, "latest", 2.0], ids=repr)
@pytest.mark.parametrize("bound", ["from_block", "to_block"])
def test_logs_are_asked_for_by_numbers_of_blocks(chain, counter, bound, wrong):
    counter.on(chain).count()
    with pytest.raises(WrongArgument, match=f"^{bound}=.*: pass the number of a block, 0 or more"):
        chain.logs(**{bound: wrong})


def test_a_receipt_says_which_events_it_has(chain, counter):
    receipt = counter.on(chain).count()
    with pytest.raises(LookupError, match="it has: Counted"):
        receipt.event("Deposited")


def test_a_log_of_no_known_abi_stays_raw(chain, counter):
    address = chain.deploy_raw(counter.code)
    receipt = chain.transact(to=address)
    assert receipt.events == ()
    assert receipt.logs[0].data == (1).to_bytes(32, "big")
    counter.on(chain)
    assert [e.address for e in chain.logs()] == [address]


# --- imports


def test_importing_the_chain_loads_neither_numba_nor_web3():
    code = "import sys, zkrollup.evm; print([m for m in ('numba', 'llvmlite', 'web3') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="pysha3 is used on Linux only; run it there")
@pytest.mark.parametrize(("chosen", "expected"), [(None, "pysha3"), ("pycryptodome", "pycryptodome")])
def test_the_fast_hash_is_the_default_and_the_users_choice_stands(chosen, expected):
    environment = {k: v for k, v in os.environ.items() if k != "ETH_HASH_BACKEND"}
    if chosen:
        environment["ETH_HASH_BACKEND"] = chosen
    code = "import os, zkrollup.evm; print(os.environ['ETH_HASH_BACKEND'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == expected
