"""Errors begin as geth's do: clients know them by their words.

The patterns are viem's (src/errors/node.ts) and ethers's (providers/provider-jsonrpc.ts).
"""

import re

import pytest
from eth_abi import encode
from eth_utils import keccak

TO = "0x00000000000000000000000000000000000000d7"
GWEI = 10**9

INSUFFICIENT_FUNDS = "insufficient funds"
NONCE_TOO_LOW = "nonce too low|transaction already imported|already known"
NONCE_TOO_HIGH = "nonce too high"
NONCE_MAX = "nonce has max value"
CAP_TOO_LOW = (
    "max fee per gas less than block base fee|fee cap less than block base fee|transaction is outdated"
)
TIP_ABOVE_CAP = "max priority fee per gas higher than max fee per gas|tip higher than fee cap"
GAS_TOO_LOW = "intrinsic gas too low"
GAS_TOO_HIGH = "intrinsic gas too high|gas limit reached"
UNDERPRICED = "replacement transaction.*underpriced"
NO_SUCH_METHOD = "the method .* does not exist"


@pytest.mark.parametrize(
    ("fields", "pattern"),
    [
        ({"value": hex(10**24)}, INSUFFICIENT_FUNDS),
        ({"nonce": "0x0"}, NONCE_TOO_LOW),
        ({"nonce": "0x9"}, NONCE_TOO_HIGH),
        ({"nonce": hex(2**64 - 1)}, NONCE_MAX),
        ({"maxFeePerGas": "0x5"}, CAP_TOO_LOW),
        ({"gasPrice": "0x5"}, CAP_TOO_LOW),
        ({"maxFeePerGas": hex(10 * GWEI), "maxPriorityFeePerGas": hex(11 * GWEI)}, TIP_ABOVE_CAP),
        ({"gas": "0x5207"}, GAS_TOO_LOW),
        ({"gas": hex(30_000_001)}, GAS_TOO_HIGH),
        ({"gas": "0x6000", "data": "0x" + "ff" * 200}, "insufficient gas for floor data gas cost"),
        ({"chainId": "0x1"}, "chainId does not match node's"),
        ({"from": TO}, "unknown account"),
    ],
)
def test_a_transaction_is_refused_in_words_that_clients_know(rpc, accounts, fields, pattern):
    rpc("eth_sendTransaction", {"from": accounts[1], "to": TO})
    error = rpc.error("eth_sendTransaction", {"from": accounts[1], "to": TO, "gas": "0x7530", **fields})
    assert error["code"] == -32000
    assert re.match(pattern, error["message"])


@pytest.mark.parametrize(
    ("fields", "pattern"),
    [
        ({"value": hex(10**24)}, INSUFFICIENT_FUNDS),
        ({"maxFeePerGas": "0x5"}, CAP_TOO_LOW),
        ({"maxFeePerGas": hex(10 * GWEI), "maxPriorityFeePerGas": hex(11 * GWEI)}, TIP_ABOVE_CAP),
        ({"gas": "0x5207"}, GAS_TOO_LOW),
    ],
)
@pytest.mark.parametrize("method", ["eth_call", "eth_createAccessList", "debug_traceCall"])
def test_what_is_tried_is_refused_in_the_same_words(rpc, accounts, method, fields, pattern):
    error = rpc.error(method, {"from": accounts[1], "to": TO, **fields}, "latest")
    assert re.match(pattern, error["message"])


def test_what_waits_already_and_what_does_not_outbid_it_are_told_apart(chain, rpc, accounts):
    rpc("evm_setAutomine", False)
    fields = {"from": accounts[1], "to": TO, "gas": "0x5208", "nonce": "0x0"}
    fields |= {"maxFeePerGas": hex(10 * GWEI), "maxPriorityFeePerGas": hex(GWEI)}
    rpc("eth_sendTransaction", fields)
    assert re.match(NONCE_TOO_LOW, rpc.error("eth_sendTransaction", fields)["message"])
    assert re.match(UNDERPRICED, rpc.error("eth_sendTransaction", {**fields, "value": "0x3"})["message"])
    doubled = {"maxFeePerGas": hex(20 * GWEI), "maxPriorityFeePerGas": hex(2 * GWEI)}
    replacing = rpc("eth_sendTransaction", {**fields, **doubled, "value": "0x3"})
    rpc("evm_mine")
    assert rpc("eth_getTransactionReceipt", replacing)["status"] == "0x1"


def test_a_used_nonce_is_refused_where_transactions_wait_too(rpc, accounts):
    rpc("eth_sendTransaction", {"from": accounts[1], "to": TO})
    rpc("evm_setAutomine", False)
    send = {"from": accounts[1], "to": TO, "gas": "0x5208", "nonce": "0x0"}
    assert re.match(NONCE_TOO_LOW, rpc.error("eth_sendTransaction", send)["message"])


@pytest.mark.parametrize("method", ["eth_nothing", "eth_getWork"])
def test_a_method_that_is_not_there_is_said_not_to_exist(rpc, method):
    error = rpc.error(method)
    assert error["code"] == -32601
    assert re.match(NO_SUCH_METHOD, error["message"])


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("eth_getFilterChanges", ["0x77"], "filter not found: 119 "),
        ("eth_getBalance", [TO, "0x9"], "header not found: "),
        ("debug_traceTransaction", ["0x" + "12" * 32], "transaction not found: "),
        ("eth_sign", [TO, "0x01"], "unknown account: "),
        ("eth_sendRawTransaction", ["0x02c0"], "malformed transaction: "),
    ],
)
def test_what_is_not_found_is_named_after_the_words(rpc, method, params, words):
    assert rpc.error(method, *params)["message"].startswith(words)


def panic(code):
    return keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [code])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (panic(0x01), "execution reverted: assert(false)"),
        (panic(0x11), "execution reverted: arithmetic underflow or overflow"),
        (panic(0x32), "execution reverted: out-of-bounds access of an array or bytesN"),
        (panic(0x77), "execution reverted: unknown panic code: 0x77"),
        (panic(0x11)[:-1], "execution reverted"),
        (keccak(text="Error(string)")[:4] + encode(["string"], ["no way"]), "execution reverted: no way"),
        (keccak(text="Error(string)")[:4], "execution reverted"),
        (keccak(text="Mine(uint256)")[:4] + encode(["uint256"], [17]), "execution reverted"),
    ],
)
@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_revert_data_is_told_in_words_and_as_it_is(rpc, method, data, message):
    copy = bytes.fromhex(f"61{len(data):04x}600d5f3961{len(data):04x}5ffd00")
    rpc("anvil_setCode", TO, "0x" + (copy + data).hex())
    error = rpc.error(method, {"to": TO})
    assert error == {"code": 3, "message": message, "data": "0x" + data.hex()}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("fe", "invalid opcode"),
        ("0c", "invalid opcode"),
        ("600356", "invalid jump destination"),
        ("50", "stack underflow"),
        ("5b5f600056", "stack limit reached 1024"),
        ("60015f5f3e", "return data out of bounds"),
        ("6001620fffff5260015ffd", "out of gas"),
    ],
)
def test_an_exceptional_halt_is_named_as_geth_names_it(rpc, code, message):
    rpc("anvil_setCode", TO, "0x" + code)
    assert rpc.error("eth_call", {"to": TO, "gas": "0x186a0"}) == {"code": -32000, "message": message}


def test_an_estimate_that_no_gas_suffices_for_names_the_gas(rpc):
    rpc("anvil_setCode", TO, "0x5b5f56")
    assert rpc.error("eth_estimateGas", {"to": TO, "gas": "0x186a0"}) == {
        "code": -32000,
        "message": "gas required exceeds allowance (100000)",
    }
