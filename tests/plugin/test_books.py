"""After each test that passed, the books are looked at: a hole that no assertion saw still fails its test."""

import pytest

TAKING = """
import pytest
from hypothesis import given, settings, strategies as st
from pytest_zkrollup import ETH

def take(rollup, thief):
    with rollup.l1.impersonate(rollup.contract) as contract:
        rollup.lock.release("0x" + "00" * 20, thief.address, 5, sender=contract)

def test_sees_nothing(rollup, alice, bob):
    rollup.deposit(ETH, 1009, sender=alice)
    take(rollup, bob)

@settings(max_examples=3, deadline=None)
@given(amount=st.integers(7, 9))
def test_sees_nothing_in_any_example(rollup, alice, bob, amount):
    rollup.deposit(ETH, amount, sender=alice)
    take(rollup, bob)

def test_fails_itself(rollup, alice, bob):
    rollup.deposit(ETH, 1009, sender=alice)
    take(rollup, bob)
    assert "its own" == "reason"

@pytest.mark.rollup(check_solvency=False)
def test_does_it_on_purpose(rollup, alice, bob):
    rollup.deposit(ETH, 1009, sender=alice)
    take(rollup, bob)

def test_does_not_take(rollup, alice):
    rollup.deposit(ETH, 1009, sender=alice)
"""


def test_a_hole_in_the_books_fails_a_test_that_passed(run):
    result = run(TAKING)
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(
        [
            "E *Insolvent: the books do not balance: token 0x0000*: locked 1,004, *owed as proven 1,009 *",
            "*: Insolvent",
            "E *AssertionError: assert 'its own' == 'reason'",
            "FAILED *::test_sees_nothing*",
            "FAILED *::test_sees_nothing_in_any_example*",
            "FAILED *::test_fails_itself*",
        ]
    )


def test_a_run_may_leave_the_books_alone(run, pytester):
    pytester.makeini("[pytest]\nzk_check_solvency = false\n")
    run(TAKING).assert_outcomes(passed=4, failed=1)


@pytest.mark.parametrize("value", ["'no'", "0", "None"])
def test_a_check_that_is_neither_true_nor_false_is_refused(run, value):
    result = run(f"import pytest\n\n@pytest.mark.rollup(check_solvency={value})\ndef test_it(): pass\n")
    result.stdout.fnmatch_lines([f"*check_solvency = {value} is neither True nor False*"])
