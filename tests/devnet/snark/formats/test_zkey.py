"""Proving keys of snarkjs: a ceremony's proves here, one from here proves there; all else is refused."""

import dataclasses
import io
import json

import numpy as np
import pytest
from py_ecc import optimized_bn128 as bn
from tests.circom.support import (
    R1CS,
    VERIFIER,
    ZKEY,
    changed,
    offset_of,
    sections_of,
    snarkjs,
    u32,
    u256,
    written,
)
from tests.devnet.snark.formats.test_pointrows import OUTSIDE

from zkrollup.crypto.field import P, R
from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR
from zkrollup.kernels.limbs import from_ints
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.formats import r1cs, snarkjs_json, wtns, zkey
from zkrollup.snark.formats.pointrows import g1_row, g2_row
from zkrollup.snark.formats.sections import InvalidFile, stored
from zkrollup.snark.formats.zkey import CoefficientMismatch
from zkrollup.snark.keys import InvalidKey, KeyMismatch
from zkrollup.snark.prover import ProofRejected


def described(addend, factor=1):
    b = Builder("small")
    x, y = b.public("x"), b.private("y")
    b.enforce_equal(b.multiply(y * factor, y + addend, "product"), x, "output")
    return b.build()


@pytest.fixture(scope="module")
def circuit():
    return described(3)


@pytest.fixture(scope="module")
def key(circuit):
    return groth16.setup(circuit.r1cs)


@pytest.fixture
def ours(circuit, key, tmp_path):
    return dump(key, circuit.r1cs, tmp_path / "ours.zkey")


def dump(key, system, path):
    with path.open("wb") as file:
        zkey.write(key, system, file)
    return path


def test_the_verification_key_is_the_one_that_snarkjs_exports():
    exported = (VERIFIER / "verification_key.json").read_text()
    assert zkey.read(ZKEY).key.vk == snarkjs_json.load_verification_key(exported)


def test_what_snarkjs_wrote_is_written_again_to_the_byte_but_for_the_contributions(tmp_path):
    path = dump(zkey.read(ZKEY).key, r1cs.read(R1CS).constraints, tmp_path / "again.zkey")
    theirs, ours = sections_of(ZKEY), sections_of(path)
    assert [number for number in range(1, 11) if ours[number] != theirs[number]] == [10]


def test_a_key_of_ours_survives_the_file(ours, key, circuit):
    again = zkey.read(ours)
    again.require_fit(circuit.r1cs)
    assert again.contributions == ()
    assert again.key.vk == key.vk
    for name in ("a_wires", "b_wires", "a", "b1", "b2", "c"):
        assert (getattr(again.key, name) == getattr(key, name)).all(), name


def test_contributions_have_names_hashes_and_a_beacon():
    found = zkey.read(ZKEY)
    assert [(each.name, each.beacon is None) for each in found.contributions] == [
        ("first", True),
        ("second", True),
        ("beacon", False),
    ]
    assert found.contributions[2].beacon.hex().startswith("1f1e1d1c")


def verifies_with_py_ecc(vk, public, proof):
    """The equation, written with nothing of this project."""

    def g1(point):
        return bn.FQ(point[0]), bn.FQ(point[1]), bn.FQ(1)

    def g2(point):
        return bn.FQ2(point[0]), bn.FQ2(point[1]), bn.FQ2.one()

    total = g1(vk.ic[0])
    for value, point in zip(public, vk.ic[1:], strict=True):
        total = bn.add(total, bn.multiply(g1(point), value))
    right = bn.pairing(g2(vk.beta), g1(vk.alpha))
    right *= bn.pairing(g2(vk.gamma), total) * bn.pairing(g2(vk.delta), g1(proof.c))
    return bn.pairing(g2(proof.b), g1(proof.a)) == right


def invoice_witness():
    """7, 11, 13 times 3, 5, 0 and 2, 0, 17; the order of inner wires is the compiler's."""
    quantities = (3, 5, 0, 2, 0, 17)
    prices = (7, 11, 13) * 2
    costs = [price * quantity for price, quantity in zip(prices, quantities, strict=True)]
    owed = (sum(costs[:3]), sum(costs[3:]))
    bits = [quantity >> i & 1 for quantity in quantities for i in range(8)]
    return from_ints([1, *owed, 7, 11, 13, *quantities, *costs, *bits])


def test_a_proof_with_the_ceremonys_key_verifies_with_py_ecc_too():
    key, system = zkey.read(ZKEY).key, r1cs.read(R1CS).constraints
    proof = groth16.prove(key, system, invoice_witness())
    public = (76, 235, 7, 11, 13)
    assert verifies_with_py_ecc(key.vk, public, proof)
    assert not verifies_with_py_ecc(key.vk, (76, 236, 7, 11, 13), proof)


@pytest.mark.node
def test_snarkjs_accepts_a_proof_made_here_with_the_ceremonys_key(tmp_path):
    key, system = zkey.read(ZKEY).key, r1cs.read(R1CS).constraints
    proof = groth16.prove(key, system, invoice_witness())
    (tmp_path / "proof.json").write_text(snarkjs_json.dump_proof(proof))
    (tmp_path / "public.json").write_text(snarkjs_json.dump_public([76, 235, 7, 11, 13]))
    vk = VERIFIER / "verification_key.json"
    assert "OK!" in snarkjs(tmp_path, "groth16", "verify", vk, "public.json", "proof.json")


@pytest.mark.node
def test_snarkjs_proves_with_a_key_and_a_witness_from_here(ours, circuit, key, tmp_path):
    with (tmp_path / "some.wtns").open("wb") as file:
        wtns.write(circuit.witness({"x": 70, "y": 7}), file)
    snarkjs(tmp_path, "groth16", "prove", ours, "some.wtns", "proof.json", "public.json")
    proof = snarkjs_json.load_proof((tmp_path / "proof.json").read_text())
    assert json.loads((tmp_path / "public.json").read_text()) == ["70"]
    assert groth16.verify(key.vk, (70,), proof)
    assert not groth16.verify(key.vk, (71,), proof)


# --- keys of other circuits


def test_a_ceremonys_key_fits_its_circuit():
    zkey.read(ZKEY).require_fit(r1cs.read(R1CS).constraints)


def test_a_key_of_a_circuit_of_other_sizes_is_refused(circuit):
    with pytest.raises(KeyMismatch):
        zkey.read(ZKEY).require_fit(circuit.r1cs)


@pytest.mark.parametrize(("other", "matrix"), [(described(5), "B"), (described(3, 2), "A")])
def test_a_key_whose_coefficients_are_not_the_circuits_is_refused(ours, other, matrix):
    with pytest.raises(CoefficientMismatch) as caught:
        zkey.read(ours).require_fit(other.r1cs)
    assert (caught.value.matrix, caught.value.row) == (matrix, 0)


@pytest.mark.parametrize("keep", [slice(1, None), slice(None, -1)])
def test_a_key_that_lacks_a_coefficient_is_refused(ours, circuit, keep):
    read = zkey.read(ours)
    fewer = zkey.Entries(read.a.rows[keep], read.a.wires[keep], read.a.values[keep])
    with pytest.raises(CoefficientMismatch) as caught:
        dataclasses.replace(read, a=fewer).require_fit(circuit.r1cs)
    assert caught.value.matrix == "A"


def test_a_key_for_another_c_proves_nothing(ours, circuit, key):
    """No .zkey holds C: the prover's own verification is what refuses."""
    system = circuit.r1cs
    c = dataclasses.replace(system.c, val=system.c.val.copy())
    c.val[0] = from_ints([2 * 2**256 % R])[0]
    other = dataclasses.replace(system, c=c)
    zkey.read(ours).require_fit(other)
    half = pow(2, -1, R)
    with pytest.raises(ProofRejected):
        groth16.prove(key, other, from_ints([1, 70 * half % R, 7, 70 * half % R]))


# --- refusals


def refused(path):
    with pytest.raises(InvalidFile) as caught:
        zkey.read(path)
    return caught.value


@pytest.mark.parametrize("number", range(1, 11))
def test_a_missing_section_is_refused(tmp_path, number):
    sections = sections_of(ZKEY)
    del sections[number]
    error = refused(written(tmp_path / "less.zkey", sections))
    assert error.section == number
    assert "missing" in error.rule


@pytest.mark.parametrize("number", range(1, 11))
@pytest.mark.parametrize("longer", [True, False])
def test_a_section_of_another_length_is_refused(tmp_path, number, longer):
    sections = sections_of(ZKEY)
    sections[number] = sections[number] + b"\0" if longer else sections[number][:-1]
    assert refused(written(tmp_path / "other.zkey", sections)).section == number


@pytest.mark.parametrize(
    ("number", "at", "new", "rule"),
    [
        (1, 0, u32(3), "protocol 3 is not Groth16"),
        (2, 4, u256(R), "field of coordinates"),
        (2, 40, u256(P), "field of scalars"),
        (2, 76, u32(66), "66 public inputs and the one do not fit into 66 wires"),
        (2, 80, u32(127), "127 rows are no power of two"),
        (2, 80, u32(4), "4 rows are no power of two from 6"),
        (2, 80, u32(2**28), "no power of two"),
        (2, 72, u32(67), "points"),
        (2, 76, u32(4), "points"),
        (2, 80, u32(256), "256 points"),
        (4, 0, u32(3), "3 coefficients"),
        (4, 4, u32(2), "matrix 2 of coefficient 0 is none of 2"),
        (4, 52, u32(128), "row 128 of coefficient 1 is none of 128"),
        (4, 56, u32(66), "wire 66 of coefficient 1 is none of 66"),
        (4, 60, u256(R), "coefficient 1 is"),
    ],
)
def test_what_contradicts_the_format_is_refused(tmp_path, number, at, new, rule):
    assert rule in refused(changed(ZKEY, tmp_path, number, at, new)).rule


@pytest.mark.parametrize(("protocol", "name", "last"), [(2, "PLONK", 14), (10, "FFLONK", 17)])
def test_a_key_of_another_proof_system_is_named(tmp_path, protocol, name, last):
    sections = dict.fromkeys(range(1, last + 1), b"") | {1: u32(protocol)}
    error = refused(written(tmp_path / "other.zkey", sections))
    assert f"protocol {protocol}, {name}, is not Groth16" in error.rule
    assert "make the key with snarkjs groth16 setup" in str(error)


def test_a_key_of_groth16_with_further_sections_is_refused(tmp_path):
    error = refused(written(tmp_path / "more.zkey", sections_of(ZKEY) | {11: b"more"}))
    assert error.section == 11
    assert "has the sections 1 to 10 only" in error.rule


def test_a_key_over_another_curve_is_named(tmp_path):
    q = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
    sections = sections_of(ZKEY)
    sections[2][:36] = u32(48) + q.to_bytes(48, "little")
    error = refused(written(tmp_path / "other.zkey", sections))
    assert f"the field of coordinates is BLS12-381's, {q} in 48 bytes" in error.rule
    assert "circom -p bn128" in str(error)


def test_a_coefficient_that_stands_twice_is_refused_with_its_place(tmp_path):
    sections = sections_of(ZKEY)
    sections[4][4 + 44 : 4 + 56] = sections[4][4:16]
    error = refused(written(tmp_path / ZKEY.name, sections))
    assert "stands twice in row 0 of A" in error.rule
    assert error.offset in {offset_of(ZKEY, 4, 4), offset_of(ZKEY, 4, 48)}


G1_OFF, G2_OFF = stored(g1_row((1, 3))), stored(g2_row(((3, 5), (7, 11))))
G2_OUTSIDE = stored(g2_row(OUTSIDE))


@pytest.mark.parametrize(
    ("number", "at"), [(2, 84), (2, 148), (2, 468), (3, 64), (5, 128), (6, 64), (8, 0), (9, 8128)]
)
def test_a_point_of_g1_off_the_curve_is_refused(tmp_path, number, at):
    error = refused(changed(ZKEY, tmp_path, number, at, G1_OFF))
    assert (error.section, error.offset) == (number, offset_of(ZKEY, number, at))
    assert "off the curve" in error.rule


@pytest.mark.parametrize(("point", "rule"), [(G2_OFF, "off the curve"), (G2_OUTSIDE, "outside the subgroup")])
@pytest.mark.parametrize(("number", "at"), [(2, 212), (2, 340), (2, 532), (7, 128 * 30), (10, 64 + 4 + 192)])
def test_a_point_of_g2_off_the_curve_or_outside_the_group_is_refused(tmp_path, number, at, point, rule):
    error = refused(changed(ZKEY, tmp_path, number, at, point))
    assert (error.section, error.offset) == (number, offset_of(ZKEY, number, at))
    assert rule in error.rule


def test_a_key_without_any_contribution_is_refused(tmp_path):
    """Its delta is gamma still, so that anybody can forge proofs."""
    sections = sections_of(ZKEY)
    sections[2][468:660] = stored(g1_row(G1_GENERATOR)) + stored(g2_row(G2_GENERATOR))
    with pytest.raises(InvalidKey, match="forge"):
        zkey.read(written(tmp_path / "fresh.zkey", sections))


def test_a_wire_with_a_point_in_only_one_of_b1_and_b2_is_refused(tmp_path):
    wire = int(np.flatnonzero(np.frombuffer(sections_of(ZKEY)[6], "<u8").reshape(-1, 8).any(axis=1))[0])
    error = refused(changed(ZKEY, tmp_path, 7, 128 * wire, bytes(128)))
    assert f"wire {wire} has a point in only one of B1 and B2" in error.rule


@pytest.mark.parametrize(
    ("at", "new", "rule"),
    [
        (64, u32(4), "bytes are needed here"),
        (64, u32(2), "for 2 contributions"),
        (64 + 4 + 320 + 64 + 8, b"\x04", "parameter 4 of a contribution"),
        (64 + 4 + 320 + 64 + 9, b"\x06", "parameters are longer"),
    ],
)
def test_contributions_that_contradict_themselves_are_refused(tmp_path, at, new, rule):
    error = refused(changed(ZKEY, tmp_path, 10, at, new))
    assert error.section == 10
    assert rule in error.rule


def test_a_key_is_not_written_for_another_circuit(key):
    with pytest.raises(KeyMismatch):
        zkey.write(key, r1cs.read(R1CS).constraints, io.BytesIO())
