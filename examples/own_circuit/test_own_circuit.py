"""A circom circuit: its constraints checked, proved with a TEST key and with a ceremony's, verified on chain.

The files beside this one come from `circom invoice.circom --r1cs --wasm --sym`; the .zkey from snarkjs.
"""

from pathlib import Path

import pytest

from zkrollup.snark.calculator import RefusedInputs

HERE = Path(__file__).parent
FILES = {"r1cs": HERE / "invoice.r1cs", "wasm": HERE / "invoice.wasm", "sym": HERE / "invoice.sym"}
INPUTS = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}
VERIFIED = "be630274330fff930aaf8622936796b46ceb72dda2efa95e5aac6287e894fbc7"  # SHA-256 of the .zkey
OWED = (3 * 7 + 5 * 11, 2 * 7 + 17 * 13)


@pytest.fixture
def invoice(zk):
    return zk.circuit(**FILES)


def test_each_customer_owes_what_was_bought(invoice):
    assert invoice.check(INPUTS) == (*OWED, 7, 11, 13)  # no proof yet: outputs, then public inputs


def test_a_quantity_of_nine_bits_is_refused(invoice):
    with pytest.raises(RefusedInputs, match="template Below"):
        invoice.check(INPUTS | {"quantities": [[3, 5, 0], [2, 0, 256]]})


def test_a_proof_is_verified_on_chain(invoice):
    proof = invoice.prove(INPUTS)
    verifier = invoice.verifier()
    assert verifier.verifyProof(*proof.solidity)

    a, b, c, public = proof.solidity
    assert not verifier.verifyProof(a, b, c, [public[0] - 1, *public[1:]])


def test_the_ceremonys_key_proves_it_as_well(zk, invoice):
    real = zk.circuit(**FILES, zkey=HERE / "invoice.zkey", zkey_sha256=VERIFIED)
    assert [each.name for each in real.contributions] == ["first", "second", "beacon"]

    proof = real.prove(INPUTS)
    assert real.verifier().verifyProof(*proof.solidity)
    assert not invoice.verifier().verifyProof(*proof.solidity)  # that one has the TEST key
