"""What users ask for on L1: forced withdrawals, their fee, and deadlines that flooding cannot bring near."""

from dataclasses import replace

import pytest
from tests.contracts.support import ETH, FORCED_FEE, INTERVAL, KEYS, PERIOD, deploy

from zkrollup.evm import Chain


def test_a_request_is_queued_as_its_senders(system, chain):
    requester = chain.accounts[4]
    receipt = system.rollup.requestForcedWithdrawal(7, 501, sender=requester, value=FORCED_FEE)
    assert receipt.event("ForcedWithdrawalQueued").args == {
        "index": 0,
        "account": 7,
        "owner": requester.address,
        "amount": 501,
        "expiry": chain.timestamp + PERIOD,
        "forcedCount": 1,
    }
    assert chain.balance(system.rollup) == FORCED_FEE
    assert system.lock.locked(ETH) == chain.balance(system.lock) == 0


@pytest.mark.parametrize("sent", [0, FORCED_FEE - 1, FORCED_FEE + 1])
def test_another_fee_than_the_rollups_is_refused(system, chain, reverts, sent):
    with reverts("WrongForcedFee", fee=FORCED_FEE, sent=sent):
        system.request(7, 501, fee=sent)
    assert (system.rollup.queueLength(), system.rollup.forcedCount()) == (0, 0)
    assert chain.balance(system.rollup) == 0


def test_where_requests_are_free_nothing_may_be_sent(reverts):
    system = deploy(Chain(), forced_fee=0)
    with reverts("WrongForcedFee", fee=0, sent=1):
        system.request(7, 501, fee=1)
    assert system.request(7, 501, fee=0).forced_count == 1


@pytest.mark.parametrize("account", [256, 2**32 - 1])
def test_an_account_that_the_tree_has_no_place_for_is_refused(system, reverts, account):
    # Its path could not be shown: such an entry would be unprovable, and halt the rollup.
    with reverts("NoSuchAccount", account=account, capacity=256):
        system.request(account, 501)
    assert system.request(255, 501).account == 255


@pytest.mark.parametrize("amount", [0, 1, 2**128 - 1])
def test_any_amount_may_be_asked_for_from_any_place_of_the_tree(system, amount):
    # Whether it applies is for the circuit to say, of the state at its turn.
    entry = system.request(3, amount)
    assert (entry.account, entry.amount, entry.op) == (3, amount, 4)


def test_plain_ether_is_refused_by_rollup(system, chain, reverts):
    with reverts(""):
        chain.transact(to=system.rollup.address, value=501)
    assert chain.balance(system.rollup) == 0


def test_entries_count_the_requests_up_to_them(system):
    entries = [system.deposit(501), system.request(0, 3), system.deposit(307), system.request(0, 5)]
    assert [entry.forced_count for entry in entries] == [0, 1, 1, 2]
    assert system.rollup.forcedCount() == 2


# Deadlines


def test_deadlines_are_a_period_ahead_and_an_interval_apart(system, chain):
    arrivals = (1, 1, 7, 1, 2 * INTERVAL, 1, 5 * INTERVAL + 1, 1)
    expected, previous = [], 0
    entries = []
    for i, seconds in enumerate(arrivals):
        chain.engine.set_next_block_timestamp(chain.timestamp + seconds)
        entries.append(system.request(i, 501 + i) if i % 2 else system.deposit(307 + i))
        previous = max(chain.timestamp + PERIOD, previous + INTERVAL)
        expected.append(previous)
    assert [entry.expiry for entry in entries] == expected
    assert system.rollup.lastExpiry() == expected[-1]
    late = [entry for entry, previous in zip(entries[1:], entries, strict=False)
            if entry.expiry > previous.expiry + INTERVAL]  # fmt: skip
    assert 0 < len(late) < len(entries) - 1  # both terms decide somewhere


def test_an_operator_that_serves_one_entry_an_interval_is_never_frozen(system, chain, reverts):
    """Many entries at once; the operator wakes at the first deadline, and then proves one an interval."""
    entries = [system.deposit(0) if i % 2 else system.request(i, 501 + i) for i in range(8)]
    batch = system.batch(entries=entries[:1])
    for i, entry in enumerate(entries):
        turn = entries[0].expiry + i * INTERVAL
        chain.engine.set_next_block_timestamp(turn - 1)
        with reverts("NotOverdue", expiry=entry.expiry, timestamp=turn - 1):
            system.rollup.freeze(entry.struct)
        chain.engine.set_next_block_timestamp(turn)
        system.submit(batch)
        batch = batch.following(entries=tuple(entries[i + 1 : i + 2]))
    with reverts("NothingDue", provenQueue=8):
        system.rollup.freeze(entries[-1].struct)


def test_a_flood_before_a_request_delays_it_by_an_interval_an_entry_and_no_more(system):
    for i in range(5):
        system.deposit(0, key=KEYS[i])
    first = system.rollup.lastExpiry() - 4 * INTERVAL
    assert system.request(0, 501).expiry == first + 5 * INTERVAL


def test_later_entries_do_not_move_an_earlier_deadline(system, reverts):
    asked = system.request(0, 501)
    for i in range(5):
        system.deposit(0, key=KEYS[i])
    with reverts("QueueMismatch", start=0, count=1):
        system.freeze(replace(asked, expiry=asked.expiry - 1))
    system.freeze(asked)
    assert system.rollup.frozen()
