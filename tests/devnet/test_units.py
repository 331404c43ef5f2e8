"""Amounts as people write them: exact, or refused."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_zkrollup import ETH, ether
from zkrollup import artifacts
from zkrollup.arguments import WrongArgument, WrongArgumentType, WrongArgumentValue
from zkrollup.evm import Chain, Contract, UnknownFunction
from zkrollup.units import smallest_units


@pytest.mark.parametrize(
    ("amount", "wei"),
    [
        (0, 0),
        (2, 2 * 10**18),
        ("1.5", 15 * 10**17),
        (" 3 ", 3 * 10**18),
        ("1e-18", 1),
        ("0.1", 10**17),
        (Decimal("0.7"), 7 * 10**17),
        (2.5, 25 * 10**17),
        (1e3, 10**21),
        (np.int64(7), 7 * 10**18),
        ("0e999999", 0),
        ("115792089237316195423570985008687907853269984665640564039457.584007913129639935", 2**256 - 1),
    ],
    ids=str,
)
def test_ether_is_given_in_wei(amount, wei):
    assert ether(amount) == wei
    assert type(ether(amount)) is int


@pytest.mark.parametrize("amount", [True, None, b"1", [1], 1j, ETH], ids=repr)
def test_what_is_no_number_is_refused_by_its_type(amount):
    with pytest.raises(WrongArgumentType, match="amount="):
        ether(amount)


@pytest.mark.parametrize(
    "amount",
    [
        *("", "one", "0x10", "1,5", "nan", "inf", "1e-19", "-1", "1e60", "1e999999", "1e-999999"),
        *(-1, 0.1, float("nan"), float("inf"), -0.5, Decimal("NaN"), Decimal("1e-19"), 10**60),
        "115792089237316195423570985008687907853269984665640564039457.584007913129639936",
    ],
    ids=repr,
)
def test_what_is_not_a_whole_number_of_wei_is_refused(amount):
    with pytest.raises(WrongArgumentValue, match="amount="):
        ether(amount)


def test_an_inexact_float_is_told_the_text_to_pass():
    with pytest.raises(WrongArgument, match=r"as a float it is 0\.1000000000000000055.*pass the text '0\.1'"):
        ether(0.1)


@given(st.integers(0, 2**256 - 1), st.integers(0, 40))
def test_every_word_is_reached_from_its_digits(units, decimals):
    digits = str(units).rjust(decimals + 1, "0")
    whole, part = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    assert smallest_units(f"{whole}.{part}0", decimals) == units


@pytest.fixture(scope="module")
def chain():
    return Chain()


def deployed(chain, decimals):
    compiled = artifacts.load("TestToken")
    return chain.deploy(compiled.abi, compiled.bytecode, "Six", "SIX", decimals)


def test_a_token_counts_by_its_own_decimals(chain):
    assert deployed(chain, 6).units("2.5") == 2_500_000
    assert deployed(chain, 0).units(3) == 3
    with pytest.raises(WrongArgument, match="more than 6 decimals"):
        deployed(chain, 6).units("0.0000001")


def test_a_contract_without_decimals_has_no_units(chain):
    with pytest.raises(UnknownFunction):
        _ = Contract(chain, chain.accounts[0].address, []).units


def test_a_contracts_own_function_of_that_name_comes_first(chain):
    abi = [
        {"type": "function", "name": name, "inputs": [], "outputs": [], "stateMutability": "view"}
        for name in ("units", "decimals")
    ]
    assert Contract(chain, chain.accounts[0].address, abi).units.name == "units"
