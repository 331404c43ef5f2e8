"""Senders without a key."""

import pytest
from eth_account import Account
from web3.exceptions import Web3RPCError

from zkrollup.evm import Impersonated, InvalidTransaction, UnknownSender
from zkrollup.evm.engine.transactions import CallFields

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


def test_an_impersonated_address_is_caller_and_origin(chain, context):
    contract = context.on(chain)
    seen = contract.paid.call(sender=STRANGER)
    assert seen.caller == seen.origin == STRANGER
    with chain.impersonate(STRANGER) as sender:
        assert sender == Impersonated(STRANGER)
        receipt = contract.paid(sender=sender)
    mined = chain.w3.eth.get_transaction(receipt.transaction_hash)
    assert mined["from"] == STRANGER
    assert chain.w3.eth.get_transaction_receipt(receipt.transaction_hash)["from"] == STRANGER
    assert chain.w3.eth.get_block(receipt.block_number, True)["transactions"][0]["from"] == STRANGER


def test_the_event_of_an_impersonated_call_names_the_address(chain, counter):
    contract = counter.on(chain)
    with chain.impersonate(STRANGER) as sender:
        assert contract.count(sender=sender).event("Counted")["caller"] == STRANGER


def test_a_contract_can_send_and_pays_no_gas(chain, counter):
    contract, other = counter.on(chain), counter.on(chain)
    contract.pay(value=503)
    with chain.impersonate(contract) as sender:
        receipt = other.pay(sender=sender, value=307)
        assert receipt.gas_price == 0
        with pytest.raises(InvalidTransaction, match="balance"):
            other.pay(sender=sender, value=197)
    assert chain.balance(contract) == 196
    assert chain.balance(other) == 307
    # One for being created (EIP-161), one for the transaction.
    assert chain.nonce(contract) == 2


def test_impersonation_ends_with_its_context(chain):
    with chain.impersonate(STRANGER) as sender:
        with chain.impersonate(STRANGER):
            chain.transact(sender=sender, to=chain.accounts[0])
        chain.transact(sender=sender.address, to=chain.accounts[0])
    with pytest.raises(UnknownSender):
        chain.transact(sender=sender, to=chain.accounts[0])


def test_an_impersonation_begun_for_good_inside_a_context_outlasts_it(chain):
    raw = bytes.fromhex(STRANGER.removeprefix("0x"))
    with chain.impersonate(STRANGER) as sender:
        chain.engine.impersonate(raw)
    chain.transact(sender=sender.address, to=chain.accounts[0])
    chain.engine.stop_impersonating(raw)
    with pytest.raises(UnknownSender):
        chain.transact(sender=sender.address, to=chain.accounts[0])


def test_a_context_goes_on_where_an_impersonation_for_good_ends_inside(chain):
    raw = bytes.fromhex(STRANGER.removeprefix("0x"))
    chain.engine.impersonate(raw)
    with chain.impersonate(STRANGER) as sender:
        chain.engine.stop_impersonating(raw)
        chain.transact(sender=sender, to=chain.accounts[0])
    with pytest.raises(UnknownSender):
        chain.transact(sender=sender, to=chain.accounts[0])


def test_two_impersonated_senders_of_the_same_call_have_different_hashes(chain):
    with chain.impersonate(STRANGER) as one, chain.impersonate("0x" + "12" * 20) as two:
        hashes = {chain.transact(sender=s, to=chain.accounts[0]).transaction_hash for s in (one, two)}
    assert len(hashes) == 2


def test_web3_can_send_from_an_impersonated_address_and_from_no_other_stranger(chain):
    w3 = chain.w3
    fields = {"from": STRANGER, "to": chain.accounts[1].address, "value": 0}
    with pytest.raises(Web3RPCError, match="from"):
        w3.eth.send_transaction(fields)
    with chain.impersonate(STRANGER):
        sent = w3.eth.send_transaction(fields)
    assert w3.eth.get_transaction(sent)["from"] == STRANGER


def test_a_raw_transaction_cannot_pretend_to_be_impersonated(chain):
    stranger = bytes.fromhex(STRANGER[2:])
    with chain.impersonate(STRANGER):
        raw = chain.engine.sign(CallFields(stranger, b"\x12" * 20, gas=21_000)).encoded
    with pytest.raises(Web3RPCError, match="invalid transaction v, r, s values"):
        chain.w3.eth.send_raw_transaction(raw)


def test_a_wrong_signature_is_refused(chain):
    stranger = Account.create()
    signed = stranger.sign_transaction(
        {
            "to": STRANGER,
            "value": 1,
            "gas": 21_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 1,
            "nonce": 0,
            "chainId": 31337,
        }
    )
    with pytest.raises(Web3RPCError, match="afford"):
        chain.w3.eth.send_raw_transaction(signed.raw_transaction)
