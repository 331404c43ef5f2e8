"""Circuits from a witness calculator and a key alone: proved as snarkjs does; what is unknown is said."""

import hashlib

import pytest
from tests.circom.support import R1CS, SYM, WASM, ZKEY, files_of
from tests.devnet.snark.powers import write_ptau

from zkrollup.devnet import Library, Zk
from zkrollup.evm import Chain
from zkrollup.kernels.limbs import from_ints
from zkrollup.snark.calculator import InvalidCalculator, RefusedInputs
from zkrollup.snark.ceremony import KeyCheck
from zkrollup.snark.formats import r1cs, zkey
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.keycircuit import constraints_of
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.prover import ProofRejected
from zkrollup.snark.satisfaction import NoConstraints

INPUTS = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}
DIGEST = hashlib.sha256(ZKEY.read_bytes()).hexdigest()
KEY = {"zkey": ZKEY, "zkey_sha256": DIGEST}


@pytest.fixture(scope="module")
def zk():
    return Zk(Chain(), Library(mode=ProofMode.FRESH))


@pytest.fixture(scope="module")
def invoice(zk):
    return zk.circuit(wasm=WASM, sym=SYM, **KEY)


def test_the_keys_a_and_b_are_the_circuits():
    found, true = constraints_of(zkey.read(ZKEY)), r1cs.read(R1CS).constraints
    assert (found.n_wires, found.n_public, found.n_constraints) == (66, 5, true.n_constraints)
    for mine, theirs in ((found.a, true.a), (found.b, true.b)):
        for one, other in zip(mine.arrays(), theirs.arrays(), strict=True):
            assert (one == other).all()


def test_a_proof_is_verified_on_chain_as_with_constraints(zk, invoice):
    proof = invoice.prove(INPUTS)
    assert proof.public == (76, 235, 7, 11, 13)
    a, b, c, public = proof.solidity
    verifier = zk.circuit(r1cs=R1CS, wasm=WASM, **KEY).verifier()
    assert verifier.verifyProof(a, b, c, public)
    assert not verifier.verifyProof(a, b, c, [77, *public[1:]])


def test_outputs_and_signals_have_their_names(invoice):
    assert invoice.outputs(INPUTS) == {"owed[0]": 76, "owed[1]": 235}
    assert invoice.signals(INPUTS)["main.quantities[1][2]"] == 17
    assert (invoice.circuit.name, invoice.key_check) == ("invoice", KeyCheck.DIGEST)


def test_a_false_witness_gets_no_proof(invoice, monkeypatch):
    witness = invoice.circuit.witness(INPUTS)
    witness[1] = from_ints([77])[0]
    invoice.circuit.check(witness)  # no constraint is known
    monkeypatch.setattr(type(invoice.circuit), "witness", lambda self, inputs: witness)
    with pytest.raises(ProofRejected):
        invoice.prove(INPUTS)


def test_there_is_no_mock_of_a_witness_that_no_constraint_was_checked_of():
    zk = Zk(Chain(), Library(mode=ProofMode.MOCK))
    with pytest.raises(NoConstraints, match=r"a mock proof of circuit 'invoice' needs .* give r1cs= too"):
        zk.circuit(wasm=WASM, sym=SYM, **KEY).prove(INPUTS)
    assert zk.circuit(r1cs=R1CS, wasm=WASM, **KEY).prove(INPUTS).public == (76, 235, 7, 11, 13)


def test_what_the_circuit_asserts_is_checked(invoice):
    with pytest.raises(RefusedInputs):
        invoice.check(INPUTS | {"quantities": [[3, 5, 0], [2, 0, 256]]})


def test_a_key_of_another_circuit_or_level_is_said_to_be_one(zk):
    with pytest.raises(InvalidCalculator, match=r"computes 12 wires, invoice\.zkey is for 66: .* levels"):
        zk.circuit(wasm=files_of("unused")["wasm"], **KEY)


def test_names_of_another_circuit_are_refused(zk, tmp_path):
    path = tmp_path / "other.sym"
    path.write_text("1,66,0,main.far\n")
    with pytest.raises(InvalidFile, match="names wire 66 of a circuit of 66"):
        zk.circuit(wasm=WASM, sym=path, **KEY)


def test_what_needs_the_constraints_says_so(zk, invoice, tmp_path):
    powers = write_ptau(tmp_path / "tau.ptau", 2)
    with pytest.raises(NoConstraints, match=r"powers of tau needs .* give r1cs="):
        zk.circuit(wasm=WASM, zkey=ZKEY, ptau=powers)
    with pytest.raises(NoConstraints, match="forging"):
        invoice.forge(INPUTS, {"main.owed[0]": 77})


def test_an_unverified_key_warns_here_too(zk):
    with pytest.warns(UserWarning, match="UNVERIFIED") as caught:
        zk.circuit(wasm=WASM, zkey=ZKEY)
    assert caught[0].filename == __file__
