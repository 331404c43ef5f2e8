"""Logs that are not what solc would write for their ABI: each is listed, with what is wrong."""

import pytest
from tests.devnet.evm.conftest import event, function, parameters
from tests.devnet.evm.programs import logging, returning, reverting, selector, text, topic, word

from zkrollup.evm import Reverted, UndecodableResult, UnknownField

ADDRESS = "0x00000000000000000000000000000000000000C1"
OTHER = "0x00000000000000000000000000000000000000C2"
HOLDER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
BYTES = b"\xff\x00\xfe"
"""No UTF-8."""
TRANSFER = "Transfer(address,address,uint256)"


@pytest.fixture
def emitted(chain):
    """The one event of a transaction that logs this, at an address of this ABI."""

    def emit(abi, data, *topics, at=ADDRESS):
        chain.set_code(at, logging(data, *topics))
        if abi is not None:
            chain.contract(abi, at)
        receipt = chain.transact(to=at)
        assert len(receipt.logs) == 1
        assert [each.log for each in receipt.events] == list(receipt.logs)[: len(receipt.events)]
        return receipt.events[0] if receipt.events else None

    return emit


def as_bytes(value):
    return value.encode("utf-8", "surrogateescape")


# --- text


@pytest.mark.parametrize("kind", ["string", "string[]", "(string,uint8)"])
def test_text_that_is_no_utf_8_is_listed_and_gives_its_bytes_back(emitted, kind):
    entry = {"name": "text", "type": kind, "indexed": False}
    data = text(BYTES)
    if kind == "string[]":
        data = word(32) + word(1) + text(BYTES)
    elif kind != "string":
        entry |= {"type": "tuple", "components": parameters("string text", "uint8 n")}
        data = word(32) + word(64) + word(3) + text(BYTES)[32:]
    abi = [{"type": "event", "name": "Said", "inputs": [entry]}]
    found = emitted(abi, data, topic(f"Said({kind})"))
    said = found["text"] if kind == "string" else found["text"][0]
    assert (as_bytes(said), found.flaw) == (BYTES, None)


def test_such_text_is_returned_and_taken_as_an_argument(chain):
    echo = bytes.fromhex("600436038060045f375ff3")
    chain.set_code(ADDRESS, echo)
    contract = chain.contract([function("say", ("string text",), ("string",), "pure")], ADDRESS)
    said = contract.say(BYTES.decode("utf-8", "surrogateescape"))
    assert as_bytes(said) == BYTES
    assert contract.say("grüße") == "grüße"


def test_such_text_is_a_revert_string_that_can_be_printed(chain):
    chain.set_code(ADDRESS, reverting(selector("Error(string)") + text(BYTES)))
    with pytest.raises(Reverted) as caught:
        chain.transact(to=ADDRESS)
    assert caught.value.name == "Error"
    assert as_bytes(caught.value.args_by_name["message"]) == BYTES
    assert str(caught.value) == "reverted: \\xff\x00\\xfe"
    assert str(caught.value).encode()
    assert str(chain.trace(caught.value.receipt)).encode()


def test_such_text_over_json_rpc_is_an_error_with_its_data(chain):
    chain.set_code(ADDRESS, reverting(selector("Error(string)") + text(BYTES)))
    answer = chain.w3.provider.make_request("eth_call", [{"to": ADDRESS}, "latest"])["error"]
    assert answer["message"] == "execution reverted: \\xff\x00\\xfe"


# --- data


def test_data_beyond_the_fields_is_left_alone(emitted):
    found = emitted([event("Seen", "uint8 n")], word(7) + b"\x01\x02\x03", topic("Seen(uint8)"))
    assert (found.args, found.flaw) == ({"n": 7}, None)


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("address", b"\xaa" * 12 + bytes.fromhex(HOLDER[2:]), HOLDER),
        ("uint8", b"\xbb" * 31 + b"\x07", 7),
        ("int16", b"\x01" * 30 + b"\xff\xfe", -2),
        ("bytes4", b"\x01\x02\x03\x04" + b"\xcc" * 28, b"\x01\x02\x03\x04"),
        ("bytes", word(32) + word(3) + b"abc", b"abc"),  # and nothing after it
        ("string", word(32) + word(3) + b"abc" + b"\xdd" * 29, "abc"),
    ],
)
def test_padding_that_is_not_zero_is_said_and_the_value_is_there(emitted, kind, data, value):
    found = emitted([event("Seen", f"{kind} it")], data, topic(f"Seen({kind})"))
    assert found["it"] == value
    assert "padding" in found.flaw


def test_a_dirty_topic_is_as_dirty_data(emitted):
    dirty = b"\xaa" * 12 + bytes.fromhex(HOLDER[2:])
    found = emitted([event("Seen", "address indexed it")], b"", topic("Seen(address)"), dirty)
    assert (found["it"], "padding" in found.flaw) == (HOLDER, True)


@pytest.mark.parametrize(
    ("kind", "data", "flaw"),
    [
        ("uint256", b"\x01\x02", "only got 2 bytes"),
        ("uint256", b"", "only got 0 bytes"),
        ("bool", word(2), "boolean must be"),
        ("bytes", word(32) + word(9) + b"abc", "only got 3 bytes"),
        ("string", word(2**255) + word(1), ""),
        ("uint8[]", word(32) + word(2**200), ""),
    ],
)
def test_what_has_no_reading_is_listed_raw_with_the_reason(emitted, kind, data, flaw):
    found = emitted([event("Seen", f"{kind} it")], data, topic(f"Seen({kind})"))
    assert (found.name, found.args, found.log.data) == ("Seen", {}, data)
    assert found.flaw
    assert flaw in found.flaw
    with pytest.raises(UnknownField, match=r"Seen\(.* it\) was not decoded: .*; its data is in event.log"):
        found["it"]


def test_a_trace_shows_what_could_not_be_decoded(chain, emitted):
    emitted([event("Seen", "bool it")], word(2), topic("Seen(bool)"))
    shown = str(chain.trace(chain.transact(to=ADDRESS)))
    assert "emit Seen(topics=[0x" in shown
    assert "not decoded: boolean must be" in shown


# --- topics


def transfer(*indexed):
    inputs = [f"address{' indexed' if i in indexed else ''} {n}" for i, n in enumerate(("from", "to"))]
    return [event("Transfer", *inputs, f"uint256{' indexed' if 2 in indexed else ''} value")]


TOPICS = (topic(TRANSFER), bytes.fromhex(HOLDER[2:]), bytes.fromhex(ADDRESS[2:]))


def test_an_nft_transfer_under_an_erc_20s_abi_is_listed_with_the_reason(emitted):
    found = emitted(transfer(0, 1), b"", *TOPICS, word(31))
    assert (found.name, found.args) == ("Transfer", {})
    assert found.flaw == "the ABI has 2 indexed parameters, the log 3"


def test_an_erc_20_transfer_under_an_nfts_abi_is_listed_with_the_reason(emitted):
    assert "3 indexed parameters, the log 2" in emitted(transfer(0, 1, 2), word(31), *TOPICS).flaw


def test_of_two_events_with_one_hash_the_one_that_fits_decodes(chain, emitted):
    chain.contract(transfer(0, 1, 2), OTHER)
    fitting = emitted(transfer(0, 1), b"", *TOPICS, word(31))
    assert (fitting["value"], fitting.flaw) == (31, None)
    both = [*transfer(0, 1), *transfer(0, 1, 2)]
    assert emitted(both, word(37), *TOPICS)["value"] == 37
    assert emitted(both, b"", *TOPICS, word(41))["value"] == 41


ANONYMOUS = [event("Note", "bytes4 indexed sig", "uint256 wad") | {"anonymous": True}]


def test_an_anonymous_event_of_the_contracts_own_abi_is_decoded(emitted, chain):
    found = emitted(ANONYMOUS, word(43), b"\x01\x02\x03\x04" + bytes(28))
    assert (found.name, found["sig"], found["wad"]) == ("Note", b"\x01\x02\x03\x04", 43)
    assert [each["wad"] for each in chain.logs(event="Note")] == [43]
    note = {"type": "event", "name": "Bare", "inputs": parameters("uint256 wad"), "anonymous": True}
    assert emitted([note], word(47), at=OTHER)["wad"] == 47


def test_an_anonymous_event_is_not_read_into_other_contracts_logs(emitted):
    emitted(ANONYMOUS, word(43), b"\x01\x02\x03\x04" + bytes(28))
    assert emitted(None, word(43), b"\x01\x02\x03\x04" + bytes(28), at=OTHER) is None


def test_a_field_that_there_is_not_is_named_with_the_closest(emitted):
    found = emitted(transfer(0, 1), word(31), *TOPICS)
    assert found["from_"] == found["from"] == HOLDER
    with pytest.raises(
        UnknownField, match=r"has no field 'form', it has: from_, to, value; did you mean from"
    ):
        found["form"]


# --- results


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it returned nothing, as a fallback does"),
        (word(2), r"that is not \(bool\): boolean must be"),
        (b"\x01", "only got 1 bytes"),
    ],
)
def test_a_result_says_what_is_wrong_and_blames_nobody(chain, data, reason):
    chain.set_code(ADDRESS, returning(data))
    contract = chain.contract([function("is", (), ("bool",), "view")], ADDRESS)
    with pytest.raises(UndecodableResult, match=reason) as caught:
        contract["is"]()
    assert "another contract" not in str(caught.value)
