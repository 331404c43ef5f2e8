"""In by a deposit, out by a claim: all that a bridge needs, with a circuit or without.

Written against ``rollup`` and its users alone. Batches, proofs, books and balances on L2 are not asked for.
"""

from collections.abc import Sequence
from contextlib import suppress

import pytest

from pytest_zkrollup.suites.needs import need, need_one
from pytest_zkrollup.suites.refusing import ANYBODY, L1, STRANGER, refused
from pytest_zkrollup.suites.steps import (
    LAST_STEPS,
    committed,
    custody,
    deposit_wide_or_skip,
    finish,
    gas_paid,
    last_steps,
    senders_since,
)
from zkrollup.devnet import ETH_ADDRESS, Capability, Exit, Refusal, Rollup, User
from zkrollup.evm import Impersonated, Receipt, Reverted

__all__ = [
    "each_lifecycle_token",
    "lifecycle_token",
    "test_a_deposit_for_another_is_paid_out_to_them",
    "test_a_deposit_takes_what_it_says_and_no_more",
    "test_a_large_amount_comes_in_and_goes_out_whole",
    "test_a_recipient_that_claims_again_while_it_is_paid_gets_no_more",
    "test_a_withdrawal_pays_its_recipient_exactly_what_was_burned",
    "test_an_exit_is_not_lost_where_its_recipient_takes_no_ether",
    "test_an_exit_is_not_paid_before_its_batch_is_finished",
    "test_an_exit_is_paid_however_much_came_after_it",
    "test_an_exit_is_paid_once",
    "test_equal_deposits_are_each_credited",
    "test_exits_leave_what_is_others",
    "test_who_posts_batches_is_paid_nothing_for_the_claims_of_others",
    "test_whoever_sends_a_claim_the_recipient_is_paid",
]

EXITS = (Capability.DEPOSIT, Capability.WITHDRAW, Capability.CLAIM)
NOBODY = Impersonated(STRANGER)
_REFUSES = bytes.fromhex("5f5ffd")
"""Code that reverts whenever it is called."""


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


def test_a_deposit_takes_what_it_says_and_no_more(
    rollup: Rollup, alice: User, each_lifecycle_token: str
) -> None:
    need(rollup, Capability.DEPOSIT)
    token = each_lifecycle_token
    held, paid = custody(rollup, token), alice.l1_balance(token)
    receipt = rollup.deposit(token, 1049, sender=alice)
    assert custody(rollup, token) - held == 1049
    assert paid - alice.l1_balance(token) == 1049 + gas_paid(token, receipt)


def test_a_deposit_for_another_is_paid_out_to_them(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    token = each_lifecycle_token
    rollup.deposit(token, 1231, sender=alice, to=bob)
    finish(rollup)
    exit_ = rollup.withdraw(token, 1231, sender=bob, recipient=STRANGER)
    finish(rollup)
    exit_.claim(sender=alice)
    assert rollup.l1_balance(token, NOBODY) == 1231


def test_equal_deposits_are_each_credited(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    for _ in range(2):
        rollup.deposit(lifecycle_token, 1237, sender=alice)
    finish(rollup)
    exit_ = rollup.withdraw(lifecycle_token, 2474, sender=alice, recipient=STRANGER)
    finish(rollup)
    exit_.claim(sender=bob)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 2474


def test_a_withdrawal_pays_its_recipient_exactly_what_was_burned(
    rollup: Rollup, alice: User, bob: User, each_lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    token = each_lifecycle_token
    rollup.deposit(token, 1051, sender=alice)
    exit_ = rollup.withdraw(token, 109, sender=alice, recipient=STRANGER)
    finish(rollup)
    if rollup.target.can(Capability.BALANCE):
        assert alice.l2_balance(token) == 942
    held = custody(rollup, token)
    assert rollup.l1_balance(token, NOBODY) == 0
    assert not exit_.is_claimed
    exit_.claim(sender=bob)
    assert rollup.l1_balance(token, NOBODY) == 109
    assert held - custody(rollup, token) == 109
    assert exit_.is_claimed


def test_an_exit_is_paid_once(rollup: Rollup, alice: User, bob: User, lifecycle_token: str) -> None:
    need(rollup, *EXITS)
    rollup.deposit(lifecycle_token, 1061, sender=alice)
    first, second = (
        rollup.withdraw(lifecycle_token, 113, sender=alice, recipient=STRANGER) for _ in range(2)
    )
    finish(rollup)
    first.claim(sender=bob)
    with refused(rollup, Refusal.PAID_ALREADY, lifecycle_token):
        first.claim(sender=alice)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 113
    second.claim(sender=bob)  # equal in all but its place, and not the same
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 226
    _paid_already(rollup, lifecycle_token, (first, second), bob)
    rollup.deposit(lifecycle_token, 1087, sender=bob)  # another batch, under whose root both still are
    finish(rollup)
    _paid_already(rollup, lifecycle_token, (first, second), bob)


def _paid_already(rollup: Rollup, token: str, exits: Sequence[Exit], sender: User) -> None:
    """Passes if L1 refuses each exit, whatever was claimed or posted after it."""
    for each in exits:
        with refused(rollup, Refusal.PAID_ALREADY, token):
            each.claim(sender=sender)


def test_an_exit_is_not_paid_before_its_batch_is_finished(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS, Capability.BATCH)
    need_one(rollup, *LAST_STEPS)
    rollup.deposit(lifecycle_token, 1063, sender=alice)
    rollup.settle()
    exit_ = rollup.withdraw(lifecycle_token, 127, sender=alice, recipient=STRANGER)
    with refused(
        rollup, Refusal.NOT_FINISHED, lifecycle_token, by=ANYBODY
    ):  # in no batch yet, there may be nothing to send
        exit_.claim(sender=bob)
    batch = committed(rollup)
    for _step in last_steps(rollup, batch):
        with refused(rollup, Refusal.NOT_FINISHED, lifecycle_token, by=L1):
            _claim_early(rollup, exit_, bob)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 0
    exit_.claim(sender=bob)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 127


def test_whoever_sends_a_claim_the_recipient_is_paid(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    rollup.deposit(lifecycle_token, 1069, sender=alice)
    exit_ = rollup.withdraw(lifecycle_token, 131, sender=alice)
    finish(rollup)
    hers, his = alice.l1_balance(lifecycle_token), bob.l1_balance(lifecycle_token)
    receipt = exit_.claim(sender=bob)
    assert alice.l1_balance(lifecycle_token) - hers == 131
    assert his - bob.l1_balance(lifecycle_token) == gas_paid(lifecycle_token, receipt)


def test_who_posts_batches_is_paid_nothing_for_the_claims_of_others(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS, Capability.BATCH)
    rollup.deposit(lifecycle_token, 1249, sender=alice)
    exits = [rollup.withdraw(lifecycle_token, 181, sender=alice, recipient=STRANGER) for _ in range(2)]
    block = rollup.l1.block_number
    finish(rollup)
    posters = set(senders_since(rollup, block)) - {alice.address, bob.address}
    for poster, exit_ in zip(sorted(posters), exits, strict=False):
        paid = rollup.l1_balance(lifecycle_token, NOBODY)
        with rollup.l1.impersonate(poster) as sender:
            exit_.claim(sender=sender)
        assert rollup.l1_balance(lifecycle_token, NOBODY) - paid == 181, f"{poster} sent the claim"


def test_an_exit_is_paid_however_much_came_after_it(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    rollup.deposit(lifecycle_token, 1259, sender=alice)
    exit_ = rollup.withdraw(lifecycle_token, 191, sender=alice, recipient=STRANGER)
    finish(rollup)
    for amount in (2, 3, 5):
        rollup.deposit(lifecycle_token, amount, sender=bob)
        finish(rollup)
    exit_.claim(sender=bob)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 191


def test_a_large_amount_comes_in_and_goes_out_whole(
    rollup: Rollup, alice: User, bob: User, lifecycle_token: str
) -> None:
    need(rollup, *EXITS)
    wide = deposit_wide_or_skip(rollup, lifecycle_token, 1217, sender=alice)
    exit_ = rollup.withdraw(lifecycle_token, wide + 167, sender=alice, recipient=STRANGER)
    finish(rollup)
    if rollup.target.can(Capability.BALANCE):
        assert alice.l2_balance(lifecycle_token) == 1050
    exit_.claim(sender=bob)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == wide + 167
    assert custody(rollup, lifecycle_token) == 1050


def test_a_recipient_that_claims_again_while_it_is_paid_gets_no_more(
    rollup: Rollup, alice: User, bob: User
) -> None:
    exit_ = _exit_in_ether(rollup, 1223, 173, sender=alice)
    rollup.l1.set_code(STRANGER, _calling_back(*_as_sent(rollup, exit_, bob)))
    held = custody(rollup, ETH_ADDRESS)
    with suppress(Reverted):  # L1 may pay nobody with code
        exit_.claim(sender=bob)
    paid = rollup.l1_balance(ETH_ADDRESS, NOBODY)
    assert paid in (0, 173)
    assert held - custody(rollup, ETH_ADDRESS) == paid


def test_an_exit_is_not_lost_where_its_recipient_takes_no_ether(
    rollup: Rollup, alice: User, bob: User
) -> None:
    exit_ = _exit_in_ether(rollup, 1229, 179, sender=alice)
    held = custody(rollup, ETH_ADDRESS)
    rollup.l1.set_code(STRANGER, _REFUSES)
    with suppress(Reverted):  # or L1 keeps it for the recipient to fetch
        exit_.claim(sender=bob)
    assert custody(rollup, ETH_ADDRESS) == held
    rollup.l1.set_code(STRANGER, b"")
    if not exit_.is_claimed:
        exit_.claim(sender=bob)
        assert rollup.l1_balance(ETH_ADDRESS, NOBODY) == 179
    else:
        owed = rollup.target.owed(ETH_ADDRESS) if rollup.target.can(Capability.BOOKS) else {}
        assert sum(owed.values()) == held, f"{rollup.target.name} says it has paid, and nobody has the money"


def test_exits_leave_what_is_others(rollup: Rollup, alice: User, bob: User, lifecycle_token: str) -> None:
    need(rollup, *EXITS)
    rollup.deposit(lifecycle_token, 1129, sender=alice)
    rollup.deposit(lifecycle_token, 61, sender=bob)
    hers = rollup.withdraw(lifecycle_token, 1129, sender=alice, recipient=STRANGER)
    finish(rollup)
    hers.claim(sender=bob)
    assert custody(rollup, lifecycle_token) == 61
    his = rollup.withdraw(lifecycle_token, 61, sender=bob, recipient=STRANGER)
    finish(rollup)
    his.claim(sender=alice)
    assert rollup.l1_balance(lifecycle_token, NOBODY) == 1190
    assert custody(rollup, lifecycle_token) == 0


def _exit_in_ether(rollup: Rollup, deposited: int, burned: int, *, sender: User) -> Exit:
    """A finished exit of ETH to STRANGER, who may have code; skips where there is no ETH."""
    __tracebackhide__ = True
    need(rollup, *EXITS)
    if ETH_ADDRESS not in rollup.tokens:
        pytest.skip(f"{rollup.target.name} takes no ETH, which alone runs its recipient's code")
    rollup.deposit(ETH_ADDRESS, deposited, sender=sender)
    exit_: Exit = rollup.withdraw(ETH_ADDRESS, burned, sender=sender, recipient=STRANGER)
    finish(rollup)
    return exit_


def _as_sent(rollup: Rollup, exit_: Exit, sender: User) -> tuple[bytes, bytes]:
    """To whom and with what calldata an exit is claimed; the claim is taken back."""
    state = rollup.target.state
    with rollup.l1.anchor():
        receipt = exit_.claim(sender=sender)
        mined = rollup.l1.engine.transaction(receipt.transaction_hash)
    rollup.target.state = state
    assert mined is not None, f"{rollup.target.name}'s claim returns the receipt of no transaction on L1"
    return mined.transaction.to, mined.transaction.data


def _calling_back(to: bytes, calldata: bytes) -> bytes:
    """Code of an account that, the first time it is called, makes this call before it returns.

    Whether that call succeeds makes no difference to whoever called first.
    """
    length = len(calldata).to_bytes(2)
    code = bytes.fromhex(
        "5f54603057"  # SLOAD 0, and to the end if it is not 0
        "60015f55"  # SSTORE 1 at 0
        f"61{length.hex()}6100325f39"  # CODECOPY of the calldata to memory
        f"5f5f61{length.hex()}5f5f73{to.hex()}5af150"  # CALL without value, with all gas
        "5b00"  # the end
    )
    return code + calldata


def _claim_early(rollup: Rollup, exit_: Exit, sender: User) -> Receipt:
    if rollup.target.can(Capability.CLAIM_EARLY):
        return rollup.target.claim_early(exit_, sender=sender)
    return exit_.claim(sender=sender)
