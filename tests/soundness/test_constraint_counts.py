"""What circuits cost, as asserted figures: a constraint more or less is explained in a diff."""

import pytest
from tests.devnet.circuits.scenarios import batch, claim, escape
from tests.devnet.circuits.test_gadgets_curve import base_multiple, binary, odd_multiple, signature_circuit
from tests.devnet.circuits.test_gadgets_logic import AT_LEAST, BITS, HASHES, IS_ZERO, PATHS, SELECT

GADGETS = {
    "range of 128 bits": lambda: BITS[128].n_constraints - 128,
    "order of two 128-bit numbers": lambda: AT_LEAST.n_constraints - 1,
    "select": lambda: SELECT.n_constraints - 1,
    "zero test": lambda: IS_ZERO.n_constraints - 1,
    **{f"poseidon of {k}": lambda k=k: HASHES[k].n_constraints - 1 for k in HASHES},
    "quad path of 3 levels, two leaves, with index bits": lambda: PATHS.n_constraints - 2,
    "edwards addition": lambda: binary("edwards_add").n_constraints - 2,
    "edwards doubling": lambda: binary("edwards_double").n_constraints - 2,
    "multiple of the base point, 251 bits included": lambda: base_multiple().n_constraints - 2,
    "odd multiple of a point, 253 bits included": lambda: odd_multiple().n_constraints - 2,
    "eddsa verification": lambda: signature_circuit().n_constraints,
}


@pytest.mark.parametrize("label", GADGETS)
def test_gadgets_cost_what_they_did(label, snapshot_value):
    snapshot_value(label, GADGETS[label](), kind="constraints")


def test_the_default_batch_costs_what_it_did(snapshot_value):
    count = batch(3, 4).n_constraints
    assert count <= 33_428 * 1.1  # what it was before fees and forced withdrawals, and a tenth
    snapshot_value("batch of 3 slots at 4 levels", count, kind="constraints")


def test_a_batch_over_65536_accounts_costs_what_it_did(snapshot_value):
    count = batch(3, 8).n_constraints
    assert count <= 3 * 18_000
    snapshot_value("batch of 3 slots at 8 levels", count, kind="constraints")


def test_a_claim_costs_what_it_did(snapshot_value):
    count = claim().n_constraints
    assert count <= 2_300
    snapshot_value("claim", count, kind="constraints")


@pytest.mark.parametrize(("levels", "highest"), [(4, 2_300), (8, 3_500)])
def test_an_escape_costs_what_it_did(levels, highest, snapshot_value):
    count = escape(levels).n_constraints
    assert count <= highest
    snapshot_value(f"escape from a tree of {levels} levels", count, kind="constraints")
