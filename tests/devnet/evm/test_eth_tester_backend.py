"""eth-tester over the engine: eth-tester's own suite for backends, and what the suite leaves out."""

import pytest
from eth_account import Account
from eth_tester import EthereumTester
from eth_tester.exceptions import (
    BlockNotFound,
    SnapshotNotFound,
    TransactionFailed,
    TransactionNotFound,
    ValidationError,
)
from eth_tester.utils.backend_testing import BaseTestBackendDirect
from eth_utils import to_checksum_address
from web3 import Web3
from web3.providers.eth_tester import EthereumTesterProvider

from zkrollup.evm.eth_tester_backend import CHAIN_ID, EngineBackend, default_engine

STRANGER = to_checksum_address("0x" + "5a" * 20)


@pytest.fixture
def eth_tester():
    return EthereumTester(EngineBackend())


class TestBackend(BaseTestBackendDirect):
    """All cases of eth-tester's own suite; none differs."""


def send(eth_tester, sender=0, **fields):
    source = eth_tester.get_accounts()[sender]
    return eth_tester.send_transaction({"from": source, "to": STRANGER, "gas": 100_000, **fields})


# --- beside the suite


def test_accounts_are_those_of_eth_testers_own_backend():
    accounts = EthereumTester(EngineBackend()).get_accounts()
    assert accounts == EthereumTester().get_accounts()
    assert len(accounts) == 10


def test_web3_sends_through_it():
    w3 = Web3(EthereumTesterProvider(EthereumTester(EngineBackend())))
    sent = w3.eth.send_transaction({"from": w3.eth.accounts[3], "to": STRANGER, "value": 613})
    assert w3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    assert w3.eth.get_balance(STRANGER) == 613


def test_a_signed_transaction_is_taken_as_it_is_on_the_wire(eth_tester):
    key = "0x" + "00" * 31 + "02"
    fields = {"to": STRANGER, "value": 617, "gas": 21_000, "nonce": 0, "chainId": CHAIN_ID, "type": 2}
    fees = {"maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 7}
    signed = Account.sign_transaction({**fields, **fees}, key)
    assert eth_tester.send_raw_transaction(signed.raw_transaction.to_0x_hex()) == signed.hash.to_0x_hex()
    assert eth_tester.get_balance(STRANGER) == 617
    assert eth_tester.get_transaction_receipt(signed.hash.to_0x_hex())["from"] == eth_tester.get_accounts()[1]


def test_an_account_delegates_to_code(eth_tester):
    key = "0x" + "00" * 31 + "03"
    authorization = Account.sign_authorization({"chainId": CHAIN_ID, "address": STRANGER, "nonce": 0}, key)
    eth_tester.send_transaction(
        {
            "from": eth_tester.get_accounts()[0],
            "to": STRANGER,
            "gas": 100_000,
            "max_fee_per_gas": 2 * 10**9,
            "max_priority_fee_per_gas": 1,
            "authorization_list": [
                {
                    "chain_id": CHAIN_ID,
                    "address": STRANGER,
                    "nonce": 0,
                    "y_parity": authorization.y_parity,
                    "r": authorization.r,
                    "s": authorization.s,
                }
            ],
        }
    )
    assert eth_tester.get_code(eth_tester.get_accounts()[2]) == "0xef0100" + "5a" * 20


def test_a_nonce_that_leaves_a_gap_is_refused_and_the_next_one_is_not(eth_tester):
    with pytest.raises(ValidationError, match="nonce 1 leaves a gap: the next is 0"):
        send(eth_tester, nonce=1)
    send(eth_tester, nonce=0)
    assert eth_tester.get_nonce(eth_tester.get_accounts()[0]) == 1


def test_a_fee_cap_below_the_base_fee_is_refused_and_the_base_fee_is_not(eth_tester):
    with pytest.raises(ValidationError, match="fee cap 874999999 is below"):
        send(eth_tester, gas_price=874_999_999)
    send(eth_tester, gas_price=875_000_000)
    assert eth_tester.get_block_by_number("latest")["number"] == 1


def test_what_the_sender_cannot_pay_is_refused(eth_tester):
    with pytest.raises(ValidationError):
        send(eth_tester, value=10**24)
    assert eth_tester.get_balance(STRANGER) == 0


def test_nobody_sends_without_a_key(eth_tester):
    transaction = {"from": STRANGER, "to": STRANGER, "gas": 21_000}
    with pytest.raises(ValidationError, match="there is no key for 0x5a5a"):
        eth_tester.send_transaction(transaction)


def test_a_call_that_reverts_without_a_reason_gives_its_data(eth_tester):
    # Leaves code that does: mstore(0, 42); revert(31, 1).
    sent = send(eth_tester, to="", data="0x68602a5f526001601ffd5f5260096017f3", value=0)
    contract = eth_tester.get_transaction_receipt(sent)["contract_address"]
    call = {"from": eth_tester.get_accounts()[0], "to": contract}
    with pytest.raises(TransactionFailed, match=r"^0x2a$"):
        eth_tester.call(call)
    with pytest.raises(TransactionFailed, match=r"^0x2a$"):
        eth_tester.estimate_gas(call)


def test_a_snapshot_stays_and_later_ones_are_gone(eth_tester):
    first = eth_tester.take_snapshot()
    send(eth_tester, value=619)
    second = eth_tester.take_snapshot()
    for _ in range(2):
        eth_tester.revert_to_snapshot(first)
        assert eth_tester.get_balance(STRANGER) == 0
    with pytest.raises(SnapshotNotFound, match="an earlier one was reverted to"):
        eth_tester.revert_to_snapshot(second)


def test_what_is_not_there_is_not_found(eth_tester):
    with pytest.raises(BlockNotFound):
        eth_tester.get_block_by_number(1)
    with pytest.raises(BlockNotFound):
        eth_tester.get_balance(STRANGER, 1)
    with pytest.raises(TransactionNotFound):
        eth_tester.get_transaction_receipt("0x" + "77" * 32)


def test_reset_begins_with_another_engine_of_the_same_make():
    made = []

    def make():
        made.append(default_engine())
        return made[-1]

    backend = EngineBackend(make)
    backend.mine_blocks(3)
    backend.reset_to_genesis()
    assert backend.engine is made[1]
    assert backend.engine.head.number == 0
    assert made[0].head.number == 3
