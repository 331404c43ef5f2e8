"""The fixture zk: on the chain under test, put back after each test, counted in the summary."""

import hashlib

import pytest
from tests.circom.support import R1CS, SYM, VERIFIER, WASM, ZKEY

FILES = f"""
FILES = {{"r1cs": {str(R1CS)!r}, "wasm": {str(WASM)!r}, "sym": {str(SYM)!r}}}
INPUTS = {{"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}}
KEY = {str(VERIFIER / "verification_key.json")!r}
"""


def test_a_verifier_is_on_the_chain_under_test_and_gone_in_the_next(run):
    result = run(
        FILES
        + """
import pytest

@pytest.mark.parametrize("turn", [1, 2])
def test_plain(zk, chain, turn):
    assert zk.chain is chain
    assert chain.block_number == 0
    invoice = zk.circuit(**FILES)
    assert invoice.verifier().verifyProof(*invoice.prove(INPUTS).solidity)
    assert chain.block_number == 1

def test_without_the_chain(zk):
    assert zk.verification_key(KEY).verifier().chain is zk.chain
""",
        "--zk-proofs=fresh",
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["zkrollup: 2 real proofs made (2 invoice) in * s, * 0 batches settled on L1"]
    )


@pytest.mark.parametrize("digest", [None, hashlib.sha256(ZKEY.read_bytes()).hexdigest()])
def test_a_ceremonys_key_is_called_unverified_in_the_summary_unless_it_is(run, digest):
    result = run(f"{FILES}\ndef test(zk): zk.circuit(**FILES, zkey={str(ZKEY)!r}, zkey_sha256={digest!r})\n")
    result.assert_outcomes(passed=1, warnings=0 if digest else 1)
    line = "zkrollup: UNVERIFIED invoice.zkey: give ptau= or zkey_sha256= to zk.circuit"
    assert (line in result.outlines) == (digest is None)


def test_with_a_rollup_it_is_on_the_rollups_layer_1(run):
    result = run(
        FILES
        + """
from pytest_zkrollup import ETH

def test_both(zk, rollup, alice):
    assert zk.chain is rollup.l1
    before = alice.l1_balance(ETH)
    zk.verification_key(KEY).verifier()
    assert alice.l1_balance(ETH) == before

def test_after_the_chain(zk, request):
    assert request.getfixturevalue("rollup").l1 is zk.chain
"""
    )
    result.assert_outcomes(passed=2)


def test_each_hypothesis_example_finds_the_chain_unused(run):
    run(
        FILES
        + """
from hypothesis import given, settings, strategies as st

@settings(max_examples=5, deadline=None)
@given(price=st.integers(0, 2**64))
def test_property(zk, price):
    assert zk.chain.block_number == 0
    zk.verification_key(KEY).verifier()
    assert zk.circuit(**FILES).check(INPUTS | {"prices": [price, 0, 0]})[:2] == (3 * price, 2 * price)
"""
    ).assert_outcomes(passed=1)


def test_it_needs_no_public_fixture(run):
    run(
        FILES
        + """
import pytest

@pytest.fixture
def chain(): return "chain"
@pytest.fixture
def accounts(): return "accounts"
@pytest.fixture
def w3(): return "w3"

def test_works(zk, chain, accounts, w3):
    assert zk.verification_key(KEY).verifier().address
"""
    ).assert_outcomes(passed=1)


def test_a_run_that_only_verifies_compiles_nothing(run):
    run(
        FILES
        + """
def test_light(zk):
    import sys
    zk.verification_key(KEY).verifier()
    assert "wasmtime" not in sys.modules
"""
    ).assert_outcomes(passed=1)


def test_without_wasmtime_the_extra_is_named(run):
    result = run(
        FILES
        + """
import sys

def test_fails(zk, monkeypatch):
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    zk.circuit(**FILES)
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *MissingWasmtime: *pip install 'pytest-zkrollup[[]circom]'*"])


@pytest.mark.parametrize("name", ["Zk", "ZkCircuit", "ZkProof", "ZkVerificationKey"])
def test_names_for_annotations_are_the_packages_own_classes(name):
    import pytest_zkrollup
    from zkrollup import devnet

    assert getattr(pytest_zkrollup, name) is getattr(devnet, name)


def test_in_mock_mode_its_verifier_takes_mocks_and_the_constraints_are_still_checked(run):
    result = run(
        FILES
        + """
import pytest
from zkrollup.crypto.pairing import InvalidPoint

def test_mocked(zk):
    invoice = zk.circuit(**FILES)
    proof = invoice.prove(INPUTS)
    assert invoice.verifier().verifyProof(*proof.solidity)
    *points, public = proof.solidity
    assert not invoice.verifier().verifyProof(*points, [public[0] + 1, *public[1:]])
    with pytest.raises(InvalidPoint):
        invoice.verify(proof)
""",
        "--zk-proofs=mock",
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["zkrollup: 1 MOCKED, attesting nothing (1 invoice)*"])


def test_a_mock_that_zk_config_asks_for_is_forbidden_too(run):
    result = run(
        FILES
        + """
import pytest
from pytest_zkrollup import ZkConfig

@pytest.fixture
def zk_config():
    return ZkConfig(proofs="mock")

def test_mocked(zk):
    zk.circuit(**FILES)
""",
        "--zk-forbid-mock",
    )
    result.assert_outcomes(errors=1)
    assert result.ret != 0
