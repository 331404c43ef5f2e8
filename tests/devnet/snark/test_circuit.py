import numpy as np
import pytest

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import from_ints
from zkrollup.snark.builder import Builder
from zkrollup.snark.satisfaction import InputError, MalformedWitness, UnsatisfiedConstraint


@pytest.fixture(scope="module")
def circuit():
    b = Builder("cubes")
    out, x = b.public("out"), b.private("x")
    with b.scope("power"):
        square = b.multiply(x, x, "square")
        cube = b.multiply(square, x, "cube")
    b.enforce_equal(cube + 5, out, "output")
    return b.build()


def test_the_right_inputs_satisfy(circuit):
    witness = circuit.witness({"x": 3, "out": 32})
    circuit.check(witness)
    assert (witness.shape, witness.dtype) == ((5, 4), np.uint64)


def test_an_error_names_label_line_and_values(circuit):
    with pytest.raises(UnsatisfiedConstraint) as caught:
        circuit.check(circuit.witness({"x": 3, "out": 33}))
    error = caught.value
    assert (error.label, error.row, error.rows) == ("output", 2, (2,))
    assert error.values == {"out": 33, "power.cube": 27}
    assert error.factors == (R - 1, 1, 0)
    assert error.origin.file == __file__
    assert "'cubes': constraint 'output' at test_circuit.py:" in str(error)
    assert "out = 33" in str(error)
    assert "power.cube = 27" in str(error)


def test_an_error_counts_the_other_broken_constraints(circuit):
    witness = circuit.witness({"x": 3, "out": 32})
    witness[2] = from_ints([4])[0]
    with pytest.raises(UnsatisfiedConstraint, match=r"1 further constraint") as caught:
        circuit.check(witness)
    assert caught.value.label == "power.square"
    assert len(caught.value.rows) == 2


def test_a_long_constraint_shows_some_of_its_wires_and_says_how_many_more():
    b = Builder("long")
    b.enforce_zero(sum(b.privates("x", 12), start=b.private("y")), "sum")
    circuit = b.build()
    with pytest.raises(UnsatisfiedConstraint, match="and 5 more wires"):
        circuit.check(circuit.witness({"y": 1, **{f"x[{i}]": i for i in range(12)}}))


def test_a_missing_input_is_named(circuit):
    with pytest.raises(InputError, match="'out' of circuit 'cubes' is missing") as caught:
        circuit.witness({"x": 3})
    assert caught.value.name == "out"


def test_an_unknown_input_is_named(circuit):
    with pytest.raises(InputError, match="'z' of circuit 'cubes' does not exist"):
        circuit.witness({"x": 3, "out": 32, "z": 1})


@pytest.mark.parametrize("value", [-1, R, R + 3, 1 << 256])
def test_an_input_outside_the_field_is_refused(circuit, value):
    with pytest.raises(InputError, match="outside") as caught:
        circuit.witness({"x": value, "out": 32})
    assert caught.value.name == "x"


def test_the_largest_field_element_is_an_input(circuit):
    circuit.check(circuit.witness({"x": R - 1, "out": 4}))


@pytest.mark.parametrize("shape", [(4, 4), (6, 4), (5, 3), (20,)])
def test_a_witness_of_another_shape_is_refused(circuit, shape):
    with pytest.raises(MalformedWitness, match="give uint64"):
        circuit.check(np.zeros(shape, np.uint64))


def test_a_witness_of_another_type_is_refused(circuit):
    witness = circuit.witness({"x": 3, "out": 32})
    with pytest.raises(MalformedWitness, match="int64"):
        circuit.check(witness.astype(np.int64))


@pytest.mark.parametrize("one", [0, 2, 1 + R])
def test_the_constant_wire_is_one(circuit, one):
    """All wires 0 would satisfy the first two constraints, and the third with the constant out of the way."""
    witness = np.zeros((5, 4), np.uint64)
    witness[0] = from_ints([one])[0]
    with pytest.raises(MalformedWitness, match="wire 0"):
        circuit.check(witness)


def test_a_wire_of_r_or_more_is_refused(circuit):
    witness = circuit.witness({"x": 3, "out": 32})
    witness[circuit.inputs["x"]] = from_ints([3 + R])[0]
    with pytest.raises(MalformedWitness, match=r"on 'x', outside"):
        circuit.check(witness)


def test_hints_are_named_by_their_number():
    b = Builder("hint")
    x = b.private("x")
    b.enforce(b.unconstrained_quotient(1, x), x, 2, "wrong")
    circuit = b.build()
    with pytest.raises(UnsatisfiedConstraint) as caught:
        circuit.check(circuit.witness({"x": 5}))
    assert caught.value.values == {"x": 5, "hint w2": pow(5, -1, R)}
