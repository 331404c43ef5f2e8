"""What testers do to a chain: accounts, time, mining, going back, the pool."""

import pytest
from web3.exceptions import TransactionNotFound

STRANGER = "0x00000000000000000000000000000000DeaDBeef"
OTHER = "0x00000000000000000000000000000000000A11cE"


@pytest.mark.parametrize("prefix", ["anvil", "hardhat"])
def test_accounts_are_set_under_both_names_and_no_block_is_mined(chain, rpc, prefix):
    rpc(f"{prefix}_setBalance", STRANGER, "0x1f")
    rpc(f"{prefix}_setNonce", STRANGER, "0x7")
    rpc(f"{prefix}_setCode", STRANGER, "0x6001")
    rpc(f"{prefix}_setStorageAt", STRANGER, "0x3", "0x" + "09".rjust(64, "0"))
    assert rpc("eth_getBalance", STRANGER, "latest") == "0x1f"
    assert rpc("eth_getTransactionCount", STRANGER) == "0x7"
    assert rpc("eth_getCode", STRANGER) == "0x6001"
    assert rpc("eth_getStorageAt", STRANGER, "0x3") == "0x" + "09".rjust(64, "0")
    assert chain.block_number == 0


def test_a_nonce_does_not_fall(rpc):
    rpc("anvil_setNonce", STRANGER, "0x7")
    assert "below the account's, which is 7" in rpc.error("anvil_setNonce", STRANGER, "0x6")["message"]


def test_a_balance_does_not_overflow(rpc):
    rpc("anvil_setBalance", STRANGER, "0x" + "f" * 64)
    assert rpc.error("anvil_addBalance", STRANGER, "0x1")["code"] == -32602


def test_an_impersonated_account_sends_until_it_is_stopped(chain, rpc):
    send = {"from": STRANGER, "to": OTHER}
    rpc("anvil_impersonateAccount", STRANGER)
    assert STRANGER.lower() in rpc("eth_accounts")
    rpc("eth_sendTransaction", send)
    rpc("anvil_stopImpersonatingAccount", STRANGER)
    assert "there is no key" in rpc.error("eth_sendTransaction", send)["message"]
    assert chain.nonce(STRANGER) == 1


def test_anybody_sends_while_auto_impersonation_is_on(rpc):
    send = {"from": STRANGER, "to": OTHER}
    rpc("anvil_autoImpersonateAccount", True)
    rpc("eth_sendTransaction", send)
    rpc("anvil_autoImpersonateAccount", False)
    assert rpc.error("eth_sendTransaction", send)["code"] == -32000


def test_a_snapshot_is_used_up_by_its_revert(chain, rpc):
    snapshot = rpc("evm_snapshot")
    rpc("evm_mine")
    assert rpc("evm_revert", snapshot) is True
    assert chain.block_number == 0
    assert rpc("evm_revert", snapshot) is False


def test_time_moves_forward_and_never_back(chain, rpc):
    start = chain.timestamp
    rpc("evm_setNextBlockTimestamp", start + 100)
    rpc("evm_mine")
    assert rpc("evm_increaseTime", 50) == 50
    rpc("evm_mine")
    assert chain.timestamp == start + 151
    assert rpc.error("evm_setNextBlockTimestamp", start)["code"] == -32000
    assert rpc.error("evm_increaseTime", -1)["code"] == -32602


def test_blocks_are_mined_so_many_seconds_apart(chain, rpc):
    rpc("anvil_mine", "0x3", "0xa")
    times = [int(rpc("eth_getBlockByNumber", hex(n))["timestamp"], 16) for n in (1, 2, 3)]
    assert times == [times[0], times[0] + 10, times[0] + 20]


@pytest.mark.parametrize("method", ["anvil_mine", "hardhat_mine"])
def test_no_seconds_apart_is_the_interval_of_the_chain(chain, rpc, method):
    rpc("anvil_setBlockTimestampInterval", 7)
    before = chain.timestamp
    rpc(method, "0x3", "0x0")
    assert (chain.block_number, chain.timestamp - before) == (3, 21)


FEES = {"maxFeePerGas": hex(3 * 10**9), "maxPriorityFeePerGas": hex(10**9)}


def test_an_impersonated_sender_keeps_the_fees_that_it_names_and_pays_them(chain, rpc):
    rpc("anvil_impersonateAccount", STRANGER)
    rpc("anvil_setBalance", STRANGER, hex(10**18))
    base_fee = chain.engine.next_base_fee
    sent = rpc("eth_sendTransaction", {"from": STRANGER, "to": STRANGER, **FEES})
    mined = rpc("eth_getTransactionByHash", sent)
    assert {name: mined[name] for name in FEES} == FEES
    assert chain.balance(STRANGER) == 10**18 - 21_000 * (base_fee + 10**9)


@pytest.mark.parametrize("fees", [FEES, {"gasPrice": hex(10**10)}, {"maxPriorityFeePerGas": "0x3"}])
def test_fees_that_an_impersonated_sender_names_must_be_there(chain, rpc, fees):
    rpc("anvil_impersonateAccount", STRANGER)
    send = {"from": STRANGER, "to": STRANGER, "gas": "0x5208"}
    assert rpc.error("eth_sendTransaction", {**send, **fees})["message"].startswith("insufficient funds")
    assert rpc("eth_getTransactionReceipt", rpc("eth_sendTransaction", send))["effectiveGasPrice"] == "0x0"


def test_an_impersonated_sender_replaces_what_waits_by_naming_more(rpc):
    rpc("anvil_impersonateAccount", STRANGER)
    rpc("anvil_setBalance", STRANGER, hex(10**18))
    rpc("evm_setAutomine", False)
    send = {"from": STRANGER, "to": STRANGER, "gas": "0x5208", "nonce": "0x0", **FEES}
    first = rpc("eth_sendTransaction", send)
    more = {"maxFeePerGas": hex(6 * 10**9), "maxPriorityFeePerGas": hex(2 * 10**9)}
    second = rpc("eth_sendTransaction", {**send, **more})
    assert first != second
    assert rpc("eth_getTransactionByHash", first) is None
    rpc("evm_mine")
    assert rpc("eth_getTransactionReceipt", second)["status"] == "0x1"


def test_settings_of_the_next_block_hold(rpc):
    rpc("anvil_setCoinbase", STRANGER)
    rpc("anvil_setNextBlockBaseFeePerGas", "0x5")
    rpc("hardhat_setPrevRandao", "0x6")
    rpc("evm_mine")
    block = rpc("eth_getBlockByNumber", "latest")
    assert block["miner"] == STRANGER.lower()
    assert (block["baseFeePerGas"], int(block["mixHash"], 16)) == ("0x5", 6)


def test_transactions_wait_until_a_block_is_mined(chain, rpc):
    rpc("evm_setAutomine", False)
    sent = rpc("eth_sendTransaction", {"to": STRANGER, "value": "0x5"})
    gap = rpc("eth_sendTransaction", {"to": STRANGER, "nonce": "0x7"})
    assert rpc("txpool_status") == {"pending": "0x1", "queued": "0x1"}
    assert rpc("eth_getTransactionReceipt", sent) is None
    assert rpc("eth_getTransactionByHash", sent)["blockHash"] is None
    assert rpc("eth_getBlockByNumber", "pending")["transactions"] == [sent]
    rpc("evm_mine")
    assert rpc("eth_getTransactionReceipt", sent)["blockNumber"] == "0x1"
    assert rpc("anvil_dropTransaction", gap) == gap
    assert rpc("anvil_dropTransaction", gap) is None
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction(gap)


def test_a_reorg_replaces_blocks_and_keeps_transactions(chain, rpc):
    sent = rpc("eth_sendTransaction", {"to": STRANGER, "value": "0x5"})
    before = rpc("eth_getBlockByNumber", "0x1")["hash"]
    rpc("anvil_reorg", {"depth": 1, "txBlockPairs": []})
    assert rpc("eth_getBlockByNumber", "0x1")["hash"] != before
    assert rpc("eth_getTransactionReceipt", sent)["blockNumber"] == "0x1"
    assert rpc.error("anvil_reorg", 2)["code"] == -32000
    assert rpc.error("anvil_reorg", 1, [["0x", 0]])["code"] == -32602


def test_a_reset_leaves_genesis(chain, rpc):
    rpc("anvil_setBalance", STRANGER, "0x5")
    rpc("evm_setAutomine", False)
    rpc("eth_sendTransaction", {"to": STRANGER})
    rpc("anvil_mine", 3)
    snapshot = rpc("evm_snapshot")
    rpc("anvil_reset")
    assert chain.block_number == chain.balance(STRANGER) == 0
    assert rpc("anvil_getAutomine") is True
    assert rpc("evm_revert", snapshot) is False


def test_state_goes_from_one_chain_to_another(rpc, chain):
    rpc("anvil_setBalance", STRANGER, "0x5")
    state = rpc("anvil_dumpState")
    rpc("anvil_reset")
    assert rpc("anvil_loadState", state) is True
    assert chain.balance(STRANGER) == 5
    assert rpc.error("anvil_loadState", "0x1234")["code"] == -32000


def test_the_chain_id_can_change(rpc):
    rpc("anvil_setChainId", 5)
    assert (rpc("eth_chainId"), rpc("net_version")) == ("0x5", "5")
    rpc("eth_sendTransaction", {"to": STRANGER, "chainId": "0x5"})
    assert rpc("anvil_nodeInfo")["environment"]["chainId"] == 5
