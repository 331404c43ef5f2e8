"""A bridge of one's own in place of the reference's Lock: the life of money over it, and its own rules."""

import pytest

from pytest_zkrollup import ETH, reverts
from pytest_zkrollup.suites.leaving import *  # noqa: F403  # and those of leaving one
from pytest_zkrollup.suites.lifecycle import *  # noqa: F403  # 30 tests of any rollup

CAP = 5_000


@pytest.fixture
def guardian(accounts):
    return accounts[7]


@pytest.fixture
def zk_target(zk_target, project, guardian):
    bridge = project.CappedBridge.deploy(zk_target.next_rollup_address, CAP, sender=guardian)
    return zk_target.replace(lock=bridge)


def test_deposits_are_taken_up_to_the_cap_and_no_further(rollup, alice, bob):
    rollup.deposit(ETH, CAP - 11, sender=alice)
    with reverts("CapExceeded", total=CAP + 1, cap=CAP):
        rollup.deposit(ETH, 12, sender=bob)
    rollup.deposit(rollup.token, CAP, sender=bob)  # each token has a cap of its own
    rollup.deposit(ETH, 11, sender=bob)
    rollup.settle()
    assert (alice.l2_balance(ETH), bob.l2_balance(ETH)) == (CAP - 11, 11)


def test_a_payout_makes_room_below_the_cap(rollup, alice, bob):
    rollup.deposit(ETH, CAP, sender=alice)
    exit_ = rollup.withdraw(ETH, 211, sender=alice)
    rollup.settle()
    with reverts("CapExceeded", total=CAP + 211):
        rollup.deposit(ETH, 211, sender=bob)  # burned on L2, and still here
    exit_.claim(sender=bob)
    rollup.deposit(ETH, 211, sender=bob)


def test_a_pause_stops_deposits_and_no_payout(rollup, guardian, alice, bob):
    rollup.deposit(ETH, 1013, sender=alice)
    exit_ = rollup.withdraw(ETH, 307, sender=alice, recipient=bob)
    rollup.settle()
    with reverts("NotGuardian", caller=alice):
        rollup.lock.setPaused(True, sender=alice)
    rollup.lock.setPaused(True, sender=guardian)
    with reverts("DepositsPaused"):
        rollup.deposit(ETH, 5, sender=alice)
    before = bob.l1_balance(ETH)
    exit_.claim(sender=alice)
    assert bob.l1_balance(ETH) - before == 307


def test_nobody_but_the_rollup_takes_anything_out(rollup, guardian, alice):
    rollup.deposit(ETH, 1019, sender=alice)
    for caller in (alice, guardian):
        with reverts("NotRollup", caller=caller):
            rollup.lock.release("0x" + "00" * 20, caller.address, 1019, sender=caller)
    assert rollup.target.custody(rollup.tokens[0]) == 1019
