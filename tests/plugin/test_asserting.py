"""reverts and refuses, without a chain: errors as the EVM and the ledger raise them."""

import pytest

from pytest_zkrollup import refuses, reverts
from zkrollup.evm import Reverted


def raised(name, failure="Revert", **fields):
    return Reverted(name, fields, b"", failure=failure)


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
        (reverts("OutOfGas"), raised("", failure="OutOfGas")),
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
        (reverts("paused"), raised("Error", message="paused"), "expected paused, but got reverted: paused"),
        (reverts("not yet open"), raised("NotYetOpen"), "Error(message=not yet open), but got NotYetOpen()"),
        (reverts("Paused"), raised("", failure="OutOfGas"), "but got exceptional halt: OutOfGas"),
        (reverts("OutOfGas"), raised(""), "but got reverted without data"),
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
