"""Each constraint deleted in turn: something that must be refused would pass.

A deletion is noticed in one of two ways. Either the row is independent of all others in the Jacobian at
some valid witness, so that without it witnesses pass near that one which do not now; or an attack breaks
that row and no other. The first way says nothing of rows that others imply to first order only: bits, and
rules that are off at a witness.
"""

import os
import random
from functools import cache

import pytest
from tests.devnet.circuits import lying
from tests.devnet.circuits.fee_lies import FEE_LIES
from tests.devnet.circuits.forced_lies import FORCED_LIES
from tests.devnet.circuits.lies import LIES
from tests.devnet.circuits.lying import LEVELS, slot_constraints
from tests.devnet.circuits.scenarios import (
    ALICE,
    CAROL,
    CAROL_TOKEN,
    batch,
    claim,
    claim_of,
    escape,
    escape_of,
    populated,
    run,
    withdrawal,
)
from tests.soundness.attacks import Constraints, dependent_rows, overwritten, value

from zkrollup.crypto.field import R, inverse
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.satisfaction import UnsatisfiedConstraint

ALL_LIES = [*LIES, *FORCED_LIES, *FEE_LIES]
RANGES = ("nonce", "fee", "signature.challenge.lowest", "signature.challenge.highest")
UNSIGNED = (
    # Where something is signed, the elimination takes a minute: all else leaves few rows to attack.
    lying.accepted_noop,
    lying.accepted_deposit,
    lying.accepted_opening,
    lying.accepted_forced,
    lying.accepted_forced_by_another,
    lying.accepted_forced_of_too_much,
    lying.accepted_forced_of_nobody,
)


def broken_rows(circuit, witness):
    try:
        circuit.check(witness)
    except UnsatisfiedConstraint as error:
        return error.rows
    return ()


def idle_with_a_key():
    """A noop whose idle payer lane reads Alice's key: on the curve, so that nothing divides by zero."""
    return lying.changed(lying.accepted_noop, debit__key_x=ALICE.public.x, debit__key_y=ALICE.public.y)


@cache
def left_by_first_order():
    """Rows of a slot that its Jacobians do not show to be needed."""
    circuit, constraints = batch(1, LEVELS), slot_constraints()
    left = set(range(circuit.n_constraints))
    for honest in UNSIGNED:
        left &= dependent_rows(constraints, to_ints(circuit.witness(honest())))
    return left


@cache
def rows_broken_alone_by_lies():
    circuit = batch(1, LEVELS)
    broken = [broken_rows(circuit, lie.witness()) for lie in ALL_LIES if lie.alone]
    return {rows[0] for rows in broken if len(rows) == 1}


def boolean_row(constraints, wire):
    return next(
        i
        for i, (a, b) in enumerate(zip(constraints.a, constraints.b, strict=True))
        if a == {wire: 1} and b == {wire: 1, 0: R - 1}
    )


def fraction_attacks(constraints, w, group):
    """Where the lowest bit is the rest of the sum: a fraction in another bit flips it and keeps the sum."""
    first, _, count = group
    lowest = boolean_row(constraints, first) - 1
    rest = value(constraints.a[lowest], w)
    yield lowest, {first: 1 - w[first]}
    for i in range(count):
        step = inverse(1 << (i + 1)) * (1 if rest else -1)
        yield lowest + 1 + i, {first + i: (w[first + i] + step) % R}


def carry_attacks(constraints, w, group):
    """For a decomposition with a sum of its own: one bit flips and a neighbour makes up for it."""
    first, _, count = group
    row = boolean_row(constraints, first)
    for i in range(count):
        other, weight = (i + 1, 2) if i + 1 < count else (i - 1, inverse(2))
        flip = w[first + other]
        yield (
            row + i,
            {first + other: 1 - flip, first + i: (w[first + i] + (weight if flip else -weight)) % R},
        )


def test_each_constraint_of_the_claim_is_needed():
    state = populated(2)
    _, trace = run(state, withdrawal(state, CAROL_TOKEN, 0xBEEF, 67, key=CAROL), slots=3)
    witness = claim().witness(claim_of(trace, slot=0).named())
    claim().check(witness)
    assert dependent_rows(Constraints(claim()), to_ints(witness)) == set()


def test_each_constraint_of_the_escape_is_needed():
    witness = escape(LEVELS).witness(escape_of(populated(LEVELS), CAROL_TOKEN).named())
    escape(LEVELS).check(witness)
    assert dependent_rows(Constraints(escape(LEVELS)), to_ints(witness)) == set()


def _rotation(items):
    """A tenth of the costly attacks, another one for each ZK_MUTANT_SEED; all of them with ZK_FULL=1."""
    items = list(items)
    if os.environ.get("ZK_FULL") == "1":
        return items
    rng = random.Random(int(os.environ.get("ZK_MUTANT_SEED", "0")))
    return rng.sample(items, max(1, len(items) // 10))


def test_each_range_bit_of_a_slot_is_needed():
    circuit, constraints = batch(1, LEVELS), slot_constraints()
    witness = circuit.witness(idle_with_a_key())
    w = to_ints(witness)
    wanted = {
        row
        for row in left_by_first_order()
        if circuit.labels[row].startswith(tuple(f"slot[0].{family}.bit[" for family in RANGES))
    }
    noticed = set()
    for group in (g for g in constraints.bit_groups() if g[1] == 1):
        for row, changes in fraction_attacks(constraints, w, group):
            if row in wanted and broken_rows(circuit, overwritten(circuit, witness, changes)) == (row,):
                noticed.add(row)
    assert len(wanted) > 100
    assert wanted <= noticed | rows_broken_alone_by_lies()


@pytest.mark.slow
def test_each_challenge_bit_is_needed():
    circuit, constraints = batch(1, LEVELS), slot_constraints()
    inputs = idle_with_a_key()
    w = constraints.solve(inputs)
    assert constraints.broken(w) == set()
    group = next(g for g in constraints.bit_groups() if g[1] == 0)
    for row, changes in _rotation(carry_attacks(constraints, w, group)):
        assert circuit.labels[row].startswith("slot[0].signature.challenge.bit[")
        assert constraints.broken(constraints.solve(inputs, changes)) == {row}, circuit.labels[row]


def rows_broken_alone_by_steps(rows):
    """Rows whose own wire, forced to another value, breaks them alone where no signature is verified."""
    constraints = slot_constraints()
    inputs = idle_with_a_key()
    tape = constraints.circuit.tape
    written = set(tape.wires.tolist())  # of a decomposition only the first wire, which is enough for its sum
    w = constraints.solve(inputs)
    for row in rows:
        own = {*constraints.a[row], *constraints.b[row], *constraints.c[row]} & written
        for wire in own:
            other = 1 - w[wire] if w[wire] in (0, 1) else (w[wire] + 1) % R
            if constraints.broken(constraints.solve(inputs, {wire: other})) == {row}:
                yield row
                break


@pytest.mark.slow
def test_every_other_constraint_of_a_slot_is_needed():
    circuit = batch(1, LEVELS)
    left = {row for row in left_by_first_order() if ".bit[" not in circuit.labels[row]}
    left -= rows_broken_alone_by_lies()
    left -= set(rows_broken_alone_by_steps(left))
    assert {circuit.labels[row] for row in left} == set()


def test_all_bits_that_first_order_leaves_are_attacked():
    """The families above are all there are: a new decomposition must come with its attack."""
    labels = {batch(1, LEVELS).labels[row] for row in left_by_first_order()}
    families = {label.split(".bit[")[0] for label in labels if ".bit[" in label}
    assert families == {f"slot[0].{family}" for family in (*RANGES, "signature.challenge")}


@pytest.mark.slow
def test_deleting_any_of_some_rows_lets_its_lie_pass():
    """The claim of this file, done literally: the circuit without the row accepts what it refused with it."""
    constraints = slot_constraints()
    for lie in _rotation(lie for lie in ALL_LIES if lie.alone):
        w = to_ints(lie.witness())
        (row,) = constraints.broken(w)
        rows = zip(constraints.a, constraints.b, constraints.c, strict=True)
        rest = [r for i, r in enumerate(rows) if i != row]
        assert all((value(a, w) * value(b, w) - value(c, w)) % R == 0 for a, b, c in rest), lie.name
