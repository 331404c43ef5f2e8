"""Small circuits for the tests of their files, and what it means that two are equal."""

import dataclasses

import numpy as np

from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit

INPUTS = {"product": 77, "factors.left": 7, "factors.right": 11}


def product() -> Circuit:
    """A step of each rule, and a public input beside private ones."""
    b = Builder("product")
    product = b.public("product")
    with b.scope("factors"):
        left, right = b.private("left"), b.private("right")
    bits = b.unconstrained_bits(left, 4, lower=3)
    b.enforce_equal(Builder.binary_sum(bits), left, "left.bits")
    b.enforce(left, right, product, "product")
    b.enforce(b.unconstrained_quotient(product, right), right, b.multiply(left, right, "again"), "quotient")
    return b.build()


def oddly_named() -> Circuit:
    """Names that are empty, not ASCII, of several lines, like JSON, or no text that UTF-8 could hold."""
    b = Builder('"\\\n\0')
    x = b.public("")
    for name in ("äöü", "方程式 🧮", "two\nlines", "null\0inside", '"],[', "\udc80", " ", "\ud83e", "\uddee"):
        x = b.multiply(x, b.private(name), name)
        b.enforce_equal(x, 5, "")
    return b.build()


def without_constraints() -> Circuit:
    """Inputs, and nothing to prove of them."""
    b = Builder("")
    b.public("only")
    return b.build()


def assert_equal(one: Circuit, other: Circuit) -> None:
    """Every field is the same: order, types and shapes included."""
    for field in dataclasses.fields(Circuit):
        if field.name not in ("r1cs", "tape"):
            assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert list(one.inputs) == list(other.inputs)
    assert (one.r1cs.n_wires, one.r1cs.n_public) == (other.r1cs.n_wires, other.r1cs.n_public)
    for name, array in _arrays(one).items():
        twin = _arrays(other)[name]
        assert (array.dtype, array.shape) == (twin.dtype, twin.shape), name
        np.testing.assert_array_equal(array, twin, name)
        assert twin.flags.c_contiguous, name
        assert twin.flags.writeable, name  # kernels take no others


def _arrays(circuit):
    matrices = {"a": circuit.r1cs.a, "b": circuit.r1cs.b, "c": circuit.r1cs.c, "hints": circuit.tape.hints}
    tape = {field.name: getattr(circuit.tape, field.name) for field in dataclasses.fields(circuit.tape)}
    del tape["hints"]
    return tape | {
        f"{name}.{field.name}": getattr(matrix, field.name)
        for name, matrix in matrices.items()
        for field in dataclasses.fields(matrix)
    }
