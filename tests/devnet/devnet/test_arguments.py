"""Arguments of a wrong type or value: refused by every public method, named, before anything happens."""

import inspect
import re
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pytest

from pytest_zkrollup import ETH
from zkrollup.arguments import WrongArgument, WrongArgumentValue
from zkrollup.devnet import Devnet, Exit, Rollup, User
from zkrollup.errors import ZkRollupError
from zkrollup.snark.modes import ProofMode

MISTYPED = "0x" + "aB" * 20


class Anybody:
    """Looks like an account, and its address is none."""

    address = "0xabc"


TYPES = {
    "a float": 1e18,
    "a whole float": 5.0,
    "text": "5",
    "nothing": None,
    "a Decimal": Decimal(5),
    "a bool": True,
    "numpy's float": np.float64(5),
    "numpy's bool": np.bool_(1),
    "bytes": b"5",
    "the token ETH": ETH,
}
VALUES = {"negative": -1, "2^128": 2**128, "numpy's negative": np.int64(-3)}
NUMBERS = {**{name: (value, TypeError) for name, value in TYPES.items()}} | {
    name: (value, ValueError) for name, value in VALUES.items()
}
USERS = {
    "a name": ("alice", TypeError),
    "nothing": (None, TypeError),
    "an account": (lambda devnet: devnet.l1.accounts[3], TypeError),
    "an address": (lambda devnet: devnet.l1.accounts[3].address, TypeError),
    "a contract": (lambda devnet: devnet.token, TypeError),
    "a number": (0, TypeError),
    "a class": (User, TypeError),
}
PARTIES = {
    "a name": ("alice", ValueError),
    "nothing": (None, TypeError),
    "a number": (7, TypeError),
    "a wrong checksum": (MISTYPED, ValueError),
    "short": ("0xabc", ValueError),
    "whose address is none": (Anybody(), ValueError),
    "a bool": (True, TypeError),
}
TOKENS = {
    "a name": ("ETH", ValueError),
    "nothing": (None, TypeError),
    "a float": (0.0, TypeError),
    "a bool": (False, TypeError),
    "a user": (lambda devnet: devnet.somebody, TypeError),
    "a wrong checksum": (MISTYPED, ValueError),
    "negative": (-1, ValueError),
    "2^160": (2**160, ValueError),
}
BATCHES = {"nothing": (None, TypeError), "a number": (1, TypeError), "a rollup": (Rollup, TypeError)}


def without(table, *names):
    return {name: value for name, value in table.items() if name not in names}


class Kind(NamedTuple):
    """Parameters of one annotation: what is wrong for them, and something that is right."""

    wrong: dict
    right: object


KINDS = {
    "int": Kind(NUMBERS, 5),
    "User": Kind(USERS, lambda devnet: devnet.somebody),
    "User | None": Kind(without(USERS, "nothing"), lambda devnet: devnet.somebody),
    "Token": Kind(TOKENS, ETH),
    "HasAddress": Kind(PARTIES, lambda devnet: devnet.somebody),
    "Sender": Kind(PARTIES, lambda devnet: devnet.somebody),
    "str | HasAddress | None": Kind(without(PARTIES, "nothing"), lambda devnet: devnet.somebody),
    "Batch": Kind(BATCHES, lambda devnet: devnet.somebody),
}
"""By the annotation of a parameter. A public method with another one fails here until it is described."""

ALIASES = {
    "zkrollup.evm.contract.Contract | str | int": "Token",
    "eth_account.signers.local.LocalAccount | zkrollup.evm.parties.HasAddress | str": "Sender",
}


def annotation(parameter):
    text = (
        parameter.annotation.__name__ if isinstance(parameter.annotation, type) else str(parameter.annotation)
    )
    text = ALIASES.get(text, text)
    return re.sub(r"[\w.]+\.(\w+)", r"\1", text)


def public_calls():
    """Each parameter of each public method of what testers call, with its kind."""
    for owner in (Rollup, User, Exit):
        for name, member in vars(owner).items():
            if name.startswith("_") or not inspect.isfunction(member):
                continue
            for parameter in list(inspect.signature(member).parameters.values())[1:]:
                yield owner, name, parameter.name, annotation(parameter)


CASES = [
    pytest.param(owner, method, parameter, kind, wrong, id=f"{owner.__name__}.{method}-{parameter}-{wrong}")
    for owner, method, parameter, kind in public_calls()
    for wrong in KINDS.get(kind, Kind({"undescribed": None}, None)).wrong
]


@pytest.fixture(scope="module")
def devnet():
    devnet = Devnet.start(mode=ProofMode.MOCK)
    devnet.somebody = devnet.user("alice")
    devnet.rollup.deposit(ETH, 1009, sender=devnet.somebody)
    devnet.rollup.settle()
    return devnet


@pytest.fixture
def alice(devnet):
    with devnet.anchor():
        yield devnet.somebody


def state(devnet):
    rollup = devnet.rollup
    return rollup.target.state, rollup.target.rebasing, rollup.l1.block_number, rollup.l2.block_number


def resolved(value, devnet):
    return value(devnet) if inspect.isfunction(value) else value


def owner_object(owner, devnet):
    if owner is Exit:
        return Exit(devnet.target, ETH, 5, devnet.somebody.address)
    return devnet.somebody if owner is User else devnet.rollup


@pytest.mark.parametrize(("owner", "method", "parameter", "kind", "wrong"), CASES)
def test_a_wrong_argument_of_any_public_method_is_named_and_changes_nothing(
    devnet, alice, owner, method, parameter, kind, wrong
):
    assert kind in KINDS, (
        f"{owner.__name__}.{method} takes {parameter}: {kind}, of which nobody says what is wrong"
    )
    bound = getattr(owner_object(owner, devnet), method)
    arguments = {
        each.name: resolved(KINDS[annotation(each)].right, devnet)
        for each in inspect.signature(bound).parameters.values()
        if each.default is each.empty
    }
    value, error = KINDS[kind].wrong[wrong]
    arguments[parameter] = value = resolved(value, devnet)
    before = state(devnet)
    with pytest.raises(WrongArgument, match=rf"^{parameter}=.*: .*(pass|in \[)") as refusal:
        bound(**arguments)
    assert isinstance(refusal.value, ZkRollupError)
    assert isinstance(refusal.value, error)
    assert refusal.value.argument == parameter
    assert refusal.value.value is value
    assert len(str(refusal.value)) < 400
    assert "\n" not in str(refusal.value)
    assert state(devnet) == before


def test_there_are_public_methods_to_ask():
    methods = {(owner, method) for owner, method, *_ in public_calls()}
    assert {(Rollup, "deposit"), (Rollup, "escape"), (User, "l2_balance"), (Exit, "claim")} <= methods


@pytest.mark.parametrize("five", [5, np.int64(5), np.uint8(5)], ids=["int", "int64", "uint8"])
def test_whatever_python_counts_as_an_integer_is_an_amount(devnet, alice, five):
    devnet.rollup.deposit(ETH, five, sender=alice)
    assert alice.l2_balance(ETH) == 1014
    devnet.rollup.withdraw(ETH, five, sender=alice, fee=np.int64(0))
    assert alice.l2_balance(ETH) == 1009


@pytest.mark.parametrize("fee", [0.5, "1", None, True, -1], ids=repr)
def test_a_wrong_fee_is_named_where_there_is_a_fee_to_pay(devnet, alice, fee):
    devnet.rollup.operator.collect_fees(ETH)
    with pytest.raises(WrongArgument, match=r"^fee="):
        devnet.rollup.withdraw(ETH, 5, sender=alice, fee=fee)
    assert alice.l2_balance(ETH) == 1009


@pytest.mark.parametrize("name", ["", "  ", "al\nice", "alice", "operator", "TestToken"], ids=repr)
def test_a_name_that_would_not_tell_users_apart_is_refused_and_takes_no_account(devnet, alice, name):
    taken = devnet.grounds.taken
    with pytest.raises(WrongArgumentValue, match=r"^name=.*pass (a|another) name"):
        devnet.user(name)
    assert devnet.grounds.taken == taken
    assert devnet.user("dora").name == "dora"


@pytest.mark.parametrize("ether", [ETH, "0x" + "0" * 40, 0], ids=["ETH", "its address", "its number"])
def test_ether_is_no_token_that_takes_back(devnet, alice, ether):
    with pytest.raises(WrongArgument, match=r"^token=.*ether takes nothing back; pass an ERC-20"):
        devnet.rollup.allow_rebasing(ether)
    assert not devnet.rollup.target.rebasing


@pytest.mark.parametrize("minimum", ["1", 1.0, None, True, -1, 2**128], ids=repr)
def test_a_wrong_minimum_of_fees_changes_nothing_and_breaks_nothing_later(devnet, alice, minimum):
    before = state(devnet)
    with pytest.raises(WrongArgument, match=r"^minimum="):
        devnet.rollup.operator.collect_fees(ETH, minimum=minimum)
    assert state(devnet) == before
    devnet.rollup.withdraw(ETH, 5, sender=alice)
    assert alice.l2_balance(ETH) == 1004


@pytest.mark.parametrize("token", ["ETH", None, 0.0, False, -1], ids=repr)
def test_fees_are_collected_in_tokens_alone(devnet, alice, token):
    before = state(devnet)
    with pytest.raises(WrongArgument, match=r"^token="):
        devnet.rollup.operator.collect_fees(token)
    assert state(devnet) == before


@pytest.mark.parametrize("user", ["alice", None, 7], ids=repr)
def test_who_is_no_user_cannot_be_censored(devnet, alice, user):
    with pytest.raises(WrongArgument, match=r"^users="), devnet.rollup.operator.censoring(alice, user):
        pass
    devnet.rollup.withdraw(ETH, 5, sender=alice)


@pytest.mark.parametrize("name", [None, 7, b"carol"], ids=repr)
def test_a_user_has_a_name(devnet, alice, name):
    taken = devnet.grounds.taken
    with pytest.raises(WrongArgument, match=r"^name="):
        devnet.user(name)
    assert devnet.grounds.taken == taken


def test_an_amount_may_be_as_large_as_a_target_says(devnet, alice, monkeypatch):
    monkeypatch.setattr(type(devnet.target), "largest_amount", 500)
    devnet.rollup.withdraw(ETH, 500, sender=alice)
    with pytest.raises(WrongArgument, match=r"amount=501 is an int: an amount is in \[0, 500\]"):
        devnet.rollup.withdraw(ETH, 501, sender=alice)


@pytest.mark.parametrize(
    "call",
    [
        lambda rollup, alice, mint: rollup.deposit(mint, 5, sender=alice),
        lambda rollup, _, mint: rollup.l1_balance(ETH, mint),
        lambda rollup, alice, mint: rollup.withdraw(ETH, 5, sender=alice, recipient=mint),
        lambda rollup, _, mint: rollup.freeze(sender=mint),
    ],
    ids=["deposit", "l1_balance", "recipient", "freeze"],
)
def test_a_contract_of_layer_2_is_nothing_on_layer_1(devnet, alice, call):
    mint = devnet.rollup.mint(ETH)
    with pytest.raises(WrongArgument, match=rf"{mint.address}.*: it is on <Chain .* L1 is <Chain"):
        call(devnet.rollup, alice, mint)


def test_a_message_says_what_to_pass_instead(devnet, alice):
    with pytest.raises(WrongArgument, match=r"amount=1e\+18 is a float: pass a whole .*ether\('1.5'\)"):
        devnet.rollup.deposit(ETH, 1e18, sender=alice)
    account = devnet.l1.accounts[3]
    with pytest.raises(WrongArgument, match=rf"sender=<LocalAccount {account.address}> is .*: pass a user"):
        devnet.rollup.deposit(ETH, 5, sender=account)
