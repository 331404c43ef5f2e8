"""Traces in the words of ABIs: what was called, with what, and why it failed."""

import pytest

from zkrollup import artifacts
from zkrollup.evm import Chain, Reverted


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def token(chain):
    artifact = artifacts.load("TestToken")
    token = chain.deploy(artifact.abi, artifact.bytecode, "Traced", "TRC", 18)
    token.mint(chain.accounts[1], 907)
    return token


def test_a_call_has_its_function_arguments_result_and_events(chain, token):
    sender, receiver = chain.accounts[1], chain.accounts[2]
    receipt = token.transfer(receiver, 503, sender=sender)
    trace = chain.trace(receipt)
    assert (trace.kind, trace.sender, trace.to) == ("CALL", sender.address, token.address)
    assert trace.function == "transfer"
    assert trace.args == {"to": receiver.address, "value": 503}
    assert trace.gas_used == receipt.gas_used
    assert list(trace.result.values()) == [True]
    assert trace.failure is None
    (event,) = trace.events
    assert (event.name, event.args["value"]) == ("Transfer", 503)


def test_a_transaction_is_found_by_its_hash_in_bytes_and_in_hex(chain, token):
    receipt = token.transfer(chain.accounts[2], 7, sender=chain.accounts[1])
    by_hash = chain.trace(receipt.transaction_hash)
    assert by_hash == chain.trace("0x" + receipt.transaction_hash.hex()) == chain.trace(receipt)


def test_an_unknown_transaction_is_refused(chain):
    with pytest.raises(LookupError, match="0x2121"):
        chain.trace(b"\x21" * 32)


def test_tracing_changes_nothing(chain, token):
    receipt = token.transfer(chain.accounts[2], 11, sender=chain.accounts[1])
    before = chain.block_number, token.balanceOf(chain.accounts[2]), chain.nonce(chain.accounts[1])
    chain.trace(receipt)
    assert (chain.block_number, token.balanceOf(chain.accounts[2]), chain.nonce(chain.accounts[1])) == before


def test_an_older_transaction_is_traced_as_it_was(chain, token):
    first = token.transfer(chain.accounts[2], 905, sender=chain.accounts[1])
    token.transfer(chain.accounts[2], 2, sender=chain.accounts[1])
    assert chain.trace(first).failure is None


def test_a_failed_transaction_and_a_failed_call_say_what_they_did(chain, token):
    sender = chain.accounts[1]
    with pytest.raises(Reverted) as mined:
        token.transfer(chain.accounts[2], 908, sender=sender)
    with pytest.raises(Reverted) as called:
        token.transfer.call(chain.accounts[2], 909, sender=sender)
    for failed, amount in ((mined, 908), (called, 909)):
        trace = failed.value.retrace()
        assert trace.args["value"] == amount
        assert trace.failure == str(failed.value)
        assert trace.result == {}
        assert trace.events == ()


def test_a_creation_has_no_arguments_and_its_address(chain, token):
    trace = chain.trace(chain.engine.block(1).transactions[0].hash)
    assert (trace.kind, trace.function, trace.args, trace.to) == ("CREATE", "", {}, token.address)


def test_calldata_and_logs_of_no_abi_are_shown_as_they_are(chain):
    # Copies calldata to memory, logs it under one topic, returns it.
    runtime = bytes.fromhex("365f5f37602a365fa1365ff3")
    address = chain.deploy_raw(bytes.fromhex(f"60{len(runtime):02x}80600a5f395ff3") + b"\0" + runtime)
    receipt = chain.transact(to=address, data=b"\xaa\xbb\xcc\xdd\x05")
    trace = chain.trace(receipt)
    assert trace.function == "0xaabbccdd"
    assert trace.args == {"data": b"\x05"}
    assert trace.result == {"data": b"\xaa\xbb\xcc\xdd\x05"}
    assert trace.events[0].args["data"] == b"\xaa\xbb\xcc\xdd\x05"


def test_text_uses_labels_shortens_numbers_and_draws_the_tree(chain, token):
    chain.label(token, "TRC")
    chain.label(chain.accounts[2], "carol")
    ok = str(chain.trace(token.transfer(chain.accounts[2], 3, sender=chain.accounts[1]))).splitlines()
    assert ok[0].startswith("TRC.transfer(to=carol, value=3) [")
    assert ok[0].endswith("gas] → True")
    assert ok[1].startswith("└─ emit Transfer(from=0x")
    with pytest.raises(Reverted) as failed:
        token.transfer(chain.accounts[2], 2**255, sender=chain.accounts[1])
    text = str(failed.value.retrace())
    assert "value=0x8000…0000" in text
    assert text.splitlines()[-1] == f"└─ ✗ {failed.value}"


def test_a_label_goes_where_what_it_named_has_gone(chain):
    first, second = chain.accounts[2].address, chain.accounts[3].address
    chain.label(first, "kept")
    snapshot = chain.snapshot()
    with chain.anchor():
        chain.label(second, "Vault")
        chain.label(first, "renamed")
        assert "Vault" in str(chain.trace(chain.transact(to=second)))
    assert "Vault" not in str(chain.trace(chain.transact(to=second)))
    chain.label(second, "Vault")
    chain.revert(snapshot)
    assert "Vault" not in str(chain.trace(chain.transact(to=second)))
    assert "kept" in str(chain.trace(chain.transact(to=first)))
