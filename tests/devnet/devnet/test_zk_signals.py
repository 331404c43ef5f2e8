"""Signals and outputs of one's own circuits by name, and whole witnesses from files."""

import pytest
from tests.circom.support import R1CS, SYM, WASM, files_of

from zkrollup.crypto.field import R
from zkrollup.devnet import Library, Zk
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain
from zkrollup.kernels.limbs import from_ints
from zkrollup.snark.builder import Builder
from zkrollup.snark.formats import wtns
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.satisfaction import MalformedWitness, UnsatisfiedConstraint
from zkrollup.snark.signals import NamelessSignals, Signals, UnknownSignal

INPUTS = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}
TIED = {"table": [[2, 3], [5, 7]], "left": 11, "right": 11, "seed": 13}


@pytest.fixture(scope="module")
def zk():
    return Zk(Chain(), Library(mode=ProofMode.FRESH))


@pytest.fixture(scope="module")
def invoice(zk):
    return zk.circuit(r1cs=R1CS, wasm=WASM, sym=SYM)


@pytest.fixture(scope="module")
def nameless(zk):
    return zk.circuit(r1cs=R1CS, wasm=WASM)


@pytest.fixture(scope="module")
def square(zk):
    b = Builder("square")
    x, y = b.public("x"), b.private("y")
    b.enforce_equal(b.multiply(y, y, "product"), x, "output")
    return zk.circuit(b.build())


def test_any_signal_is_read_by_its_name(invoice):
    signals = invoice.signals(INPUTS)
    assert signals["main.prices[2]"] == 13
    assert signals["main.quantities[1][2]"] == 17
    assert signals["main.cost[1][2]"] == 221
    assert len(signals) == len(list(signals)) == len(dict(signals))


def test_a_value_is_one_of_the_field(invoice):
    inputs = {"prices": [-7, 11, 13], "quantities": [[0, 5, 0], [0, 0, 0]]}
    assert invoice.signals(inputs)["main.prices[0]"] == R - 7


def test_outputs_have_their_names(invoice, zk):
    assert invoice.outputs(INPUTS) == {"owed[0]": 76, "owed[1]": 235}
    assert zk.circuit(**files_of("tied")).outputs(TIED) == {"product": 134}
    assert zk.circuit(**files_of("alone")).outputs({"answer": 42}) == {}


def test_a_signal_that_does_not_exist_is_refused_with_those_like_it(invoice):
    with pytest.raises(UnknownSignal, match=r"'main.price\[2\]' of .* does not exist; there is main.prices"):
        invoice.signals(INPUTS)["main.price[2]"]
    with pytest.raises(UnknownSignal, match=r"see its \.sym file"):
        invoice.signals(INPUTS)["?"]
    assert "main.nothing" not in invoice.signals(INPUTS)


def test_a_signal_that_circom_removed_is_said_to_be(zk):
    signals = zk.circuit(**files_of("tied")).signals(TIED)
    for name in ("main.right", "main.table[1][0]"):
        with pytest.raises(UnknownSignal, match="circom took it out of the constraints; compile with --O0"):
            signals[name]
        assert name not in list(signals)
    assert dict(signals) == {"main.product": 134, "main.seed": 13, "main.left": 11}


def test_without_names_none_is_read(nameless, square):
    for circuit, inputs in ((nameless, INPUTS), (square, {"x": 49, "y": 7})):
        for ask in (circuit.signals, circuit.outputs):
            with pytest.raises(NamelessSignals, match="compile with --sym") as caught:
                ask(inputs)
            assert isinstance(caught.value, ZkRollupError)


def test_the_number_of_constraints_is_told(invoice, square):
    assert (invoice.n_constraints, square.n_constraints) == (62, 2)


# --- witnesses in files


@pytest.fixture
def written(tmp_path):
    def write(witness):
        path = tmp_path / "some.wtns"
        with path.open("wb") as file:
            wtns.write(witness, file)
        return path

    return write


def test_a_witness_in_a_file_is_checked_proved_and_read(invoice, square, written):
    path = written(invoice.circuit.witness(INPUTS))
    assert invoice.check(path) == (76, 235, 7, 11, 13)
    assert invoice.verify(invoice.prove(path))
    assert invoice.outputs(path) == {"owed[0]": 76, "owed[1]": 235}
    assert square.check(written(square.circuit.witness({"x": 49, "y": 7}))) == (49,)


def test_a_false_witness_in_a_file_is_refused(invoice, written):
    witness = invoice.circuit.witness(INPUTS)
    witness[1] = from_ints([77])[0]
    path = written(witness)
    for use in (invoice.check, invoice.prove, invoice.signals, invoice.outputs):
        with pytest.raises(UnsatisfiedConstraint, match=r"main.owed\[0\]"):
            use(path)


def test_a_witness_of_another_circuit_is_refused(invoice, square, written):
    path = written(invoice.circuit.witness(INPUTS)[:-1])
    for use in (invoice.check, invoice.prove, square.prove):
        with pytest.raises(MalformedWitness, match=r"is uint64 \(65, 4\)"):
            use(path)


def test_a_file_that_is_no_witness_is_refused(invoice, tmp_path):
    path = tmp_path / "some.wtns"
    path.write_bytes(b"nonsense, and more of it")
    with pytest.raises(InvalidFile, match=r"a \.wtns file"):
        invoice.check(path)
    with pytest.raises(FileNotFoundError):
        invoice.check(tmp_path / "nothing.wtns")


def test_signals_are_a_mapping():
    found = Signals("some", {"main.x": 1, "main.y": 2}, from_ints([1, 3, 5]))
    assert dict(found.items()) == {"main.x": 3, "main.y": 5}
