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


def test_a_target_that_a_test_takes_without_a_rollup_is_looked_at_too(run):
    result = run(
        """
        def test_empties_lock(zk_target, chain, accounts):
            x, y = zk_target.derive_key(accounts[0]).public
            lock = zk_target.contracts.lock
            lock.depositETH(accounts[0].address, x, y, sender=accounts[0], value=503)
            chain.set_balance(lock, 0)

        def test_leaves_it(zk_target, chain, accounts):
            assert chain.balance(zk_target.contracts.lock) == 0
        """
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *Insolvent: *", "FAILED *::test_empties_lock*"])


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


TAKING_TOKENS = """
import pytest
from hypothesis import given, settings, strategies as st
from pytest_zkrollup import ETH

def take(rollup, thief):
    with rollup.l1.impersonate(rollup.lock) as lock:
        rollup.token.transfer(thief, 5, sender=lock)

def test_takes_tokens(rollup, alice, bob):
    rollup.deposit(rollup.token, 1009, sender=alice)
    take(rollup, bob)

def test_gets_its_rollup_while_it_runs(request):
    rollup, alice, bob = map(request.getfixturevalue, ("rollup", "alice", "bob"))
    rollup.deposit(rollup.token, 1009, sender=alice)
    take(rollup, bob)

@pytest.fixture
def scene(request):
    return tuple(request.getfixturevalue(name) for name in ("rollup", "alice", "bob"))

def test_gets_it_from_a_fixture_that_got_it(scene):
    rollup, alice, bob = scene
    rollup.deposit(rollup.token, 1009, sender=alice)
    take(rollup, bob)

@settings(max_examples=3, deadline=None)
@given(amount=st.integers(7, 9))
def test_gets_it_in_an_example(request, amount):
    rollup, alice, bob = map(request.getfixturevalue, ("rollup", "alice", "bob"))
    rollup.deposit(rollup.token, amount, sender=alice)
    take(rollup, bob)

def test_says_that_the_token_takes_back(rollup, alice, bob):
    rollup.deposit(rollup.token, 1009, sender=alice)
    take(rollup, bob)
    rollup.allow_rebasing(rollup.token)

def test_is_not_excused_by_the_one_before(rollup, alice, bob):
    rollup.deposit(rollup.token, 1009, sender=alice)
    take(rollup, bob)

def test_does_not_take(request):
    rollup, alice = map(request.getfixturevalue, ("rollup", "alice"))
    rollup.deposit(rollup.token, 1009, sender=alice)
"""


def test_tokens_that_lock_lacks_are_missed_however_a_test_got_its_rollup(run):
    result = run(TAKING_TOKENS)
    result.assert_outcomes(passed=2, failed=5)
    result.stdout.fnmatch_lines(
        [
            "E *Insolvent: the books do not balance: token 0x*: locked 1,009, held 1,004, *",
            "FAILED *::test_takes_tokens*",
            "FAILED *::test_gets_its_rollup_while_it_runs*",
            "FAILED *::test_gets_it_from_a_fixture_that_got_it*",
            "FAILED *::test_gets_it_in_an_example*",
            "FAILED *::test_is_not_excused_by_the_one_before*",
        ]
    )


EXAMPLES = """
from hypothesis import given, settings, strategies as st
from pytest_zkrollup import ETH

@settings(max_examples=4, deadline=None)
@given(amount=st.integers(1, 9))
def test_each_example_finds_the_rollup_unused(request, amount):
    rollup, alice = map(request.getfixturevalue, ("rollup", "alice"))
    assert rollup.balance(ETH, alice) == rollup.l1_balance(ETH, rollup.lock) == 0
    rollup.deposit(ETH, amount, sender=alice)

@settings(max_examples=4, deadline=None)
@given(wei=st.integers(1, 9))
def test_each_example_finds_the_chain_unused(request, wei):
    chain = request.getfixturevalue("chain")
    place = "0x" + "ab" * 20
    assert chain.balance(place) == 0
    chain.set_balance(place, wei)

@given(number=st.integers())
def test_has_nothing_of_ours(number):
    assert number == int(str(number))
"""


def test_an_example_that_asks_for_fixtures_itself_finds_them_unused(run):
    run(EXAMPLES).assert_outcomes(passed=3)


PAST_THE_OPERATOR = """
import pytest
from pytest_zkrollup import ETH

def move_root(rollup):
    root = rollup.contract.stateRoot()
    for slot in range(40):
        if rollup.l1.storage(rollup.contract, slot) == root:
            rollup.l1.set_storage(rollup.contract, slot, 12345)

def test_moves_the_root(rollup, alice):
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.settle()
    move_root(rollup)

@pytest.mark.rollup(check_solvency=False)
def test_says_so(rollup, alice):
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.settle()
    move_root(rollup)
"""


def test_books_that_nobody_can_tell_fail_a_test_that_does_not_say_so(run):
    result = run(PAST_THE_OPERATOR, "--zk-proofs=mock")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *OutOfStep: L1 has proven 1 batches and is at root 0x3039*"])


def test_a_run_may_leave_the_books_alone(run, pytester):
    pytester.makeini("[pytest]\nzk_check_solvency = false\n")
    run(TAKING).assert_outcomes(passed=4, failed=1)


@pytest.mark.parametrize("value", ["'no'", "0", "None"])
def test_a_check_that_is_neither_true_nor_false_is_refused(run, value):
    result = run(f"import pytest\n\n@pytest.mark.rollup(check_solvency={value})\ndef test_it(): pass\n")
    result.stdout.fnmatch_lines([f"*check_solvency = {value} is neither True nor False*"])
