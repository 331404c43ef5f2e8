"""The life of money on a rollup: in by a deposit, around by transfers, out by withdrawals, and nothing else.

Written against ``rollup`` and its users alone, so that it holds every ``zk_target`` to the same; what needs
deposits and claims alone is ``exits``', and comes with this. Steps are taken one by one, with two operations
at most: of a reference rollup with fewer than three slots, which seals as they fill, some tests are skipped.
"""

from typing import Any

from pytest_zkrollup.suites import exits
from pytest_zkrollup.suites.exits import *  # noqa: F403
from pytest_zkrollup.suites.exits import EXITS, NOBODY
from pytest_zkrollup.suites.needs import need
from pytest_zkrollup.suites.refusing import ANYBODY, STRANGER, holdings, refused
from pytest_zkrollup.suites.steps import (
    committed,
    custody,
    deposit_wide_or_skip,
    gas_paid,
    last_steps,
    sealed,
)
from zkrollup.devnet import Capability, Refusal, Rollup, User

__all__ = [
    *exits.__all__,
    "test_a_batch_is_not_proved_before_its_data_is_posted",
    "test_a_deposit_for_somebody_else_is_theirs_alone",
    "test_a_deposit_is_in_custody_at_once_and_credited_once_settled",
    "test_a_large_transfer_moves_whole",
    "test_a_posted_root_moves_when_it_is_posted_and_not_before",
    "test_a_transfer_moves_what_it_says_and_makes_nothing",
    "test_a_wrong_proof_is_refused_and_the_right_one_still_taken",
    "test_all_can_be_withdrawn_to_the_last_unit",
    "test_custody_is_what_is_owed_at_every_step",
    "test_layer_1_knows_nothing_between_batches",
    "test_more_than_one_has_is_neither_paid_nor_withdrawn",
    "test_the_root_moves_with_the_proof_and_not_before",
]

L1_ROOTS = {
    Capability.COMMIT: "committed_root",
    Capability.PROVE: "proven_root",
    Capability.POST: "posted_root",
}
MONEY = (Capability.DEPOSIT, Capability.BALANCE, Capability.BATCH)


# In


def test_a_deposit_is_in_custody_at_once_and_credited_once_settled(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.BOOKS)
    token = each_lifecycle_token
    before = alice.l1_balance(token)
    receipt = rollup.deposit(token, 1009, sender=alice)
    assert custody(rollup, token) == 1009
    assert before - alice.l1_balance(token) == 1009 + gas_paid(token, receipt)
    rollup.settle()
    assert (alice.l2_balance(token), bob.l2_balance(token)) == (1009, 0)
    assert custody(rollup, token) == 1009


def test_a_deposit_for_somebody_else_is_theirs_alone(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.WITHDRAW)
    rollup.deposit(lifecycle_token, 1013, sender=alice, to=bob)
    rollup.settle()
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (0, 1013)
    with refused(rollup, Refusal.OVERSPENT, lifecycle_token, by=ANYBODY):
        rollup.withdraw(lifecycle_token, 11, sender=alice)
    rollup.withdraw(lifecycle_token, 11, sender=bob)
    assert bob.l2_balance(lifecycle_token) == 1002


# Around


def test_a_transfer_moves_what_it_says_and_makes_nothing(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.TRANSFER)
    rollup.deposit(lifecycle_token, 1019, sender=alice)
    rollup.deposit(lifecycle_token, 23, sender=bob)
    rollup.settle()
    rollup.transfer(lifecycle_token, 407, sender=alice, to=bob)
    rollup.settle()
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (612, 430)
    if rollup.target.can(Capability.BOOKS):
        assert rollup.target.owed(lifecycle_token)["ledger"] == 1042 == custody(rollup, lifecycle_token)


def test_a_large_transfer_moves_whole(rollup: Rollup, alice: User, bob: User, lifecycle_token: str) -> None:
    need(rollup, *MONEY, Capability.TRANSFER)
    wide = deposit_wide_or_skip(rollup, lifecycle_token, 1229, sender=alice)
    rollup.settle()
    rollup.transfer(lifecycle_token, wide + 179, sender=alice, to=bob)
    rollup.settle()
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (1050, wide + 179)


def test_more_than_one_has_is_neither_paid_nor_withdrawn(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.TRANSFER, Capability.WITHDRAW)
    rollup.deposit(lifecycle_token, 1021, sender=alice)
    rollup.deposit(lifecycle_token, 29, sender=bob)
    rollup.settle()
    with refused(
        rollup, Refusal.OVERSPENT, lifecycle_token, by=ANYBODY
    ):  # by the circuit and L1: see the suite of attacks
        rollup.transfer(lifecycle_token, 1022, sender=alice, to=bob)
    with refused(rollup, Refusal.OVERSPENT, lifecycle_token, by=ANYBODY):
        rollup.withdraw(lifecycle_token, 1022, sender=alice)
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (1021, 29)
    rollup.withdraw(lifecycle_token, 1021, sender=alice)  # exactly all, so that it was the amount
    rollup.settle()
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (0, 29)


# Batches


def test_layer_1_knows_nothing_between_batches(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, *EXITS, Capability.TRANSFER)
    rollup.deposit(lifecycle_token, 1031, sender=alice)
    rollup.deposit(lifecycle_token, 31, sender=bob)
    rollup.settle()
    before = _l1_roots(rollup)
    held = holdings(rollup, lifecycle_token)
    rollup.transfer(lifecycle_token, 409, sender=alice, to=bob)
    rollup.withdraw(lifecycle_token, 107, sender=bob, recipient=STRANGER)
    assert holdings(rollup, lifecycle_token) == held
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (622, 333)
    assert _l1_roots(rollup) == before
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 0
    rollup.settle()
    assert all(now == rollup.state_root != then for now, then in zip(_l1_roots(rollup), before, strict=True))


def test_the_root_moves_with_the_proof_and_not_before(
    rollup: Rollup, alice: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.COMMIT, Capability.PROVE)
    genesis = rollup.proven_root
    rollup.deposit(lifecycle_token, 1033, sender=alice)
    batch = sealed(rollup)
    assert (batch.root_before, batch.root_after) == (genesis, rollup.state_root)
    assert batch.root_after != genesis
    assert (rollup.proven_root, rollup.committed_root) == (genesis, genesis)
    rollup.commit(batch)
    assert (rollup.proven_root, rollup.committed_root) == (genesis, batch.root_after)
    rollup.prove(batch)
    assert (rollup.proven_root, rollup.committed_root) == (batch.root_after, batch.root_after)


def test_a_posted_root_moves_when_it_is_posted_and_not_before(
    rollup: Rollup, alice: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.POST)
    genesis = rollup.posted_root
    rollup.deposit(lifecycle_token, 1033, sender=alice)
    batch = committed(rollup)
    assert (batch.root_before, batch.root_after) == (genesis, rollup.state_root)
    assert batch.root_after != genesis
    for step in last_steps(rollup, batch):
        if step is Capability.POST:
            assert rollup.posted_root == genesis
    assert rollup.posted_root == batch.root_after


def test_a_batch_is_not_proved_before_its_data_is_posted(
    rollup: Rollup, alice: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.COMMIT, Capability.PROVE)
    genesis = rollup.proven_root
    rollup.deposit(lifecycle_token, 1039, sender=alice)
    batch = sealed(rollup)
    with refused(rollup, Refusal.NOT_COMMITTED, lifecycle_token):
        _prove_early(rollup, batch)
    assert rollup.proven_root == genesis
    rollup.commit(batch)
    rollup.prove(batch)
    assert rollup.proven_root == batch.root_after


def test_a_wrong_proof_is_refused_and_the_right_one_still_taken(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.PROVE, Capability.FORGE)
    rollup.deposit(lifecycle_token, 1049, sender=alice)
    if rollup.target.can(Capability.TRANSFER):  # of deposits alone, there may be nothing to prove
        rollup.deposit(lifecycle_token, 83, sender=bob)
        rollup.settle()
        rollup.transfer(lifecycle_token, 419, sender=alice, to=bob)
    elif rollup.target.can(Capability.WITHDRAW):
        rollup.settle()
        rollup.withdraw(lifecycle_token, 167, sender=alice, recipient=STRANGER)
    before = rollup.proven_root
    batch = committed(rollup)
    with refused(rollup, Refusal.WRONG_PROOF, lifecycle_token):
        rollup.target.prove_wrongly(batch)
    assert rollup.proven_root == before
    rollup.prove(batch)
    assert rollup.proven_root == batch.root_after != before


# Out


def test_all_can_be_withdrawn_to_the_last_unit(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, *EXITS, Capability.TRANSFER, Capability.BOOKS)
    rollup.deposit(lifecycle_token, 1087, sender=alice)
    rollup.deposit(lifecycle_token, 37, sender=bob)
    rollup.transfer(lifecycle_token, 4, sender=alice, to=bob)
    exits = [
        rollup.withdraw(lifecycle_token, amount, sender=user, recipient=STRANGER)
        for user, amount in ((alice, 1083), (bob, 41))
    ]
    rollup.settle()
    for exit_ in exits:
        exit_.claim(sender=alice)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 1124
    assert custody(rollup, lifecycle_token) == sum(rollup.target.owed(lifecycle_token).values()) == 0


# Books


def test_custody_is_what_is_owed_at_every_step(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *MONEY, *EXITS, Capability.BOOKS)
    token = each_lifecycle_token
    seen = []

    def look(**expected: int) -> None:
        owed = {part: amount for part, amount in rollup.target.owed(token).items() if amount}
        assert owed == expected
        assert custody(rollup, token) == sum(owed.values())
        seen.append(expected)

    look()
    rollup.deposit(token, 1091, sender=alice)
    look(queued=1091)
    exit_ = rollup.withdraw(token, 137, sender=alice, recipient=STRANGER)
    look(queued=1091)
    batch = committed(rollup)
    look(queued=1091)
    for step in last_steps(rollup, batch):
        if step is not Capability.EXECUTE:
            look(queued=1091)
    look(ledger=954, exits=137)
    rollup.deposit(token, 41, sender=bob)
    look(ledger=954, exits=137, queued=41)
    exit_.claim(sender=bob)
    look(ledger=954, queued=41)
    rollup.settle()
    look(ledger=995)
    roots_move = sum(map(rollup.target.can, (Capability.PROVE, Capability.POST)))
    assert len(seen) == 8 + roots_move


# Inside


def _l1_roots(rollup: Rollup) -> tuple[int, ...]:
    """The roots that L1 has, of those that the target declares."""
    return tuple(
        getattr(rollup, name) for capability, name in L1_ROOTS.items() if rollup.target.can(capability)
    )


def _prove_early(rollup: Rollup, batch: Any) -> Any:
    if rollup.target.can(Capability.PROVE_EARLY):
        return rollup.target.prove_early(batch)
    return rollup.prove(batch)
