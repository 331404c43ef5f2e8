"""Ways to send, and to find what was sent."""

import pytest
from eth_account import Account
from eth_utils import keccak

from zkrollup.artifacts import load
from zkrollup.evm.engine.interpreter import Computation

STRANGER = "0x00000000000000000000000000000000DeaDBeef"
OTHER = "0x00000000000000000000000000000000000A11cE"


def raw(chain, **fields):
    transaction = {
        "to": OTHER,
        "value": 5,
        "gas": 21_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 3,
        "nonce": 0,
        "chainId": 31337,
        **fields,
    }
    signed = Account.sign_transaction(transaction, chain.accounts[1].key)
    return "0x" + signed.raw_transaction.hex().removeprefix("0x")


def test_a_raw_transaction_is_answered_with_its_receipt(chain, rpc):
    receipt = rpc("eth_sendRawTransactionSync", raw(chain), "0x64")
    assert receipt == rpc("eth_getTransactionReceipt", receipt["transactionHash"])
    assert (receipt["status"], chain.balance(OTHER)) == ("0x1", 5)


def test_a_managed_account_sends_and_gets_the_receipt(chain, rpc):
    receipt = rpc("eth_sendTransactionSync", {"to": OTHER, "value": "0x7"})
    assert (receipt["status"], chain.balance(OTHER)) == ("0x1", 7)


def test_what_waits_has_no_receipt_but_its_hash_in_an_error(chain, rpc):
    rpc("evm_setAutomine", False)
    error = rpc.error("eth_sendRawTransactionSync", raw(chain))
    assert error["code"] == 4
    assert error["message"].startswith(
        "The transaction was added to the transaction pool but wasn't processed"
    )
    rpc("evm_mine")
    assert rpc("eth_getTransactionReceipt", error["data"])["status"] == "0x1"
    assert rpc.error("eth_sendRawTransactionSync", raw(chain))["code"] == -32000


def test_anybody_sends_without_a_key_where_it_is_asked_for(chain, rpc):
    rpc("anvil_setBalance", STRANGER, "0x64")
    sent = rpc("eth_sendUnsignedTransaction", {"from": STRANGER, "to": OTHER, "value": "0x3"})
    assert rpc("eth_getTransactionByHash", sent)["from"] == STRANGER.lower()
    assert chain.balance(STRANGER) == 97
    assert "there is no key" in rpc.error("eth_sendTransaction", {"from": STRANGER, "to": OTHER})["message"]


def test_an_impersonated_sender_stays_so_after_an_unsigned_transaction(rpc):
    rpc("anvil_impersonateAccount", STRANGER)
    for method in ("eth_sendUnsignedTransaction", "eth_sendTransaction"):
        assert rpc(method, {"from": STRANGER, "to": OTHER})


def test_what_waits_of_managed_accounts_is_listed(rpc):
    rpc("evm_setAutomine", False)
    managed = rpc("eth_sendTransaction", {"to": OTHER, "gas": "0x5208"})
    stranger = Account.from_key(b"\x31" * 32)
    rpc("anvil_setBalance", stranger.address, hex(10**18))
    fields = {"to": OTHER, "value": 5, "gas": 21_000, "gasPrice": 10**10, "nonce": 0, "chainId": 31337}
    foreign = stranger.sign_transaction(fields).raw_transaction
    rpc("eth_sendRawTransaction", bytes(foreign))
    assert [waiting["hash"] for waiting in rpc("eth_pendingTransactions")] == [managed]
    assert rpc("txpool_status")["pending"] == "0x2"
    rpc("evm_mine")
    assert rpc("eth_pendingTransactions") == []


def test_a_transaction_is_found_by_sender_and_nonce_waiting_mined_and_gone(rpc, accounts):
    sender = accounts[1]
    first = rpc("eth_sendTransaction", {"from": sender, "to": OTHER})
    rpc("evm_setAutomine", False)
    snapshot = rpc("evm_snapshot")
    second = rpc("eth_sendTransaction", {"from": sender, "to": OTHER, "gas": "0x5208"})

    def found(nonce):
        answer = rpc("eth_getTransactionBySenderAndNonce", sender, nonce)
        return answer and (answer["hash"], answer["blockNumber"])

    assert [found(nonce) for nonce in ("0x0", "0x1", "0x2")] == [(first, "0x1"), (second, None), None]
    rpc("evm_mine")
    assert found("0x1") == (second, "0x2")
    rpc("evm_revert", snapshot)
    assert found("0x1") is None
    assert rpc("eth_getTransactionBySenderAndNonce", OTHER, "0x0") is None


def test_code_is_found_by_its_hash_at_a_block(rpc):
    rpc("evm_mine")
    rpc("anvil_setCode", OTHER, "0x6001")
    rpc("evm_mine")
    digest = "0x" + keccak(bytes.fromhex("6001")).hex()
    assert rpc("debug_codeByHash", digest) == "0x6001"
    assert rpc("debug_codeByHash", digest, "0x0") is None
    assert rpc("debug_codeByHash", "0x" + "12" * 32) is None


@pytest.mark.parametrize("method", ["anvil_dealERC20", "hardhat_dealERC20"])
def test_an_account_gets_just_so_much_of_a_token(chain, rpc, method):
    compiled = load("TestToken")
    token = chain.deploy(compiled.abi, compiled.bytecode, "T", "T", 18)
    token.mint(OTHER, 7)
    rpc(method, OTHER, token.address, hex(501))
    assert (token.balanceOf(OTHER), token.totalSupply()) == (501, 7)
    refusal = rpc.error(method, OTHER, STRANGER, hex(501))
    assert (refusal["code"], "does not come from one storage word" in refusal["message"]) == (-32000, True)


def test_the_configuration_is_that_of_prague(chain, rpc):
    config = rpc("eth_config")
    assert (config["next"], config["last"]) == (None, None)
    current = config["current"]
    assert current["blobSchedule"] == {"baseFeeUpdateFraction": 5_007_716, "max": 9, "target": 6}
    assert (current["chainId"], current["activationTime"], len(current["forkId"])) == ("0x7a69", 0, 10)
    listed = {bytes.fromhex(address[2:]) for address in current["precompiles"].values()}
    assert listed == set(Computation.get_precompiles())
    assert list(current["precompiles"]) == sorted(current["precompiles"])
    for address in current["systemContracts"].values():
        assert chain.code(address)


def test_a_subscription_is_refused_with_what_to_do_instead(rpc):
    error = rpc.error("eth_subscribe", "newHeads")
    assert error["code"] == -32601
    assert error["message"].endswith("use eth_newFilter or eth_newBlockFilter")
