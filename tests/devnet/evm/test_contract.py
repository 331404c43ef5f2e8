"""Contracts as objects: names, overloads, encoding and decoding of values."""

from collections import namedtuple
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace

import pytest

from zkrollup.arguments import WrongArgument
from zkrollup.evm import (
    AmbiguousFunction,
    Contract,
    InvalidArgument,
    NotCalled,
    NotSettable,
    Reverted,
    UndecodableResult,
    UnknownError,
    UnknownFunction,
)
from zkrollup.evm.abi import signatures

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
POINT = {
    "type": "tuple",
    "name": "point",
    "internalType": "struct Lib.Point",
    "components": [{"name": "x", "type": "uint256"}, {"name": "owner", "type": "address"}],
}


@pytest.fixture
def echo(chain, echo_code):
    """A contract at which f(T) returns (T), for any ABI."""
    address = chain.deploy_raw(echo_code)

    def of(*entries, name="f", outputs=None, mutability="pure") -> Contract:
        entries = [{"type": e, "name": ""} if isinstance(e, str) else e for e in entries]
        abi = [
            {
                "type": "function",
                "name": name,
                "inputs": entries,
                "outputs": entries if outputs is None else outputs,
                "stateMutability": mutability,
            }
        ]
        return chain.contract(abi, address)

    return of


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint256", 2**256 - 1),
        ("int128", -501),
        ("bool", True),
        ("address", ADDRESS),
        ("bytes32", bytes(range(32))),
        ("bytes", b"\x07\x08\x09"),
        ("string", "grüße"),
        ("uint8[3]", [3, 5, 7]),
        ("uint16[2][]", [[1, 2], [3, 4], [5, 6]]),
        ("address[]", [ADDRESS]),
    ],
)
def test_values_survive_the_round_trip(echo, kind, value):
    assert echo(kind).f(value) == value


def test_addresses_may_be_objects_and_come_back_checksummed(echo, chain):
    contract = echo("address")
    assert contract.f(chain.accounts[1]) == contract.f(ADDRESS.lower()) == ADDRESS
    assert contract.f(contract) == contract.address


def test_bytes_may_be_given_in_hex(echo):
    assert echo("bytes").f("0x0a0b") == b"\x0a\x0b"


@dataclass
class Point:
    x: int
    owner: str


@pytest.mark.parametrize(
    "value",
    [
        (9, ADDRESS),
        [9, ADDRESS],
        {"owner": ADDRESS, "x": 9},
        Point(9, ADDRESS),
        namedtuple("P", "x owner")(9, ADDRESS),
    ],
    ids=["tuple", "list", "mapping", "object", "namedtuple"],
)
def test_structs_are_given_in_any_shape_and_come_back_as_named_tuples(echo, value):
    result = echo(POINT).f(value)
    assert result == (9, ADDRESS)
    assert (result.x, result.owner) == (9, ADDRESS)
    assert type(result).__name__ == "Point"


def test_arrays_of_structs_nest(echo):
    result = echo({**POINT, "type": "tuple[]", "internalType": "struct Lib.Point[]"}).f(
        [(1, ADDRESS), {"x": 2, "owner": ADDRESS}]
    )
    assert [p.x for p in result] == [1, 2]


def test_several_results_are_a_named_tuple_where_all_have_names(echo):
    named = [{"type": "uint256", "name": "low"}, {"type": "uint256", "name": "high_"}]
    result = echo(*named).f(3, 5)
    assert (result.low, result.high) == result == (3, 5)
    assert echo("uint256", "uint256").f(3, 5) == (3, 5)


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        ("uint8", 256, "uint8"),
        ("uint128", -1, "uint128"),
        ("address", "0x1234", "address"),
        ("bytes4", b"\x01" * 5, "bytes4"),
        ("uint256", "7", "uint256"),
        ("uint256", 1.5, "uint256"),
        ("uint8[2]", [1], r"uint8\[2\]"),
        ("bytes", "0xzz", "bytes"),
    ],
)
def test_what_has_no_encoding_is_refused_with_function_parameter_and_value(echo, kind, value, rule):
    with pytest.raises(InvalidArgument, match=rf"f\({rule}\) cannot take .* for {rule} amount") as caught:
        echo({"type": kind, "name": "amount"}).f(value)
    assert caught.value.value == value


@pytest.mark.parametrize("value", [(9,), {"x": 9}, (9, ADDRESS, 1), SimpleNamespace(x=9), 7])
def test_a_struct_of_the_wrong_shape_is_refused(echo, value):
    with pytest.raises(InvalidArgument, match="point"):
        echo(POINT).f(value)


def test_the_number_of_arguments_is_checked(echo):
    with pytest.raises(InvalidArgument, match="takes 1 arguments, 2 were given"):
        echo("uint256").f(1, 2)


def test_a_constructor_takes_its_arguments(chain, echo_code):
    abi = [{"type": "constructor", "inputs": [{"type": "uint256", "name": "start"}]}]
    # The echo's code, then returns: the appended argument is simply ignored.
    assert chain.deploy(abi, echo_code, 5).address
    with pytest.raises(InvalidArgument, match="constructor"):
        chain.deploy(abi, echo_code)
    with pytest.raises(InvalidArgument, match="takes 0 arguments"):
        chain.deploy([], echo_code, 5)


def test_overloads_are_chosen_by_number_of_arguments_or_by_signature(chain, echo_code):
    def overload(*kinds):
        entries = [{"type": k, "name": ""} for k in kinds]
        return {
            "type": "function",
            "name": "f",
            "inputs": entries,
            "outputs": entries,
            "stateMutability": "pure",
        }

    abi = [overload("uint8"), overload("int8"), overload("uint8", "uint8")]
    contract = chain.contract(abi, chain.deploy_raw(echo_code))
    assert contract.f(3, 5) == (3, 5)
    assert contract["f(int8)"](-3) == -3
    assert contract.encode("f(uint8)", 3) != contract.encode("f(int8)", 3)
    with pytest.raises(AmbiguousFunction, match="f is ambiguous: 2 take 1 arguments; use contract") as caught:
        contract.f(3)
    assert caught.value.candidates == ("f(uint8)", "f(int8)")
    with pytest.raises(UnknownFunction, match="none of 3 overloads takes 3 arguments"):
        contract.f(3, 5, 7)
    with pytest.raises(UnknownFunction, match=r"f\(uint16\).*f\(uint8\)"):
        contract["f(uint16)"](3)


def test_an_unknown_name_lists_what_there_is(echo):
    contract = echo("uint256")
    with pytest.raises(UnknownFunction, match=r"withdraw.*f\(uint256\)"):
        contract.withdraw(5)
    assert not hasattr(contract, "withdraw")
    assert "f" in dir(contract)


def test_a_function_named_like_an_attribute_is_reached_by_subscript(echo):
    contract = echo("uint256", name="events")
    assert contract["events"](5) == 5
    assert contract.events() == []


def test_encode_gives_the_calldata(echo):
    contract = echo("uint256")
    expected = contract.w3.functions.f(5)._encode_transaction_data()
    assert "0x" + contract.encode("f", 5).hex() == "0x" + contract.f.encode(5).hex() == expected


def test_a_result_that_does_not_fit_the_abi_says_so(echo, chain):
    wrong = echo("uint8", outputs=[{"type": "string", "name": ""}])
    with pytest.raises(UndecodableResult, match="check that the ABI is this contract's"):
        wrong.f(5)
    nowhere = chain.contract(wrong.abi, "0x" + "ab" * 20)
    with pytest.raises(UndecodableResult, match="there is no code"):
        nowhere.f(5)


def test_functions_that_are_not_views_transact(echo, chain):
    contract = echo("uint256", mutability="nonpayable")
    receipt = contract.f(5, sender=chain.accounts[2])
    assert receipt.status == 1
    assert contract.f.call(5) == 5
    assert echo("uint256").f.transact(5).block_number == chain.block_number


# --- arguments by name


PAIR = [{"type": "uint256", "name": "low"}, {"type": "address", "name": "from"}]


def test_arguments_may_be_named_in_any_order_and_after_others(echo):
    contract = echo(*PAIR)
    assert contract.f(from_=ADDRESS, low=3) == contract.f(3, from_=ADDRESS) == contract.f(3, ADDRESS)
    assert contract.f.encode(from_=ADDRESS, low=3) == contract.encode("f", 3, ADDRESS)


def test_a_parameter_named_as_an_option_of_the_transaction_has_an_underscore(echo, chain):
    contract = echo({"type": "uint256", "name": "value"}, {"type": "address", "name": "sender"})
    assert contract.f(value_=5, sender_=ADDRESS, sender=chain.accounts[3]) == (5, ADDRESS)
    with pytest.raises(InvalidArgument, match="1 were given, without value_"):
        contract.f(value=5, sender_=ADDRESS)


@pytest.mark.parametrize(
    ("args", "named", "message"),
    [
        ((3,), {}, r"f\(uint256 low, address from\) cannot take .* 1 were given, without from_"),
        ((), {"low": 3, "form": ADDRESS}, "no such parameter, there is: low, from_"),
        ((3,), {"low": 5, "from_": ADDRESS}, "5 for low: it is given by position too"),
        ((3, ADDRESS, 7), {}, "takes 2 arguments, 3 were given"),
    ],
    ids=["missing", "unknown", "twice", "too many"],
)
def test_arguments_that_do_not_fit_are_refused_by_name(echo, args, named, message):
    for act in (echo(*PAIR).f, echo(*PAIR).f.transact, echo(*PAIR).f.encode):
        with pytest.raises(InvalidArgument, match=message):
            act(*args, **named)


def test_names_choose_among_overloads(chain, echo_code):
    abi = [
        {"type": "function", "name": "f", "inputs": [entry], "outputs": [entry], "stateMutability": "pure"}
        for entry in PAIR
    ]
    contract = chain.contract(abi, chain.deploy_raw(echo_code))
    assert (contract.f(low=7), contract.f(from_=ADDRESS)) == (7, ADDRESS)
    with pytest.raises(UnknownFunction, match=r"none of 2 overloads takes 1 arguments with high by name"):
        contract.f(high=7)
    with pytest.raises(AmbiguousFunction, match=r"2 take 1 arguments; use contract\['f\(uint256\)'\] or "):
        contract.f(7)


def test_constructor_arguments_may_be_named(chain, echo_code):
    abi = [{"type": "constructor", "inputs": PAIR}]
    named = chain.deploy(abi, echo_code, from_=ADDRESS, low=11)
    assert chain.code(named) == chain.code(chain.deploy(abi, echo_code, 11, ADDRESS)) != b""
    with pytest.raises(InvalidArgument, match=r"constructor\(uint256 low, address from\) .* without low"):
        chain.deploy(abi, echo_code, from_=ADDRESS)


# --- what a transaction returned


def test_a_receipt_knows_what_the_function_returned(echo, chain):
    receipt = echo(POINT, mutability="nonpayable").f((13, ADDRESS), sender=chain.accounts[2])
    assert receipt.return_value == (13, ADDRESS)
    assert (receipt.return_value.x, receipt.output[:32]) == (13, (13).to_bytes(32))
    assert echo("uint256", outputs=[], mutability="nonpayable").f(17).return_value is None


def test_a_result_of_another_type_is_refused_only_when_it_is_read(echo):
    contract = echo("uint8", outputs=[{"type": "bool", "name": ""}], mutability="nonpayable")
    receipt = contract.f(7)
    assert receipt.to == contract.address
    with pytest.raises(UndecodableResult, match=r"that is not \(bool\): boolean must be"):
        receipt.return_value  # noqa: B018


def test_what_a_transaction_without_an_abi_returned_is_bytes(echo, chain):
    receipt = chain.transact(to=echo("uint8"), data=b"\x01\x02\x03\x04\x05")
    assert receipt.output == b"\x05"
    with pytest.raises(LookupError, match="its bytes are in output"):
        receipt.return_value  # noqa: B018


# --- errors


def test_a_custom_error_is_encoded_as_the_contract_reverts_with_it(chain, thrower_code):
    abi = [{"type": "error", "name": "Short", "inputs": PAIR}]
    contract = chain.contract(abi, chain.deploy_raw(thrower_code))
    with pytest.raises(Reverted) as caught:
        chain.call(to=contract, data=contract.encode_error("Short", 19, from_=ADDRESS))
    assert (caught.value.name, caught.value.args_by_name) == ("Short", {"low": 19, "from": ADDRESS})
    with pytest.raises(UnknownError, match=r"Paused: no such error.* Short\(uint256,address\)"):
        contract.encode_error("Paused")
    with pytest.raises(InvalidArgument, match="without from_"):
        contract.encode_error("Short", 19)


# --- ABIs of old compilers


def flagged(name, **flags):
    """An entry as solc wrote it before 0.5, without stateMutability."""
    result = [{"type": "uint256", "name": ""}]
    return {"type": "function", "name": name, "inputs": [], "outputs": result, **flags}


@pytest.mark.parametrize(
    ("flags", "mutability"),
    [
        ({"constant": True, "payable": False}, "view"),
        ({"constant": True}, "view"),
        ({"constant": False, "payable": True}, "payable"),
        ({"constant": False, "payable": False}, "nonpayable"),
        ({}, "nonpayable"),
        ({"constant": True, "stateMutability": "nonpayable"}, "nonpayable"),
    ],
    ids=str,
)
def test_what_an_old_abi_says_in_flags_is_its_mutability(flags, mutability):
    (signature,) = signatures([flagged("total", **flags)], "function")
    assert signature.mutability == mutability


def test_a_view_of_an_old_abi_is_called_and_not_sent(chain, echo_code):
    contract = chain.contract([flagged("total", constant=True)], chain.deploy_raw(echo_code))
    before = chain.block_number
    with pytest.raises(UndecodableResult):  # it echoes no word
        contract.total()
    assert chain.block_number == before


def test_events_and_errors_have_no_mutability():
    for kind in ("event", "error"):
        entry = {"type": kind, "name": "Named", "inputs": []}
        assert [each.mutability for each in signatures([entry], kind)] == [""]


# --- what is no ABI

TOTAL = {"type": "function", "name": "total", "inputs": [], "outputs": [{"type": "uint256", "name": ""}]}


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        *(
            (each, "pass the ABI as a list of its entries")
            for each in ("[]", b"[]", None, 5, {TOTAL["name"]})
        ),
        *(
            (each, "of an artifact that is its abi")
            for each in ({"abi": [TOTAL]}, SimpleNamespace(abi=[TOTAL]))
        ),
        ([5], r"field 'abi\[0\]' is no object"),
        ([TOTAL, {**TOTAL, "name": 5}], r"field 'abi\[1\].name' is no string"),
        ([{**TOTAL, "type": ["function"]}], r"field 'abi\[0\].type' is no string"),
        ([{**TOTAL, "inputs": {}}], r"field 'abi\[0\].inputs' is no array"),
        ([{**TOTAL, "inputs": ["uint256"]}], r"field 'abi\[0\].inputs\[0\]' is no object"),
        ([{**TOTAL, "outputs": [{"name": "x"}]}], r"field 'abi\[0\].outputs\[0\].type' is missing"),
        ([{**TOTAL, "inputs": [{"type": "tuple[]"}]}], r"field 'abi\[0\].inputs\[0\].components' is missing"),
        (
            [{**TOTAL, "inputs": [{"type": "tuple", "components": [{"type": 7}]}]}],
            r"field 'abi\[0\].inputs\[0\].components\[0\].type' is no string",
        ),
    ],
)
@pytest.mark.parametrize("use", ["contract", "deploy"])
def test_what_is_no_abi_is_refused_by_its_field_and_deploys_nothing(chain, use, wrong, rule):
    before = chain.block_number
    with pytest.raises(WrongArgument, match=f"^abi=.*{rule}"):
        chain.contract(wrong, ADDRESS) if use == "contract" else chain.deploy(wrong, b"\0")
    assert chain.block_number == before


def test_an_abi_of_web3s_own_types_and_of_a_librarys_types_is_taken(chain, echo_code):
    storage = {"type": "Lib.Data storage", "name": "self"}
    entries = (MappingProxyType(TOTAL | {"stateMutability": "view"}), {**TOTAL, "inputs": [storage]})
    assert chain.contract(entries, chain.deploy_raw(echo_code)).has("total")


# --- slips


def test_a_function_that_is_not_called_is_neither_true_nor_equal_to_anything(echo):
    contract = echo("uint256", name="paused")
    for slip in (
        lambda: bool(contract.paused),
        lambda: not contract.paused,
        lambda: contract.paused == 5,
        lambda: contract.paused != 0,
        lambda: 7 == contract.paused,  # noqa: SIM300
        lambda: contract.paused == b"",
        lambda: contract.paused == None,  # noqa: E711
    ):
        with pytest.raises(
            NotCalled, match=r"paused is a function of a contract, .* call it: paused\(\.\.\.\)"
        ):
            slip()


def test_functions_of_contracts_are_the_same_where_contract_and_name_are(echo):
    contract, other = echo("uint256", name="paused"), echo("uint256", name="frozen")
    assert contract.paused == contract["paused(uint256)"]
    assert contract.paused != other.frozen
    assert len({contract.paused, contract.paused, other.frozen}) == 2


def test_a_function_of_a_contract_cannot_be_assigned_to(echo):
    contract = echo("uint256", name="paused")
    with pytest.raises(NotSettable, match=r"paused is a function of the contract.*chain\.mock\(contract"):
        contract.paused = True
    assert contract.paused(5) == 5
    contract.note = "mine"
    assert contract.note == "mine"
