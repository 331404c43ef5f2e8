"""What a failing test shows: the user's line, the rule, and none of our frames."""

import pytest

from pytest_zkrollup.tracebacks import is_refusal, own_frames_hidden
from zkrollup.errors import ZkRollupError

FAILURES = """
from dataclasses import replace
import pytest
from pytest_zkrollup import ETH, refuses, reverts

def test_overdraws(rollup, alice, bob):
    rollup.deposit(ETH, 5, sender=alice)
    rollup.transfer(ETH, 6, sender=alice, to=bob)  # the overdraft

def test_forges(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    batch = rollup.seal()
    slot = batch.trace.slots[0]
    forged = replace(slot, inputs=replace(slot.inputs, amount=6))
    batch = replace(batch, trace=replace(batch.trace, slots=(forged, *batch.trace.slots[1:])))
    rollup.operator.prove(batch)  # the forgery

def test_replays(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    proven = rollup.operator.prove(rollup.seal())
    rollup.commit(proven.sealed)
    rollup.deposit(ETH, 7, sender=alice)
    second = rollup.seal()
    rollup.operator.finalize(proven)
    rollup.commit(second)
    rollup.operator.bridge.prove(replace(proven, sealed=second))  # the replay

def test_is_set_up_badly(broke): pass

@pytest.fixture
def broke(rollup, alice):
    rollup.withdraw(ETH, 3, sender=alice)  # the fixture

def test_another_revert(rollup):
    with reverts("AlreadyClaimed", nullifier=7):
        rollup.contract.exitRoot(3)  # the other revert

def test_another_rule(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    with refuses("nonce"):
        rollup.withdraw(ETH, 6, sender=alice)  # the other rule
"""

SHOWN = [
    "> * # the fixture",
    "E *NoAccount: alice (0x*) has no L2 account for token 0x*",
    "> * # the overdraft",
    "E *RefusedOperation: transfer refused (balance): account 0 holds 5, less than 6*",
    "E *UnsatisfiedConstraint: circuit 'batch-3x4': constraint * does not hold*",
    "> * # the forgery",
    "E *ProofFailed: batch 1 has no proof: circuit 'batch-3x4': constraint * does not hold*",
    "> * # the replay",
    "E *Reverted: InvalidProof()",
    "> * # the other revert",
    "E *Reverted: BatchNotProven(batch=3)",
    "The above exception was the direct cause of the following exception:",
    "E *AssertionError: expected AlreadyClaimed(nullifier=7), but got BatchNotProven(batch=3)",
    "> * # the other rule",
    "E *AssertionError: expected a refusal by rule 'nonce', but got rule 'balance': withdrawal refused*",
]


def test_an_error_of_ours_is_shown_at_the_tests_own_line_without_our_frames(run):
    result = run(FAILURES)
    result.assert_outcomes(failed=5, errors=1)
    result.stdout.fnmatch_lines(SHOWN)
    for place in (
        "*/zkrollup/*.py:*",
        "*/pytest_zkrollup/*.py:*",
        "*contextlib.py:*",
        "*concurrent/futures/*",
    ):
        result.stdout.no_fnmatch_line(place)


@pytest.mark.parametrize("option", ["--zk-full-trace", "--full-trace"])
def test_our_frames_are_there_when_asked_for(run, option):
    result = run(FAILURES, "-k", "overdraws", option)
    result.stdout.fnmatch_lines(["*zkrollup/devnet/rollup.py:*", "*zkrollup/ledger/transition.py:*"])


BROKEN = """
def test_breaks_us(rollup, monkeypatch):
    monkeypatch.setattr(rollup, "target", None)
    rollup.settle()
"""


def test_an_error_that_we_did_not_mean_is_shown_whole(run):
    result = run(BROKEN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*rollup.settle()*", "*zkrollup/devnet/rollup.py:*"])


PROPERTY = """
from hypothesis import Phase, given, settings, strategies as st
from pytest_zkrollup import ETH

# Not Phase.explain, which traces each line.
@settings(max_examples=50, deadline=None, database=None, phases=[Phase.generate, Phase.shrink])
@given(amount=st.integers(1, 1000))
def test_property(rollup, alice, bob, amount):
    rollup.deposit(ETH, 501, sender=alice)
    rollup.transfer(ETH, amount, sender=alice, to=bob)  # the line
"""


def test_a_failing_property_shows_the_line_and_the_smallest_example(run):
    result = run(PROPERTY)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*# the line", "E *RefusedOperation: transfer refused (balance)*501*502*"])
    result.stdout.fnmatch_lines(["*amount=502*"])
    result.stdout.no_fnmatch_line("*raise RefusedOperation*")


def test_what_a_node_answers_is_shown_at_the_testers_line_without_web3s_or_py_evms(run):
    result = run(
        """
        from pytest_zkrollup import ETH, ether

        def test_poor_by_web3(w3):
            w3.eth.send_transaction({"from": "0x" + "11" * 20, "to": "0x" + "22" * 20, "value": 1})

        def test_poor(rollup, alice):
            rollup.deposit(ETH, ether(20_000), sender=alice)
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "> *w3.eth.send_transaction*",
            "E *insufficient funds*",
            "> *rollup.deposit*",
            "E *insufficient funds*",
        ]
    )
    for package in ("site-packages/web3", "site-packages/eth/", "contextlib"):
        result.stdout.no_fnmatch_line(f"*{package}*")


def test_a_wrong_marker_is_said_once(run):
    result = run(
        """
        import pytest

        @pytest.mark.rollup(slots=0)
        def test_marked(rollup): pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.no_fnmatch_line("During handling*")


def test_our_modules_are_left_as_they_were():
    from zkrollup import arguments

    with pytest.raises(arguments.WrongArgument) as refusal:
        arguments.amount(-1)
    with own_frames_hidden(refusal.value):
        assert vars(arguments)["__tracebackhide__"] is True
        assert "__tracebackhide__" not in globals()
    assert "__tracebackhide__" not in vars(arguments)


def test_frames_of_a_module_of_ours_whose_import_is_refused_are_hidden(run, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    result = run("def test_mine(rollup): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *NUMBA_DISABLE_JIT is set, *; unset it"])
    result.stdout.no_fnmatch_line("*montgomery*")
    assert len(result.stdout.lines) < 20


def linked(error, *, cause=None, context=None):
    error.__cause__, error.__context__ = cause, context
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ZkRollupError("3"), True),
        (linked(AssertionError(), cause=ZkRollupError("5")), True),
        (linked(AssertionError(), context=linked(KeyError(), cause=ZkRollupError("7"))), True),
        (ExceptionGroup("two", [ValueError(), ZkRollupError("11")]), True),
        (AssertionError(), False),
        (linked(AssertionError(), cause=KeyError()), False),
        (ExceptionGroup("one", [ValueError()]), False),
    ],
)
def test_frames_are_hidden_only_where_an_error_of_ours_took_part(error, expected):
    assert is_refusal(error) is expected


def test_a_circle_of_causes_is_walked_once():
    first, second = ValueError(), KeyError()
    linked(first, context=linked(second, context=first))
    assert is_refusal(first) is False


def test_a_revert_is_shown_with_what_was_called(run):
    result = run(
        """
from pytest_zkrollup import ETH, reverts

def test_reverted(rollup, alice):
    rollup.lock.depositETH(alice.address, 1, 2, sender=alice, value=5)

def test_another_revert_than_expected(rollup, alice):
    with reverts("Paused"):
        rollup.lock.depositETH(alice.address, 3, 2, sender=alice, value=7)

def test_no_revert(rollup):
    assert not rollup
""",
        "--zk-proofs=mock",
    )
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "*zkrollup call trace*",
            "Lock.depositETH(owner=alice, keyX=1, keyY=2) {value: 5 wei} [[]*gas]",
            "├─ Rollup.enqueueDeposit(*",
            "│  └─ ✗ KeyOffCurve(x=1, y=2)",
            "└─ ✗ KeyOffCurve(x=1, y=2)",
            "*zkrollup call trace*",
            "Lock.depositETH(owner=alice, keyX=3, keyY=2) {value: 7 wei} [[]*gas]",
        ]
    )
    assert result.stdout.str().count("zkrollup call trace") == 2


REASONS = """
import pytest
from pytest_zkrollup import ETH

def test_revert(rollup): rollup.contract.exitRoot(3)

def test_rule(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    rollup.withdraw(ETH, 6, sender=alice)

def test_float(rollup, alice): rollup.deposit(ETH, 5.0, sender=alice)

@pytest.fixture
def broke(rollup, alice): rollup.withdraw(ETH, 3, sender=alice)

def test_setup(broke): pass

def test_key(): raise KeyError("zkrollup.evm.reverts.Reverted: no")
"""


def test_the_short_summary_shows_the_reason(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    result = run(REASONS, "--zk-proofs=mock")
    result.assert_outcomes(failed=4, errors=1)
    result.stdout.fnmatch_lines(
        [
            "FAILED *::test_revert - Reverted: BatchNotProven(batch=3)",
            "FAILED *::test_rule - RefusedOperation: withdrawal refused (balance): account 0 holds 5*",
            "FAILED *::test_float - WrongArgumentType: amount=5.0 is a float: *",
            "FAILED *::test_key - KeyError: 'zkrollup.evm.reverts.Reverted: no'",
            "ERROR *::test_setup - NoAccount: alice (0x*",
        ]
    )
    assert not [line for line in result.outlines if line.startswith("FAILED") and "- zkrollup." in line]


DEBUGGED = """
import pytest
from pytest_zkrollup import ETH, reverts

def test_revert(rollup, alice):
    mine = 503
    rollup.deposit(ETH, 5.0, sender=alice)  # the argument

def test_other(rollup):
    mine = 503
    with reverts("AlreadyClaimed"):
        rollup.contract.exitRoot(3)  # the assertion

@pytest.fixture
def broke(rollup, alice):
    mine = 503
    rollup.contract.exitRoot(3)  # the fixture

def test_setup(broke): pass
"""


@pytest.mark.parametrize("test", ["test_revert", "test_other", "test_setup"])
def test_the_debugger_stops_at_the_tests_own_line(pytester, run, test):
    shown = debugged(pytester, DEBUGGED, test)
    assert "mine is 503" in shown


def test_the_debugger_stops_in_our_frames_when_asked_for(pytester, run):
    shown = debugged(pytester, DEBUGGED, "test_revert", "--zk-full-trace")
    assert "mine is 503" not in shown
    assert "NameError: name 'mine' is not defined" in shown


def debugged(pytester, text, test, *options):
    """What pytest prints with --pdb, where a debugger prints the local ``mine`` at the frame it stops at."""
    pytester.makepyfile(debugger=DEBUGGER, test_it=text)
    command = ("-p", "no:cacheprovider", "--zk-proofs=mock", "--pdb", "--pdbcls=debugger:Debugger")
    result = pytester.runpytest_subprocess(*command, f"test_it.py::{test}", *options)
    return result.stdout.str() + result.stderr.str()


DEBUGGER = """
import pdb

class Debugger(pdb.Pdb):
    def cmdloop(self, *_):
        self.onecmd("p f'mine is {mine}'")
"""
