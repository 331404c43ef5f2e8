"""Blob and set-code transactions, signed by web3's accounts."""

import pytest

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


def test_an_account_runs_the_code_it_delegated_to(chain, counter):
    contract, account, payer = counter.on(chain), chain.accounts[5], chain.accounts[1]
    authorization = account.sign_authorization({"chainId": 31337, "address": contract.address, "nonce": 0})
    transaction = {
        "chainId": 31337,
        "nonce": 0,
        "gas": 200_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
        "to": account.address,
        "value": 0,
        "data": b"",
        "authorizationList": [authorization],
    }
    sent = chain.w3.eth.send_raw_transaction(payer.sign_transaction(transaction).raw_transaction)
    assert chain.w3.eth.get_transaction_receipt(sent)["status"] == 1
    assert chain.code(account) == bytes.fromhex("ef0100" + contract.address[2:])
    assert chain.storage(account, 0) == 1
    assert chain.storage(contract, 0) == 0
    assert chain.trace(bytes(sent)).to == account.address
    # Calls the address in calldata.
    runtime = bytes.fromhex("5f5f5f5f5f5f355af100")
    caller = chain.deploy_raw(bytes.fromhex(f"61{len(runtime):04x}80600a5f395ff3") + runtime)
    receipt = chain.transact(to=caller, data=bytes.fromhex(account.address[2:]).rjust(32, b"\0"))
    (inner,) = chain.trace(receipt).calls
    assert inner.to == account.address
    assert chain.storage(account, 0) == 2
    assert chain.contract(counter.abi, account.address).next() == 3


@pytest.mark.slow
def test_a_blob_transaction_is_mined_and_its_hash_visible(chain):
    # mstore(0, blobhash(0)); sstore(0, mload(0))
    runtime = bytes.fromhex("5f495f55")
    contract = chain.deploy_raw(bytes.fromhex(f"61{len(runtime):04x}80600a5f395ff3") + runtime)
    transaction = {
        "type": 3,
        "chainId": 31337,
        "nonce": 0,
        "gas": 200_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
        "maxFeePerBlobGas": 10**10,
        "to": contract,
        "value": 0,
        "data": b"",
    }
    blob = bytes([0, *([7] * 31)]) * 4096
    signed = chain.accounts[1].sign_transaction(transaction, blobs=[blob])
    sent = chain.w3.eth.send_raw_transaction(signed.raw_transaction)
    mined = chain.w3.eth.get_transaction(sent)
    assert chain.w3.eth.get_transaction_receipt(sent)["status"] == 1
    assert chain.storage(contract, 0) == int.from_bytes(mined["blobVersionedHashes"][0], "big") != 0
    assert chain.w3.eth.get_block("latest")["blobGasUsed"] == 2**17
