import pytest

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.builder import Builder, CircuitDescriptionError
from zkrollup.snark.expression import Expression
from zkrollup.snark.satisfaction import UnsatisfiedConstraint


def product(*, label="product", name="circuit", factor=1, plus=0):
    b = Builder(name)
    out, x, y = b.public("out"), b.private("x"), b.private("y")
    b.enforce_equal(b.multiply(x, y, label, plus=plus) * factor, out, "out")
    return b.build()


def test_public_inputs_come_first_and_keep_their_order():
    b = Builder("order")
    b.public("third"), b.public("first"), b.private("second")
    circuit = b.build()
    assert list(circuit.inputs.items()) == [("third", 1), ("first", 2), ("second", 3)]
    assert circuit.r1cs.n_public == 2
    assert circuit.public_values(circuit.witness({"first": 5, "second": 6, "third": 7})) == (7, 5)


def test_a_public_input_after_a_private_one_is_refused():
    b = Builder("late")
    b.private("x")
    with pytest.raises(CircuitDescriptionError, match="'y' of 'late' comes after private"):
        b.public("y")


def test_a_public_input_after_a_hint_is_refused():
    b = Builder("late")
    b.unconstrained_quotient(1, b.public("x"))
    with pytest.raises(CircuitDescriptionError, match="comes after"):
        b.public("y")


def test_input_names_are_unique_within_their_scope():
    b = Builder("names")
    b.private("x")
    with b.scope("inner"):
        b.private("x")
    with pytest.raises(CircuitDescriptionError, match="'x' of 'names' is declared twice"):
        b.private("x")
    assert list(b.build().inputs) == ["x", "inner.x"]


def test_labels_carry_their_scopes_and_leave_them_again():
    b = Builder("scopes")
    x, y = b.privates("x", 2)
    with b.scope("slot[3]"):
        with b.scope("payer"):
            b.enforce(x, y, 1, "nonce")
        b.enforce(x, x, 1, "amount")
    with pytest.raises(RuntimeError), b.scope("left"):
        raise RuntimeError
    b.enforce(y, y, 1, "end")
    assert b.build().labels == ("slot[3].payer.nonce", "slot[3].amount", "end")


def test_an_origin_is_the_line_that_describes_the_constraint():
    b = Builder("origins")
    b.enforce_zero(b.private("x"), "zero")
    line = test_an_origin_is_the_line_that_describes_the_constraint.__code__.co_firstlineno + 2
    (origin,) = b.build().origins
    assert (origin.file, origin.line) == (__file__, line)
    assert str(origin) == f"test_builder.py:{line}"


def test_products_with_constants_cost_nothing():
    b = Builder("constants")
    x = b.private("x")
    assert b.multiply(x, 5, "scaled") == x * 5
    assert b.multiply(7, x, "scaled", plus=x) == x * 8
    assert b.multiply(3, 4, "constant") == Expression.constant(12)
    assert b.multiply(x, 0, "nothing", plus=2) == Expression.constant(2)
    assert b.build().n_constraints == 0


def test_equal_constants_cost_nothing_and_others_are_refused():
    b = Builder("constants")
    b.enforce_equal(5, R + 5, "same")
    x = b.private("x")
    b.enforce_equal(x + 3, x + 3, "same")
    assert b.build().n_constraints == 0
    message = r"where\.other: the constants 5 and 6"
    with b.scope("where"), pytest.raises(CircuitDescriptionError, match=message):
        b.enforce_equal(5, 6, "other")


def test_a_product_carries_its_sum():
    circuit = product(plus=9)
    assert circuit.n_constraints == 2
    circuit.check(circuit.witness({"x": 3, "y": 4, "out": 21}))
    with pytest.raises(UnsatisfiedConstraint):
        circuit.check(circuit.witness({"x": 3, "y": 4, "out": 12}))


@pytest.mark.parametrize(("count", "start"), [(0, 0), (-1, 0), (257, 0), (2, 255), (1, -1)])
def test_bits_that_no_value_has_are_refused(count, start):
    b = Builder("bits")
    with b.scope("where"), pytest.raises(CircuitDescriptionError, match=r"where\.bits"):
        b.unconstrained_bits(b.private("x"), count, start=start)


@pytest.mark.parametrize("lower", [-1, R])
def test_windows_that_start_outside_the_field_are_refused(lower):
    b = Builder("bits")
    with pytest.raises(CircuitDescriptionError, match="outside"):
        b.unconstrained_bits(b.private("x"), 3, lower=lower)


def test_bits_are_read_from_the_window_that_is_asked_for():
    b = Builder("windows")
    x = b.private("x")
    plain, high = b.unconstrained_bits(x, 254), b.unconstrained_bits(x, 250, start=4)
    shifted = b.unconstrained_bits(x, 255, lower=12345)
    circuit = b.build()
    for number in (0, 1, 12344, 12345, 12346, R - 1, R // 3):
        w = to_ints(circuit.witness({"x": number}))

        def read(bits, w=w):
            return sum(w[next(iter(bit.terms))] << i for i, bit in enumerate(bits))

        assert read(plain) == number
        assert read(high) == number >> 4
        assert read(shifted) == (number if number >= 12345 else number + R)


# What a key belongs to


def test_the_digest_is_of_the_constraints_alone():
    base = product()
    assert product(label="another label", name="another name").digest == base.digest
    assert product(factor=2).digest != base.digest
    assert product(plus=1).digest != base.digest


def mutated(change):
    b = Builder("base")
    out, x, y = b.public("out"), b.private("x"), b.private("y")
    b.enforce(x, y + 2, out, "first")
    b.enforce(x, x, y, "second")
    change(b, x)
    return b.build().digest


def swap(b, _):
    b.a[0], b.b[0] = b.b[0], b.a[0]


def reorder(b, _):
    for side in (b.a, b.b, b.c):
        side.reverse()


CHANGES = {
    "one more constraint": lambda b, x: b.enforce(x, x, x, "third"),
    "one less": lambda b, _: [side.pop() for side in (b.a, b.b, b.c)],
    "one more wire": lambda b, x: b.unconstrained_quotient(1, x),
    "another coefficient": lambda b, _: b.b.__setitem__(0, {**b.b[0], 0: 3}),
    "another wire": lambda b, _: b.c.__setitem__(1, {1: 1}),
    "swapped sides": swap,
    "another order": reorder,
    "another split of the wires": lambda b, _: setattr(b, "n_public", 2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_digest_tells_any_other_constraints_apart(name):
    digests = [mutated(lambda b, x: None), *(mutated(change) for change in CHANGES.values())]
    assert digests.count(mutated(CHANGES[name])) == 1


def test_hints_and_their_values_are_not_part_of_the_digest():
    def circuit(numerator):
        b = Builder("hints")
        x = b.private("x")
        b.enforce(b.unconstrained_quotient(numerator, x), x, x, "quotient")
        return b.build().digest

    assert circuit(3) == circuit(4)
