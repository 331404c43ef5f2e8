"""Inputs that circom took out of the constraints: they have no wire, and are needed all the same."""

import json

import pytest
from tests.circom.support import changed, files_of, snarkjs, u32

from zkrollup.crypto.field import R
from zkrollup.snark import circom, groth16
from zkrollup.snark.calculator import InvalidCalculator, RefusedInputs
from zkrollup.snark.circom import MissingSignals
from zkrollup.snark.formats import r1cs, wtns
from zkrollup.snark.satisfaction import InputError

EDGES = [
    {"ends": [{"x": 2, "y": 3}, {"x": 5, "y": 7}], "weights": [11, 13]},
    {"ends": [{"x": 17, "y": 19}, {"x": 23, "y": 29}], "weights": [31, 37]},
]
CASES = {
    "unused": ({"key": 3, "note": 5, "path": [7, 11, 13]}, None),
    "pinned": ({"limbs": [2, 3, 7]}, (6**8 * 2 + 7,)),
    "scarce": ({"pair": [5, 11], "factor": 3}, (33,)),
    "alone": ({"answer": 42}, ()),
    "tied": ({"table": [[2, 3], [5, 7]], "left": 11, "right": 11, "seed": 13}, (134, 13)),
    "buses": ({"edges": EDGES, "scale": 41}, (41 * (253 + 5 * 3224 + 7 * 69 + 11 * 95 + 119),)),
}


def load(name, with_sym=True):
    files = files_of(name)
    return circom.load(files["r1cs"], files["wasm"], symbols=files["sym"] if with_sym else None)


def root(key, path):
    level = key * path[0]
    for i in range(1, 6):
        level = level * level + path[i % 3]
    return level * key % R


def expected(name):
    inputs, public = CASES[name]
    return (root(inputs["key"], inputs["path"]),) if public is None else public


@pytest.mark.parametrize("with_sym", [True, False], ids=["sym", "no sym"])
@pytest.mark.parametrize("name", CASES)
def test_the_circuit_is_checked_and_has_its_outputs(name, with_sym):
    circuit = load(name, with_sym)
    witness = circuit.witness(CASES[name][0])
    circuit.check(witness)
    assert circuit.public_values(witness) == expected(name)


@pytest.mark.parametrize("name", CASES)
def test_the_circuit_is_proved(name):
    circuit = load(name)
    key = groth16.setup(circuit.r1cs)
    witness = circuit.witness(CASES[name][0])
    proof = groth16.prove(key, circuit.r1cs, witness)
    public = circuit.public_values(witness)
    assert groth16.verify(key.vk, public, proof)
    if public:
        assert not groth16.verify(key.vk, (public[0] + 1, *public[1:]), proof)


@pytest.mark.node
@pytest.mark.parametrize("name", ["tied", "unused"])
def test_snarkjs_computes_the_same_witness(name, tmp_path):
    (tmp_path / "inputs.json").write_text(json.dumps(CASES[name][0]))
    snarkjs(tmp_path, "wtns", "calculate", files_of(name)["wasm"], "inputs.json", "theirs.wtns")
    theirs = wtns.read(tmp_path / "theirs.wtns")
    assert (load(name).witness(CASES[name][0]) == theirs).all()


def without(inputs, name):
    return {key: value for key, value in inputs.items() if key != name}


@pytest.mark.parametrize(
    ("name", "removed"),
    [("unused", "note"), ("alone", "answer"), ("tied", "table"), ("tied", "right")],
)
def test_a_removed_input_is_still_needed(name, removed):
    inputs = without(CASES[name][0], removed)
    with pytest.raises(InputError, match=f"'{removed}' of circuit '{name}' is missing"):
        load(name).witness(inputs)
    with pytest.raises(MissingSignals):
        load(name, with_sym=False).witness(inputs)


@pytest.mark.parametrize(
    ("name", "changes"), [("pinned", {"limbs": [2, 3, 5]}), ("alone", {"answer": 43}), ("tied", {"right": 3})]
)
def test_what_a_removed_input_must_be_is_still_asserted(name, changes):
    with pytest.raises(RefusedInputs, match="an assertion does not hold"):
        load(name).witness(CASES[name][0] | changes)


def test_the_header_counts_removed_inputs():
    header = r1cs.read(files_of("scarce")["r1cs"]).header
    assert (header.n_wires, header.n_outputs, header.n_private_inputs) == (4, 1, 3)
    assert header.input_labels == range(2, 5)


def test_a_header_that_counts_another_number_of_inputs_is_refused(tmp_path):
    files = files_of("scarce")
    with pytest.raises(InvalidCalculator, match=r"has 3 input values, scarce.r1cs has 2"):
        circom.load(changed(files["r1cs"], tmp_path, 1, 48, u32(2)), files["wasm"])
