"""A mock made anywhere in a run shows, and a run that forbids mocks fails what asked for one, by name."""

import pytest

from pytest_zkrollup.mocks import LOADING, Mocks
from zkrollup.snark.modes import Mock, MockKind

MADE_ANYWHERE = """
import threading
import pytest
from pytest_zkrollup import ETH
from zkrollup.circuits.batch import BatchSize
from zkrollup.devnet import Devnet
from zkrollup.snark.mock import mock_proof, mock_verifier_runtime
from zkrollup.snark.modes import MockForbidden, ProofMode

def test_devnet():
    devnet = Devnet.start(BatchSize(1, 1), mode=ProofMode.MOCK)
    devnet.rollup.deposit(ETH, 11, sender=devnet.user("carol"))
    devnet.rollup.settle()

@pytest.fixture(scope="module")
def wide():
    for _ in range(2): mock_proof([5])

def test_fixture(wide): pass

def test_after(wide): pass

def test_thread():
    thread = threading.Thread(target=mock_proof, args=([7],))
    thread.start()
    thread.join()

def test_verifier(): mock_verifier_runtime(3)

def test_caught():
    try: mock_proof([11])
    except MockForbidden: pass

@pytest.mark.xfail
def test_expected():
    mock_proof([13])
    assert not "expected"

@pytest.fixture
def late():
    yield
    mock_proof([17])

def test_teardown(late): pass

def test_none(): pass
"""


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
def test_a_mock_made_anywhere_is_counted_and_its_test_named(run, options):
    result = run(MADE_ANYWHERE, *options)
    result.assert_outcomes(passed=8, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "zkrollup: 7 MOCKED, attesting nothing (1 batch-1x1, 6 unnamed)",
            "zkrollup: MOCKED in *.py::test_fixture: 2 mock proofs",
            "zkrollup: MOCKED in *.py::test_caught: 1 mock proof",
            "zkrollup: MOCKED in *.py::test_devnet: 1 mock proof",
            "zkrollup: MOCKED in *.py::test_expected: 1 mock proof",
            "zkrollup: MOCKED in *.py::test_teardown: 1 mock proof",
            "zkrollup: MOCKED in *.py::test_thread: 1 mock proof",
            "zkrollup: MOCKED in *.py::test_verifier: 1 mock verifier, no proof",
        ]
    )
    for innocent in ("after", "none"):
        result.stdout.no_fnmatch_line(f"*MOCKED in *::test_{innocent}*")


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_where_mocks_are_forbidden_each_test_that_asks_for_one_fails_by_name(run, options):
    result = run(MADE_ANYWHERE, "--zk-forbid-mock", "-rfE", *options)
    result.assert_outcomes(passed=2, failed=5, errors=3)
    for name in ("devnet", "thread", "verifier", "caught", "expected"):
        result.stdout.fnmatch_lines([f"FAILED *::test_{name}*"])
    for name in ("fixture", "after", "teardown"):
        result.stdout.fnmatch_lines([f"ERROR *::test_{name}*"])
    result.stdout.fnmatch_lines(["*::test_caught asked for a mock: proofs = 'mock', but this run forbids*"])
    result.stdout.no_fnmatch_line("*MOCKED*")


EXPECTED_TO_FAIL = """
import pytest
from zkrollup.snark.mock import mock_proof
from zkrollup.snark.modes import MockForbidden

@pytest.mark.xfail
def test_marked(): mock_proof([23])

@pytest.mark.xfail(raises=MockForbidden, strict=True)
def test_strict(): mock_proof([29])

def test_said():
    try: mock_proof([31])
    except MockForbidden: pytest.xfail("no mocks")

@pytest.mark.xfail
def test_caught():
    with pytest.raises(MockForbidden): mock_proof([37])
"""


def test_where_mocks_are_forbidden_no_test_that_asks_for_one_is_expected_to_fail(run):
    result = run(EXPECTED_TO_FAIL, "--zk-forbid-mock")
    result.assert_outcomes(failed=4)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


CONFTEST = """
from zkrollup.snark.mock import mock_proof
from zkrollup.snark.modes import MockForbidden

try: mock_proof([19])
except MockForbidden: pass
"""


def test_a_mock_made_while_conftest_is_loaded_shows_in_the_header_too(run, pytester):
    pytester.makeconftest(CONFTEST)
    result = run("def test_nothing(): pass")
    result.assert_outcomes(passed=1)
    line = "zkrollup: MOCKED in conftest.py, as it was loaded: 1 mock proof"
    result.stdout.fnmatch_lines(
        ["zkrollup *: real Groth16 proofs*", line, "collected*", "zkrollup: 1 MOCKED*", line]
    )


def test_where_mocks_are_forbidden_a_conftest_that_asks_for_one_stops_the_run(run, pytester):
    pytester.makeconftest(CONFTEST)
    result = run("def test_nothing(): pass", "--zk-forbid-mock")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*conftest.py, as it was loaded asked for a mock: *"])


HIDDEN = """
import os
from unittest.mock import patch
import pytest
from zkrollup.snark.mock import mock_proof, mock_verifier_runtime

def test_cleared():
    with patch.dict(os.environ, clear=True): mock_proof([11])

def test_deleted(monkeypatch):
    monkeypatch.delenv("ZK_FORBID_MOCK")
    mock_verifier_runtime(3)

def test_zero(monkeypatch):
    monkeypatch.setenv("ZK_FORBID_MOCK", "0")
    mock_proof([13])

def test_none(monkeypatch): monkeypatch.delenv("ZK_FORBID_MOCK")
"""


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
def test_a_test_that_changes_the_environment_is_still_forbidden_mocks(run, options):
    result = run(HIDDEN, "--zk-forbid-mock", *options)
    result.assert_outcomes(passed=1, failed=3)
    for name in ("cleared", "deleted", "zero"):
        result.stdout.fnmatch_lines([f"*::test_{name} asked for a mock: *"])


SETS = 'os.environ["ZK_FORBID_MOCK"] = "1"'
FORBIDS = {
    "loaded": SETS,
    "configured": f"def pytest_configure(): {SETS}",
    "last": f"@pytest.hookimpl(trylast=True)\ndef pytest_configure(): {SETS}",
}


@pytest.mark.parametrize("by", FORBIDS)
def test_a_plugin_may_forbid_mocks_in_the_environment(run, pytester, monkeypatch, by):
    monkeypatch.delenv("ZK_FORBID_MOCK", raising=False)
    pytester.makepyfile(forbids=f"import os, pytest\n{FORBIDS[by]}\n")
    result = run(CONFTEST + "\ndef test_nothing(): pass", "-p", "forbids")
    result.assert_outcomes(errors=1)
    assert run("def test_nothing(): pass", "-p", "forbids").ret == pytest.ExitCode.OK


def test_a_conftest_may_forbid_mocks_in_the_environment(run, pytester, monkeypatch):
    monkeypatch.delenv("ZK_FORBID_MOCK", raising=False)
    pytester.makeconftest(f"import os\n{SETS}")
    run(MADE_ANYWHERE, "-k", "caught or none").assert_outcomes(passed=1, failed=1, deselected=7)
    pytester.makeconftest(f"import os\n{SETS}\n{CONFTEST}")
    assert run("def test_nothing(): pass").ret == pytest.ExitCode.USAGE_ERROR


def test_a_conftest_cannot_allow_what_the_option_forbids(run, pytester):
    pytester.makeconftest("import os\nos.environ.pop('ZK_FORBID_MOCK')")
    run(MADE_ANYWHERE, "--zk-forbid-mock", "-k", "verifier or none").assert_outcomes(
        passed=1, failed=1, deselected=7
    )


SKIPS = {
    "pytest": "import pytest\npytest.skip('no mocks here', allow_module_level=True)",
    "unittest": "import unittest\nraise unittest.SkipTest('no mocks here')",
    "import": "import pytest\npytest.importorskip('no_such_module')",
}


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
@pytest.mark.parametrize("by", SKIPS)
def test_a_file_that_is_refused_a_mock_and_skips_itself_has_failed(run, by, options):
    text = f"{CONFTEST}\n{SKIPS[by]}\n\ndef test_nothing(): pass"
    forbidden = run(text, "--zk-forbid-mock", *options)
    assert forbidden.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    forbidden.assert_outcomes(errors=1)
    forbidden.stdout.fnmatch_lines(["test_*.py asked for a mock: *"])
    innocent = run(f"{SKIPS[by]}\n\ndef test_nothing(): pass", "--zk-forbid-mock", *options)
    innocent.assert_outcomes(skipped=1)


@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
def test_a_mock_made_as_a_test_file_is_imported_is_that_files(run, options):
    text = CONFTEST + "\ndef test_nothing(): pass"
    result = run(text, *options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["zkrollup: MOCKED in test_*.py: 1 mock proof"])
    forbidden = run(text, "--zk-forbid-mock", *options)
    assert forbidden.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    forbidden.assert_outcomes(errors=1)
    forbidden.stdout.fnmatch_lines(["test_*.py asked for a mock: *"])


OUTSIDE = """
from zkrollup.snark.mock import mock_proof
from zkrollup.snark.modes import MockForbidden

def pytest_sessionfinish():
    try: mock_proof([23])
    except MockForbidden: pass
"""


def test_a_mock_made_outside_of_tests_shows_and_fails_a_run_that_forbids_it(run, pytester):
    pytester.makeconftest(OUTSIDE.replace("def", "import pytest\n\n@pytest.hookimpl(tryfirst=True)\ndef"))
    result = run("def test_nothing(): pass")
    result.stdout.fnmatch_lines(["zkrollup: MOCKED in code outside of tests: 1 mock proof"])
    forbidden = run("def test_nothing(): pass", "--zk-forbid-mock")
    forbidden.assert_outcomes(passed=1)
    assert forbidden.ret == pytest.ExitCode.TESTS_FAILED
    forbidden.stdout.fnmatch_lines(["zkrollup: code outside of tests asked for a mock: *"])


def test_a_test_that_forbids_mocks_by_itself_may_expect_the_refusal(run):
    result = run(
        """
import pytest
from zkrollup.snark.mock import mock_proof
from zkrollup.snark.modes import MockForbidden, mock_forbidden

def test_expects():
    with mock_forbidden(), pytest.raises(MockForbidden):
        mock_proof([29])
"""
    )
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*MOCKED*")


# The parts


def test_only_the_places_with_the_most_mocks_are_listed():
    mocks = Mocks()
    for number in range(1, 14):
        with mocks.at(f"test_{number:02}"):
            for _ in range(number):
                mocks.heard(Mock(MockKind.PROOF))
    lines = mocks.places()
    assert (lines[0], lines[7], lines[8:]) == (
        "test_13: 13 mock proofs", "test_06: 6 mock proofs", ["5 more places"]
    )  # fmt: skip


def test_records_of_processes_add_up_and_what_is_refused_is_told_once():
    here, worker = Mocks(), Mocks()
    for mocks, circuit in ((here, "claim"), (worker, "claim"), (worker, "batch-3x4")):
        mocks.heard(Mock(MockKind.PROOF, circuit))
    worker.by_run = True
    worker.heard(Mock(MockKind.VERIFIER, forbidden=True))
    here.merge(worker.dump())
    assert here.circuits == {"batch-3x4": 1, "claim": 2}
    assert worker.forbidden_and_untold() == []
    assert here.forbidden_and_untold() == [LOADING]
    assert not here.newly_forbidden(LOADING)


ANSWERED = """
import pytest
from zkrollup.evm import Chain

CALL = bytes.fromhex("{selector}")
AT, ONE = "0x00000000000000000000000000000000000A11cE", (1).to_bytes(32)

def test_by_name(rollup):
    verifier = rollup.target.contracts.claim_verifier
    with rollup.l1.mock(verifier.verifyProof, returns=True): pass

def test_any_call(rollup):
    with rollup.l1.mock_call(rollup.target.contracts.batch_verifier, b"", returns=b""): pass

def test_of_ones_own(chain):
    with chain.mock_call(AT, CALL, returns=ONE): pass

def test_by_precompile(chain):
    with chain.mock_call("0x0000000000000000000000000000000000000008", b"", returns=ONE): pass

def test_by_another_precompile(chain):
    with chain.mock_call("0x0000000000000000000000000000000000000007", b"\\1", returns=bytes(64)): pass

def test_on_a_chain_of_its_own():
    chain = Chain(accounts=1)
    with chain.mock_call(AT, CALL, returns=ONE): pass

def test_half_a_selector(chain):
    chain.set_code(AT, b"\\x63" + CALL)
    with chain.mock_call(AT, CALL[:2], returns=ONE): pass

def test_half_a_selector_of_another(chain):
    chain.set_code(AT, b"\\x63\\x01\\x02\\x03\\x04")
    with chain.mock_call(AT, CALL[:2], returns=ONE): pass

def test_identity(chain):
    with chain.mock_call("0x0000000000000000000000000000000000000004", b"", returns=b""): pass

def test_refusal(rollup):
    with rollup.l1.mock(rollup.target.contracts.claim_verifier.verifyProof, reverts="paused"): pass

def test_other(rollup, chain):
    with rollup.l1.mock(rollup.contract.frozen, returns=True): pass
"""
# verifyProof(uint256[2],uint256[2][2],uint256[2],uint256[4]) of snarkjs's verifiers
ANSWERED = ANSWERED.format(selector="5fe8c13b")
ATTESTING_NOTHING = [
    *("any_call", "by_another_precompile", "by_name", "by_precompile"),
    *("half_a_selector", "of_ones_own", "on_a_chain_of_its_own"),
]


def test_an_answer_in_a_verifiers_place_is_a_mock(run):
    result = run(ANSWERED)
    result.assert_outcomes(passed=11)
    places = [line.split("::")[1] for line in result.outlines if line.startswith("zkrollup: MOCKED in")]
    assert sorted(places) == [f"test_{name}: 1 mock verifier, no proof" for name in ATTESTING_NOTHING]


def test_where_mocks_are_forbidden_an_answer_in_a_verifiers_place_is_refused(run):
    result = run(ANSWERED, "--zk-forbid-mock")
    result.assert_outcomes(passed=4, failed=7)
    for name in ATTESTING_NOTHING:
        result.stdout.fnmatch_lines([f"FAILED *::test_{name}*"])
    result.stdout.no_fnmatch_line("*contextlib*")  # the tester's line is the last one that is shown
    result.stdout.fnmatch_lines(["*MockForbidden: a mocked verifyProof lets any proof through, but this*"])
