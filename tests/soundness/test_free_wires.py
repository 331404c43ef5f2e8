"""No hint is free: each wire that is no input is fixed by the constraints, alone and together with others."""

import re

import pytest
from tests.devnet.circuits import lies, lying
from tests.devnet.circuits.lying import LEVELS
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    CAROL,
    CAROL_TOKEN,
    DAVE,
    FREE,
    batch,
    claim,
    claim_of,
    deposit,
    escape,
    escape_of,
    forced,
    populated,
    run,
    transfer,
    withdrawal,
)
from tests.devnet.circuits.test_gadgets_curve import base_multiple, odd_multiple, signature_circuit, signed
from tests.devnet.circuits.test_gadgets_logic import AT_LEAST, BITS, HASHES, IS_ZERO, SELECT, named
from tests.soundness.attacks import Constraints, movable_alone, undetermined

from zkrollup.crypto.babyjubjub import BASE8, multiply
from zkrollup.crypto.poseidon import poseidon
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.builder import Builder

INVERSE_OF_ZERO = (
    # is_zero(0): the inverse meets the factor 0 in its only constraint.
    r"(debit|credit)\.empty\.inverse",
    r"forced\.owner\.inverse",
    r"fees\.none\.inverse",
)
IDLE_SIGNATURE = (
    # The idle payer's key (0, 0) is not on the curve, and doubling it divides 0 by 0. Nothing reads the
    # result where no signature is enabled: point.x takes the stand-in. ``debit.covers`` keeps it so.
    r"signature\.double\[[012]\]\.x",
    r"signature\.key\.order",
)
FREE_WHERE = {
    "accepted_noop": (*INVERSE_OF_ZERO, *IDLE_SIGNATURE),
    "accepted_deposit": (*INVERSE_OF_ZERO, *IDLE_SIGNATURE),
    "accepted_opening": (*INVERSE_OF_ZERO, *IDLE_SIGNATURE),
    "accepted_transfer": INVERSE_OF_ZERO,
    "accepted_withdrawal": INVERSE_OF_ZERO,
    "accepted_fee": (),
    "accepted_forced": INVERSE_OF_ZERO,
    "accepted_forced_by_another": INVERSE_OF_ZERO,
    "accepted_forced_of_too_much": INVERSE_OF_ZERO,
    "accepted_forced_of_nobody": (*INVERSE_OF_ZERO, *IDLE_SIGNATURE),
}


def first_label(constraints, wire):
    """The constraint that makes a wire: the first one that reads it."""
    rows = zip(constraints.a, constraints.b, constraints.c, strict=True)
    return next(
        constraints.circuit.labels[i] for i, row in enumerate(rows) if any(wire in side for side in row)
    )


def non_inputs(circuit):
    return set(range(circuit.r1cs.n_wires)) - {0, *circuit.inputs.values()}


def assert_fixed(circuit, inputs, allowed=()):
    constraints = Constraints(circuit)
    witness = circuit.witness(inputs)
    circuit.check(witness)
    w = to_ints(witness)
    free = undetermined(constraints, w)
    labels = {wire: first_label(constraints, wire) for wire in free}
    for wire, label in labels.items():
        assert any(re.fullmatch(rf"(slot\[\d+\]\.)?{pattern}", label) for pattern in allowed), (wire, label)
    for delta in (1, 2**200 + 7):
        assert movable_alone(constraints, w, non_inputs(circuit), delta=delta) <= free


OFTEN = ("accepted_noop", "accepted_fee", "accepted_forced")


@pytest.mark.parametrize(
    "name", [n if n in OFTEN else pytest.param(n, marks=pytest.mark.slow) for n in FREE_WHERE]
)
def test_no_hint_of_a_slot_is_free(name):
    assert_fixed(batch(1, LEVELS), getattr(lying, name)(), FREE_WHERE[name])


def test_no_hint_of_a_claim_is_free():
    state = populated(2)
    _, trace = run(state, withdrawal(state, CAROL_TOKEN, 0xBEEF, 67, key=CAROL), slots=3)
    assert_fixed(claim(), claim_of(trace, slot=0).named())


@pytest.mark.parametrize("index", [CAROL_TOKEN, ALICE_ETH])
def test_no_hint_of_an_escape_is_free(index):
    assert_fixed(escape(LEVELS), escape_of(populated(LEVELS), index).named())


def _gadgets():
    x, y = multiply(BASE8, 12345)
    yield "base multiple", base_multiple(), {"scalar": 12345, "x": x, "y": y}
    half = 5**100 % (1 << 252) | 1 << 252
    x, y = multiply(BASE8, 2 * half + 1)
    yield "odd multiple", odd_multiple(), {"p_x": BASE8.x, "p_y": BASE8.y, "half": half, "x": x, "y": y}
    yield "eddsa", signature_circuit(), signed(ALICE.public, 991, ALICE.sign(991))
    yield "bits", BITS[128], named([77], [77 >> i & 1 for i in range(128)])
    yield "at least", AT_LEAST, named([5, 6], [0])
    yield "select", SELECT, named([1, 5, 6], [5])
    yield "is zero, of another", IS_ZERO, named([5], [0])
    yield "poseidon", HASHES[4], named([1, 2, 3, 4], [poseidon([1, 2, 3, 4])])


@pytest.mark.parametrize("case", range(8))
def test_no_hint_of_a_gadget_is_free(case):
    _, circuit, inputs = list(_gadgets())[case]
    assert_fixed(circuit, inputs)


def test_the_inverse_of_zero_is_the_one_free_hint_of_a_zero_test():
    constraints = Constraints(IS_ZERO)
    free = undetermined(constraints, to_ints(IS_ZERO.witness(named([0], [1]))))
    assert len(free) == 1


def test_a_signature_of_the_empty_account_would_leave_slopes_free():
    """So ``debit.covers`` is no mere courtesy: the ladder is only sound for keys on the curve."""
    circuit = batch(1, LEVELS)
    w = to_ints(circuit.witness(lies.from_nobody()))
    constraints = Constraints(circuit)
    labels = {first_label(constraints, wire) for wire in undetermined(constraints, w)}
    assert any("challenge.multiple" in label for label in labels)


def test_a_forgotten_constraint_is_found():
    """The instrument itself: a hint without its constraint is free, and one that is bound is not."""
    b = Builder("holes")
    x = b.private("x")
    b.unconstrained_quotient(1, x)
    half = b.unconstrained_quotient(x, 2)
    b.enforce(half, 2, x, "half")
    first, second = b.unconstrained_quotient(x, 3), b.unconstrained_quotient(x, 5)
    b.enforce_equal(15 * (first + second), 8 * x, "sum")
    circuit = b.build()
    w = to_ints(circuit.witness({"x": 30}))
    constraints = Constraints(circuit)
    assert len(undetermined(constraints, w)) == 2  # the lonely hint, and first and second moved together
    assert movable_alone(constraints, w, non_inputs(circuit), delta=1) == {2}


@pytest.mark.slow
def test_no_hint_of_the_default_batch_is_free():
    state = populated(4)
    operations = [
        deposit(DAVE, FREE, 0, 37),
        transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE),
        withdrawal(state, CAROL_TOKEN, 0xBEEF, 67, key=CAROL),
    ]
    inputs, _ = run(state, *operations, slots=3)
    assert_fixed(batch(3, 4), inputs, (*INVERSE_OF_ZERO, *IDLE_SIGNATURE))


@pytest.mark.slow
def test_no_hint_of_a_batch_with_fees_and_forced_withdrawals_is_free():
    state = populated(4)
    operations = [
        forced(ALICE, ALICE_ETH, 13),
        forced(BOB, ALICE_ETH, 17),
        transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30),
    ]
    inputs, _ = run(state, *operations, slots=3)
    assert_fixed(batch(3, 4), inputs, (*INVERSE_OF_ZERO, *IDLE_SIGNATURE))
