"""What may wait: gaps, replacements, limits, and what happens to operations that do not apply any more."""

from bisect import bisect_right
from dataclasses import replace

import pytest
from tests.devnet.operator.ledgers import (
    DOMAIN,
    KEYS,
    amounts,
    deposit,
    entries,
    forced,
    funded,
    refee,
    transfer,
    withdrawal,
)

from zkrollup.circuits.encoding import FEE_BITS, decode_fee, encode_fee
from zkrollup.crypto.eddsa import InvalidSignature
from zkrollup.ledger.operations import Transfer
from zkrollup.ledger.transition import RefusedOperation
from zkrollup.operator.mempool import PoolLimits, least_fee_above
from zkrollup.operator.sequencer import NothingToSeal

FEES = 3
"""The operator's account in ``users``."""


@pytest.fixture
def users():
    """Accounts 0 to 2 hold 1009, 503 and 307 wei; account 3 takes fees."""
    return funded(1009, 503, 307, 0).collecting(FEES)


def refused(sequencer, operation, rule, *words):
    with pytest.raises(RefusedOperation) as refusal:
        sequencer.submitted(operation)
    assert refusal.value.rule == rule
    for word in words:
        assert str(word) in str(refusal.value)


def sealed(sequencer):
    """What is sealed until nothing can be, and the sequencer then."""
    moved = []
    while sequencer.waiting:
        sequencer, trace, _ = sequencer.seal()
        moved += [amount for amount in amounts(trace) if amount]
    return moved, sequencer


# Gaps


def test_a_nonce_ahead_waits_for_those_between(users):
    late = users.submitted(transfer(users, 0, 1, 13, nonce=2)).submitted(transfer(users, 0, 1, 11, nonce=1))
    assert (late.waiting, len(late.pool)) == (0, 2)
    assert late.pending == users.pending
    assert [(held.pooled.nonce, held.rule) for held in late.blocked] == [(2, "nonce"), (1, "nonce")]
    with pytest.raises(NothingToSeal, match="2 cannot be sealed yet") as refusal:
        late.seal()
    assert refusal.value.blocked == 2
    complete = late.submitted(transfer(late, 0, 1, 7))
    assert (complete.waiting, complete.blocked) == (3, ())
    assert complete.pending.account(1).balance == 503 + 7 + 11 + 13
    assert sealed(complete)[0] == [7, 11, 13]


def test_a_gap_holds_up_nobody_else(users):
    late = users.submitted(transfer(users, 0, 1, 13, nonce=1)).submitted(transfer(users, 1, 0, 17))
    assert sealed(late)[0] == [17]
    assert len(sealed(late)[1].pool) == 1


def test_an_operation_ahead_keeps_every_rule_that_cannot_wait(users):
    for operation, rule in (
        (Transfer(0, 1, -1, 5), "amount"),
        (Transfer(7, 1, 11, 5), "sender"),
        (Transfer(0, 7, 11, 5), "receiver"),
        (Transfer(0, 1, 11, 5, fee=2049), "fee"),
        (Transfer(0, 1, 11, 2**32), "nonce_gap"),
    ):
        refused(users, operation, rule)
    with pytest.raises(InvalidSignature):
        users.submitted(transfer(users, 0, 1, 11, nonce=5, key=KEYS[1]))
    assert users.submitted(transfer(users, 0, 1, 11, nonce=5)).pool


def test_an_operation_ahead_may_need_money_that_comes_later(users):
    late = users.submitted(transfer(users, 1, 2, 600, nonce=1))
    late = late.submitted(transfer(late, 0, 1, 700))
    late = late.submitted(transfer(late, 1, 2, 500))
    assert late.pending.account(2).balance == 307 + 600 + 500
    assert sealed(late)[0] == [700, 500, 600]


def test_money_that_arrives_frees_what_waited_for_it(users):
    late = users.submitted(transfer(users, 1, 2, 600, nonce=1))
    late = late.submitted(transfer(late, 1, 2, 1))
    assert [held.rule for held in late.blocked] == ["balance"]
    assert late.submitted(transfer(late, 0, 1, 98)).blocked == ()
    assert [held.rule for held in late.submitted(transfer(late, 0, 1, 97)).blocked] == ["balance"]
    assert late.queued(entries(deposit(1, 98), start=4)).blocked == ()


# Replacements


@pytest.mark.parametrize(("fee", "least"), [(0, 1), (1, 2), (9, 10), (10, 11), (20, 22), (2041, 2250)])
def test_a_replacement_pays_a_tenth_more_and_at_least_a_step(users, fee, least):
    users = users.queued(entries(deposit(0, 9001), start=4)).seal()[0]
    operation = transfer(users, 0, 1, 11, fee=fee)
    taken = users.submitted(operation)
    below = decode_fee(encode_fee(least) - 1)
    refused(
        taken,
        refee(taken, operation, below) if below != fee else replace(operation, amount=13),
        "replacement",
        fee,
        least,
    )
    replaced = taken.submitted(refee(taken, operation, least))
    assert [pooled.fee for pooled in replaced.pool] == [least]
    assert replaced.pending.account(0).balance == 1009 + 9001 - 11 - least


def test_the_least_fee_of_a_replacement_is_the_next_that_has_an_exact_form():
    exact = sorted({decode_fee(code) for code in range(1 << FEE_BITS)})
    for fee in (*exact[:2500], *exact[2500:-300:41]):
        wanted = next(one for one in exact[bisect_right(exact, fee) :] if 100 * one >= 110 * fee)
        assert least_fee_above(fee, percent=10) == wanted


def test_a_replacement_takes_the_place_of_what_was_there(users):
    taken = users.submitted(transfer(users, 0, 1, 11, fee=10)).submitted(transfer(users, 1, 2, 17))
    replaced = taken.submitted(withdrawal(taken, 0, 19, nonce=0, fee=11))
    assert replaced.pending.account(0).balance == 1009 - 19 - 11
    assert replaced.pending.account(1).balance == 503 - 17
    assert sealed(replaced)[0] == [17, 19]  # it arrived last
    refused(sealed(replaced)[1], transfer(taken, 0, 1, 23, nonce=0, fee=100), "nonce")


def test_a_replacement_that_does_not_apply_leaves_what_was_there(users):
    taken = users.submitted(transfer(users, 0, 1, 11, fee=10))
    refused(taken, transfer(taken, 0, 1, 1009, nonce=0, fee=20), "balance", 1009)
    with pytest.raises(InvalidSignature):
        taken.submitted(transfer(taken, 0, 1, 13, nonce=0, fee=20, key=KEYS[1]))
    assert sealed(taken)[0] == [11]


def test_what_was_built_on_a_replaced_operation_waits(users):
    taken = users.submitted(transfer(users, 0, 1, 1000))
    taken = taken.submitted(transfer(taken, 1, 2, 1500))
    replaced = taken.submitted(transfer(taken, 0, 2, 900, nonce=0, fee=5))
    assert [(held.pooled.sender, held.rule) for held in replaced.blocked] == [(1, "balance")]
    assert replaced.pending.account(2).balance == 307 + 900
    assert sealed(replaced.queued(entries(deposit(1, 997), start=4)))[0] == [
        997,
        1500,
        900,
    ]  # in order of arrival


def test_an_operation_ahead_is_replaced_for_a_higher_fee_too(users):
    late = users.submitted(transfer(users, 0, 1, 13, nonce=1, fee=10))
    refused(late, transfer(users, 0, 1, 17, nonce=1, fee=10), "replacement", 11)
    assert [pooled.fee for pooled in late.submitted(transfer(users, 0, 1, 17, nonce=1, fee=11)).pool] == [11]


def test_an_operation_without_money_is_replaced_by_any_that_applies(users):
    taken = users.submitted(transfer(users, 0, 1, 1000, fee=5))
    poor = taken.queued(entries(forced(0, 900), start=4))
    assert [held.rule for held in poor.blocked] == ["balance"]
    refused(poor, transfer(poor, 0, 1, 110), "balance")
    replaced = poor.submitted(transfer(poor, 0, 1, 109))
    assert replaced.blocked == ()
    assert sealed(replaced)[0] == [900, 109]


# Limits


def test_a_full_pool_takes_no_more_but_replaces(users):
    limited = replace(users, pool=replace(users.pool, limits=PoolLimits(operations=2)))
    full = limited.submitted(transfer(users, 0, 1, 11)).submitted(transfer(users, 1, 0, 13))
    refused(full, transfer(users, 2, 0, 17), "pool_full", 2)
    assert full.submitted(transfer(full, 0, 1, 11, nonce=0, fee=1)).pool
    assert full.seal()[0].submitted(transfer(users, 2, 0, 17)).pool


def test_one_account_does_not_fill_the_pool(users):
    limited = replace(users, pool=replace(users.pool, limits=PoolLimits(per_sender=2)))
    full = limited.submitted(transfer(users, 0, 1, 11)).submitted(transfer(users, 0, 1, 13, nonce=4))
    refused(full, transfer(full, 0, 1, 17), "sender_limit", 2)
    assert full.submitted(transfer(full, 1, 0, 17)).pool
    assert full.seal()[0].submitted(transfer(full, 0, 1, 17)).pool


def test_few_operations_of_an_account_wait_ahead_of_their_turn(users):
    limited = replace(users, pool=replace(users.pool, limits=PoolLimits(ahead=2)))
    full = limited.submitted(transfer(users, 0, 1, 11, nonce=1)).submitted(transfer(users, 0, 1, 13, nonce=5))
    refused(full, transfer(full, 0, 1, 17, nonce=3), "sender_limit", 2, "nonce 0")
    assert full.submitted(transfer(full, 1, 0, 19, nonce=3)).pool
    due = full.submitted(transfer(full, 0, 1, 23))  # frees the one with nonce 1
    assert due.submitted(transfer(full, 0, 1, 17, nonce=3)).pool


def flooded(users, *, operations, money=0):
    """A pool that account 2 has filled with operations that can never be sealed, since it never sends one."""
    limits = PoolLimits(operations=operations, ahead=operations)
    full = replace(users, pool=replace(users.pool, limits=limits))
    for nonce in range(1, operations + 1):
        full = full.submitted(transfer(full, 2, 0, money + nonce, nonce=nonce))
    return full


def test_a_pool_full_of_operations_ahead_takes_one_whose_turn_it_is(users):
    full = flooded(users, operations=4)
    refused(full, transfer(full, 1, 0, 29, nonce=1), "pool_full", 4)
    taken = full.submitted(transfer(full, 1, 0, 31))
    assert sealed(taken)[0] == [31]
    assert [pooled.nonce for pooled in taken.pool if pooled.sender == 2] == [1, 2, 3]
    (gone,) = taken.evicted
    assert (gone.rule, gone.pooled.sender, gone.pooled.nonce) == ("pool_full", 2, 4)
    assert "4 operations waited" in gone.why


def test_nobodys_own_operations_make_room_for_their_next_one(users):
    full = flooded(users, operations=4)
    refused(full, transfer(full, 2, 0, 29), "pool_full", 4)
    assert [pooled.nonce for pooled in full.pool] == [1, 2, 3, 4]


def test_who_blocks_most_makes_room_first(users):
    full = flooded(users, operations=4)
    full = replace(full, pool=replace(full.pool, limits=PoolLimits(operations=5)))
    full = full.submitted(transfer(full, 0, 1, 37, nonce=9))
    taken = full.submitted(transfer(full, 1, 0, 31))
    assert [(gone.pooled.sender, gone.pooled.nonce) for gone in taken.evicted] == [(2, 4)]


def test_operations_without_money_make_room_too(users):
    """They were due and are not any more: their sender took away the money by replacing the first."""
    limited = replace(users, pool=replace(users.pool, limits=PoolLimits(operations=3)))
    full = limited.submitted(transfer(users, 0, 1, 1))
    full = full.submitted(transfer(full, 0, 1, 2)).submitted(transfer(full, 0, 1, 3, nonce=2))
    poor = full.submitted(withdrawal(full, 0, 1008, nonce=0, fee=1))
    assert [held.rule for held in poor.blocked] == ["balance", "nonce"]
    taken = poor.submitted(transfer(poor, 1, 0, 31))
    assert [gone.pooled.nonce for gone in taken.evicted] == [2]
    assert sorted(sealed(taken)[0]) == [2, 31, 1008]  # what account 0 is paid lets its next one apply


def test_a_refused_operation_drops_nothing_from_a_full_pool(users):
    full = flooded(users, operations=4)
    refused(full, transfer(full, 1, 0, 504), "balance")
    with pytest.raises(InvalidSignature):
        full.submitted(transfer(full, 1, 0, 31, key=KEYS[0]))
    assert (len(full.pool), full.evicted) == (4, ())


def test_a_full_pool_never_drops_what_can_be_sealed(users):
    limited = replace(users, pool=replace(users.pool, limits=PoolLimits(operations=2)))
    full = limited.submitted(transfer(users, 0, 1, 11)).submitted(transfer(users, 1, 0, 13))
    refused(full, transfer(full, 2, 0, 17), "pool_full", 2)
    assert full.blocked == ()


def test_a_nonce_is_not_too_far_ahead(users):
    limited = replace(users, pool=replace(users.pool, limits=PoolLimits(nonce_gap=5)))
    refused(limited, transfer(users, 0, 1, 11, nonce=6), "nonce_gap", 5, 6)
    ahead = limited.submitted(transfer(users, 0, 1, 11, nonce=5))
    next_one = ahead.submitted(transfer(users, 0, 1, 13))
    assert next_one.submitted(transfer(users, 0, 1, 11, nonce=6)).pool


# Fees


def test_a_fee_is_taken_by_who_collects_it(users):
    nobody = replace(users, fee_account=None)
    refused(nobody, transfer(users, 0, 1, 11, fee=2), "fee")
    taken, trace, _ = users.submitted(transfer(users, 0, 1, 11, fee=2)).seal()
    assert (trace.fee_total, taken.sealed.account(FEES).balance) == (2, 2)
    assert taken.pending == taken.sealed


def test_less_than_the_minimum_is_refused(users):
    dear = users.collecting(FEES, minimum=7)
    refused(dear, transfer(users, 0, 1, 11, fee=6), "underpriced", 6, 7)
    refused(dear, withdrawal(users, 0, 11), "underpriced")
    assert dear.submitted(transfer(users, 0, 1, 11, fee=7)).pool


def test_the_operator_spends_fees_once_their_batch_is_sealed(users):
    taken = users.submitted(transfer(users, 0, 1, 11, fee=50))
    refused(taken, withdrawal(taken, FEES, 50), "balance")
    later = taken.submitted(withdrawal(taken, FEES, 50, nonce=1)).seal()[0]
    assert later.pending.account(FEES).balance == 50
    # With its nonce free, what waited for fees follows.
    freed = later.submitted(transfer(later, FEES, 0, 0))
    assert (freed.blocked, freed.pending.account(FEES).balance) == ((), 0)


def test_what_waits_for_fees_is_freed_by_the_batch_that_pays_them(users):
    waiting = users.submitted(transfer(users, 0, 1, 11, fee=50))
    waiting = waiting.submitted(withdrawal(waiting, FEES, 50, nonce=1)).submitted(transfer(users, FEES, 0, 0))
    assert [held.rule for held in waiting.blocked] == ["balance"]
    freed = waiting.seal()[0]
    assert (freed.blocked, freed.waiting, freed.pending.account(FEES).balance) == ((), 1, 0)


# What no longer applies


def test_a_forced_withdrawal_leaves_a_payment_waiting_until_there_is_money(users):
    taken = users.submitted(transfer(users, 0, 1, 1000))
    poor = taken.queued(entries(forced(0, 10), start=4))
    assert poor.pending.account(0).balance == 999
    assert sealed(poor)[0] == [10]
    again = sealed(poor)[1]
    assert (len(again.pool), again.blocked[0].rule, again.evicted) == (1, "balance", ())
    assert str(999) in again.blocked[0].why
    assert sealed(again.queued(entries(deposit(0, 1), start=5)))[0] == [1, 1000]


def test_payments_with_a_fee_in_another_token_wait_for_its_collector(users):
    taken = users.submitted(transfer(users, 0, 1, 11, fee=3))
    stopped = taken.collecting(None)
    assert [held.rule for held in stopped.blocked] == ["fee"]
    assert stopped.collecting(FEES).blocked == ()


def rebased(sequencer, state, **options):
    past = {"queue": (), "queue_next": 4, "batches": 2}
    return sequencer.rebased(state, **past | options)


def test_another_past_keeps_what_its_signer_still_means(users):
    users = replace(users, pool=replace(users.pool, limits=PoolLimits(operations=2)))
    taken = users.submitted(transfer(users, 0, 1, 11)).submitted(transfer(users, 1, 0, 13))
    moved = rebased(taken, users.sealed)
    assert (moved.evicted, moved.pending) == ((), taken.pending)
    refused(moved, transfer(moved, 2, 0, 17), "pool_full")
    assert sealed(moved)[0] == [11, 13]


def test_operations_of_batches_that_vanished_come_before_what_waits(users):
    first, second = transfer(users, 0, 1, 11), transfer(users, 0, 1, 13, nonce=1)
    later = users.submitted(first).submitted(second).seal()[0].submitted(transfer(users, 1, 0, 17))
    back = rebased(later, users.sealed, returned=[first, second])
    assert sealed(back)[0] == [11, 13, 17]


def test_a_payment_is_evicted_where_its_receiver_is_another_one_now(users):
    taken = users.submitted(transfer(users, 0, 1, 11)).submitted(transfer(users, 2, 0, 17))
    other = users.sealed.replaced(1, replace(users.sealed.account(1), owner=0xBAD))
    moved = rebased(taken, other)
    (gone,) = moved.evicted
    assert (gone.rule, gone.pooled.operation.amount) == ("signature", 11)
    assert "reorganised" in gone.why
    assert sealed(moved)[0] == [17]


def test_a_payment_is_evicted_where_its_nonce_was_used_by_another(users):
    taken = users.submitted(transfer(users, 0, 1, 11))
    other = users.sealed.replaced(0, replace(users.sealed.account(0), nonce=1))
    moved = rebased(taken, other)
    assert [(gone.rule, gone.pooled.sender) for gone in moved.evicted] == [("nonce", 0)]
    assert rebased(moved, other).evicted == moved.evicted


def test_signatures_are_checked_once(users, monkeypatch):
    taken = users.submitted(transfer(users, 0, 1, 11)).submitted(transfer(users, 1, 0, 13))
    checked = []
    monkeypatch.setattr("zkrollup.ledger.transition.check", lambda *args: checked.append(args))
    taken = taken.queued(entries(forced(1, 1), start=4)).collecting(FEES, minimum=1)
    assert sealed(taken)[0] == [1, 11, 13]
    assert checked == []
    taken.submitted(transfer(taken, 2, 0, 17, fee=1))
    assert len(checked) == 1


def test_the_domain_is_the_rollups(users):
    with pytest.raises(InvalidSignature):
        users.submitted(transfer(users, 0, 1, 11, nonce=1, domain=DOMAIN + 1))
