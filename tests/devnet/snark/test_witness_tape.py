"""The tape's kernel against a slow reference in plain Python, on random circuits."""

import random

import pytest
from tests.soundness.attacks import Constraints

from zkrollup.crypto.field import R
from zkrollup.kernels import witness as kernel
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression
from zkrollup.snark.satisfaction import UnsatisfiedConstraint
from zkrollup.snark.tape import Rule

SPECIAL = [0, 1, 2, R - 1, R // 2, 1 << 64, (1 << 128) - 1]


def random_circuit(rng):
    b = Builder("random")
    known = [b.public("p"), *b.privates("x", 3)]

    def pick():
        terms = [
            rng.choice(known) * rng.choice([1, -1, 2, rng.randrange(R)]) for _ in range(rng.randrange(1, 4))
        ]
        total = sum(terms, start=Expression.constant(rng.choice([0, 0, 1, rng.randrange(R)])))
        return rng.choice([total, total, total - total, Expression.constant(rng.randrange(3))])

    for i in range(rng.randrange(5, 25)):
        kind = rng.randrange(4)
        if kind == 0:
            known.append(b.unconstrained_quotient(pick(), pick()))
        elif kind == 1:
            start = rng.randrange(0, 200)
            lower = rng.choice([0, 0, 1, R - 1, rng.randrange(R), 1 << 192])
            count = rng.randrange(1, 257 - start)
            known.extend(b.unconstrained_bits(pick(), count, start=start, lower=lower)[:3])
        else:
            known.append(b.multiply(pick(), pick(), f"product[{i}]", plus=rng.choice([0, 7, pick()])))
        if rng.random() < 0.2:
            b.enforce(pick(), pick(), pick(), f"rule[{i}]")
    return b.build()


@pytest.mark.parametrize("seed", range(60))
def test_the_kernel_solves_and_checks_as_the_reference_does(seed):
    rng = random.Random(seed)
    circuit = random_circuit(rng)
    constraints = Constraints(circuit)
    for _ in range(4):
        inputs = {name: rng.choice([*SPECIAL, rng.randrange(R), rng.randrange(R)]) for name in circuit.inputs}
        witness = circuit.witness(inputs)
        expected = constraints.solve(inputs)
        assert to_ints(witness) == expected
        broken = constraints.broken(expected)
        assert not any(circuit.labels[row].startswith("product") for row in broken)
        if broken:
            with pytest.raises(UnsatisfiedConstraint) as caught:
                circuit.check(witness)
            assert set(caught.value.rows) == broken
        else:
            circuit.check(witness)


def test_a_quotient_by_zero_is_zero():
    b = Builder("quotient")
    x, y = b.private("x"), b.private("y")
    b.unconstrained_quotient(x, y)
    circuit = b.build()
    assert to_ints(circuit.witness({"x": 5, "y": 0}))[3] == 0
    assert to_ints(circuit.witness({"x": 15, "y": 5}))[3] == 3


def test_the_rules_numbers_are_the_kernels():
    assert {rule.name: rule.value for rule in Rule} == {
        "PRODUCT": kernel.PRODUCT,
        "QUOTIENT": kernel.QUOTIENT,
        "BITS": kernel.BITS,
    }
    assert to_ints(kernel.R_LIMBS) == [R]


def test_a_circuit_without_steps_has_the_inputs_for_a_witness():
    b = Builder("plain")
    b.enforce_equal(b.public("x"), b.private("y"), "same")
    circuit = b.build()
    assert to_ints(circuit.witness({"x": 5, "y": 6})) == [1, 5, 6]
    with pytest.raises(UnsatisfiedConstraint):
        circuit.check(circuit.witness({"x": 5, "y": 6}))
