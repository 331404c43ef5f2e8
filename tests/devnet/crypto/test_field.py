import enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.bn128 import curve_order, field_modulus

from zkrollup.crypto.babyjubjub import is_on_curve
from zkrollup.crypto.eddsa import PrivateKey, verify
from zkrollup.crypto.field import (
    FieldRangeError,
    NotASquare,
    NotInvertible,
    P,
    R,
    inverse,
    require_field,
    square_root,
)
from zkrollup.crypto.l2key import typed_data
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.native import ETH

orders = st.sampled_from([R, P])


def test_the_orders_are_those_of_an_independent_implementation():
    assert (curve_order, field_modulus) == (R, P)


@given(orders, st.integers(1, P - 1))
@settings(deadline=None)
def test_an_element_times_its_inverse_is_one(order, value):
    if value % order:
        assert value * inverse(value, order=order) % order == 1


@pytest.mark.parametrize("zero", [0, R, -3 * R])
def test_zero_has_no_inverse(zero):
    with pytest.raises(NotInvertible, match="no inverse") as refusal:
        inverse(zero)
    assert (refusal.value.value, refusal.value.order) == (zero, R)


@given(orders, st.integers(0, P - 1))
@settings(deadline=None)
def test_the_root_of_a_square_is_the_smaller_of_the_two(order, value):
    root = square_root(value * value, order=order)
    assert root == min(value % order, -value % order)


def test_a_non_residue_has_no_root():
    assert square_root(4) == 2
    with pytest.raises(NotASquare, match="no square root"):
        square_root(5)  # 5 generates the multiplicative group of Fr


@pytest.mark.parametrize("value", [0, 1, R - 1])
def test_canonical_elements_pass_through(value):
    assert require_field("amount", value) == value


class Token(enum.IntEnum):
    """Ints of a subclass, as users name their tokens."""

    NONE = 0
    DAI = 13


def test_an_int_of_a_subclass_is_the_number_that_it_is():
    key = PrivateKey(Token.DAI)
    assert (require_field("token", ETH), require_field("token", Token.DAI)) == (0, 13)
    assert poseidon([11, Token.DAI, ETH]) == poseidon([11, 13, 0])
    assert QuadTree(2).set(Token.DAI, Token.DAI).root == QuadTree(2).set(13, 13).root
    assert key.public == PrivateKey(13).public
    assert key.sign(Token.DAI) == key.sign(13)
    assert verify(key.public, Token.DAI, key.sign(13))
    assert is_on_curve((Token.NONE, 1))
    assert typed_data(Token.DAI, "0x" + "11" * 20, "0x" + "22" * 20)["domain"]["chainId"] == 13


@pytest.mark.parametrize("value", [-1, R, R + 1, 1.0, "1", True, None])
def test_all_else_is_refused_by_name_and_value(value):
    with pytest.raises(FieldRangeError, match="amount = ") as refusal:
        require_field("amount", value)
    assert (refusal.value.name, refusal.value.value, refusal.value.order) == ("amount", value, R)


def test_the_other_field_has_other_bounds():
    assert require_field("x", R, order=P) == R
    with pytest.raises(FieldRangeError):
        require_field("x", P, order=P)
