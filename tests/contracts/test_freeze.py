"""Freezing: whoever waits too long may stop the rollup, nobody else may, and nothing moves on afterwards."""

from dataclasses import fields, replace

import pytest
from tests.contracts.support import ETH, FORCED_FEE, GENESIS_ROOT, KEYS, Entry, Exit, ship, transfer


@pytest.fixture
def entry(system):
    return system.request(7, 501)


def position(rollup):
    return {
        "committed": (rollup.committedBatches(), rollup.committedQueue(), rollup.committedRoot()),
        "proven": (rollup.provenBatches(), rollup.provenQueue(), rollup.stateRoot()),
        "queue": (rollup.queueLength(), rollup.forcedCount(), rollup.accountCount()),
    }


# With and without cause


@pytest.mark.parametrize("kind", ["deposit", "request"])
def test_who_waits_a_second_too_long_may_freeze_and_not_before(system, chain, reverts, kind):
    entry = system.deposit(501) if kind == "deposit" else system.request(7, 501)
    chain.engine.set_next_block_timestamp(entry.expiry)
    with reverts("NotOverdue", expiry=entry.expiry, timestamp=entry.expiry):
        system.rollup.freeze(entry.struct)
    assert not system.rollup.frozen()
    receipt = system.rollup.freeze(entry.struct, sender=chain.accounts[9])
    assert chain.timestamp == entry.expiry + 1
    assert receipt.event("Frozen").args == {"queueIndex": 0, "provenBatches": 0, "stateRoot": GENESIS_ROOT}
    assert [event.name for event in receipt.events] == ["Frozen"]
    assert system.rollup.frozen()


def test_nobody_freezes_a_rollup_that_owes_nothing(system, chain, entry, reverts):
    chain.travel(10**9)
    with chain.anchor():
        system.rollup.freeze(entry.struct)
    system.submit(system.batch(entries=(entry,)))
    for wrong in (entry, replace(entry, expiry=0)):
        with reverts("NothingDue", provenQueue=1):
            system.rollup.freeze(wrong.struct)
    assert not system.rollup.frozen()


def test_an_empty_queue_is_never_due(system, chain, reverts):
    chain.travel(10**9)
    nothing = (0, 0, 0, ETH, ETH, 0, 0, 0, 0)
    with reverts("NothingDue", provenQueue=0):
        system.rollup.freeze(nothing)


def test_a_late_proof_removes_the_cause_while_nobody_has_frozen(system, chain, entry, reverts):
    second = system.deposit(307)
    system.travel_beyond(entry)
    system.submit(system.batch(entries=(entry,)))
    with reverts("QueueMismatch", start=1, count=1):
        system.rollup.freeze(entry.struct)
    with reverts("NotOverdue", expiry=second.expiry):
        system.rollup.freeze(second.struct)
    system.freeze(second)
    assert system.rollup.frozen()


@pytest.mark.parametrize("field", [field.name for field in fields(Entry)])
def test_the_cause_must_be_the_queues_own_entry(system, entry, reverts, field):
    other = {"owner": ETH, "token": entry.owner, "op": 1, "expiry": 1}.get(field)
    system.travel_beyond(entry)
    with reverts("QueueMismatch", start=0, count=1):
        system.rollup.freeze(replace(entry, **{field: other or getattr(entry, field) + 1}).struct)
    system.rollup.freeze(entry.struct)


def test_a_later_entry_is_no_cause(system, chain, entry, reverts):
    later = system.deposit(307)
    chain.travel(10**9)
    with reverts("QueueMismatch", start=0, count=1):
        system.rollup.freeze(later.struct)
    system.rollup.freeze(entry.struct)


# Behind unproven commits


def test_committing_garbage_does_not_stop_the_clock(system, entry, reverts):
    garbage = system.batch(entries=(entry,), new_root=6_000_011, exit_root=6_000_077)
    system.commit(garbage)
    system.commit(garbage.following(records=(transfer(1, 2, 3),)))
    assert system.rollup.committedQueue() == system.rollup.queueLength()
    receipt = system.freeze(entry)
    assert receipt.event("BatchesReverted").args == {"first": 1, "last": 2}
    assert position(system.rollup) == {
        "committed": (0, 0, GENESIS_ROOT),
        "proven": (0, 0, GENESIS_ROOT),
        "queue": (1, 1, 0),
    }
    with reverts("BatchNotCommitted", number=1):
        system.rollup.commitmentHash(1)


def test_reverting_and_committing_anew_does_not_stop_the_clock(system, entry):
    for number in range(3):
        system.commit(system.batch(entries=(entry,), new_root=6_000_011 + number))
        system.rollup.revertBatches(sender=system.operator)
    system.commit(system.batch(entries=(entry,)))
    system.freeze(entry)
    assert system.rollup.frozen()


def test_proving_other_batches_does_not_stop_the_clock(system, entry, reverts):
    system.deposit(307)
    batch = system.batch(transfer(1, 2, 3))
    system.submit(batch)
    system.travel_beyond(entry)
    system.submit(batch.following(records=(transfer(2, 1, 5),)))
    assert system.rollup.freeze(entry.struct).event("Frozen").args == {
        "queueIndex": 0,
        "provenBatches": 2,
        "stateRoot": batch.new_root + 1_000,
    }


# Afterwards


@pytest.fixture
def frozen(system):
    """One batch proven, one committed; then the second entry was left too long."""
    first, second = system.deposit(501), system.request(0, 307)
    batch = system.batch(entries=(first,))
    system.settle(batch)
    system.commit(batch.following(entries=(second,)))
    system.freeze(second)
    return system, batch, second


def call(name, system, batch, entry):
    next_batch = batch.following(entries=(entry,))
    operator = system.operator
    return {
        "deposit": lambda: system.deposit(103),
        "deposit of nothing": lambda: system.deposit(0),
        "request": lambda: system.request(0, 103),
        "commit": lambda: system.commit(next_batch),
        "prove": lambda: system.prove(next_batch),
        "submit": lambda: system.submit(next_batch),
        "revert": lambda: system.rollup.revertBatches(sender=operator),
        "freeze": lambda: system.rollup.freeze(entry.struct),
    }[name]


CALLS = ["deposit", "deposit of nothing", "request", "commit", "prove", "submit", "revert", "freeze"]


@pytest.mark.parametrize("name", CALLS)
def test_after_a_freeze_everything_that_moves_on_is_refused(frozen, chain, reverts, name):
    system, batch, entry = frozen
    before, wei = position(system.rollup), (chain.balance(system.rollup), chain.balance(system.lock))
    with reverts("IsFrozen"):
        call(name, system, batch, entry)()
    assert position(system.rollup) == before
    assert (chain.balance(system.rollup), chain.balance(system.lock)) == wei == (FORCED_FEE, 501)


@pytest.mark.parametrize("name", [name for name in CALLS if name != "freeze"])
def test_before_a_freeze_the_same_calls_are_taken(system, name):
    first, second = system.deposit(501), system.request(0, 307)
    batch = system.batch(entries=(first,))
    system.settle(batch)
    if name not in ("commit", "submit"):
        system.commit(batch.following(entries=(second,)))
    call(name, system, batch, second)()


def test_a_token_deposit_after_a_freeze_stays_with_the_depositor(frozen, chain, reverts):
    system, *_ = frozen
    depositor = chain.accounts[2]
    token = ship(chain, "TestToken", "Test", "TST", 6)
    token.mint(depositor.address, 501)
    token.approve(system.lock.address, 501, sender=depositor)
    with reverts("IsFrozen"):
        system.deposit_token(token, 307)
    assert token.balanceOf(depositor.address) == 501


def test_exits_of_proven_batches_stay_claimable_and_those_of_dropped_ones_never_are(frozen, chain, reverts):
    system, batch, _ = frozen
    paid = Exit(chain.accounts[5].address, ETH, 207)
    before = chain.balance(paid.recipient)
    system.claim(paid, batch.exit_root)
    assert chain.balance(paid.recipient) - before == 207
    dropped = Exit(chain.accounts[5].address, ETH, 103, nullifier=7_000_009, batch=2)
    with reverts("BatchNotProven", batch=2):
        system.claim(dropped, batch.exit_root + 1_000)


def test_accounts_are_known_after_a_freeze(frozen, chain):
    system, *_ = frozen
    assert system.rollup.accountIndex(*KEYS[0], chain.accounts[2].address, ETH) == (True, 0)
