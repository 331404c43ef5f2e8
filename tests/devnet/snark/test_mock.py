"""Mock proofs: bound to their inputs, and no proof to any real verifier."""

import pytest
from eth_utils import keccak

from zkrollup.crypto.field import FieldRangeError, P, R
from zkrollup.crypto.pairing import InvalidPoint, check_g1
from zkrollup.kernels import limbs
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.mock import TAG, mock_proof, mock_verifier_runtime
from zkrollup.snark.modes import FORBID_MOCK, MockForbidden, mock_forbidden


def test_no_point_of_the_curve_has_the_tag_as_its_x():
    # Euler's criterion: x^3 + 3 has no square root.
    assert pow(TAG**3 + 3, (P - 1) // 2, P) == P - 1
    assert 0 < TAG < P


def test_a_mock_proof_is_the_tag_and_a_hash_of_its_inputs():
    words = (501).to_bytes(32, "big") + (207).to_bytes(32, "big")
    proof = mock_proof([501, 207])
    assert proof.a == (TAG, int.from_bytes(keccak(words), "big") % R)
    assert (proof.b, proof.c) == (None, None)
    assert bytes.fromhex(f"{TAG:x}") == b"MOCK PROOF: attests nothing"


def test_other_inputs_have_another_mock_proof():
    proofs = {mock_proof(inputs).a for inputs in ([501, 207], [207, 501], [501], [501, 207, 0], [])}
    assert len(proofs) == 5


def test_inputs_outside_the_field_have_none():
    with pytest.raises(FieldRangeError, match=r"public\[1\]"):
        mock_proof([501, R])


def test_the_verifier_off_chain_refuses_it_even_for_a_true_statement():
    builder = Builder("product")
    product = builder.public("product")
    builder.enforce(builder.private("x"), builder.private("y"), product, "product")
    circuit = builder.build()
    key = groth16.setup(circuit.r1cs)
    assert groth16.verify(key.vk, [143], groth16.prove(key, circuit.r1cs, limbs.from_ints([1, 143, 11, 13])))
    with pytest.raises(InvalidPoint):
        groth16.verify(key.vk, [143], mock_proof([143]))
    with pytest.raises(InvalidPoint):
        check_g1(mock_proof([143]).a)


# Forbidden


def test_neither_a_mock_nor_its_verifier_is_made_where_mocks_are_forbidden():
    with mock_forbidden():
        for make in (lambda: mock_proof([501]), lambda: mock_verifier_runtime(1)):
            with pytest.raises(MockForbidden, match=r"forbids mock proofs .*ZK_FORBID_MOCK=1"):
                make()
    assert mock_proof([501]).a[0] == TAG
    assert mock_verifier_runtime(1)


@pytest.mark.parametrize(("value", "forbids"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_the_environment_says_whether_mocks_are_forbidden(monkeypatch, value, forbids):
    monkeypatch.setenv(FORBID_MOCK, value)
    if forbids:
        with pytest.raises(MockForbidden):
            mock_proof([503])
    else:
        mock_proof([503])
    with mock_forbidden(), pytest.raises(MockForbidden):
        mock_proof([503])
