"""Shapes of inputs: objects for buses, arrays without elements, numpy arrays, JSON; what is none is named."""

import json
import shutil
from collections import UserDict

import numpy as np
import pytest
from tests.circom.make_fixtures import CIRCOM, CIRCUITS, run_node
from tests.circom.support import R1CS, SYM, WASM, files_of

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark import circom
from zkrollup.snark.builder import Builder
from zkrollup.snark.circom import MissingSignals
from zkrollup.snark.formats import wtns
from zkrollup.snark.inputs import by_signal, enclosing
from zkrollup.snark.satisfaction import InputError

FIRST = {"ends": [{"x": 2, "y": 3}, {"x": 5, "y": 7}], "weights": [11, 13]}
SECOND = {"ends": [{"x": 17, "y": 19}, {"x": 23, "y": 29}], "weights": [31, 37]}
FLAT = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
INPUTS = {"edges": [FIRST, SECOND], "scale": 41}
INVOICE = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}


def load(name, with_sym=True):
    files = files_of(name)
    return circom.load(files["r1cs"], files["wasm"], symbols=files["sym"] if with_sym else None)


@pytest.fixture(scope="module", params=[True, False], ids=["sym", "no sym"])
def buses(request):
    return load("buses", request.param)


@pytest.fixture(scope="module")
def named():
    return load("buses")


@pytest.fixture(scope="module")
def invoice():
    return circom.load(R1CS, WASM, symbols=SYM)


@pytest.fixture(scope="module")
def square():
    b = Builder("square")
    x, y = b.public("x"), b.private("y")
    b.enforce_equal(b.multiply(y, y, "product"), x, "output")
    return b.build()


# --- buses


def turned(value):
    """The same with the keys of all objects in reverse."""
    if isinstance(value, list):
        return [turned(each) for each in value]
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return value


@pytest.mark.parametrize(
    "inputs",
    [
        INPUTS,
        turned(INPUTS),
        {"edges[0]": FIRST, "edges": {}, "edges[1]": SECOND, "scale": "41"},
        {"edges": (UserDict(FIRST), SECOND), "scale": [41]},
        {"edges": np.array([FIRST, SECOND]), "scale": np.uint8(41)},
    ],
    ids=["objects", "keys in reverse", "qualified names", "tuples and mappings", "numpy"],
)
def test_a_bus_is_an_object_of_its_fields_in_any_order(buses, inputs):
    flat = buses.witness({"edges": FLAT, "scale": 41})
    assert to_ints(flat[2:7]) == [2, 3, 5, 7, 11]
    assert (buses.witness(inputs) == flat).all()


@pytest.mark.node
def test_circoms_own_calculator_computes_the_same_of_objects(named, tmp_path):
    run_node(CIRCUITS, CIRCOM, "buses.circom", "--wasm", "-o", str(tmp_path))
    made = tmp_path / "buses_js"
    inputs = turned(INPUTS)
    (made / "inputs.json").write_text(json.dumps(inputs))
    for script in ("generate_witness.js", "witness_calculator.js"):
        shutil.move(made / script, made / script.replace(".js", ".cjs"))
    main = made / "generate_witness.cjs"
    main.write_text(main.read_text().replace("witness_calculator.js", "witness_calculator.cjs"))
    run_node(made, main.name, "buses.wasm", "inputs.json", "theirs.wtns")
    assert (named.witness(inputs) == wtns.read(made / "theirs.wtns")).all()


def edited(changes):
    return {"edges": [FIRST, {key: each for key, each in (SECOND | changes).items() if each is not ...}]}


@pytest.mark.parametrize(
    ("changes", "name", "problem"),
    [
        ({"weights": ...}, "edges[1].weights[0]", "is missing"),
        ({"weight": 3}, "edges[1].weight", "does not exist, it has edges, scale"),
        ({"weights": [31]}, "edges[1].weights", "has too few values: 1 are given, 2 needed"),
        ({"ends": [{"x": 17, "y": 19}, {"x": 23}]}, "edges[1].ends[1].y", "is missing"),
        ({"ends": [{"x": 17, "y": None}, {"x": 23}]}, "edges[1].ends[0].y", "has None; give whole numbers"),
        ({"weights": {"x": 17}}, "edges[1].weights.x", "does not exist"),
    ],
)
def test_a_bus_with_other_fields_is_refused_by_the_fields_name(named, changes, name, problem):
    with pytest.raises(InputError) as caught:
        named.witness(edited(changes) | {"scale": 41})
    assert caught.value.name == name
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "more", [{"edges[1].ends[0].x": 17}, {"edges[1]": SECOND}, {"edges[0].weights": [11, 13]}]
)
def test_a_signal_that_is_given_twice_is_refused(buses, more):
    for edges in ([FIRST, SECOND], FLAT):
        with pytest.raises(InputError, match="is given twice"):
            buses.witness({"edges": edges, "scale": 41} | more)


def test_a_signal_is_enclosed_by_all_that_it_is_a_part_of():
    assert list(enclosing("q.p[0].x")) == ["q", "q.p", "q.p[0]"]
    assert list(enclosing("q")) == []


def test_objects_give_qualified_names_and_lists_are_flattened():
    inputs = {"q": {"k": [3, [5]], "p": [{"x": 7}, {"x": (11, 13)}]}, "s": "17"}
    assert by_signal("some", inputs) == {"q.k": [3, 5], "q.p[0].x": [7], "q.p[1].x": [11, 13], "s": ["17"]}


# --- arrays


@pytest.mark.parametrize("with_sym", [True, False], ids=["sym", "no sym"])
@pytest.mark.parametrize("more", [{}, {"extras": []}, {"extras": [[], ()]}, {"extras": np.zeros((0, 3))}])
def test_an_array_without_elements_is_given_or_left_out(with_sym, more):
    circuit = load("empty", with_sym)
    witness = circuit.witness({"side": 3} | more)
    circuit.check(witness)
    assert circuit.public_values(witness) == (9,)


def test_an_array_without_elements_takes_none():
    with pytest.raises(InputError, match="'extras' of circuit 'empty' does not exist"):
        load("empty").witness({"side": 3, "extras": [5]})


def test_an_array_with_elements_cannot_be_given_as_one_without(invoice):
    with pytest.raises(InputError, match="has too few values: 0 are given, 3 needed"):
        invoice.witness(INVOICE | {"prices": []})


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, object])
def test_numpy_arrays_are_lists(invoice, dtype):
    inputs = {name: np.array(value, dtype) for name, value in INVOICE.items()}
    assert (invoice.witness(inputs) == invoice.witness(INVOICE)).all()


@pytest.mark.parametrize(
    ("prices", "shown"),
    [
        (np.array([7.0, 11.0, 13.0]), "7.0"),
        (np.array(["7", "x", "13"]), "'x'"),
        ([7, 11, int], "<class 'int'>"),
        ([7, 11, {13}], r"\{13\}"),
        (b"\7\13\15", "b'"),
        ([7, 11, 1j], "1j"),
    ],
)
def test_values_that_are_no_whole_numbers_are_named(invoice, prices, shown):
    with pytest.raises(InputError, match=f"'prices' of circuit 'invoice' has {shown}.*; give whole numbers"):
        invoice.witness(INVOICE | {"prices": prices})


def test_lists_without_end_are_refused(invoice):
    endless = []
    endless.append(endless)
    with pytest.raises(InputError, match="'prices' of circuit 'invoice' is nested more than 64 deep"):
        invoice.witness(INVOICE | {"prices": endless})


# --- JSON, and what holds no inputs at all


def test_inputs_may_be_json_as_text_or_in_a_file(invoice, tmp_path):
    text = json.dumps(INVOICE)
    path = tmp_path / "inputs.json"
    path.write_text(text)
    expected = invoice.witness(INVOICE)
    for inputs in (text, text.encode(), path):
        assert (invoice.witness(inputs) == expected).all()


def test_a_described_circuit_takes_json_and_decimal_text_too(square):
    expected = square.witness({"x": 49, "y": 7})
    assert (square.witness('{"y": "7", "x": 49}') == expected).all()
    assert (square.witness({"x": np.uint8(49), "y": np.int64(7)}) == expected).all()


@pytest.mark.parametrize(
    ("inputs", "shown"),
    [
        (None, "are None;"),
        ([7, 11], r"are \[7, 11\];"),
        ("prices", "are 'prices', which is no JSON;"),
        ("", "are '', which is no JSON;"),
        ("[7]", r"are \[7\];"),
        (b"\xff", "are .*, which is no JSON;"),
        ("[" * 2_000, "are .*, which is no JSON;"),
        ({3: 5}, "have the name 3, which is no text;"),
        (np.array([7, 11]), r"are array\(\[ 7, 11\]\);"),
    ],
)
def test_what_holds_no_inputs_is_refused_by_what_it_is(invoice, square, inputs, shown):
    for circuit in (invoice, square):
        with pytest.raises(InputError, match=f"the inputs of circuit '{circuit.name}' {shown}") as caught:
            circuit.witness(inputs)
        assert caught.value.name is None


@pytest.mark.parametrize("value", [None, "seven", "0x7", 7.0, [7], np.array([7]), {"y": 7}])
def test_a_described_circuits_value_that_is_no_number_is_named(square, value):
    with pytest.raises(InputError, match=r"'y' of circuit 'square' is .*; give a whole number"):
        square.witness({"x": 49, "y": value})


@pytest.mark.parametrize("value", [-7, "-7", R, str(R)])
def test_a_described_circuits_value_out_of_range_is_still_refused(square, value):
    with pytest.raises(InputError, match="outside"):
        square.witness({"x": 49, "y": value})


def test_without_sym_missing_fields_are_counted():
    with pytest.raises(MissingSignals, match="has 13 input values, only 11 are given"):
        load("buses", with_sym=False).witness(edited({"weights": ...}) | {"scale": 41})
