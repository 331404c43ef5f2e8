"""Addresses in mixed case are held to their checksum (EIP-55) in Python, not over JSON-RPC, as in geth."""

import pytest

from zkrollup.evm import Chain, InvalidAddress, InvalidArgument
from zkrollup.evm.addresses import is_mistyped
from zkrollup.evm.rpc.methods import METHODS
from zkrollup.evm.rpc.table import Node, Table
from zkrollup.evm.signing import InvalidTypedData, sign_permit, sign_typed_data

RIGHT = "0x00000000000000000000000000000000DeaDBeef"
WRONG = "0x00000000000000000000000000000000deADBeef"


@pytest.fixture
def chain():
    return Chain(accounts=3)


@pytest.mark.parametrize("text", [WRONG, WRONG[2:], RIGHT.swapcase().replace("X", "x")])
def test_mixed_case_that_is_no_checksum_is_a_typing_error(text):
    assert is_mistyped(text)


@pytest.mark.parametrize(
    "text", [RIGHT, RIGHT[2:], RIGHT.lower(), "0x" + RIGHT[2:].upper(), "0x12Ab", "alice", "0x" + "0" * 40]
)
def test_one_case_and_right_checksums_are_none(text):
    assert not is_mistyped(text)


ACTS = {
    "balance": lambda chain, to: chain.balance(to),
    "nonce": lambda chain, to: chain.nonce(to),
    "code": lambda chain, to: chain.code(to),
    "transact": lambda chain, to: chain.transact(to=to, value=3),
    "set_balance": lambda chain, to: chain.set_balance(to, 5),
    "set_code": lambda chain, to: chain.set_code(to, b""),
    "set_storage": lambda chain, to: chain.set_storage(to, 7, 11),
    "impersonate": lambda chain, to: chain.impersonate(to).__enter__(),
    "label": lambda chain, to: chain.label(to, "Shop"),
    "contract": lambda chain, to: chain.contract([], to),
    "logs": lambda chain, to: chain.logs(address=to),
    "mock_call": lambda chain, to: chain.mock_call(to, b"", returns=b"").__enter__(),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_the_chain_refuses_a_wrong_checksum_and_changes_nothing(chain, act):
    with pytest.raises(InvalidAddress, match=rf"'{WRONG}' is no address: .*checksum \(EIP-55\)"):
        act(chain, WRONG)
    assert chain.block_number == 0
    act(chain, RIGHT.lower())


def _function(kind):
    entry = {"name": "put", "type": kind}
    if kind == "tuple":
        entry["components"] = [{"name": "amount", "type": "uint256"}, {"name": "to", "type": "address"}]
    return {"type": "function", "name": "put", "stateMutability": "view", "inputs": [entry], "outputs": []}


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        ("address", lambda to: to),
        ("address[]", lambda to: [RIGHT, to]),
        ("tuple", lambda to: {"amount": 7, "to": to}),
    ],
)
def test_an_argument_of_a_call_is_held_to_its_checksum(chain, kind, argument):
    chain.set_code("0x" + "11" * 20, b"\0")  # stops
    contract = chain.contract([_function(kind)], "0x" + "11" * 20)
    with pytest.raises(InvalidArgument, match=r"checksum is wrong \(EIP-55\)"):
        contract.put(argument(WRONG))
    assert contract.put(argument(RIGHT)) is None


def test_what_is_signed_is_held_to_its_checksum(chain):
    alice = chain.accounts[1]
    types = {"Pay": [{"name": "to", "type": "address"}, {"name": "others", "type": "address[]"}]}
    domain = {"name": "Shop"}
    with pytest.raises(InvalidTypedData, match=r"checksum is wrong \(EIP-55\)"):
        sign_typed_data(alice, domain, types, {"to": WRONG, "others": []})
    with pytest.raises(InvalidTypedData, match=r"checksum is wrong \(EIP-55\)"):
        sign_typed_data(alice, domain, types, {"to": RIGHT, "others": [RIGHT.lower(), WRONG]})
    assert sign_typed_data(alice, domain, types, {"to": RIGHT, "others": [RIGHT.lower()]}).v in (27, 28)
    with pytest.raises(InvalidAddress):
        sign_permit(chain.contract([], RIGHT), alice, WRONG, 3, nonce=5)


def test_json_rpc_takes_any_case_as_geth_does(chain):
    table = Table(Node(chain.engine), METHODS)
    chain.set_balance(RIGHT, 307)
    answers = [table.answer("eth_getBalance", [to]) for to in (RIGHT, WRONG, "0x" + RIGHT[2:].upper())]
    assert answers == [{"result": hex(307)}] * 3
    sent = table.answer("eth_sendTransaction", [{"to": WRONG, "value": "0x5"}])
    assert chain.balance(RIGHT) == 312, sent
