import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkrollup.crypto.field import R
from zkrollup.snark.expression import Expression, as_expression, weighted_sum

WIRES = [1, 3, 7, 11, 13]
coefficients = st.integers(1, R - 1)
expressions = st.dictionaries(st.sampled_from([0, 1, 2, 3, 4]), coefficients, max_size=4).map(Expression)
often = settings(max_examples=60, deadline=None)


def value(expression):
    return sum(k * WIRES[wire] for wire, k in expression.terms.items()) % R


@often
@given(expressions, expressions, st.integers(-R, 2 * R))
def test_arithmetic_is_that_of_the_values(x, y, k):
    values = [1, *WIRES[1:]]
    assert values == WIRES
    assert value(x + y) == (value(x) + value(y)) % R
    assert value(x - y) == (value(x) - value(y)) % R
    assert value(x * k) == value(k * x) == value(x) * k % R
    assert value(x + k) == value(k + x) == (value(x) + k) % R
    assert value(k - x) == (k - value(x)) % R
    assert value(-x) == -value(x) % R
    assert value(weighted_sum([x, y], [k, 5])) == (k * value(x) + 5 * value(y)) % R


@often
@given(expressions, expressions)
def test_no_zero_coefficient_is_kept(x, y):
    for result in (x - x, x + y, x * 0, x - y, weighted_sum([x, x], [1, -1]), x * R):
        assert all(0 < k < R for k in result.terms.values())
    assert (x - x).terms == {}


def test_constants_know_their_value():
    assert Expression.constant(5).constant_value == 5
    assert Expression.constant(R + 5).constant_value == 5
    assert Expression({}).constant_value == 0
    assert (Expression.wire(2) - Expression.wire(2)).constant_value == 0
    assert Expression.wire(2).constant_value is None
    assert (Expression.wire(2) + 1).constant_value is None
    assert as_expression(-1).constant_value == R - 1


def test_products_of_two_combinations_are_refused():
    with pytest.raises(TypeError):
        Expression.wire(1) * Expression.wire(2)


def test_arithmetic_changes_neither_operand():
    x, y = Expression.wire(1), Expression.wire(2)
    x + y, x - y, x * 3
    assert (x.terms, y.terms) == ({1: 1}, {2: 1})


def test_equal_combinations_are_equal_and_hash_alike():
    x = Expression({1: 2, 3: 4})
    assert x == Expression({3: 4, 1: 2})
    assert hash(x) == hash(Expression({3: 4, 1: 2}))
    assert x != Expression({1: 2})
    assert x != 5
    assert repr(Expression({0: 7, 2: 3})) == "7 + 3*w2"
    assert repr(Expression({})) == "0"


def test_weights_and_parts_must_match_in_number():
    with pytest.raises(ValueError, match="shorter"):
        weighted_sum([Expression.wire(1)], [])
