"""The life of money on a rollup: in by a deposit, around by transfers, out by withdrawals, and nothing else.

Written against ``rollup`` and its users alone, so that it holds every ``zk_target`` to the same. Steps are
taken one by one, with two operations at most: of a reference rollup with fewer than three slots, which seals
as they fill, some tests are skipped.
"""

from typing import Any

import pytest

from pytest_zkrollup.asserting import reverts
from pytest_zkrollup.suites.needs import need
from zkrollup.devnet import Capability, Rollup, User
from zkrollup.errors import ZkRollupError

__all__ = [
    "each_lifecycle_token",
    "lifecycle_token",
    "test_a_batch_is_not_proved_before_its_data_is_posted",
    "test_a_deposit_for_somebody_else_is_theirs_alone",
    "test_a_deposit_is_in_custody_at_once_and_credited_once_settled",
    "test_a_transfer_moves_what_it_says_and_makes_nothing",
    "test_a_withdrawal_pays_its_recipient_exactly_what_was_burned",
    "test_a_wrong_proof_is_refused_and_the_right_one_still_taken",
    "test_all_can_be_withdrawn_to_the_last_unit",
    "test_an_exit_is_not_paid_before_its_batch_is_finished",
    "test_an_exit_is_paid_once",
    "test_custody_is_what_is_owed_at_every_step",
    "test_layer_1_knows_nothing_between_batches",
    "test_more_than_one_has_is_neither_paid_nor_withdrawn",
    "test_the_root_moves_with_the_proof_and_not_before",
    "test_whoever_sends_a_claim_the_recipient_is_paid",
]

STRANGER = "0x" + "c3" * 20
"""An address that nobody has the key of."""

MONEY = (Capability.DEPOSIT, Capability.BALANCE, Capability.BATCH)
EXITS = (*MONEY, Capability.WITHDRAW, Capability.CLAIM)


@pytest.fixture
def lifecycle_token(rollup: Rollup) -> str:
    """The first token that the target takes."""
    return rollup.tokens[0]


@pytest.fixture(params=[0, 1], ids=["first token", "second token"])
def each_lifecycle_token(request: pytest.FixtureRequest, rollup: Rollup) -> str:
    """Up to two tokens of those that the target takes, where tokens differ in how they come and go."""
    index: int = request.param
    if index >= len(rollup.tokens):
        pytest.skip(f"{rollup.target.name} takes one token")
    return rollup.tokens[index]


# In


def test_a_deposit_is_in_custody_at_once_and_credited_once_settled(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.BOOKS)
    token = each_lifecycle_token
    before = alice.l1_balance(token)
    rollup.deposit(token, 1009, sender=alice)
    assert rollup.target.custody(token) == 1009
    assert alice.l1_balance(token) <= before - 1009  # less gas
    rollup.settle()
    assert (alice.l2_balance(token), bob.l2_balance(token)) == (1009, 0)
    assert rollup.target.custody(token) == 1009


def test_a_deposit_for_somebody_else_is_theirs_alone(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.WITHDRAW)
    rollup.deposit(lifecycle_token, 1013, sender=alice, to=bob)
    rollup.settle()
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (0, 1013)
    with pytest.raises(ZkRollupError):
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
        assert rollup.target.owed(lifecycle_token)["ledger"] == 1042 == rollup.target.custody(lifecycle_token)


def test_more_than_one_has_is_neither_paid_nor_withdrawn(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.TRANSFER, Capability.WITHDRAW)
    rollup.deposit(lifecycle_token, 1021, sender=alice)
    rollup.deposit(lifecycle_token, 29, sender=bob)
    rollup.settle()
    with pytest.raises(ZkRollupError):
        rollup.transfer(lifecycle_token, 1022, sender=alice, to=bob)
    with pytest.raises(ZkRollupError):
        rollup.withdraw(lifecycle_token, 1022, sender=alice)
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (1021, 29)
    rollup.withdraw(lifecycle_token, 1021, sender=alice)  # exactly all, so that it was the amount
    rollup.settle()
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (0, 29)


# Batches


def test_layer_1_knows_nothing_between_batches(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS, Capability.TRANSFER, Capability.PROVE, Capability.COMMIT)
    rollup.deposit(lifecycle_token, 1031, sender=alice)
    rollup.deposit(lifecycle_token, 31, sender=bob)
    rollup.settle()
    before = (rollup.proven_root, rollup.committed_root, rollup.l1_balance(lifecycle_token, _Stranger))
    rollup.transfer(lifecycle_token, 409, sender=alice, to=bob)
    rollup.withdraw(lifecycle_token, 107, sender=bob, recipient=STRANGER)
    assert (alice.l2_balance(lifecycle_token), bob.l2_balance(lifecycle_token)) == (622, 333)
    assert before == (
        rollup.proven_root,
        rollup.committed_root,
        rollup.l1_balance(lifecycle_token, _Stranger),
    )
    rollup.settle()
    assert rollup.proven_root == rollup.committed_root == rollup.state_root != before[0]


def test_the_root_moves_with_the_proof_and_not_before(
    rollup: Rollup, alice: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.COMMIT, Capability.PROVE)
    genesis = rollup.proven_root
    rollup.deposit(lifecycle_token, 1033, sender=alice)
    batch = _sealed(rollup)
    assert (batch.root_before, batch.root_after) == (genesis, rollup.state_root)
    assert batch.root_after != genesis
    assert (rollup.proven_root, rollup.committed_root) == (genesis, genesis)
    rollup.commit(batch)
    assert (rollup.proven_root, rollup.committed_root) == (genesis, batch.root_after)
    rollup.prove(batch)
    assert (rollup.proven_root, rollup.committed_root) == (batch.root_after, batch.root_after)


def test_a_batch_is_not_proved_before_its_data_is_posted(
    rollup: Rollup, alice: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.COMMIT, Capability.PROVE)
    genesis = rollup.proven_root
    rollup.deposit(lifecycle_token, 1039, sender=alice)
    batch = _sealed(rollup)
    with pytest.raises(ZkRollupError):
        rollup.prove(batch)
    assert rollup.proven_root == genesis
    rollup.commit(batch)
    rollup.prove(batch)
    assert rollup.proven_root == batch.root_after


def test_a_wrong_proof_is_refused_and_the_right_one_still_taken(
    rollup: Rollup, alice: User, lifecycle_token: str
) -> None:
    need(rollup, *MONEY, Capability.PROVE, Capability.FORGE)
    genesis = rollup.proven_root
    rollup.deposit(lifecycle_token, 1049, sender=alice)
    batch = _committed(rollup)
    with reverts():
        rollup.target.prove_wrongly(batch)
    assert rollup.proven_root == genesis
    rollup.prove(batch)
    assert rollup.proven_root == batch.root_after


# Out


def test_a_withdrawal_pays_its_recipient_exactly_what_was_burned(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    token = each_lifecycle_token
    rollup.deposit(token, 1051, sender=alice)
    exit_ = rollup.withdraw(token, 109, sender=alice, recipient=STRANGER)
    rollup.settle()
    assert alice.l2_balance(token) == 942
    assert rollup.l1_balance(token, _Stranger) == 0
    assert not exit_.is_claimed
    exit_.claim(sender=bob)
    assert rollup.l1_balance(token, _Stranger) == 109
    assert exit_.is_claimed


def test_an_exit_is_paid_once(rollup: Rollup, alice: User, bob: User, lifecycle_token: str) -> None:
    need(rollup, *EXITS)
    rollup.deposit(lifecycle_token, 1061, sender=alice)
    first, second = (
        rollup.withdraw(lifecycle_token, 113, sender=alice, recipient=STRANGER) for _ in range(2)
    )
    rollup.settle()
    first.claim(sender=bob)
    with reverts():
        first.claim(sender=alice)
    assert rollup.l1_balance(lifecycle_token, _Stranger) == 113
    second.claim(sender=bob)  # equal in all but its place, and not the same
    assert rollup.l1_balance(lifecycle_token, _Stranger) == 226


def test_an_exit_is_not_paid_before_its_batch_is_finished(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS, Capability.PROVE)
    rollup.deposit(lifecycle_token, 1063, sender=alice)
    rollup.settle()
    exit_ = rollup.withdraw(lifecycle_token, 127, sender=alice, recipient=STRANGER)
    _refuse_claim(exit_, bob)
    batch = _committed(rollup)
    _refuse_claim(exit_, bob)
    batch = rollup.prove(batch)
    if rollup.target.can(Capability.EXECUTE):
        _refuse_claim(exit_, bob)
        rollup.execute(batch)
    assert rollup.l1_balance(lifecycle_token, _Stranger) == 0
    exit_.claim(sender=bob)
    assert rollup.l1_balance(lifecycle_token, _Stranger) == 127


def test_whoever_sends_a_claim_the_recipient_is_paid(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    rollup.deposit(lifecycle_token, 1069, sender=alice)
    exit_ = rollup.withdraw(lifecycle_token, 131, sender=alice)
    rollup.settle()
    hers, his = alice.l1_balance(lifecycle_token), bob.l1_balance(lifecycle_token)
    exit_.claim(sender=bob)
    assert alice.l1_balance(lifecycle_token) - hers == 131
    assert bob.l1_balance(lifecycle_token) <= his  # less gas


def test_all_can_be_withdrawn_to_the_last_unit(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS, Capability.TRANSFER, Capability.BOOKS)
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
    assert rollup.l1_balance(lifecycle_token, _Stranger) == 1124
    assert rollup.target.custody(lifecycle_token) == sum(rollup.target.owed(lifecycle_token).values()) == 0


# Books


def test_custody_is_what_is_owed_at_every_step(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *EXITS, Capability.PROVE, Capability.BOOKS)
    token = each_lifecycle_token
    seen = []

    def look(**expected: int) -> None:
        owed = {part: amount for part, amount in rollup.target.owed(token).items() if amount}
        assert owed == expected
        assert rollup.target.custody(token) == sum(owed.values())
        seen.append(expected)

    look()
    rollup.deposit(token, 1091, sender=alice)
    look(queued=1091)
    exit_ = rollup.withdraw(token, 137, sender=alice, recipient=STRANGER)
    look(queued=1091)
    batch = _committed(rollup)
    look(queued=1091)
    batch = rollup.prove(batch)
    if rollup.target.can(Capability.EXECUTE):
        rollup.execute(batch)
    look(ledger=954, exits=137)
    rollup.deposit(token, 41, sender=bob)
    look(ledger=954, exits=137, queued=41)
    exit_.claim(sender=bob)
    look(ledger=954, queued=41)
    rollup.settle()
    look(ledger=995)
    assert len(seen) == 8


# Inside


class _Stranger:
    """What stands for an account in calls that take one."""

    address = STRANGER


def _sealed(rollup: Rollup) -> Any:
    __tracebackhide__ = True
    if not rollup.target.waiting:
        pytest.skip("the batch was sealed as it filled; with three slots it can be looked at")
    return rollup.seal()


def _committed(rollup: Rollup) -> Any:
    __tracebackhide__ = True
    batch = _sealed(rollup)
    if rollup.target.can(Capability.COMMIT):
        rollup.commit(batch)
    return batch


def _refuse_claim(exit_: Any, sender: User) -> None:
    __tracebackhide__ = True
    with pytest.raises(ZkRollupError):
        exit_.claim(sender=sender)
