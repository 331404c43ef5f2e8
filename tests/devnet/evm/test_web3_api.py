"""web3.py, unmodified, over the chain."""

import pytest
from web3.exceptions import TransactionNotFound, Web3RPCError

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


def signed(account, **fields):
    defaults = {
        "to": STRANGER,
        "value": 307,
        "gas": 21_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
        "nonce": 0,
        "chainId": 31337,
    }
    return account.sign_transaction({**defaults, **fields}).raw_transaction


def test_managed_accounts_send(chain):
    w3 = chain.w3
    assert w3.is_connected()
    assert w3.eth.accounts == [a.address for a in chain.accounts]
    sent = w3.eth.send_transaction({"from": w3.eth.accounts[3], "to": STRANGER, "value": 501})
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    assert (receipt["status"], receipt["gasUsed"], receipt["blockNumber"]) == (1, 21_000, 1)
    assert w3.eth.get_balance(STRANGER) == chain.balance(STRANGER) == 501
    assert w3.eth.get_transaction_count(w3.eth.accounts[3]) == 1
    assert w3.eth.block_number == chain.block_number == 1


def test_raw_transactions_of_every_fee_type_are_mined(chain):
    w3, account = chain.w3, chain.accounts[2]
    w3.eth.send_raw_transaction(signed(account))
    legacy = {"to": STRANGER, "value": 5, "gas": 21_000, "gasPrice": 10**10, "nonce": 1, "chainId": 31337}
    w3.eth.send_raw_transaction(account.sign_transaction(legacy).raw_transaction)
    listed = {
        **legacy,
        "nonce": 2,
        "accessList": [{"address": STRANGER, "storageKeys": []}],
        "gas": 30_000,
        "type": 1,
    }
    w3.eth.send_raw_transaction(account.sign_transaction(listed).raw_transaction)
    assert chain.balance(STRANGER) == 317
    assert [len(w3.eth.get_block(n)["transactions"]) for n in (1, 2, 3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"chainId": 1}, "signed for chain 1, this is chain 31337"),
        ({"nonce": 3}, "nonce"),
        ({"maxFeePerGas": 5, "maxPriorityFeePerGas": 1}, "base fee"),
        ({"gas": 20_999}, "intrinsic"),
        ({"value": 10**23}, "balance"),
    ],
)
def test_a_raw_transaction_that_no_block_can_hold_is_an_rpc_error(chain, fields, rule):
    with pytest.raises(Web3RPCError, match=rule):
        chain.w3.eth.send_raw_transaction(signed(chain.accounts[2], **fields))
    assert chain.block_number == 0


def test_a_legacy_transaction_of_another_chain_is_refused(chain):
    foreign = {"to": STRANGER, "value": 5, "gas": 21_000, "gasPrice": 10**10, "nonce": 0, "chainId": 5}
    raw = chain.accounts[2].sign_transaction(foreign).raw_transaction
    with pytest.raises(Web3RPCError, match="chain 5"):
        chain.w3.eth.send_raw_transaction(raw)


def test_contracts_events_and_logs(chain, counter):
    w3 = chain.w3
    factory = w3.eth.contract(abi=counter.abi, bytecode=counter.code)
    deployed = w3.eth.wait_for_transaction_receipt(factory.constructor().transact())
    contract = w3.eth.contract(address=deployed["contractAddress"], abi=counter.abi)
    assert contract.functions.next().call() == 1
    receipt = w3.eth.wait_for_transaction_receipt(
        contract.functions.count().transact({"from": w3.eth.accounts[4]})
    )
    (log,) = contract.events.Counted().process_receipt(receipt)
    assert dict(log["args"]) == {"count": 1, "caller": w3.eth.accounts[4]}
    contract.functions.pay().transact({"value": 503})
    assert [e["args"]["count"] for e in contract.events.Counted.get_logs(from_block=0)] == [1, 2]
    assert len(w3.eth.get_logs({"fromBlock": 3, "toBlock": "latest", "address": contract.address})) == 1


def test_the_chain_and_web3_see_the_same_transactions(chain, counter):
    contract = counter.on(chain)
    contract.w3.functions.count().transact()
    contract.count()
    assert contract.next() == contract.w3.functions.next().call() == 3
    assert [e["count"] for e in contract.events("Counted")] == [1, 2]


def test_filters_see_transactions_that_bypass_web3(chain, counter):
    contract = counter.on(chain)
    blocks = chain.w3.eth.filter("latest")
    pending = chain.w3.eth.filter("pending")
    logs = contract.w3.events.Counted.create_filter(from_block="latest")
    receipt = contract.count()
    chain.mine()
    chain.travel(5)
    assert len(blocks.get_new_entries()) == 3
    assert [bytes(h) for h in pending.get_new_entries()] == [receipt.transaction_hash]
    assert [e["args"]["count"] for e in logs.get_new_entries()] == [1]
    assert logs.get_new_entries() == []


def test_an_estimate_suffices_and_little_less_does_not(chain, counter):
    contract = counter.on(chain)
    gas = contract.w3.functions.count().estimate_gas()
    with chain.anchor():
        assert contract.count(gas=gas).gas_used <= gas
    used = contract.count().gas_used
    assert used <= gas <= used * 1.02


def test_calls_at_an_earlier_block_see_its_state(chain, counter):
    contract = counter.on(chain)
    contract.count()
    contract.count()
    assert contract.w3.functions.next().call(block_identifier=1) == 1
    assert contract.w3.functions.next().call(block_identifier=2) == 2
    chain.transact(to=STRANGER, value=9)
    assert chain.w3.eth.get_balance(STRANGER, 3) == 0


def test_fees_follow_the_base_fee(chain):
    block = chain.w3.eth.get_block("latest")
    assert chain.w3.eth.gas_price >= 10**9
    chain.mine(5)
    assert chain.w3.eth.get_block("latest")["baseFeePerGas"] < block["baseFeePerGas"]
    assert chain.w3.eth.get_block("latest")["gasLimit"] == 30_000_000


def test_an_unknown_transaction_is_not_found(chain):
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction_receipt("0x" + "12" * 32)
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction("0x" + "12" * 32)
