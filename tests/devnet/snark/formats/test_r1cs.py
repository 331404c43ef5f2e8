"""Constraints of circom: read, written, refused; snarkjs reads what is written."""

import io
import json

import numpy as np
import pytest
from tests.circom.support import (
    R1CS,
    changed,
    offset_of,
    sections_of,
    snarkjs,
    u32,
    u256,
    written,
)

from zkrollup.crypto.field import P, R
from zkrollup.kernels.limbs import from_montgomery
from zkrollup.snark.builder import Builder
from zkrollup.snark.compile import constraints_digest
from zkrollup.snark.formats import r1cs
from zkrollup.snark.formats.sections import InvalidFile


def dump(contents, path):
    file = io.BytesIO()
    r1cs.write(contents, file)
    path.write_bytes(file.getvalue())
    return path


def test_the_wires_are_divided_as_circom_says():
    header = r1cs.read(R1CS).header
    assert (header.n_wires, header.n_outputs, header.n_public_inputs, header.n_private_inputs) == (
        66,
        2,
        3,
        6,
    )
    assert (header.n_labels, header.n_constraints, header.n_public) == (72, 62, 5)
    assert header.input_labels == range(3, 12)


def test_a_constraint_is_the_one_that_snarkjs_prints():
    matrices = r1cs.read(R1CS).constraints
    # cost = price * quantity, negated as circom does: wire 3 is prices[0], 6 quantities[0][0].
    row = [
        (matrix.col[0], from_montgomery(matrix.val[:1], R)[0])
        for matrix in (matrices.a, matrices.b, matrices.c)
    ]
    assert [int(wire) for wire, _ in row][:2] == [3, 6]
    assert [value for _, value in row] == [R - 1, 1, R - 1]


def test_columns_ascend_within_each_row():
    system = r1cs.read(R1CS).constraints
    for matrix in (system.a, system.b, system.c):
        for start, end in zip(matrix.ptr[:-1], matrix.ptr[1:], strict=True):
            assert (np.diff(matrix.col[start:end].astype(np.int64)) > 0).all()


def test_what_is_written_is_read_again(tmp_path):
    before = r1cs.read(R1CS)
    after = r1cs.read(dump(before, tmp_path / "again.r1cs"))
    assert after.header == before.header
    assert constraints_digest(after.constraints) == constraints_digest(before.constraints)
    assert (after.labels == before.labels).all()


def test_a_described_circuit_survives_the_file(tmp_path):
    b = Builder("small")
    x, y = b.public("x"), b.private("y")
    b.enforce_equal(b.multiply(y, y + 3, "product"), x, "output")
    circuit = b.build()
    again = r1cs.read(dump(r1cs.of(circuit.r1cs), tmp_path / "small.r1cs"))
    assert constraints_digest(again.constraints) == circuit.digest


@pytest.mark.node
def test_snarkjs_reads_what_is_written(tmp_path):
    dump(r1cs.read(R1CS), tmp_path / "again.r1cs")
    for source, name in ((R1CS, "theirs.json"), ("again.r1cs", "ours.json")):
        snarkjs(tmp_path, "r1cs", "export", "json", source, name)
    theirs, ours = (json.loads((tmp_path / name).read_text()) for name in ("theirs.json", "ours.json"))
    assert ours == theirs
    assert len(ours["constraints"]) == 62


# --- refusals


def refused(path):
    with pytest.raises(InvalidFile) as caught:
        r1cs.read(path)
    return caught.value


def test_another_curves_prime_is_refused(tmp_path):
    error = refused(changed(R1CS, tmp_path, 1, 4, u256(P)))
    assert (error.section, error.offset) == (1, offset_of(tmp_path / R1CS.name, 1, 0))
    assert f"{P} in 32 bytes; only BN254" in error.rule


@pytest.mark.parametrize(
    ("prime", "curve"),
    [
        (0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001, "BLS12-381"),
        (0x40000000000000000000000000000000224698FC094CF91B992D30ED00000001, "Pallas"),
        (P, "Grumpkin"),
    ],
)
def test_another_curve_is_named_with_the_option_that_gives_bn254(tmp_path, prime, curve):
    error = refused(changed(R1CS, tmp_path, 1, 4, u256(prime)))
    assert f"is {curve}'s, {prime} in 32 bytes" in error.rule
    assert "compile the circuit again with circom -p bn128" in str(error)
    assert "make the file again" not in str(error)


def test_goldilocks_is_named_though_its_numbers_are_shorter(tmp_path):
    sections = sections_of(R1CS)
    sections[1][:36] = u32(8) + 0xFFFFFFFF00000001.to_bytes(8, "little")
    error = refused(written(tmp_path / "short.r1cs", sections))
    assert "is Goldilocks's, 18446744069414584321 in 8 bytes" in error.rule
    assert "circom -p bn128" in str(error)


def test_a_prime_of_no_curve_is_a_damaged_file(tmp_path):
    assert "make the file again" in str(refused(changed(R1CS, tmp_path, 1, 4, u256(R + 2))))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_section_is_refused(tmp_path, number):
    sections = sections_of(R1CS)
    del sections[number]
    error = refused(written(tmp_path / "less.r1cs", sections))
    assert error.section == number
    assert "missing" in error.rule


@pytest.mark.parametrize("number", [4, 5])
def test_custom_gates_are_refused_but_not_empty_lists_of_them(tmp_path, number):
    plain = written(tmp_path / "plain.r1cs", sections_of(R1CS) | {number: u32(0)})
    assert r1cs.read(plain).header.n_constraints == 62
    gates = written(tmp_path / "gates.r1cs", sections_of(R1CS) | {number: u32(1)})
    assert "custom gates; Groth16 has none, only PLONK has" in str(refused(gates))


@pytest.mark.parametrize(
    ("at", "value", "rule"),
    [
        (36, 65, "the labels of 65 wires"),
        (36, 5, "5 wires are fewer than the 6"),
        (40, 63, "66 wires are fewer than the 67"),
        (60, 63, "it ends within A of constraint 62"),
        (60, 61, "bytes follow the last constraint"),
        (60, 2**31, "constraints do not fit"),
    ],
)
def test_counts_that_contradict_each_other_are_refused(tmp_path, at, value, rule):
    with pytest.raises(InvalidFile, match=rule):
        r1cs.read(changed(R1CS, tmp_path, 1, at, u32(value)))


@pytest.mark.parametrize("wire", [66, 2**32 - 1])
def test_a_wire_that_does_not_exist_is_refused(tmp_path, wire):
    error = refused(changed(R1CS, tmp_path, 2, 4, u32(wire)))
    assert (error.section, error.offset) == (2, offset_of(tmp_path / R1CS.name, 2, 4))
    assert f"wire {wire} is none of 66" in error.rule


@pytest.mark.parametrize("value", [R, 2**256 - 1])
def test_a_coefficient_that_is_not_reduced_is_refused(tmp_path, value):
    error = refused(changed(R1CS, tmp_path, 2, 8, u256(value)))
    assert error.offset == offset_of(tmp_path / R1CS.name, 2, 8)
    assert f"coefficient {value} is not below" in error.rule


def test_a_wire_that_stands_twice_in_a_combination_is_refused(tmp_path):
    """snarkjs takes the last one in one place and their sum in another."""
    term = u32(3) + u256(5)
    empty = u32(0)
    sections = sections_of(R1CS)
    sections[1][60:64] = u32(2)
    sections[2] = u32(1) + term + empty * 4 + u32(2) + term + term
    error = refused(written(tmp_path / "twice.r1cs", sections))
    assert "wire 3 stands twice in C of constraint 1" in error.rule


@pytest.mark.parametrize("size", [0, 2, 40])
def test_constraints_that_end_too_early_are_refused(tmp_path, size):
    sections = sections_of(R1CS)
    sections[2] = sections[2][:-size] if size else sections[2] + b"\0\0\0"
    error = refused(written(tmp_path / "short.r1cs", sections))
    assert error.section == 2
    assert "ends within C of constraint 61" in error.rule or "3 bytes follow" in error.rule


def test_a_circuit_without_constraints_is_read(tmp_path):
    sections = sections_of(R1CS)
    sections[1][60:64] = u32(0)
    sections[2] = b""
    assert r1cs.read(written(tmp_path / "none.r1cs", sections)).constraints.n_constraints == 0
