"""Fees in 16 bits: one form for each value, the nearest value below for what has none, and the gadget."""

from bisect import bisect_right
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.soundness.attacks import labels_with

from zkrollup.circuits.encoding import InexactFee, decode_fee, encode_fee, pack_operation
from zkrollup.circuits.slot import decoded_fee
from zkrollup.crypto.field import R
from zkrollup.snark.builder import Builder

HIGHEST = 2047 * 10**31
CODES = range(1 << 16)
often = settings(max_examples=200, deadline=None)
anything = st.one_of(
    st.integers(0, HIGHEST),
    st.builds(
        lambda mantissa, exponent, off: max(0, mantissa * 10**exponent + off),
        *(st.integers(0, 2100), st.integers(0, 31), st.integers(-2, 2)),
    ),
)


@cache
def values():
    """All fees that have a form, in order."""
    return sorted({decode_fee(code) for code in CODES})


def test_every_fee_that_a_code_means_has_one_form_which_means_it():
    forms = [encode_fee(fee) for fee in values()]
    assert [decode_fee(form) for form in forms] == values()
    assert len(set(forms)) == len(values()) > 2048 * 28


def test_the_form_has_the_smallest_exponent():
    least = {}
    for code in reversed(CODES):  # codes with smaller exponents are smaller numbers
        least[decode_fee(code)] = code
    assert {fee: encode_fee(fee) for fee in values()} == least


@pytest.mark.parametrize(
    ("fee", "code"),
    [
        (0, 0),
        (1, 1),
        (2047, 2047),
        (2050, 1 << 11 | 205),
        (20470, 1 << 11 | 2047),
        (1000, 1000),
        (10**18, 15 << 11 | 1000),
        (HIGHEST, 31 << 11 | 2047),
    ],
)
def test_a_fee_is_mantissa_times_a_power_of_ten(fee, code):
    assert encode_fee(fee) == code
    assert decode_fee(code) == fee


@pytest.mark.parametrize(
    ("fee", "below"),
    [
        (2048, 2047),
        (2049, 2047),
        (2051, 2050),
        (12345, 12340),
        (20479, 20470),
        (HIGHEST + 1, HIGHEST),
        (2048 * 10**31, HIGHEST),
        (205 * 10**32, HIGHEST),
        (10**60, HIGHEST),
        (-1, 0),
    ],
)
def test_a_fee_without_a_form_is_refused_with_the_next_below(fee, below):
    with pytest.raises(InexactFee, match=f"{fee} does not fit.*the next below is {below}$") as caught:
        encode_fee(fee)
    assert (caught.value.fee, caught.value.below) == (fee, below)
    assert decode_fee(encode_fee(below)) == below


@often
@given(anything)
@example(2049)
@example(2047 * 10**30 + 1)
def test_a_fee_is_encoded_exactly_or_the_nearest_below_is_named(fee):
    nearest = values()[bisect_right(values(), fee) - 1]
    if nearest == fee:
        assert decode_fee(encode_fee(fee)) == fee
    else:
        with pytest.raises(InexactFee) as caught:
            encode_fee(fee)
        assert caught.value.below == nearest


def test_an_operation_with_a_fee_without_a_form_is_not_packed():
    assert pack_operation(2, 3, 5, 7, fee=2050) == 2 << 208 | (1 << 11 | 205) << 192 | 3 << 160 | 5 << 128 | 7
    with pytest.raises(InexactFee):
        pack_operation(2, 3, 5, 7, fee=2051)


# The gadget


@cache
def gadget():
    b = Builder("fee")
    fee, code = b.public("fee"), b.private("code")
    b.enforce_equal(decoded_fee(b, code, "decoded"), fee, "fee")
    return b.build()


def test_the_gadget_costs_21_constraints():
    assert gadget().n_constraints == 21 + 1


@often
@given(st.sampled_from(CODES))
@example(0)
@example(0xFFFF)
@example(31 << 11)
def test_the_gadget_decodes_as_the_ledger_does(code):
    inputs = {"code": code, "fee": decode_fee(code)}
    gadget().check(gadget().witness(inputs))
    assert labels_with(gadget(), {**inputs, "fee": inputs["fee"] + 1}) == ["fee"]


@pytest.mark.parametrize("code", [1 << 16, (1 << 16) + 5, 1 << 17, 1 << 200, -1])
def test_the_gadget_refuses_codes_beyond_16_bits(code):
    labels = labels_with(gadget(), {"code": code % R, "fee": decode_fee(code & 0xFFFF)})
    assert any(label.startswith("decoded.bit[") for label in labels)
