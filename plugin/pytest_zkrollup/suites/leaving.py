"""Out of a rollup against its operator's will: through L1's queue, and once it is frozen. All is paid once.

Written against ``rollup`` and its users alone, as ``lifecycle`` is. A target that declares none of this has
no way out but its operator; every test is then skipped, and says so.
"""

from pytest_zkrollup.suites.exits import lifecycle_token
from pytest_zkrollup.suites.needs import need
from pytest_zkrollup.suites.refusing import ANYBODY, refused
from pytest_zkrollup.suites.steps import custody, gas_paid
from zkrollup.devnet import Capability, Refusal, Rollup, User

__all__ = [
    "lifecycle_token",
    "test_a_deposit_that_was_never_taken_is_given_back_once",
    "test_a_forced_withdrawal_of_too_much_moves_nothing_and_stops_nobody",
    "test_a_forced_withdrawal_pays_who_asked_once",
    "test_a_frozen_rollup_pays_what_the_last_proof_says_once",
    "test_a_rollup_that_serves_in_time_is_not_frozen",
    "test_nobody_escapes_from_a_rollup_that_runs",
]

MONEY = (Capability.DEPOSIT, Capability.BALANCE, Capability.BATCH)


def test_a_forced_withdrawal_pays_who_asked_once(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.FORCE, Capability.CLAIM)
    rollup.deposit(lifecycle_token, 1093, sender=alice)
    rollup.settle()
    exit_ = rollup.force_withdraw(lifecycle_token, 139, sender=alice)
    rollup.settle()
    assert alice.l2_balance(lifecycle_token) == 954
    before = alice.l1_balance(lifecycle_token)
    exit_.claim(sender=bob)
    assert alice.l1_balance(lifecycle_token) - before == 139
    with refused(rollup, Refusal.PAID_ALREADY, lifecycle_token):
        exit_.claim(sender=bob)


def test_a_forced_withdrawal_of_too_much_moves_nothing_and_stops_nobody(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.FORCE, Capability.CLAIM, Capability.TRANSFER)
    rollup.deposit(lifecycle_token, 1097, sender=alice)
    rollup.deposit(lifecycle_token, 43, sender=bob)
    rollup.settle()
    exit_ = rollup.force_withdraw(lifecycle_token, 1098, sender=alice)
    rollup.transfer(lifecycle_token, 5, sender=alice, to=bob)
    rollup.settle()
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (1092, 48)
    with refused(rollup, Refusal.NOT_APPLIED, lifecycle_token, by=ANYBODY):  # there may be nothing to send
        exit_.claim(sender=bob)
    assert custody(rollup, lifecycle_token) == 1140


def test_a_rollup_that_serves_in_time_is_not_frozen(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.FREEZE)
    with refused(rollup, Refusal.NOTHING_DUE, lifecycle_token):
        rollup.freeze(sender=bob)
    rollup.deposit(lifecycle_token, 1103, sender=alice)
    assert rollup.deadline is not None
    with refused(rollup, Refusal.NOT_OVERDUE, lifecycle_token):
        rollup.freeze(sender=bob)
    rollup.travel_past_deadline()
    rollup.settle()  # late, and before anybody froze
    assert rollup.deadline is None
    with refused(rollup, Refusal.NOTHING_DUE, lifecycle_token):
        rollup.freeze(sender=bob)
    assert not rollup.is_frozen


def test_nobody_escapes_from_a_rollup_that_runs(rollup: Rollup, alice: User, lifecycle_token: str) -> None:
    need(rollup, *MONEY, Capability.ESCAPE)
    rollup.deposit(lifecycle_token, 1109, sender=alice)
    rollup.settle()
    with refused(rollup, Refusal.NOT_FROZEN, lifecycle_token):
        rollup.escape(lifecycle_token, sender=alice)
    assert alice.l2_balance(lifecycle_token) == 1109


def test_a_frozen_rollup_pays_what_the_last_proof_says_once(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.FREEZE, Capability.ESCAPE, Capability.BOOKS)
    token = lifecycle_token
    rollup.deposit(token, 1117, sender=alice)
    rollup.deposit(token, 47, sender=bob)
    rollup.settle()
    rollup.deposit(token, 53, sender=bob)  # never proved
    rollup.travel_past_deadline()
    rollup.freeze(sender=bob)
    assert rollup.is_frozen
    for user, amount in ((alice, 1117), (bob, 47)):
        before = user.l1_balance(token)
        receipt = rollup.escape(token, sender=user)
        assert user.l1_balance(token) - before == amount - gas_paid(token, receipt)
        with refused(rollup, Refusal.PAID_ALREADY, token):
            rollup.escape(token, sender=user)
    assert custody(rollup, token) == 53
    rollup.check_solvency()


def test_a_deposit_that_was_never_taken_is_given_back_once(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.FREEZE, Capability.REFUND, Capability.BOOKS)
    token = lifecycle_token
    rollup.deposit(token, 1123, sender=alice)
    rollup.settle()
    rollup.deposit(token, 59, sender=bob)
    with refused(rollup, Refusal.NOT_FROZEN, token):
        rollup.refund(sender=bob)  # it may still be taken
    rollup.travel_past_deadline()
    rollup.freeze(sender=alice)
    before = bob.l1_balance(token)
    receipts = rollup.refund(sender=bob)
    assert bob.l1_balance(token) - before == 59 - gas_paid(token, *receipts)
    assert custody(rollup, token) == 1123
    with refused(rollup, Refusal.REFUNDED_ALREADY, token):
        rollup.refund(sender=bob)
    rollup.check_solvency()
