"""A circuit that a test has patched is that test's: the next one gets the circuit that ships."""

PATCHED = """
import pytest
import zkrollup.circuits.claim as claim
from zkrollup.circuits.cache import ChangedCircuitWarning

real, shipped = claim.enforce_range, {shipped!r}

@pytest.fixture
def without_a_range(monkeypatch):
    def patched(b, x, bits, label):
        return None if label == "amount" else real(b, x, bits, label)
    monkeypatch.setattr(claim, "enforce_range", patched)

def digest(rollup):
    return rollup.operator.prover.claim.circuit.digest

def test_sound_before(rollup):
    assert digest(rollup) == shipped

@pytest.mark.filterwarnings("ignore::zkrollup.circuits.cache.ChangedCircuitWarning")
def test_patched(without_a_range, rollup):
    assert digest(rollup) != shipped

@pytest.mark.filterwarnings("ignore::zkrollup.circuits.cache.ChangedCircuitWarning")
def test_patched_by_what_cannot_be_told(monkeypatch, request):
    from unittest.mock import Mock
    monkeypatch.setattr(claim, "enforce_range", Mock())
    assert digest(request.getfixturevalue("rollup")) != shipped

def test_sound_after(rollup):
    assert digest(rollup) == shipped
"""


def test_a_test_that_patches_a_gadget_gets_that_circuit_and_no_other_test_does(run):
    from zkrollup.circuits.shipped import digest_of

    text = PATCHED.format(shipped=digest_of("claim"))
    run(text, "--zk-proofs=mock").assert_outcomes(passed=4)


def test_a_patched_circuit_stays_with_its_test_where_that_comes_first(run):
    from zkrollup.circuits.shipped import digest_of

    text = PATCHED.format(shipped=digest_of("claim")).replace("def test_sound_before", "def ignored")
    run(text, "--zk-proofs=mock").assert_outcomes(passed=3)
