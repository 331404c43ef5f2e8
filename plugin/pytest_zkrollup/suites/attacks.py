"""Attempts that go past the target's own Python: the circuit and L1 alone stand against them.

Each needs a capability of its own; ``zkrollup.devnet.attacks`` says what it sends. What is refused must leave
everything as it was. What an adapter's Python refuses was never tried, and fails.
"""

from functools import partial
from typing import Any

import pytest

from pytest_zkrollup.suites.exits import EXITS, NOBODY, each_lifecycle_token, lifecycle_token
from pytest_zkrollup.suites.needs import need
from pytest_zkrollup.suites.refusing import PROOF_OR_L1, STRANGER, is_taken, refused, refused_each
from pytest_zkrollup.suites.steps import custody, deposit_widely, finish, gas_paid, sealed
from zkrollup.devnet import ETH_ADDRESS, Capability, Refusal, Rollup, User
from zkrollup.errors import ZkRollupError

__all__ = [
    "each_lifecycle_token",
    "lifecycle_token",
    "test_a_claim_of_another_amount_token_or_recipient_pays_nothing",
    "test_a_deposit_is_credited_no_more_than_was_sent",
    "test_a_deposit_is_not_paid_as_an_exit",
    "test_a_deposit_keeps_no_ether_that_it_does_not_credit",
    "test_a_transfer_is_not_paid_as_an_exit",
    "test_an_exit_is_not_paid_again_under_another_name_of_a_number",
    "test_an_exit_that_no_batch_burned_is_not_paid",
    "test_an_odd_deposit_stops_nobody",
    "test_more_than_there_is_is_not_paid_past_the_sequencer",
    "test_only_who_may_takes_the_next_step",
]

MONEY = (Capability.DEPOSIT, Capability.BALANCE, Capability.BATCH)


# In


def test_a_deposit_is_credited_no_more_than_was_sent(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.DEPOSIT_SHORT)
    token = each_lifecycle_token
    rollup.deposit(token, 1151, sender=alice)
    held = custody(rollup, token)
    taken = is_taken(
        rollup,
        Refusal.DEPOSITED_SHORT,
        token,
        lambda: rollup.target.deposit_short(token, 67, sender=bob, to=bob),
    )
    if taken:
        rollup.settle()
    assert bob.l2_balance(token) <= custody(rollup, token) - held
    rollup.check_solvency()


def test_a_deposit_keeps_no_ether_that_it_does_not_credit(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.DEPOSIT_LONG)
    token = each_lifecycle_token
    rollup.deposit(token, 1213, sender=alice)
    ether, receipts = bob.l1_balance(ETH_ADDRESS), []
    taken = is_taken(
        rollup,
        Refusal.DEPOSITED_LONG,
        token,
        lambda: receipts.append(rollup.target.deposit_long(token, 89, sender=bob, to=bob)),
    )
    if taken:
        rollup.settle()
        paid = ether - bob.l1_balance(ETH_ADDRESS) - gas_paid(ETH_ADDRESS, *receipts)
        assert paid == (bob.l2_balance(token) if token == ETH_ADDRESS else 0)


def test_an_odd_deposit_stops_nobody(rollup: Rollup, alice: User, bob: User, lifecycle_token: str) -> None:
    need(rollup, *MONEY, Capability.ODD_DEPOSITS)
    attempts = rollup.target.odd_deposits(lifecycle_token, sender=bob)
    assert attempts, f"{rollup.target.name} declares odd deposits and names none"
    expected = 0
    for name, attempt in attempts.items():
        held, his = custody(rollup, lifecycle_token), bob.l2_balance(lifecycle_token)
        if not is_taken(rollup, Refusal.ODD_DEPOSIT, lifecycle_token, attempt):
            continue  # and nothing moved
        sent = custody(rollup, lifecycle_token) - held
        rollup.deposit(lifecycle_token, 71, sender=alice)
        expected += 71
        try:
            rollup.settle()
        except ZkRollupError as error:
            raise AssertionError(f"after a deposit {name}, nothing is settled any more: {error}") from error
        assert alice.l2_balance(lifecycle_token) == expected, f"after a deposit {name}"
        assert bob.l2_balance(lifecycle_token) - his <= sent, f"credited by a deposit {name}"
    rollup.check_solvency()


# Past the sequencer


@pytest.mark.parametrize("way", [Capability.WITHDRAW, Capability.TRANSFER])
def test_more_than_there_is_is_not_paid_past_the_sequencer(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str, way: Capability
) -> None:
    need(rollup, *MONEY, Capability.OVERSPEND, way)
    rollup.deposit(lifecycle_token, 1153, sender=alice)
    rollup.deposit(lifecycle_token, 73, sender=bob)
    rollup.settle()
    with refused(rollup, Refusal.OVERSPENT, lifecycle_token, by=PROOF_OR_L1):
        rollup.target.overspend(
            lifecycle_token, 1154, sender=alice, recipient=bob if way is Capability.TRANSFER else STRANGER
        )
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (1153, 73)


@pytest.mark.parametrize("last", [Capability.DEPOSIT, Capability.WITHDRAW])
def test_only_who_may_takes_the_next_step(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str, last: Capability
) -> None:
    need(rollup, Capability.DEPOSIT, Capability.BATCH, Capability.USURP, last)
    rollup.deposit(lifecycle_token, 1163, sender=alice)
    if last is Capability.WITHDRAW:  # a batch in which no deposit is
        rollup.settle()
        rollup.withdraw(lifecycle_token, 167, sender=alice, recipient=STRANGER)
    batch = sealed(rollup)
    for thief in (bob, alice):  # one who has nothing on L2, and one who has
        with refused(rollup, Refusal.USURPED, lifecycle_token):
            rollup.target.usurp(batch, sender=thief)


# Out


@pytest.mark.parametrize("altered", ["amount", "token", "recipient"])
def test_a_claim_of_another_amount_token_or_recipient_pays_nothing(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str, altered: str
) -> None:
    need(rollup, *EXITS, Capability.CLAIM_ALTERED)
    others = [token for token in rollup.tokens if token != lifecycle_token]
    if altered == "token" and not others:
        pytest.skip(f"{rollup.target.name} takes one token")
    for token in others:  # enough for whatever is claimed
        rollup.deposit(token, 1171, sender=bob)
    rollup.deposit(lifecycle_token, 1181, sender=alice)
    wide = deposit_widely(rollup, lifecycle_token, 1171, sender=bob)
    exit_ = rollup.withdraw(lifecycle_token, 149, sender=alice)
    finish(rollup)
    claim: dict[str, Any] = {"token": lifecycle_token, "amount": 149, "recipient": alice.address}
    another: dict[str, list[Any]] = {
        "token": others[:1],
        "amount": [150, 298, 148, 0, *([149 + wide] if wide else [])],
        "recipient": [STRANGER, bob.address],
    }
    attempts = {
        f"{altered} {value}": partial(
            rollup.target.claim_altered, exit_, **claim | {altered: value}, sender=bob
        )
        for value in another[altered]
    }
    refused_each(rollup, Refusal.ALTERED, lifecycle_token, attempts)
    exit_.claim(sender=bob)


def test_an_exit_that_no_batch_burned_is_not_paid(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, Capability.DEPOSIT, Capability.CLAIM_FABRICATED)
    rollup.deposit(lifecycle_token, 1187, sender=alice)
    finish(rollup)
    with refused(rollup, Refusal.FABRICATED, lifecycle_token):
        rollup.target.claim_fabricated(lifecycle_token, 151, recipient=STRANGER, sender=bob)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 0


def test_an_exit_is_not_paid_again_under_another_name_of_a_number(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS, Capability.CLAIM_ALIASES)
    rollup.deposit(lifecycle_token, 1193, sender=alice)
    exit_ = rollup.withdraw(lifecycle_token, 157, sender=alice, recipient=STRANGER)
    finish(rollup)
    attempts = rollup.target.claim_aliases(exit_, sender=bob)
    assert attempts, f"{rollup.target.name} declares aliases and names none"
    exit_.claim(sender=bob)
    refused_each(rollup, Refusal.ALIASED, lifecycle_token, attempts)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 157


def test_a_transfer_is_not_paid_as_an_exit(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.TRANSFER, Capability.CLAIM_TRANSFER)
    rollup.deposit(lifecycle_token, 1201, sender=alice)
    rollup.deposit(lifecycle_token, 79, sender=bob)
    rollup.settle()
    transfer = rollup.transfer(lifecycle_token, 163, sender=alice, to=bob)
    rollup.settle()
    with refused(rollup, Refusal.NO_EXIT, lifecycle_token, by=PROOF_OR_L1):
        rollup.target.claim_transfer(transfer, sender=bob)
    assert bob.l2_balance(lifecycle_token) == 242


def test_a_deposit_is_not_paid_as_an_exit(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, Capability.DEPOSIT, Capability.BATCH, Capability.CLAIM_DEPOSIT)
    token = each_lifecycle_token
    rollup.deposit(token, 97, sender=bob)
    rollup.deposit(token, 1277, sender=alice)
    rollup.settle()
    with refused(rollup, Refusal.NO_EXIT, token, by=PROOF_OR_L1):
        rollup.target.claim_deposit(token, 97, sender=bob)
