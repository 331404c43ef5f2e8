"""Errors: their codes, their words, and what web3.py makes of them."""

import re

import pytest
from eth_abi import encode
from eth_utils import keccak
from web3.exceptions import ContractCustomError, ContractLogicError, ContractPanicError, Web3RPCError

from zkrollup.evm.rpc.errors import shown
from zkrollup.evm.rpc.methods import METHODS
from zkrollup.evm.rpc.table import Method, index

STRANGER = "0x00000000000000000000000000000000DeaDBeef"
ABI = [{"type": "function", "name": "run", "stateMutability": "nonpayable", "inputs": [], "outputs": []}]
CUSTOM = keccak(text="TooMuch(uint256)")[:4] + (41).to_bytes(32, "big")
REASON = keccak(text="Error(string)")[:4] + encode(["string"], ["no way"])
PANIC = keccak(text="Panic(uint256)")[:4] + (0x11).to_bytes(32, "big")


def reverting(chain, data):
    """A contract that reverts with that data, whatever is called."""
    code = bytes.fromhex(f"61{len(data):04x}600d5f3961{len(data):04x}5ffd00") + data
    return chain.deploy_raw(bytes.fromhex(f"61{len(code):04x}80600a3d393df3") + code)


def refused(chain, data):
    return chain.w3.eth.contract(address=reverting(chain, data), abi=ABI).functions.run()


@pytest.mark.parametrize("ask", ["call", "estimate_gas", "transact"])
def test_web3_raises_a_custom_error_with_its_data(chain, ask):
    with pytest.raises(ContractCustomError) as refusal:
        getattr(refused(chain, CUSTOM), ask)()
    assert refusal.value.data == "0x" + CUSTOM.hex()


def test_web3_raises_a_reason_in_words(chain):
    with pytest.raises(ContractLogicError, match="execution reverted: no way") as refusal:
        refused(chain, REASON).call()
    assert refusal.value.data == "0x" + REASON.hex()


def test_web3_raises_a_panic(chain):
    with pytest.raises(ContractPanicError, match="Arithmetic"):
        refused(chain, PANIC).call()


@pytest.mark.parametrize(
    ("data", "message"),
    [(CUSTOM, "execution reverted"), (REASON, "execution reverted: no way"), (b"", "execution reverted")],
)
def test_a_revert_is_code_3_with_its_data(chain, rpc, data, message):
    error = rpc.error("eth_call", {"to": reverting(chain, data)})
    assert error == {"code": 3, "message": message, "data": "0x" + data.hex()}


def test_running_out_of_gas_is_no_revert(chain, rpc):
    endless = chain.deploy_raw(bytes.fromhex("635b5f56005f526004601cf3"))
    assert rpc.error("eth_call", {"to": endless}) == {"code": -32000, "message": "out of gas"}


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("eth_getBalance", ["0x12"], "address is '0x12', it must be 20 bytes"),
        ("eth_getBalance", [], "address is None, it must be 20 bytes"),
        ("eth_getBalance", [STRANGER, "soon"], "block is 'soon', it must be a quantity, a hash"),
        ("eth_getBlockByNumber", ["0x1", "yes"], "full is 'yes', it must be true or false"),
        ("eth_call", [{"to": STRANGER, "value": "-5"}], "transaction.value is '-5', it must be a quantity"),
        ("eth_call", [{"data": "0x123"}], "transaction.data is '0x123', it must be data"),
        ("eth_call", [{"data": "0x01", "input": "0x02"}], "the same bytes in data and input"),
        ("eth_call", [{"gasPrice": "0x1", "maxFeePerGas": "0x2"}], "either with gasPrice or"),
        ("eth_getLogs", [{"topics": ["0x01"]}], r"filter.topics\[0\] is '0x01', it must be 32 bytes"),
        ("eth_getLogs", [{"blockHash": "0x" + "12" * 32, "fromBlock": "0x1"}], "either with blockHash or"),
        ("eth_feeHistory", [1, "latest", [9, 4]], "in ascending order"),
        ("anvil_mine", ["0xfffffff"], "at most 100000 blocks"),
        ("evm_setBlockGasLimit", ["0x5"], "at least 5000"),
        ("anvil_reset", [{"forking": {"jsonRpcUrl": "x"}}], "no live network can be forked"),
        ("eth_chainId", [7], "1 parameters, eth_chainId takes none"),
        ("debug_traceTransaction", ["0x" + "12" * 32, {"tracer": "muxTracer"}], "options.tracer is"),
    ],
)
def test_malformed_parameters_are_named_with_value_and_rule(rpc, method, params, words):
    error = rpc.error(method, *params)
    assert error["code"] == -32602
    assert re.search(words, error["message"])


def test_params_must_be_a_list(rpc):
    answer = rpc.table.answer("eth_chainId", {"a": 1})
    assert answer["error"]["code"] == -32602


@pytest.mark.parametrize("method", ["eth_subscribe", "eth_nothing", "", 7, None])
def test_methods_that_are_refused_or_unknown_share_a_code(rpc, method):
    assert rpc.table.answer(method, [])["error"]["code"] == -32601


def test_a_refused_method_says_why(rpc):
    assert "no forking" in rpc.error("anvil_setRpcUrl", "http://localhost")["message"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": STRANGER}, "there is no key for it"),
        ({"value": hex(10**24)}, "cannot afford"),
        ({"gas": "0x5207"}, "intrinsic"),
        ({"chainId": "0x1"}, "chainId does not match node's: 1, this is chain 31337"),
        ({"nonce": "0x9"}, "nonce too high: 9"),
    ],
)
def test_a_transaction_that_no_block_can_hold_is_refused(chain, rpc, fields, words):
    error = rpc.error("eth_sendTransaction", {"to": STRANGER, **fields})
    assert error["code"] == -32000
    assert words in error["message"]
    assert chain.block_number == 0


def test_web3_raises_what_the_chain_refuses(chain):
    with pytest.raises(Web3RPCError, match="header not found: there is no block 9, the latest is 0"):
        chain.w3.eth.get_balance(STRANGER, 9)


def test_a_bug_is_an_internal_error_without_its_insides(rpc):
    def broken(node):
        raise RuntimeError("secret")

    rpc.table.by_name = index([Method("broken", "", broken)])
    assert rpc.error("broken") == {"code": -32603, "message": "internal error: RuntimeError"}


def test_values_too_long_to_show_are_still_shown():
    assert shown(10**5000) == "of type int" or len(shown(10**5000)) < 100
    assert len(shown("x" * 10_000)) < 100


def test_no_name_is_in_the_table_twice():
    with pytest.raises(ValueError, match="eth_chainId is in the table twice"):
        index([*METHODS, Method("other", "", aliases=("eth_chainId",))])
