"""What a failing test shows: the user's line, the rule, and none of our frames."""

import pytest

REFUSED = """
from pytest_zkrollup import ETH

def test_overdraws(rollup, alice, bob):
    rollup.deposit(ETH, 5, sender=alice)
    rollup.transfer(ETH, 6, sender=alice, to=bob)  # the line
"""

UNPROVABLE = """
from dataclasses import replace
from pytest_zkrollup import ETH

def test_forges(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    batch = rollup.seal()
    slot = batch.trace.slots[0]
    forged = replace(slot, inputs=replace(slot.inputs, amount=6))
    batch = replace(batch, trace=replace(batch.trace, slots=(forged, *batch.trace.slots[1:])))
    rollup.operator.prove(batch)  # the line
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (REFUSED, "*RefusedOperation: transfer refused (balance): account 0 holds 5, less than 6*"),
        (UNPROVABLE, "*UnsatisfiedConstraint: circuit 'batch-3x4': constraint * does not hold*"),
    ],
)
def test_an_error_of_ours_is_shown_at_the_tests_own_line(run, text, message):
    result = run(text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["> * # the line", f"E *{message}"])
    result.stdout.no_fnmatch_line("*def apply_operation*")
    result.stdout.no_fnmatch_line("*class KeyedCircuit*")


def test_our_frames_are_there_when_asked_for(run):
    result = run(REFUSED, "--zk-full-trace")
    result.stdout.fnmatch_lines(["*transition.py:*"])


ASSERTIONS = """
import pytest
from pytest_zkrollup import ETH, refuses, reverts

def test_no_revert(rollup):
    with reverts("AlreadyClaimed"):
        rollup.contract.stateRoot()

def test_other_name(rollup):
    with reverts("AlreadyClaimed", nullifier=7):
        rollup.contract.exitRoot(3)

def test_other_field(rollup):
    with reverts("BatchNotProven", batch=5):
        rollup.contract.exitRoot(3)

def test_unknown_field(rollup):
    with reverts("BatchNotProven", number=3):
        rollup.contract.exitRoot(3)

def test_no_refusal(rollup, alice):
    with refuses("balance"):
        alice.l2_balance(ETH)

def test_other_rule(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    with refuses("nonce"):
        rollup.withdraw(ETH, 6, sender=alice)

def test_another_exception_passes_through(rollup):
    with reverts("AlreadyClaimed"):
        raise KeyError("mine")
"""


def test_reverts_and_refuses_show_what_was_expected_and_what_came(run):
    result = run(ASSERTIONS)
    result.assert_outcomes(failed=7)
    result.stdout.fnmatch_lines(
        [
            "E *expected AlreadyClaimed, but nothing reverted",
            "E *expected AlreadyClaimed(nullifier=7), but got BatchNotProven(batch=3)",
            "E *expected BatchNotProven(batch=5), but got BatchNotProven(batch=3)",
            "E *expected BatchNotProven(number=3), but got BatchNotProven(batch=3)",
            "E *expected a refusal by rule 'balance', but the ledger refused nothing",
            "E *expected a refusal by rule 'nonce', but got rule 'balance'*",
            "E *KeyError: 'mine'",
        ]
    )


ACCEPTED = """
from pytest_zkrollup import ETH, refuses, reverts

def test_name_and_field(rollup):
    with reverts("BatchNotProven", batch=3) as refusal:
        rollup.contract.exitRoot(3)
    assert refusal.error.name == "BatchNotProven"

def test_any_revert(rollup):
    with reverts():
        rollup.contract.exitRoot(3)

def test_an_address_in_any_form(rollup, alice):
    with reverts("NotOperator", caller=alice):
        rollup.contract.revertBatches(sender=alice)
    with reverts("NotOperator", caller=alice.address.lower()):
        rollup.contract.revertBatches(sender=alice)

def test_another_contracts_error(rollup, alice, bob):
    with reverts("ERC20InsufficientAllowance", spender=bob, needed=5):
        rollup.token.transferFrom(alice, bob, 5, sender=bob)

def test_a_rule_of_the_ledger(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    with refuses("balance") as refusal:
        rollup.withdraw(ETH, 6, sender=alice)
    assert refusal.error.operation.amount == 6
"""


def test_reverts_and_refuses_accept_what_they_should(run):
    run(ACCEPTED).assert_outcomes(passed=5)


COLD = """
from pytest_zkrollup import ETH

def test_settles(rollup, alice):
    rollup.deposit(ETH, 5, sender=alice)
    rollup.settle()
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-s",), ("-n1",)], ids=["captured", "-s", "xdist"])
def test_the_first_use_on_a_machine_says_what_it_waits_for(run, monkeypatch, tmp_path, options):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    result = run(COLD, "--zk-slots=1", "--zk-levels=1", *options)
    result.assert_outcomes(passed=1)
    said = result.stderr if "-n1" in options else result.stdout
    said.fnmatch_lines(
        [
            "zkrollup*: compile kernels, about * s ...",
            "zkrollup*: compile kernels: done in * s",
        ]
    )
