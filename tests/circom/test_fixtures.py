"""The committed circuit files are what the compiler makes, the README's hashes are the ceremony's."""

import re

import pytest
from tests.circom import make_fixtures
from tests.circom.support import CIRCUIT, CIRCUITS, R1CS, VERIFIER, ZKEY, snarkjs

from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.ceremony import KeyCheck, read_key
from zkrollup.snark.formats import r1cs, snarkjs_json, zkey
from zkrollup.snark.keycheck import KeyNotOfCircuit


@pytest.mark.node
def test_compiling_again_changes_nothing(tmp_path):
    make_fixtures.compile_circuit(tmp_path)
    for name in make_fixtures.COMPILED:
        assert (tmp_path / name).read_bytes() == (CIRCUIT / name).read_bytes(), name


@pytest.mark.node
def test_compiling_the_tests_circuits_again_changes_nothing(tmp_path):
    make_fixtures.compile_circuits(tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert len(made) == 3 * len(list(CIRCUITS.glob("*.circom")))
    for name in made:
        assert (tmp_path / name).read_bytes() == (CIRCUITS / name).read_bytes(), name


def test_the_readme_has_the_hashes_of_the_circuit_and_of_each_contribution():
    found = zkey.read(ZKEY)
    text = (CIRCUIT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^(?:\d |  )(\w+) +([0-9a-f]{128})$", text, re.MULTILINE)
    expected = [("circuit", found.circuit_hash.hex())]
    expected += [(each.name, each.hash.hex()) for each in found.contributions]
    assert shown == expected


def test_the_committed_proof_is_of_the_ceremonys_key():
    vk = snarkjs_json.load_verification_key((VERIFIER / "verification_key.json").read_text())
    assert vk == zkey.read(ZKEY).key.vk
    proof = snarkjs_json.load_proof((VERIFIER / "proof.json").read_text())
    assert groth16.verify(vk, snarkjs_json.load_public((VERIFIER / "public.json").read_text()), proof)


@pytest.mark.node
@pytest.mark.slow
def test_a_ceremony_held_again_gives_another_key_whose_proof_holds(tmp_path):
    assert "ZKey Ok!" in make_fixtures.hold_ceremony(tmp_path)
    make_fixtures.prove(tmp_path)
    files = [tmp_path / name for name in ("verification_key.json", "public.json", "proof.json")]
    assert "OK!" in snarkjs(tmp_path, "groth16", "verify", *files)
    again = zkey.read(tmp_path / "key.zkey")
    assert again.key.vk.delta != zkey.read(ZKEY).key.vk.delta


@pytest.mark.node
@pytest.mark.slow
@pytest.mark.parametrize("power", [7, 8], ids=["of its size", "of twice its size"])
def test_a_ceremonys_key_holds_against_its_powers_and_no_others(tmp_path, power):
    make_fixtures.hold_ceremony(tmp_path, power=power)
    system = r1cs.read(R1CS).constraints
    powers = {"ptau": tmp_path / "tau.ptau"}
    assert read_key(tmp_path / "key.zkey", system, **powers).check is KeyCheck.POWERS
    with pytest.raises(KeyNotOfCircuit, match="alpha"):
        read_key(ZKEY, system, **powers)


@pytest.mark.node
@pytest.mark.slow
def test_a_described_circuit_gets_a_key_from_a_ceremony_too(tmp_path):
    b = Builder("product")
    total, x, y = b.public("total"), b.private("x"), b.private("y")
    b.enforce_equal(b.multiply(x + 3, y, "product"), total, "output")
    circuit = b.build()
    with (tmp_path / "product.r1cs").open("wb") as file:
        r1cs.write(r1cs.of(circuit.r1cs), file)
    assert "ZKey Ok!" in make_fixtures.hold_ceremony(tmp_path, tmp_path / "product.r1cs")
    key = zkey.read(tmp_path / "key.zkey")
    key.require_fit(circuit.r1cs)
    proof = groth16.prove(key.key, circuit.r1cs, circuit.witness({"total": 140, "x": 11, "y": 10}))
    assert groth16.verify(key.key.vk, (140,), proof)
    assert not groth16.verify(key.key.vk, (141,), proof)
