"""Answers as nodes write them, to web3.py where it asks."""

import re

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from zkrollup.evm import Chain
from zkrollup.evm.rpc.reading import PRIORITY_FEE

STRANGER = "0x00000000000000000000000000000000DeaDBeef"
OTHER = "0x00000000000000000000000000000000000000b2"
RETURNS_CALLDATA_WORD = "5f355f5260205ff3"
TYPED = {
    "domain": {"name": "Shop", "chainId": 31337},
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
        "Order": [{"name": "amount", "type": "uint256"}],
    },
    "primaryType": "Order",
    "message": {"amount": 17},
}


def test_quantities_have_no_leading_zeros_and_absent_things_are_null(rpc):
    block = rpc("eth_getBlockByNumber", "0x0")
    assert (block["number"], block["gasUsed"], block["nonce"]) == ("0x0", "0x0", "0x" + "00" * 8)
    assert rpc("eth_getBlockByNumber", "0x9") is None
    assert rpc("eth_getBlockReceipts", "0x9") is None
    assert rpc("eth_getTransactionByHash", "0x" + "12" * 32) is None


def test_the_pending_block_has_no_hash(chain, rpc):
    block = rpc("eth_getBlockByNumber", "pending", True)
    assert (block["number"], block["hash"], block["miner"]) == ("0x1", None, None)
    assert chain.w3.eth.get_block("pending")["number"] == 1


def test_a_block_is_found_by_number_hash_tag_and_object(rpc):
    rpc("evm_mine")
    rpc("anvil_setBalance", STRANGER, "0x5")
    rpc("evm_mine")
    first = rpc("eth_getBlockByNumber", "0x1")["hash"]
    for at in ("0x0", "earliest", {"blockNumber": "0x0"}):
        assert rpc("eth_getBalance", STRANGER, at) == "0x0"
    for at in ("0x1", first, {"blockHash": first}, "latest", None):
        assert rpc("eth_getBalance", STRANGER, at) == "0x5"


def test_receipts_of_a_block_are_those_of_its_transactions(rpc):
    sent = rpc("eth_sendTransaction", {"to": STRANGER, "value": "0x5"})
    assert rpc("eth_getBlockReceipts", "0x1") == [rpc("eth_getTransactionReceipt", sent)]
    assert rpc("eth_getTransactionByBlockNumberAndIndex", "0x1", "0x0")["hash"] == sent
    assert rpc("eth_getTransactionByBlockNumberAndIndex", "0x1", "0x1") is None


def test_fee_history_holds_base_fees_up_to_the_next_and_tips(chain):
    chain.mine(2)
    chain.w3.eth.send_transaction({"to": STRANGER, "maxPriorityFeePerGas": 7, "maxFeePerGas": 10**10})
    history = chain.w3.eth.fee_history(2, "latest", [50])
    assert history["oldestBlock"] == 2
    assert history["baseFeePerGas"][:2] == [chain.w3.eth.get_block(n)["baseFeePerGas"] for n in (2, 3)]
    assert history["baseFeePerGas"][2] == chain.engine.next_base_fee
    assert history["reward"] == [[0], [7]]


def test_fees_that_clients_ask_for(chain):
    assert chain.w3.eth.max_priority_fee == PRIORITY_FEE
    assert chain.w3.eth.gas_price == chain.engine.next_base_fee + PRIORITY_FEE
    assert int(chain.w3.provider.make_request("eth_blobBaseFee", [])["result"], 16) == 1


def test_overrides_hold_for_an_estimate(rpc):
    rpc("anvil_setCode", STRANGER, "0x00")
    call = {"to": STRANGER}
    plain = rpc("eth_estimateGas", call)
    override = {STRANGER: {"code": "0x60015f55"}}
    assert int(rpc("eth_estimateGas", call, "latest", override), 16) > int(plain, 16) + 20_000
    assert rpc.error("eth_estimateGas", call, "latest", {STRANGER: {"code": "0x5f5ffd"}})["code"] == 3
    late = "0x6363b0cd004210600d575f5ffd5b00"  # reverts from 2023 on
    assert rpc.error("eth_estimateGas", call, "latest", {STRANGER: {"code": late}})["code"] == 3
    assert rpc("eth_estimateGas", call, "latest", {STRANGER: {"code": late}}, {"time": "0x5"})
    assert rpc("eth_estimateGas", call) == plain


def test_overrides_hold_for_one_call(chain, rpc):
    override = {STRANGER: {"code": "0x" + RETURNS_CALLDATA_WORD}}
    asked = {"to": STRANGER, "data": "0x" + "00" * 31 + "2b"}
    assert int(rpc("eth_call", asked, "latest", override), 16) == 0x2B
    assert rpc("eth_call", asked) == "0x"


def test_block_overrides_hold_for_one_call(rpc):
    number = {STRANGER: {"code": "0x435f5260205ff3"}}
    assert int(rpc("eth_call", {"to": STRANGER}, "latest", number, {"number": "0x4d2"}), 16) == 1234
    assert int(rpc("eth_call", {"to": STRANGER}, "latest", number), 16) == 0
    error = rpc.error("eth_call", {"to": STRANGER}, "latest", number, {"weather": "0x1"})
    assert "block_overrides" in error["message"]


def test_an_access_list_names_what_is_touched(chain, rpc):
    reader = chain.deploy_raw(bytes.fromhex("6003600a5f3960035ff3600754"))
    found = rpc("eth_createAccessList", {"to": reader})
    assert [entry["address"] for entry in found["accessList"]] == [reader.lower()]
    assert [int(key, 16) for key in found["accessList"][0]["storageKeys"]] == [7]


def test_an_access_list_does_not_name_what_the_call_itself_creates(rpc):
    # CREATE of code that stores, then a look at the balance of STRANGER.
    code = "0x6560075f5500005f526006601a5ff0" + f"73{STRANGER[2:]}31" + "00"
    rpc("anvil_setCode", OTHER, code)
    listed = rpc("eth_createAccessList", {"to": OTHER, "gas": "0x493e0"})["accessList"]
    assert listed == [{"address": STRANGER.lower(), "storageKeys": []}]


def test_proofs_need_exact_roots(rpc):
    assert "exact_roots=True" in rpc.error("eth_getProof", STRANGER, [], "latest")["message"]
    proof = Chain(accounts=2, exact_roots=True)
    account = proof.accounts[0].address
    found = proof.w3.eth.get_proof(account, [5], "latest")
    assert (found["balance"], found["storageProof"][0]["value"]) == (10_000 * 10**18, b"\0")


def test_managed_accounts_sign_messages_and_others_do_not(chain):
    w3, account = chain.w3, chain.accounts[1]
    signature = w3.eth.sign(account.address, text="hello")
    assert Account.recover_message(encode_defunct(text="hello"), signature=signature) == account.address
    typed = w3.provider.make_request("eth_signTypedData_v4", [account.address, TYPED])["result"]
    signer = Account.recover_message(encode_typed_data(full_message=TYPED), signature=typed)
    assert signer == account.address
    refused = w3.provider.make_request("eth_sign", [STRANGER, "0x12"])
    assert refused["error"]["code"] == -32000


@pytest.mark.parametrize("typed", [{}, {**TYPED, "primaryType": "Nothing"}, "{", "[" * 10_000, 5])
def test_typed_data_that_is_none_is_refused(chain, rpc, typed):
    assert rpc.error("eth_signTypedData_v4", chain.accounts[1].address, typed)["code"] == -32602


@pytest.mark.parametrize(
    ("kind", "pair", "words"),
    [
        ("uint8[2]", [1], r"uint8\[2\] has 2 items, not 1"),
        ("uint8[2]", [1, 2, 3], r"uint8\[2\] has 2 items, not 3"),
        ("uint8[2][]", [[1, 2], [3]], r"uint8\[2\] has 2 items, not 1"),
        ("uint8[][2]", [[1]], r"uint8\[\]\[2\] has 2 items, not 1"),
        ("uint8[2]", 7, r"uint8\[2\] is a list"),
        ("Inner[1]", [{"amount": 5}, {"amount": 7}], r"Inner\[1\] has 1 items, not 2"),
        ("Inner", {}, "Inner has the members amount"),
        ("Inner", {"amount": 5, "more": 6}, "Inner has the members amount"),
    ],
)
def test_typed_data_that_does_not_fit_its_types_is_refused(chain, rpc, kind, pair, words):
    types = {"Order": [{"name": "pair", "type": kind}], "Inner": [{"name": "amount", "type": "uint8"}]}
    typed = {"domain": {}, "types": {"EIP712Domain": [], **types}, "primaryType": "Order"}
    error = rpc.error("eth_signTypedData_v4", chain.accounts[0].address, {**typed, "message": {"pair": pair}})
    assert (error["code"], bool(re.search(words, error["message"]))) == (-32602, True)


@pytest.mark.parametrize(
    ("kind", "pair"), [("uint8[2]", [1, 2]), ("uint8[]", [1, 2, 3]), ("Inner[1][]", [[{"amount": 5}]] * 2)]
)
def test_typed_data_that_fits_is_signed(chain, rpc, kind, pair):
    types = {"Order": [{"name": "pair", "type": kind}]}
    if "Inner" in kind:
        types["Inner"] = [{"name": "amount", "type": "uint8"}]
    typed = {"domain": {}, "types": {"EIP712Domain": [], **types}, "primaryType": "Order"}
    account = chain.accounts[0]
    signature = rpc("eth_signTypedData_v4", account.address, {**typed, "message": {"pair": pair}})
    message = encode_typed_data(full_message={**typed, "message": {"pair": pair}})
    assert Account.recover_message(message, signature=signature) == account.address


def test_signing_a_transaction_sends_nothing(chain, rpc):
    signed = rpc("eth_signTransaction", {"to": STRANGER, "value": "0x5"})
    assert chain.block_number == 0
    assert rpc("eth_sendRawTransaction", signed["raw"]) == signed["tx"]["hash"]
    assert chain.balance(STRANGER) == 5


def test_a_call_may_name_more_gas_than_a_block_has(rpc):
    assert rpc("eth_call", {"to": STRANGER, "gas": "0xffffffffff"}) == "0x"


def test_what_never_changes(rpc):
    assert rpc("eth_syncing") is False
    assert rpc("net_listening") is True
    assert rpc("web3_clientVersion").startswith("pytest-zkrollup/")
    assert rpc("web3_sha3", "0x") == "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
