"""Bits, logic, Poseidon and quad paths against their native twins, and attacks on their hints."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.soundness.attacks import Constraints, broken_labels, labels_with, overwritten

from zkrollup.circuits.gadgets.bits import (
    MAX_BITS,
    RangeTooWide,
    enforce_boolean,
    enforce_range,
    is_at_least,
    to_bits,
)
from zkrollup.circuits.gadgets.logic import (
    enforce_equal_if,
    enforce_nonzero_if,
    enforce_zero_if,
    is_zero,
    select,
)
from zkrollup.circuits.gadgets.poseidon import poseidon, poseidon_chain
from zkrollup.circuits.gadgets.quadpath import quad_roots
from zkrollup.crypto import poseidon as native
from zkrollup.crypto.field import R
from zkrollup.crypto.quadtree import root_from_path
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression

FIELD = st.one_of(st.integers(0, R - 1), st.sampled_from([0, 1, 2, R - 1, R - 2, (R - 1) // 2]))
often = settings(max_examples=60, deadline=None)


def accepts(circuit, **inputs):
    circuit.check(circuit.witness(inputs))
    return True


def circuit_of(name, n_inputs, describe):
    """A circuit with private inputs x[i] and public outputs y[i] as ``describe`` computes them."""
    probe = Builder(name)
    count = len(describe(probe, probe.privates("x", n_inputs)))
    b = Builder(name)
    outputs = [b.public(f"y[{i}]") for i in range(count)]
    for i, value in enumerate(describe(b, b.privates("x", n_inputs))):
        b.enforce_equal(value, outputs[i], f"output[{i}]")
    return b.build()


def named(inputs, outputs):
    values = {f"x[{i}]": x for i, x in enumerate(inputs)}
    return values | {f"y[{i}]": y for i, y in enumerate(outputs)}


# Bits

BITS = {
    width: circuit_of(f"bits-{width}", 1, lambda b, x, width=width: to_bits(b, x[0], width, "x"))
    for width in (1, 2, 8, 128, MAX_BITS)
}
AT_LEAST = circuit_of("at-least", 2, lambda b, x: [is_at_least(b, *x, 128, "order")])
SMALL = st.integers(0, (1 << 128) - 1)


@often
@given(st.sampled_from(sorted(BITS)), st.integers(0, (1 << MAX_BITS) - 1))
@example(128, (1 << 128) - 1)
@example(MAX_BITS, (1 << MAX_BITS) - 1)
@example(1, 1)
def test_bits_are_those_of_the_number(width, number):
    number %= 1 << width
    bits = [number >> i & 1 for i in range(width)]
    assert accepts(BITS[width], **named([number], bits))
    wrong = bits.copy()
    wrong[number % width] ^= 1
    assert labels_with(BITS[width], named([number], wrong)) == [f"output[{number % width}]"]


@pytest.mark.parametrize("width", sorted(BITS))
@pytest.mark.parametrize("above", [0, 1, 12345])
def test_a_number_that_does_not_fit_has_no_bits(width, above):
    number = (1 << width) + above
    bits = [number >> i & 1 for i in range(width)]
    assert any(label.startswith("x.bit[") for label in labels_with(BITS[width], named([number], bits)))


@pytest.mark.parametrize("number", [R - 1, R - 2**128, R // 2 + 1])
def test_negative_numbers_are_out_of_range(number):
    bits = [number >> i & 1 for i in range(128)]
    assert labels_with(BITS[128], named([number], bits))


@pytest.mark.parametrize("width", [0, 254, 255, -1])
def test_widths_with_two_decompositions_are_refused(width):
    b = Builder("wide")
    with pytest.raises(RangeTooWide) as caught:
        enforce_range(b, b.private("x"), width, "x")
    assert caught.value.bits == width


def test_the_bits_of_x_plus_r_do_not_fit_the_widest_decomposition():
    """x + r has the same residue; its 254th bit, or one above 253 bits, has no wire to go to."""
    for number in (0, 1, 2, 5**99 % (1 << 250)):
        alias = number + R
        bits = [alias >> i & 1 for i in range(MAX_BITS)]
        witness = BITS[MAX_BITS].witness(named([number], bits))
        ((first, start, count),) = Constraints(BITS[MAX_BITS]).bit_groups()
        changes = {first + i: alias >> (start + i) & 1 for i in range(count)}
        broken = broken_labels(BITS[MAX_BITS], overwritten(BITS[MAX_BITS], witness, changes))
        assert "x.bit[0]" in broken


@pytest.mark.parametrize("position", range(1, 8))
def test_a_bit_that_is_no_bit_is_refused(position):
    """The lowest bit takes up what the others leave, so a fraction 2^-i makes it flip and keeps the sum."""
    circuit, number = BITS[8], 0b10110101
    ((first, start, _),) = Constraints(circuit).bit_groups()
    bits = [number >> i & 1 for i in range(8)]
    bits[position] = (bits[position] + pow(2, -position, R)) % R
    bits[0] = 0
    witness = circuit.witness(named([number], bits))
    lied = overwritten(circuit, witness, {first + position - start: bits[position]})
    assert broken_labels(circuit, lied) == [f"x.bit[{position}]"]


@often
@given(SMALL, SMALL)
@example(0, 0)
@example((1 << 128) - 1, 0)
@example(0, (1 << 128) - 1)
def test_order_is_that_of_integers(x, y):
    assert accepts(AT_LEAST, **named([x, y], [int(x >= y)]))
    assert labels_with(AT_LEAST, named([x, y], [int(x < y)])) == ["output[0]"]


def test_order_refuses_differences_beyond_its_width():
    assert labels_with(AT_LEAST, named([1 << 128, 0], [1])) != []
    assert labels_with(AT_LEAST, named([0, (1 << 128) + 1], [0])) != []


def test_booleans_are_zero_and_one():
    b = Builder("boolean")
    enforce_boolean(b, b.private("x"), "x.boolean")
    circuit = b.build()
    assert accepts(circuit, x=0)
    assert accepts(circuit, x=1)
    for other in (2, R - 1, (R + 1) // 2):
        assert labels_with(circuit, {"x": other}) == ["x.boolean"]


# Logic

SELECT = circuit_of("select", 3, lambda b, x: [select(b, *x, "select")])
IS_ZERO = circuit_of("is-zero", 1, lambda b, x: [is_zero(b, x[0], "zero")])


def conditional(enforce, n):
    b = Builder(enforce.__name__)
    enforce(b, *b.privates("x", n), "rule")
    return b.build()


ZERO_IF, EQUAL_IF = conditional(enforce_zero_if, 2), conditional(enforce_equal_if, 3)
NONZERO_IF = conditional(enforce_nonzero_if, 2)


@often
@given(st.integers(0, 1), FIELD, FIELD)
def test_select_takes_one_or_the_other(condition, x, y):
    chosen = x if condition else y
    assert accepts(SELECT, **named([condition, x, y], [chosen]))
    assert labels_with(SELECT, named([condition, x, y], [(chosen + 1) % R])) == ["output[0]"]


@often
@given(FIELD)
@example(0)
def test_zero_is_told_from_all_else(x):
    assert accepts(IS_ZERO, **named([x], [int(x == 0)]))
    assert labels_with(IS_ZERO, named([x], [int(x != 0)])) == ["output[0]"]


def test_the_hint_of_a_zero_test_cannot_make_anything_zero():
    """With inverse 0, x * inverse is 0, so x would pass for zero; and the reverse for a real zero."""
    constraints = Constraints(IS_ZERO)
    hint = int(IS_ZERO.tape.wires[0])
    lied = constraints.solve(named([5], [1]), {hint: 0})
    assert {IS_ZERO.labels[i] for i in constraints.broken(lied)} == {"zero.zero"}
    lied = constraints.solve(named([0], [0]), {hint: 7})
    assert {IS_ZERO.labels[i] for i in constraints.broken(lied)} == {"output[0]"}


@often
@given(st.integers(0, 1), FIELD, FIELD)
def test_conditional_rules_hold_only_where_they_apply(condition, x, y):
    for circuit, values, holds in (
        (ZERO_IF, [condition, x], x == 0),
        (EQUAL_IF, [condition, x, y], x == y),
        (EQUAL_IF, [condition, x, x], True),
        (NONZERO_IF, [condition, x], x != 0),
        (NONZERO_IF, [condition, 0], False),
    ):
        assert labels_with(circuit, named(values, [])) == ([] if holds or not condition else ["rule"])


def test_no_hint_makes_zero_pass_for_nonzero():
    for hint in (1, 2, R - 1):
        witness = NONZERO_IF.witness({"x[0]": 1, "x[1]": 0})
        wire = int(NONZERO_IF.tape.wires[0])
        assert broken_labels(NONZERO_IF, overwritten(NONZERO_IF, witness, {wire: hint})) == ["rule"]


# Poseidon

HASHES = {
    k: circuit_of(f"poseidon-{k}", k, lambda b, x: [poseidon(b, x, "hash")]) for k in (1, 2, 3, 4, 6, 16)
}
CHAIN = circuit_of("chain", 7, lambda b, x: [poseidon_chain(b, x, 3, "chain")])


@pytest.mark.parametrize("width", sorted(HASHES))
def test_poseidon_is_the_native_one(width):
    rng = random.Random(width)
    for case in range(40):
        inputs = [rng.choice([0, R - 1, rng.randrange(R), rng.randrange(R)]) for _ in range(width)]
        inputs = [0] * width if case == 0 else inputs
        expected = native.poseidon(inputs)
        assert accepts(HASHES[width], **named(inputs, [expected]))
        assert labels_with(HASHES[width], named(inputs, [expected ^ 1])) == ["output[0]"]


@pytest.mark.parametrize("mask", range(1, 16))
def test_poseidon_of_constants_and_wires_is_the_native_one(mask):
    rng = random.Random(mask)
    values = [rng.randrange(R) for _ in range(4)]
    b = Builder("partly-constant")
    terms = [value if mask >> i & 1 else b.private(f"x[{i}]") for i, value in enumerate(values)]
    output = b.private("y")
    b.enforce_equal(poseidon(b, [*terms[:3], terms[3] * 1], "hash"), output, "output")
    circuit = b.build()
    inputs = {f"x[{i}]": value for i, value in enumerate(values) if not mask >> i & 1}
    assert accepts(circuit, **inputs, y=native.poseidon(values))
    assert labels_with(circuit, {**inputs, "y": 0}) == ["output"]


def test_poseidon_takes_combinations_of_wires():
    circuit = circuit_of("sums", 2, lambda b, x: [poseidon(b, [x[0] + 3 * x[1] + 5, x[0] - x[1]], "hash")])
    assert accepts(circuit, **named([7, 11], [native.poseidon([7 + 33 + 5, -4 % R])]))


def test_the_chain_is_the_native_one():
    rng = random.Random(3)
    for _ in range(40):
        words = [rng.randrange(R) for _ in range(7)]
        expected = native.poseidon_chain(words, 3)
        assert accepts(CHAIN, **named(words, [expected]))
        words[6] ^= 1
        assert labels_with(CHAIN, named(words, [expected])) == ["output[0]"]


# Quad paths

LEVELS = 3


def _paths(b, x):
    old, new, index, *rest = x
    bits = to_bits(b, index, 2 * LEVELS, "index")
    return quad_roots(b, [old, new], bits, [rest[3 * i : 3 * i + 3] for i in range(LEVELS)], "path")


PATHS = circuit_of("paths", 3 + 3 * LEVELS, _paths)


@pytest.mark.parametrize("index", range(4**LEVELS))
def test_a_path_leads_to_the_native_root_from_every_place(index):
    rng = random.Random(index)
    old, new, *flat = [rng.randrange(R) for _ in range(2 + 3 * LEVELS)]
    path = [tuple(flat[3 * i : 3 * i + 3]) for i in range(LEVELS)]
    roots = [root_from_path(leaf, index, path) for leaf in (old, new)]
    assert accepts(PATHS, **named([old, new, index, *flat], roots))
    assert labels_with(PATHS, named([new, old, index, *flat], roots)) == ["output[0]", "output[1]"]
    moved = labels_with(PATHS, named([old, new, index ^ 1 << (index % 6), *flat], roots))
    assert moved == ["output[0]", "output[1]"]
    flat[index % 9] ^= 1
    assert labels_with(PATHS, named([old, new, index, *flat], roots)) == ["output[0]", "output[1]"]


def test_gadgets_take_constants_too():
    b = Builder("constants")
    y = b.private("y")
    b.enforce_equal(select(b, 1, 5, 7, "select") + Expression({}), 5, "selected")
    b.enforce_equal(poseidon(b, [3, 4], "hash"), y, "hashed")
    assert accepts(b.build(), y=native.poseidon([3, 4]))
