"""Circuits that circom compiled: inputs by signal, errors with the source's names, snarkjs's witness."""

import io
import json

import pytest
from tests.circom.support import R1CS, SYM, WASM, changed, snarkjs, u32

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import from_ints
from zkrollup.snark import circom, groth16
from zkrollup.snark.calculator import InvalidCalculator, RefusedInputs
from zkrollup.snark.circom import MissingSignals
from zkrollup.snark.compile import constraints_digest
from zkrollup.snark.formats import sym, wtns
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.satisfaction import InputError, MalformedWitness, UnsatisfiedConstraint

INPUTS = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}


@pytest.fixture(scope="module")
def invoice():
    return circom.load(R1CS, WASM, symbols=SYM)


@pytest.fixture(scope="module")
def nameless():
    return circom.load(R1CS, WASM)


def test_a_witness_satisfies_and_begins_with_outputs_and_public_inputs(invoice):
    witness = invoice.witness(INPUTS)
    invoice.check(witness)
    assert invoice.public_values(witness) == (76, 235, 7, 11, 13)


def test_it_is_named_by_its_file_and_its_key_by_its_constraints(invoice):
    assert (invoice.name, invoice.n_constraints) == ("invoice", 62)
    assert invoice.digest == constraints_digest(invoice.r1cs)


def test_a_proof_with_a_test_key_verifies(invoice):
    key = groth16.setup(invoice.r1cs)
    witness = invoice.witness(INPUTS)
    proof = groth16.prove(key, invoice.r1cs, witness)
    assert groth16.verify(key.vk, invoice.public_values(witness), proof)
    assert not groth16.verify(key.vk, (77, 235, 7, 11, 13), proof)


def test_text_nesting_and_tuples_are_all_the_same(invoice):
    other = {"quantities": ["3", 5, [0], ((2, "0"), 17)], "prices": ("7", "11", [[13]])}
    assert (invoice.witness(other) == invoice.witness(INPUTS)).all()


def test_negative_numbers_are_taken_modulo_r(invoice):
    witness = invoice.witness(INPUTS | {"prices": [-7, "-11", 1 - R]})
    assert invoice.public_values(witness)[2:] == (R - 7, R - 11, 1)


@pytest.mark.node
def test_snarkjs_computes_the_same_witness(invoice, tmp_path):
    inputs = INPUTS | {"prices": ["-7", "11", str(R - 1)]}
    (tmp_path / "inputs.json").write_text(json.dumps(inputs))
    snarkjs(tmp_path, "wtns", "calculate", WASM, "inputs.json", "theirs.wtns")
    ours = io.BytesIO()
    wtns.write(invoice.witness(inputs), ours)
    assert ours.getvalue() == (tmp_path / "theirs.wtns").read_bytes()


# --- inputs


@pytest.mark.parametrize(
    ("changes", "name", "problem"),
    [
        ({"price": [3]}, "price", "does not exist, it has prices, quantities"),
        ({"owed": [3, 5]}, "owed", "does not exist"),
        ({"prices": ...}, "prices", "is missing"),
        ({"prices": [7, 11]}, "prices", "has too few values: 2 are given, 3 needed"),
        ({"prices": [7, 11, 13, 17]}, "prices", "has too many values: 4 are given, 3 needed"),
        ({"quantities": [[[3, 5]]]}, "quantities", "has too few values: 2 are given, 6 needed"),
        ({"prices": [7, 11, R]}, "prices", f"has {R}; give whole numbers"),
        ({"prices": [7, 11, -R]}, "prices", f"has {-R}; give whole numbers"),
        ({"prices": [7, 11, "0x0d"]}, "prices", "has '0x0d'; give whole numbers"),
        ({"prices": [7, 11, "1_3"]}, "prices", "has '1_3'; give whole numbers"),
        ({"prices": [7, 11, "9" * 5000]}, "prices", "give whole numbers"),
        ({"prices": [7, 11, 13.0]}, "prices", "has 13.0; give whole numbers"),
        ({"prices": [7, 11, None]}, "prices", "has None; give whole numbers"),
        ({"prices": {"0": 7}}, "prices.0", "does not exist, it has prices, quantities"),
    ],
)
def test_inputs_that_are_not_the_circuits_are_refused_by_name(invoice, changes, name, problem):
    inputs = {key: value for key, value in (INPUTS | changes).items() if value is not ...}
    with pytest.raises(InputError) as caught:
        invoice.witness(inputs)
    assert (caught.value.circuit, caught.value.name) == ("invoice", name)
    assert problem in str(caught.value)


def test_without_sym_missing_values_are_counted(nameless):
    with pytest.raises(MissingSignals, match=r"9 input values, only 3 are given.*\.sym") as caught:
        nameless.witness({"prices": [7, 11, 13]})
    assert (caught.value.given, caught.value.needed) == (3, 9)


def test_without_sym_an_unknown_signal_is_still_refused(nameless):
    with pytest.raises(InputError, match="'price' of circuit 'invoice' does not exist; check"):
        nameless.witness({"price": [7]})


def test_inputs_that_the_circuit_asserts_against_are_refused(invoice):
    with pytest.raises(RefusedInputs, match="template Below_0 line"):
        invoice.witness(INPUTS | {"quantities": [[3, 5, 0], [2, 0, 256]]})


# --- constraints


def lie(circuit):
    """A witness whose first output is one too high."""
    witness = circuit.witness(INPUTS)
    witness[1] = from_ints([77])[0]
    return witness


def test_a_broken_constraint_is_named_by_its_signals(invoice):
    with pytest.raises(UnsatisfiedConstraint) as caught:
        invoice.check(lie(invoice))
    error = caught.value
    assert error.values["main.owed[0]"] == 77
    assert error.label == f"{error.row}: main.owed[0], main.cost[0][0], main.cost[0][1], ..."
    assert error.origin is None
    assert f"circuit 'invoice': constraint '{error.label}' does not hold: " in str(error)


def test_a_broken_constraint_of_a_component_names_its_instance(invoice):
    witness = invoice.witness(INPUTS)
    witness[invoice.signal_wires["main.below[1][2].bit[3]"]] = from_ints([257])[0]
    with pytest.raises(UnsatisfiedConstraint) as caught:
        invoice.check(witness)
    named = {invoice.constraint_name(row)[0].partition(":")[0] for row in caught.value.rows}
    assert any(each.endswith(" in main.below[1][2]") for each in named)


def test_without_sym_a_broken_constraint_is_named_by_its_wires(nameless):
    with pytest.raises(UnsatisfiedConstraint) as caught:
        nameless.check(lie(nameless))
    assert caught.value.label.startswith(f"{caught.value.row}: wire 1, wire 12, ")
    assert caught.value.values["wire 1"] == 77


def test_a_malformed_witness_is_refused(invoice):
    with pytest.raises(MalformedWitness, match="has 0 on wire 0"):
        invoice.check(invoice.witness(INPUTS) * 0)


# --- files of different compilations


@pytest.mark.parametrize(
    ("at", "value", "rule"),
    [(48, 5, "has 9 input values, invoice.r1cs has 8"), (44, 2, "has 9 input values")],
)
def test_a_calculator_of_other_inputs_is_refused(tmp_path, at, value, rule):
    with pytest.raises(InvalidCalculator, match=rule):
        circom.load(changed(R1CS, tmp_path, 1, at, u32(value)), WASM)


def test_symbols_of_another_circuit_are_refused(tmp_path):
    path = tmp_path / "other.sym"
    with path.open("wb") as file:
        sym.write([sym.Symbol(1, 66, 0, "main.x")], file)
    with pytest.raises(InvalidFile, match="names wire 66 of a circuit of 66"):
        circom.load(R1CS, WASM, symbols=path)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"4,4,1,main.prices[1]\n", b"", "gives input 'prices' 2 values, the calculator takes 3"),
        (b"main.prices", b"main.price", "gives input 'price' 3 values, the calculator takes no such input"),
    ],
)
def test_symbols_that_divide_the_inputs_otherwise_are_refused(tmp_path, old, new, rule):
    path = tmp_path / "other.sym"
    path.write_bytes(SYM.read_bytes().replace(old, new))
    with pytest.raises(InvalidFile, match=rule):
        circom.load(R1CS, WASM, symbols=path)


@pytest.mark.parametrize("missing", range(3))
def test_a_file_that_is_not_there_is_named(tmp_path, missing):
    files = [R1CS, WASM, SYM]
    files[missing] = tmp_path / "nothing"
    with pytest.raises(FileNotFoundError, match="nothing"):
        circom.load(files[0], files[1], symbols=files[2])
