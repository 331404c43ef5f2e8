"""Structs whose fields have names that Python cannot write, or none: as results and as arguments."""

import pytest
from tests.devnet.evm.conftest import parameters

from zkrollup.evm import InvalidArgument
from zkrollup.evm.values import python_names

ADDRESS = "0x00000000000000000000000000000000000000C1"
ECHO = bytes.fromhex("600436038060045f375ff3")


@pytest.fixture
def echo(chain):
    """A function that returns the struct of these fields that it gets."""

    def of(*fields):
        struct = {
            "name": "m",
            "type": "tuple",
            "internalType": "struct Bridge.Message",
            "components": parameters(*fields),
        }
        entry = {"type": "function", "name": "echo", "inputs": [struct], "outputs": [struct]}
        chain.set_code(ADDRESS, ECHO)
        return chain.contract([entry | {"stateMutability": "pure"}], ADDRESS).echo

    return of


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("from", "amount"), ("from_", "amount")),
        (("class", "in", "is"), ("class_", "in_", "is_")),
        (("_x", "y_", "__z__"), ("x", "y", "z")),
        (("_from", "to"), ("from_", "to")),
        (("", "to", ""), ("_0", "to", "_2")),
        (("x", "_x", "x_"), ("x", "x_", "_2")),
        (("_x", "x"), ("x_", "x")),
        (("a$b", "c"), ("_0", "c")),
        (("same", "same"), ("same", "_1")),
        (("count", "index"), ("count", "index")),
    ],
)
def test_fields_keep_their_names_as_far_as_python_can_write_them(names, expected):
    assert python_names(names) == expected


def test_a_result_has_the_other_names_and_the_keyword_with_an_underscore(echo):
    message = echo("uint256 from", "uint256 amount", "uint256 _class")((7, 31, 11))
    assert (message.from_, message.amount, message.class_) == (7, 31, 11)
    assert type(message).__name__ == "Message"


def test_several_results_with_a_keyword_keep_their_names(chain):
    chain.set_code(ADDRESS, ECHO)
    pair = parameters("uint256 from", "uint256 amount")
    entry = {"type": "function", "name": "f", "inputs": pair, "outputs": pair, "stateMutability": "pure"}
    result = chain.contract([entry], ADDRESS).f(7, 31)
    assert (result.from_, result.amount) == (7, 31)


@pytest.mark.parametrize(
    "value",
    [
        {"from": 7, "_amount": 31},
        {"from_": 7, "amount": 31},
        {"amount": 31, "from": 7},
        (7, 31),
        type("Message", (), {"from_": 7, "amount": 31})(),
    ],
)
def test_a_struct_is_taken_by_its_own_names_and_by_pythons(echo, value):
    send = echo("uint256 from", "uint256 _amount")
    assert send(value) == (7, 31)
    assert send(send(value)) == (7, 31)
    assert send(send(value)._asdict()) == (7, 31)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"from": 7, "amount": 31, "typo": 1}, "there is no field 'typo'; there is: from_, amount"),
        ({"from": 7, "amuont": 31}, "there is no field 'amuont'; did you mean amount"),
        ({"amount": 31}, "it lacks from_"),
        ({}, "it lacks from_, amount"),
        ({"from": 7, "from_": 5, "amount": 31}, "the field from_ is given twice, as 'from_' too"),
        ({7: 7, "amount": 31}, "there is no field 7"),
    ],
)
def test_a_dictionary_of_other_keys_is_refused_by_name(echo, value, message):
    with pytest.raises(InvalidArgument, match=message):
        echo("uint256 from", "uint256 amount")(value)


def test_an_inner_struct_is_checked_too(chain):
    inner = {"name": "at", "type": "tuple[]", "components": parameters("uint256 in")}
    entry = {
        "type": "function",
        "name": "f",
        "inputs": [inner],
        "outputs": [inner],
        "stateMutability": "pure",
    }
    chain.set_code(ADDRESS, ECHO)
    contract = chain.contract([entry], ADDRESS)
    assert [each.in_ for each in contract.f([{"in": 3}, {"in_": 5}])] == [3, 5]
    with pytest.raises(InvalidArgument, match="there is no field 'out'"):
        contract.f([{"in": 3}, {"out": 5}])
