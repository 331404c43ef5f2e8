"""reverts and refuses, on errors as the EVM and the ledger raise them; emits, on a chain."""

import pytest

from pytest_zkrollup import emits, refuses, reverts
from zkrollup import artifacts
from zkrollup.evm import Chain, Reverted


def raised(name, failure="Revert", data=b"", **fields):
    return Reverted(name, fields, data, failure=failure)


ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


class Somebody:
    address = ADDRESS


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        (reverts(), raised("AlreadyClaimed", nullifier=7)),
        (reverts(), raised("")),
        (reverts("AlreadyClaimed"), raised("AlreadyClaimed", nullifier=7)),
        (reverts("AlreadyClaimed", nullifier=7), raised("AlreadyClaimed", nullifier=7)),
        (reverts("Short", needed=5), raised("Short", holder=ADDRESS, needed=5)),
        (reverts("Short", holder=Somebody()), raised("Short", holder=ADDRESS)),
        (reverts("Short", holder=ADDRESS.lower()), raised("Short", holder=ADDRESS)),
        (reverts("Panic", code=0x11), raised("Panic", code=0x11)),
        (reverts("Error", message="paused"), raised("Error", message="paused")),
        (reverts("not yet open"), raised("Error", message="not yet open")),
        (reverts("GS020"), raised("Error", message="GS020")),
        (reverts("GS020"), raised("GS020")),
        (reverts("Error"), raised("Error", message="GS020")),
        (reverts("OutOfGas"), raised("", failure="OutOfGas")),
        (reverts("Moved", from_=7), raised("Moved", **{"from": 7})),
        (reverts("Moved", from_=7), raised("Moved", from_=7)),
        (reverts(b""), raised("")),
        (reverts(b"\x01\x02"), raised("", data=b"\x01\x02")),
        (reverts(b"\x01\x02"), raised("Paused", data=b"\x01\x02")),
    ],
)
def test_a_revert_that_fits_passes_and_is_handed_over(expected, error):
    with expected as refusal:
        raise error
    assert refusal.error is error


@pytest.mark.parametrize(
    ("expected", "error", "message"),
    [
        (reverts("AlreadyClaimed"), raised("InvalidProof"), "AlreadyClaimed, but got InvalidProof()"),
        (reverts("Claimed", id=7), raised("Claimed", id=11), "Claimed(id=7), but got Claimed(id=11)"),
        (reverts("Claimed", exit=7), raised("Claimed", id=7), "Claimed(exit=7), but got Claimed(id=7)"),
        (reverts("Short", holder=Somebody()), raised("Short", holder="0x33"), f"Short(holder={ADDRESS})"),
        (reverts("Panic", code=0x11), raised("Panic", code=0x12), "Panic(0x12), division or modulo by zero"),
        (reverts("Error", message="paused"), raised("Error", message="open"), "but got reverted: open"),
        (reverts("not yet open"), raised("NotYetOpen"), "(message='not yet open'), but got NotYetOpen()"),
        (reverts("Paused"), raised("", failure="OutOfGas"), "but got exceptional halt: OutOfGas"),
        (reverts("OutOfGas"), raised(""), "but got reverted without data"),
        (reverts("Moved", from_=7), raised("Moved", **{"from": 11}), "but got Moved(from=11)"),
        (reverts(b""), raised("Error", data=b"\x01", message="no"), "without data, but got reverted: no"),
        (reverts(b""), raised("", failure="OutOfGas"), "a revert without data, but got exceptional halt"),
        (reverts(b"\x01\x02"), raised("", data=b"\x01"), "a revert with 0x0102, but got reverted with 0x01"),
    ],
)  # fmt: skip
def test_a_revert_that_does_not_fit_fails_and_shows_both(expected, error, message):
    with pytest.raises(AssertionError) as failure, expected:
        raise error
    assert message in str(failure.value)
    assert failure.value.__cause__ is error


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        (reverts(), "expected any revert, but nothing reverted"),
        (reverts("Claimed", id=7), "expected Claimed(id=7), but nothing reverted"),
        (refuses(), "expected a refusal by the ledger, but the ledger refused nothing"),
        (refuses("balance"), "expected a refusal by rule 'balance', but the ledger refused nothing"),
    ],
)
def test_a_block_that_ends_well_fails(expected, message):
    with pytest.raises(AssertionError) as failure, expected:
        pass
    assert str(failure.value) == message


@pytest.mark.parametrize("expected", [reverts(), refuses(), refuses("balance")])
def test_other_exceptions_pass_through_untouched(expected):
    mine = KeyError("mine")
    with pytest.raises(KeyError) as failure, expected:
        raise mine
    assert failure.value is mine


def test_a_revert_is_no_refusal_by_the_ledger():
    with pytest.raises(Reverted), refuses():
        raise raised("Paused")


def test_there_is_no_error_to_read_before_the_block_has_ended():
    with pytest.raises(LookupError, match="read it after the block"), reverts() as refusal:
        refusal.error  # noqa: B018


def test_a_revert_string_takes_no_fields():
    with pytest.raises(TypeError, match="a revert string has no fields, but amount came with 'too much'"):
        reverts("too much", amount=5)
    with pytest.raises(TypeError, match="revert data has no fields, but amount came with"):
        reverts(b"\x01", amount=5)


# --- events


@pytest.fixture
def token():
    artifact = artifacts.load("TestToken")
    chain = Chain()
    token = chain.deploy(artifact.abi, artifact.bytecode, "Apple", "APL", 6)
    token.mint(chain.accounts[0], 1_009)
    return token


def test_an_event_that_fits_passes_and_is_handed_over(token):
    sender, receiver = token.chain.accounts[:2]
    with emits(token, "Transfer", from_=sender, to=receiver.address.lower(), value=7) as emitted:
        token.transfer(receiver, 5)
        token.transfer(receiver, 7)
    assert emitted.event["value"] == 7
    with emits(token.chain, "Transfer", to=receiver) as emitted:
        token.transfer(receiver, 11)
        token.transfer(receiver, 13)
    assert [event["value"] for event in emitted.events] == [11, 13]


def test_an_event_of_another_contract_name_or_value_fails_and_shows_what_there_was(token):
    chain, receiver = token.chain, token.chain.accounts[1]
    other = chain.contract(token.abi, chain.accounts[5])
    for source, name, fields in (
        (other, "Transfer", {}),
        (token, "Approval", {}),
        (token, "Transfer", {"value": 19}),
        (token, "Transfer", {"amount": 17}),
    ):
        with pytest.raises(AssertionError) as failure, emits(source, name, **fields):
            token.transfer(receiver, 17)
        assert str(failure.value).startswith(f"expected {name}")
        shown = f"Transfer(from={chain.accounts[0].address}, to={receiver.address}, value=17)"
        assert (shown in str(failure.value)) is (source is token)


def test_events_before_the_block_and_in_calls_do_not_count(token):
    token.transfer(token.chain.accounts[1], 23)
    nothing = "expected Transfer, but no event was emitted that a known ABI decodes"
    with pytest.raises(AssertionError, match=nothing), emits(token, "Transfer"):
        token.transfer.call(token.chain.accounts[1], 23)


def test_an_error_in_the_block_is_not_hidden_by_the_missing_event(token):
    with pytest.raises(Reverted), emits(token, "Transfer"):
        token.transfer(token.chain.accounts[1], 10**9)


def test_there_is_no_event_to_read_before_the_block_has_ended(token):
    with pytest.raises(LookupError, match="read it after the block"), emits(token, "Transfer") as emitted:
        emitted.event  # noqa: B018
