"""Setup, proof and verification of small constraint systems, and what each of them refuses."""

import dataclasses
import random

import numpy as np
import pytest

from zkrollup.crypto.field import FieldRangeError
from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR, InvalidPoint, g1_add, g1_negate
from zkrollup.kernels import limbs
from zkrollup.kernels.montgomery import R
from zkrollup.snark import groth16, prover, qap, trusted_setup
from zkrollup.snark.keys import InvalidKey, KeyMismatch
from zkrollup.snark.prover import InvalidWitness, ProofRejected, UnsatisfiedWitness
from zkrollup.snark.r1cs import R1CS, SparseMatrix
from zkrollup.snark.verifier import WrongInputCount

Row = dict[int, int]


def matrix(rows: list[Row]) -> SparseMatrix:
    entries = [sorted(row.items()) for row in rows]
    return SparseMatrix(
        np.cumsum([0] + [len(row) for row in entries]).astype(np.int64),
        np.array([wire for row in entries for wire, _ in row], np.uint32),
        limbs.montgomery([value % R for row in entries for _, value in row], R),
    )


def system(n_wires: int, n_public: int, rows: list[tuple[Row, Row, Row]]) -> R1CS:
    return R1CS(n_wires, n_public, *(matrix(list(side)) for side in zip(*rows, strict=True)))


def cubic() -> tuple[R1CS, list[int]]:
    """Public y = 3267, and 19 that no constraint uses; private x = 14 and its square: x^3 + 2x + 495 = y."""
    x, square, y = 3, 4, 1
    rows: list[tuple[Row, Row, Row]] = [
        ({x: 1}, {x: 1}, {square: 1}),
        ({square: 1}, {x: 1}, {y: 1, x: -2, 0: -495}),
    ]
    return system(5, 2, rows), [1, 14**3 + 2 * 14 + 495, 19, 14, 14**2]


def dense(constraints: int, n_public: int) -> tuple[R1CS, list[int]]:
    """Random sparse products, each defining the next wire; values of all sizes."""
    rng = random.Random(constraints)
    values = [1] + [rng.choice((0, 1, rng.randrange(R))) for _ in range(n_public)]
    rows: list[tuple[Row, Row, Row]] = []
    for _ in range(constraints):
        a, b = (
            {wire: rng.randrange(R) for wire in rng.sample(range(len(values)), min(4, len(values)))}
            for _ in range(2)
        )
        left, right = (sum(factor * values[wire] for wire, factor in side.items()) for side in (a, b))
        rows.append((a, b, {len(values): 1}))
        values.append(left * right % R)
    return system(len(values), n_public, rows), values


@pytest.fixture(scope="module")
def circuit():
    return cubic()[0]


@pytest.fixture(scope="module")
def witness():
    return limbs.from_ints(cubic()[1])


@pytest.fixture(scope="module")
def key(circuit):
    return groth16.setup(circuit)


@pytest.fixture(scope="module")
def proof(circuit, witness, key):
    return groth16.prove(key, circuit, witness)


PUBLIC = [3267, 19]


def test_a_proof_of_a_true_statement_verifies(key, proof):
    assert groth16.verify(key.vk, PUBLIC, proof)


@pytest.mark.parametrize("public", [[3268, 19], [3267, 20], [19, 3267], [0, 0]])
def test_a_proof_verifies_for_no_other_public_inputs(key, proof, public):
    assert not groth16.verify(key.vk, public, proof)


@pytest.mark.parametrize("position", [0, 1])
def test_public_inputs_at_or_above_r_are_refused(key, proof, position):
    public = list(PUBLIC)
    public[position] += R
    with pytest.raises(FieldRangeError, match=rf"public\[{position}\]"):
        groth16.verify(key.vk, public, proof)


@pytest.mark.parametrize("public", [[3267], [3267, 19, 0]])
def test_a_wrong_number_of_public_inputs_is_refused(key, proof, public):
    with pytest.raises(WrongInputCount) as caught:
        groth16.verify(key.vk, public, proof)
    assert (caught.value.given, caught.value.expected) == (len(public), 2)


@pytest.mark.parametrize("field", ["a", "c"])
def test_a_proof_with_another_point_of_g1_does_not_verify(key, proof, field):
    for point in (g1_add(getattr(proof, field), G1_GENERATOR), g1_negate(getattr(proof, field)), None):
        assert not groth16.verify(key.vk, PUBLIC, dataclasses.replace(proof, **{field: point}))


def test_a_proof_with_another_point_of_g2_does_not_verify(key, proof):
    assert not groth16.verify(key.vk, PUBLIC, dataclasses.replace(proof, b=G2_GENERATOR))


def test_a_proof_with_a_point_off_its_curve_is_refused(key, proof):
    x, y = proof.a
    with pytest.raises(InvalidPoint):
        groth16.verify(key.vk, PUBLIC, dataclasses.replace(proof, a=(x, y + 1)))


def test_a_proof_verifies_under_no_other_key(circuit, proof):
    assert not groth16.verify(groth16.setup(circuit).vk, PUBLIC, proof)


def test_keys_and_proofs_differ_each_time(circuit, witness, key, proof):
    assert groth16.setup(circuit).vk != key.vk
    again = groth16.prove(key, circuit, witness)
    assert again != proof
    assert groth16.verify(key.vk, PUBLIC, again)


def test_verification_refuses_a_key_whose_gamma_is_delta(key, proof):
    forgeable = dataclasses.replace(key.vk, gamma=key.vk.delta)
    with pytest.raises(InvalidKey, match="gamma"):
        groth16.verify(forgeable, PUBLIC, proof)


@pytest.mark.parametrize(("wire", "constraint"), [(3, 0), (4, 0), (1, 1)])
def test_an_unsatisfied_witness_is_refused_by_the_first_broken_constraint(
    circuit, witness, key, wire, constraint
):
    wrong = witness.copy()
    wrong[wire, 0] += np.uint64(1)
    with pytest.raises(UnsatisfiedWitness) as caught:
        groth16.prove(key, circuit, wrong)
    assert caught.value.constraint == constraint


def test_a_witness_value_at_or_above_r_is_refused(circuit, witness, key):
    wrong = witness.copy()
    wrong[3] = limbs.from_ints([14 + R])[0]
    with pytest.raises(InvalidWitness, match="wire 3"):
        groth16.prove(key, circuit, wrong)


def test_a_read_only_witness_proves_as_well(circuit, witness, key):
    frozen = witness.copy()
    frozen.setflags(write=False)
    assert groth16.verify(key.vk, PUBLIC, groth16.prove(key, circuit, frozen))


def test_a_witness_whose_constant_is_not_one_is_refused(circuit, witness, key):
    wrong = witness.copy()
    wrong[0] = 0
    with pytest.raises(InvalidWitness, match="constant one"):
        groth16.prove(key, circuit, wrong)


@pytest.mark.parametrize(
    "change", [lambda rows: rows[:-1], lambda rows: rows.ravel(), lambda rows: rows.astype(np.int64)]
)
def test_an_array_of_another_shape_or_type_is_refused(circuit, witness, key, change):
    with pytest.raises(InvalidWitness, match="one row a wire"):
        groth16.prove(key, circuit, change(witness))


def test_a_key_of_other_sizes_is_refused(key):
    circuit, values = dense(9, 2)
    with pytest.raises(KeyMismatch):
        groth16.prove(key, circuit, limbs.from_ints(values))


def test_a_key_of_another_circuit_with_the_same_sizes_gives_no_proof(witness, key):
    x, square, y = 3, 4, 1
    other = system(5, 2, [({x: 1}, {x: 1}, {square: 1}), ({square: 2}, {x: 1}, {y: 1, 0: 2221})])
    with pytest.raises(ProofRejected):
        groth16.prove(key, other, witness)


@pytest.mark.parametrize(("constraints", "n_public"), [(1, 0), (2, 1), (29, 2), (300, 5)])
def test_circuits_of_several_sizes_prove(constraints, n_public):
    circuit, values = dense(constraints, n_public)
    key = groth16.setup(circuit)
    proof = groth16.prove(key, circuit, limbs.from_ints(values))
    public = values[1 : n_public + 1]
    assert groth16.verify(key.vk, public, proof)
    if public:
        assert not groth16.verify(key.vk, [(public[0] + 1) % R, *public[1:]], proof)


def test_each_public_input_is_bound_by_a_row_of_its_own(circuit):
    a, b, c = qap.matrices(circuit)
    assert a.col[circuit.a.ptr[-1] :].tolist() == [0, 1, 2]
    assert len(a.ptr) == len(b.ptr) + 3 == len(c.ptr) + 3


@pytest.mark.parametrize(
    ("constraints", "n_public", "log"), [(1, 0, 1), (3, 0, 2), (4, 0, 3), (4, 3, 3), (5, 3, 4)]
)
def test_the_domain_has_a_root_for_each_row_and_no_more_than_needed(constraints, n_public, log):
    assert qap.log_size(dense(constraints, n_public)[0]) == log


def test_the_setup_draws_no_secret_twice_nor_a_root_of_unity(monkeypatch):
    root, gamma_is_delta, good = [0, 6, 7, 8, 9], [1, 6, 7, 8, 8], [1, 6, 7, 8, 9]
    drawn = iter(root + gamma_is_delta + good)
    monkeypatch.setattr(trusted_setup.secrets, "randbelow", lambda below: next(drawn))
    secret = trusted_setup._Secrets.draw(4)
    assert [getattr(secret, field.name) for field in dataclasses.fields(secret)] == [2, 7, 8, 9, 10]


def test_secrets_are_not_printed():
    assert "12345" not in repr(trusted_setup._Secrets(12345, 12345, 12345, 12345, 12345))


def test_progress_of_setup_and_proof_ends_at_one(circuit, witness):
    seen: list[tuple[str, float]] = []
    key = groth16.setup(circuit, progress=lambda *step: seen.append(step))
    groth16.prove(key, circuit, witness, progress=lambda *step: seen.append(step))
    for label in ("make keys", "prove"):
        fractions = [fraction for name, fraction in seen if name == label]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


def test_no_proof_is_handed_out_that_does_not_verify(monkeypatch, circuit, witness, key):
    good = prover._prove
    monkeypatch.setattr(
        prover, "_prove", lambda *arguments: dataclasses.replace(good(*arguments), c=G1_GENERATOR)
    )
    with pytest.raises(ProofRejected) as caught:
        groth16.prove(key, circuit, witness)
    assert caught.value.public == tuple(PUBLIC)
