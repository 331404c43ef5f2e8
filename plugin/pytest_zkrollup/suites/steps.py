"""The steps of a batch that a target has, one by one, and what stands between its exits and their payment."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
from eth_utils import to_checksum_address

from zkrollup.devnet import ETH_ADDRESS, Capability, Rollup, User
from zkrollup.evm import Impersonated, Receipt, Reverted

LAST_STEPS: Final = (Capability.PROVE, Capability.POST, Capability.EXECUTE)
"""After a batch is sealed and committed, in order; a target has some of them."""

_BITS_OF_SMALL_AMOUNTS: Final = 12
"""What the amounts that suites deposit fit into."""


def sealed(rollup: Rollup) -> Any:
    """What waits, as a batch; skips where it was sealed as it filled."""
    __tracebackhide__ = True
    if not rollup.target.waiting:
        pytest.skip("the batch was sealed as it filled; with three slots it can be looked at")
    return rollup.seal()


def committed(rollup: Rollup) -> Any:
    """The same, with its data on L1 where that is a step of its own."""
    __tracebackhide__ = True
    batch = sealed(rollup)
    if rollup.target.can(Capability.COMMIT):
        rollup.commit(batch)
    return batch


def last_steps(rollup: Rollup, batch: Any) -> Iterator[Capability]:
    """Takes the steps that remain, and yields before each one."""
    for step in LAST_STEPS:
        if not rollup.target.can(step):
            continue
        yield step
        if step is Capability.PROVE:
            batch = rollup.prove(batch)
        elif step is Capability.POST:
            rollup.post(batch)
        else:
            rollup.execute(batch)


def finish(rollup: Rollup) -> None:
    """Brings all that waits to its end, where a target has batches; others need no such thing."""
    if rollup.target.can(Capability.BATCH):
        rollup.settle()


def senders_since(rollup: Rollup, block: int) -> tuple[str, ...]:
    """Who has sent transactions on L1 after a block, each once, in order."""
    blocks = (rollup.l1.engine.block(number) for number in range(block + 1, rollup.l1.block_number + 1))
    sent = (to_checksum_address(mined.sender) for each in blocks for mined in each.transactions)
    return tuple(dict.fromkeys(sent))


def custody(rollup: Rollup, token: str) -> int:
    """What the target's contracts hold on L1: its custodians where it names them, else its address.

    Raises:
        AssertionError: The target says something else of its custodians.
    """
    target = rollup.target
    if not target.can(Capability.BOOKS):
        return target.l1_balance(token, target)
    said, custodians = target.custody(token), dict.fromkeys(target.custodians)
    held = sum(target.l1_balance(token, Impersonated(each)) for each in custodians)
    assert not custodians or said == held, f"{target.name} says custody is {said}, its custodians hold {held}"
    return said


def deposit_widely(rollup: Rollup, token: str, amount: int, *, sender: User) -> int:
    """Deposits an amount, and with it the largest power of two that it can, which fewer bits cannot hold.

    Returns that power: the sender has it, and the rollup takes it. 0 where it is too small to be told from
    amounts of these suites; then the amount is deposited alone.
    """
    most = min(sender.l1_balance(token) // 2, rollup.target.largest_amount)  # the rest pays for gas
    for bits in range(most.bit_length(), _BITS_OF_SMALL_AMOUNTS - 1, -1):
        if amount + (1 << bits) <= most:
            with suppress(Reverted):  # a bridge may have a cap
                rollup.deposit(token, amount + (1 << bits), sender=sender)
                return 1 << bits
    rollup.deposit(token, amount, sender=sender)
    return 0


def deposit_wide_or_skip(rollup: Rollup, token: str, amount: int, *, sender: User) -> int:
    """As ``deposit_widely``; skips where there is no such power of two."""
    __tracebackhide__ = True
    wide = deposit_widely(rollup, token, amount, sender=sender)
    if not wide:
        pytest.skip(f"{rollup.target.name} takes, or {sender.name} has, too little of {token}")
    return wide


def gas_paid(token: str, *receipts: Receipt) -> int:
    """What the senders of transactions paid for gas, in ``token``: nothing but ETH."""
    return sum(each.gas_used * each.gas_price for each in receipts) if token == ETH_ADDRESS else 0
