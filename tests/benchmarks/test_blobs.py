"""What is measured of blobs is right: circuits and contract agree with c-kzg, and refuse what they should."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from benchmarks.blob.circuits import BY_COEFFICIENTS, BY_WEIGHTS, PLAIN, VARIANTS, describe
from benchmarks.blob.numbers import (
    Draft,
    Q,
    TooWide,
    add_constant,
    constant,
    enforce_congruent,
    ranged,
    reduced,
    split,
)
from benchmarks.blob.onchain import deployed, opened, send
from benchmarks.blob.polynomials import blob_of_coefficients, blob_of_values, lagrange, roots, weights
from benchmarks.blobs import SIZES, Gas, break_even, counts, gas, slot_gas, statement, submit_gas
from benchmarks.machine import ROOT
from eth_hash.auto import keccak

from zkrollup.circuits.encoding import evaluate
from zkrollup.crypto.field import R
from zkrollup.evm.chain import Chain
from zkrollup.snark.builder import Builder
from zkrollup.snark.satisfaction import UnsatisfiedConstraint

X = 7919
RADIX = 66

# Numbers of another field


def product(radix, x, y, result, change=None):
    """A circuit that says x * y = result modulo q; ``change`` tampers with its inputs."""
    d = Draft(Builder("product"), radix)
    factors = (ranged(d, x, 255, "x"), ranged(d, y, 255, "y"))
    enforce_congruent(d, [factors], ranged(d, result, 255, "result"), "product")
    circuit = d.b.build()
    inputs = d.inputs if change is None else change(d.inputs)
    circuit.check(circuit.witness(inputs))


@pytest.mark.parametrize("radix", [66, 72, 85])
@pytest.mark.parametrize(
    ("x", "y"),
    [(Q - 1, Q - 2), (0, Q - 1), (1 << 254, 3), (5**109, 7**90), ((1 << 255) - 1, (1 << 255) - 19)],
)
def test_a_product_is_that_of_integers_modulo_q(radix, x, y):
    product(radix, x, y, x * y % Q)
    for wrong in (x * y % Q + 1, x * y % Q ^ 1 << 70, x * y % R):
        if wrong % Q != x * y % Q:
            with pytest.raises(UnsatisfiedConstraint):
                product(radix, x, y, wrong % (1 << 255))


@pytest.mark.parametrize("name", ["product.quotient", "result", "x"])
@pytest.mark.parametrize("limb", range(4))
def test_a_limb_that_is_off_by_one_is_refused(name, limb):
    def change(inputs):
        key = f"{name}.limb[{limb}]"
        return {**inputs, key: inputs[key] + 1}

    x, y = 5**109, 7**90
    with pytest.raises(UnsatisfiedConstraint):
        product(RADIX, x, y, x * y % Q, change)


@pytest.mark.parametrize("name", ["product.quotient", "result", "x"])
def test_a_limb_cannot_borrow_from_the_one_above(name):
    """The number stays the same, only the limb's range sees it."""

    def change(inputs):
        low, high = f"{name}.limb[0]", f"{name}.limb[1]"
        return {**inputs, low: inputs[low] + (1 << RADIX), high: inputs[high] - 1}

    x, y = 5**109, 7**90
    with pytest.raises(UnsatisfiedConstraint, match=rf"{name}\.limb\[0\]"):
        product(RADIX, x, y, x * y % Q, change)


def aliased(difference):
    """5 * 7 = 35 - difference, with all limbs in their ranges."""
    quotient, more = divmod(difference, Q)
    limbs = {"result": split(35 + more, RADIX, 4), "product.quotient": split(quotient, RADIX, 4)}
    changed = {f"{name}.limb[{i}]": limb for name, each in limbs.items() for i, limb in enumerate(each)}
    return lambda inputs: {**inputs, **changed}


@pytest.mark.parametrize("limbs", range(4))
def test_equality_modulo_r_is_not_enough_and_modulo_lower_limbs_neither(limbs):
    with pytest.raises(UnsatisfiedConstraint, match=r"product\.carry"):
        product(RADIX, 5, 7, 35, aliased(R << RADIX * limbs))


def test_equality_modulo_all_limbs_alone_is_refused():
    with pytest.raises(UnsatisfiedConstraint, match=r"product\.modulo_r") as refused:
        product(RADIX, 5, 7, 35, aliased(1 << 4 * RADIX))
    assert "further" not in str(refused.value)


def test_a_sum_of_products_needs_one_reduction():
    d = Draft(Builder("sum"), RADIX)
    x, y, z = (ranged(d, value, 255, name) for name, value in (("x", 5**109), ("y", 7**90), ("z", Q - 3)))
    before = len(d.b.labels)
    total = reduced(d, [(x, y), (add_constant(d, y, Q - 11), z)], "sum", plus=[x, constant(d, 13)])
    assert total.value == (5**109 * 7**90 + (7**90 - 11) * -3 + 5**109 + 13) % Q
    circuit, witness = d.finish()
    circuit.check(witness)
    assert len(d.b.labels) - before < 700  # two products, reduced one by one, take 1,300


def test_limbs_that_the_field_has_no_room_for_are_refused():
    with pytest.raises(TooWide, match="use fewer or shorter limbs"):
        product(126, 5**109, 7**90, 5**109 * 7**90 % Q)


# Polynomials


@pytest.mark.parametrize(("lay_out", "weigh"), [(blob_of_values, lagrange), (blob_of_coefficients, weights)])
def test_both_layouts_of_a_blob_have_the_value_that_c_kzg_finds(lay_out, weigh):
    data = [7**70, 11**50, 13**40]
    opening = opened(lay_out(data), data)
    expected = sum(word * weight for word, weight in zip(data, weigh(opening.z, 3), strict=True)) % Q
    assert opening.y == expected
    assert (
        opening.y
        != sum(word * weight for word, weight in zip(data, weigh(opening.z + 1, 3), strict=True)) % Q
    )


def test_the_first_roots_are_those_of_small_orders():
    assert [pow(root, 4, Q) for root in roots(5)[:4]] == [1] * 4
    assert pow(roots(5)[4], 4, Q) != 1
    assert roots(2) == [1, Q - 1]


# Circuits


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("elements", [2, 5])
def test_a_circuit_takes_a_blobs_value_and_no_other(variant, elements):
    true, opening = statement(variant, elements)
    assert (true.z, true.y) == (opening.z, opening.y)
    circuit, witness = describe(variant, true)
    circuit.check(witness)
    for false in (
        replace(true, y=(true.y + 1) % Q),
        replace(true, z=true.z - 1),
        replace(true, data=[true.data[0] ^ 1, *true.data[1:]]),
        replace(true, data=[*true.data[:-1], true.data[-1] ^ 1 << 215]),
    ):
        circuit, witness = describe(variant, false)
        with pytest.raises(UnsatisfiedConstraint):
            circuit.check(witness)


def test_without_a_blob_any_value_is_taken():
    true, _ = statement(PLAIN, 2)
    circuit, witness = describe(PLAIN, replace(true, y=true.y + 1))
    circuit.check(witness)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_public_inputs_and_told_words_other_than_the_contracts_are_refused(variant):
    true, _ = statement(variant, 2)
    circuit, witness = describe(variant, true)
    assert [*circuit.inputs][: circuit.r1cs.n_public] == ["commitment", "told", "challenge", "evaluation"]
    wires = [wire for name, wire in circuit.inputs.items() if wire <= 4 or name.startswith("told[")]
    for wire in wires:
        tampered = witness.copy()
        tampered[wire, 0] ^= 1
        with pytest.raises(UnsatisfiedConstraint):
            circuit.check(tampered)


def test_the_circuit_leaves_it_to_the_precompile_that_a_value_is_canonical():
    """It takes y + q, which ``test_another_value_is_refused_and_so_is_its_alias`` shows refused on chain."""
    true, _ = statement(BY_COEFFICIENTS, 2)
    circuit, witness = describe(BY_COEFFICIENTS, replace(true, y=true.y + Q))
    circuit.check(witness)
    circuit, witness = describe(BY_COEFFICIENTS, replace(true, y=true.y + R))
    with pytest.raises(UnsatisfiedConstraint):
        circuit.check(witness)


# On chain


@pytest.fixture(scope="module")
def contract():
    return deployed(Chain())


@pytest.fixture(scope="module")
def opening():
    return statement(BY_WEIGHTS, 5)[1]


@pytest.mark.node
def test_a_blobs_transaction_is_mined_and_its_opening_accepted(contract, opening):
    mined = send(contract, opening, opening.y, [opening.versioned_hash])
    assert mined.status
    assert mined.transaction.type_id == 3
    assert mined.output == opening.versioned_hash + opening.z.to_bytes(32, "big")
    assert mined.blob_gas_used == 2**17


@pytest.mark.node
@pytest.mark.parametrize("change", [1, -1, Q])
def test_another_value_is_refused_and_so_is_its_alias(contract, opening, change):
    mined = send(contract, opening, opening.y + change, [opening.versioned_hash])
    assert not mined.status
    selector = keccak(b"NotTheBlobsValue(bytes32,uint256,uint256)")[:4]
    words = (opening.z, opening.y + change)
    assert mined.output == selector + opening.versioned_hash + b"".join(w.to_bytes(32, "big") for w in words)


@pytest.mark.node
def test_another_blob_is_refused(contract, opening):
    other = b"\x01" + bytes(31)
    assert not send(contract, opening, opening.y, [other]).status
    assert send(contract, opening, opening.y, [opening.versioned_hash, other]).status


@pytest.mark.node
@pytest.mark.parametrize("count", [2, 5, 16])
def test_the_contract_tells_what_the_circuit_takes(contract, count):
    z, y = 5**109 % Q, 7**90
    data = replace(statement(PLAIN, count)[0], z=z, y=y, x=X)
    for variant, told in (
        (BY_COEFFICIENTS, contract.tellPoint(z, y, X)),
        (BY_WEIGHTS, contract.tellPowers(z, y, X, count)),
    ):
        assert told.total == evaluate(variant.told(data), X)
    words = [word for value in (y, *lagrange(z, count)) for word in split(value, 144, 2)]
    assert contract.tellLagrange(z, y, X, count).total == evaluate(words, X)


@pytest.mark.node
@pytest.mark.slow
def test_the_blob_itself_may_come_with_its_transaction(contract, opening):
    """eth-account makes commitment and hash on its own, of the blob alone."""
    chain = contract.chain
    transaction = {
        "type": 3,
        "chainId": chain.chain_id,
        "nonce": chain.w3.eth.get_transaction_count(chain.accounts[1].address),
        "gas": 10**6,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
        "maxFeePerBlobGas": 10,
        "to": contract.address,
        "value": 0,
        "data": contract.open.encode(opening.words, opening.y, opening.commitment, opening.proof),
    }
    signed = chain.accounts[1].sign_transaction(transaction, blobs=[opening.blob])
    sent = chain.w3.eth.send_raw_transaction(signed.raw_transaction)
    assert chain.w3.eth.get_transaction_receipt(sent)["status"] == 1
    assert chain.w3.eth.get_transaction(sent)["blobVersionedHashes"] == [opening.versioned_hash]


# Figures


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "reference" / "blobs.md").read_text(encoding="utf-8").replace("`", "")


@pytest.mark.parametrize("slots", [3, *(pytest.param(n, marks=pytest.mark.slow) for n in (16, 64))])
def test_constraints_are_those_of_the_page(page, slots):
    found = counts(slots)
    figures = " | ".join(f"{count.added:,} ({count.percent:.1f} %)" for count in found)
    assert f"| {slots} | {found[0].elements} | {figures} |" in page


@pytest.mark.node
def test_gas_is_that_of_the_page(page):
    rows = gas(SIZES)
    table = [
        f"| {r.slots} | {r.way} | {r.execution:,} | {r.a_transfer(0):,} | {r.a_transfer(1):,} |" for r in rows
    ]
    assert "\n".join(table) in page
    assert [round(break_even(rows, "blob, z and y", share)) for share in (0, 1)] == [75, 230]


@pytest.mark.node
def test_a_slots_calldata_costs_what_the_page_says(page):
    slot, submitted = slot_gas(), submit_gas()
    assert slot["transfer"] == round((submitted[256] - submitted[64]) / (256 - 64))
    assert f"A further transfer costs {slot['transfer']:,} gas by calldata" in page
    assert f"a withdrawal {slot['withdrawal']:,}" in page
    rows = {row.way: row for row in gas(SIZES) if row.slots == 3}
    saved = rows["blob, z and y"].execution - rows["calldata"].execution + 3 * slot["transfer"]
    shown = [round(more / slot["withdrawal"]) for more in (saved, saved + 2**17)]
    assert "{} and {} slots".format(*shown) in page


def test_a_blob_breaks_even_where_the_lines_cross():
    rows = [
        Gas("calldata", 3, 330, 0),
        Gas("calldata", 5, 350, 0),
        Gas("blob", 3, 400, 40),
        Gas("blob", 5, 400, 40),
    ]
    assert break_even(rows, "blob", 0) == 10
    assert break_even(rows, "blob", 1) == 14
    assert break_even([*rows[:2], Gas("blob", 3, 430, 0), Gas("blob", 5, 450, 0)], "blob", 0) is None


@pytest.mark.node
@pytest.mark.slow
def test_a_quick_run_proves_and_measures(tmp_path):
    path = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.blobs", "--quick", "--json", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    document = json.loads(path.read_text())
    assert [row["variant"] for row in document["constraints"]] == [*VARIANTS]
    assert {row["slots"] for row in document["gas"]} == {3, 16, 64, 256}
