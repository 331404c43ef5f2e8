"""Policies: the order of a batch, ours and users' own, over any operations; and that it is what is proved."""

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.devnet.operator.ledgers import (
    DOMAIN,
    amounts,
    deposit,
    entries,
    forced,
    funded,
    transfer,
    withdrawal,
)
from tests.lifecycle.support import shared_devnet

from zkrollup.ledger.transition import RefusedOperation, apply_batch
from zkrollup.operator.policies import FIFO, BadChoice, Canonical, FeePriority, SeededShuffle
from zkrollup.operator.stages import SealedBatch

FEES = 5
BALANCES = (90, 60, 40, 20, 0, 0)
RICH = (10**6,) * 5 + (0,)
POLICIES = (FIFO(), FeePriority(), SeededShuffle(3), Canonical())
over_policies = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)


@pytest.fixture
def rich():
    return funded(*RICH, levels=2).collecting(FEES)


def batches(sequencer, policy):
    """Traces and queue entries of all batches in this order, and the sequencer after them."""
    sequencer, sealed = replace(sequencer, policy=policy), []
    while sequencer.waiting:
        sequencer, trace, queued = sequencer.seal()
        sealed.append((trace, queued))
    return sealed, sequencer


def order(sequencer, policy):
    """The amounts that batches in this order move, padding left out."""
    return [amount for trace, _ in batches(sequencer, policy)[0] for amount in amounts(trace) if amount]


def taken(sequencer, *operations):
    for operation in operations:
        sequencer = sequencer.submitted(operation)
    return sequencer


# Each policy


def test_fifo_keeps_the_order_of_arrival(rich):
    pool = taken(rich, *(transfer(rich, payer, 4 - payer, 11 + payer, fee=payer) for payer in (3, 0, 4, 1)))
    assert order(pool, FIFO()) == [14, 11, 15, 12]


def test_the_highest_fee_comes_first_and_of_equal_ones_the_first_that_came(rich):
    fees = {0: 5, 1: 9, 2: 5, 3: 0, 4: 700}
    pool = taken(rich, *(transfer(rich, payer, 0, 11 + payer, fee=fees[payer]) for payer in (2, 0, 3, 4, 1)))
    assert order(pool, FeePriority()) == [15, 12, 13, 11, 14]


def test_a_high_fee_does_not_overtake_its_senders_own_nonces(rich):
    pool = taken(rich, transfer(rich, 0, 1, 11, fee=1), transfer(rich, 2, 1, 13, fee=5))
    pool = taken(pool, transfer(pool, 0, 1, 17, fee=900))
    assert order(pool, FeePriority()) == [13, 11, 17]


def test_a_shuffle_is_decided_by_its_seed(rich):
    pool = taken(rich, *(transfer(rich, payer, 0, 11 + payer) for payer in range(5)))
    orders = [order(pool, SeededShuffle(seed)) for seed in (1, 2, 1)]
    assert orders[0] == orders[2] != orders[1]
    assert {tuple(sorted(one)) for one in orders} == {(11, 12, 13, 14, 15)}


def test_each_operation_comes_first_under_some_seed(rich):
    pool = taken(rich, *(transfer(rich, payer, 0, 11 + payer) for payer in range(5)))
    ready = tuple(pool.pool)
    assert {SeededShuffle(seed).choose(ready).sender for seed in range(60)} == set(range(5))


def test_the_canonical_order_is_by_account(rich):
    pool = taken(rich, *(transfer(rich, payer, 0, 11 + payer) for payer in (3, 1, 4, 0, 2)))
    assert order(pool, Canonical()) == [11, 12, 13, 14, 15]


@over_policies
def test_the_queue_of_l1_comes_first_in_every_order(rich, policy):
    pool = taken(rich, transfer(rich, 0, 1, 11, fee=9), transfer(rich, 2, 1, 13))
    pool = pool.queued(entries(deposit(4, 17), forced(3, 19), start=6))
    assert order(pool, policy)[:2] == [17, 19]
    assert sorted(order(pool, policy)) == [11, 13, 17, 19]


# Of a user's own


@dataclass(frozen=True)
class LastIn:
    """Last in, first out."""

    def choose(self, ready):
        return ready[-1]


def test_a_policy_of_ones_own_is_followed(rich):
    pool = taken(rich, *(transfer(rich, payer, 0, 11 + payer) for payer in (3, 1, 2)))
    assert order(pool, LastIn()) == [13, 12, 14]


@dataclass(frozen=True)
class Stubborn:
    """Always chooses the same."""

    choice: object

    def choose(self, ready):
        return self.choice


def test_a_policy_that_chooses_what_is_not_ready_is_named(rich):
    pool = taken(rich, transfer(rich, 0, 1, 11), transfer(rich, 2, 1, 13))
    pool = taken(pool, transfer(pool, 0, 1, 17))
    first, _, later = pool.pool
    for choice in (None, later, first.operation, replace(first, arrival=5)):
        stubborn = replace(pool, policy=Stubborn(choice))
        with pytest.raises(BadChoice, match=r"Stubborn.*one of ready.*account 0 nonce 0") as refusal:
            stubborn.seal()
        assert (refusal.value.policy, refusal.value.choice) == (Stubborn(choice), choice)
        assert [pooled.sender for pooled in refusal.value.ready] == [0, 2]
    with pytest.raises(BadChoice) as refusal:
        replace(pool, policy=Stubborn(first)).seal()  # right once, wrong when it is gone
    assert first not in refusal.value.ready


def test_a_policy_is_shown_one_operation_a_sender_that_applies(rich):
    shown = []

    class Watching:
        def choose(self, ready):
            shown.append([(pooled.sender, pooled.nonce) for pooled in ready])
            return ready[0]

    pool = taken(
        rich, transfer(rich, 1, 0, 10**6 + 1, nonce=1), transfer(rich, 1, 0, 0), transfer(rich, 2, 0, 11)
    )
    order(pool, Watching())
    assert shown == [[(1, 0), (2, 0)], [(2, 0)]]
    shown.clear()
    order(taken(pool, transfer(pool, 2, 1, 13)), Watching())
    assert shown == [[(1, 0), (2, 0)], [(2, 0)], [(2, 1)], [(1, 1)]]


# Any operations

accounts = st.integers(0, FEES)
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("transfer"), accounts, accounts, st.integers(0, 60), st.integers(0, 2), st.integers(0, 9)
        ),
        st.tuples(st.just("withdraw"), accounts, st.integers(0, 60), st.integers(0, 2), st.integers(0, 9)),
        st.tuples(st.just("force"), accounts, st.integers(0, 60)),
        st.tuples(st.just("deposit"), accounts, st.integers(0, 60)),
    ),
    min_size=3,
    max_size=9,
)


def after(sequencer, step):
    """The sequencer after a step, as it was if the step is refused."""
    match step:
        case ("force", account, amount):
            return sequencer.queued(entries(forced(account, amount), start=sequencer.queue_seen))
        case ("deposit", account, amount):
            return sequencer.queued(entries(deposit(account, amount), start=sequencer.queue_seen))
        case ("transfer", payer, receiver, amount, ahead, fee):
            nonce = sequencer.pending.account(payer).nonce + ahead
            operation = transfer(sequencer, payer, receiver, amount, nonce=nonce, fee=fee)
        case ("withdraw", payer, amount, ahead, fee):
            nonce = sequencer.pending.account(payer).nonce + ahead
            operation = withdrawal(sequencer, payer, amount, nonce=nonce, fee=fee)
    try:
        return sequencer.submitted(operation)
    except RefusedOperation:
        return sequencer


def assert_consistent(sequencer):
    """The pending state, which is kept step by step, is the one that counting anew gives."""
    assert sequencer.collecting(sequencer.fee_account).pending == sequencer.pending
    assert sequencer.waiting == len(sequencer.queue) + len(sequencer.pool) - len(sequencer.blocked)


def assert_executed(sequencer, sealed):
    """The batches follow each other, and the ledger executes them with every signature checked."""
    state = sequencer.sealed
    waiting = [pooled.operation for pooled in sequencer.pool]
    for number, (trace, queued) in enumerate(sealed, sequencer.batches + 1):
        signatures = [slot.inputs.signature for slot in trace.slots[len(queued) :]]
        signed = [operation for s in signatures for operation in waiting if operation.signature == s]
        checked, _ = apply_batch(
            state,
            [*(entry.operation for entry in queued), *signed],
            number=number,
            slots=sequencer.slots,
            domain=DOMAIN,
            fee_account=FEES,
        )
        assert (trace.before, trace.after) == (state, checked)
        state = checked


@settings(max_examples=8, deadline=None)
@given(steps)
def test_any_operations_make_the_same_state_in_every_order_and_none_is_lost(any_steps):
    sequencer = funded(*BALANCES, levels=2).collecting(FEES)
    for step in any_steps:
        sequencer = after(sequencer, step)
        assert_consistent(sequencer)
    ends = []
    for policy in POLICIES:
        sealed, end = batches(sequencer, policy)
        assert_executed(sequencer, sealed)
        assert_consistent(end)
        count = sum(
            len(queued) + sum(slot.words.op in (2, 3) for slot in trace.slots) for trace, queued in sealed
        )
        assert count + len(end.pool) == len(sequencer.queue) + len(sequencer.pool)
        assert end.pool == replace(sequencer.pool, operations=end.pool.operations)
        ends.append((end.sealed, dict(end.pool.operations)))
    assert all(end == ends[0] for end in ends)


independent = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=2, max_size=8
)  # who pays, and which fee


@settings(max_examples=8, deadline=None)
@given(independent, st.integers(0, 2**32))
def test_orders_of_independent_operations_are_what_their_names_say(payments, seed):
    pool = funded(*RICH, levels=2).collecting(FEES)
    for amount, (payer, fee) in enumerate(payments, 1):
        pool = pool.submitted(transfer(pool, payer, 4 - payer, amount, fee=fee))
    assert order(pool, FIFO()) == list(range(1, len(payments) + 1))
    shuffled = order(pool, SeededShuffle(seed))
    assert shuffled == order(pool, SeededShuffle(seed))
    by_fee, canonical = order(pool, FeePriority()), order(pool, Canonical())
    assert sorted(shuffled) == sorted(by_fee) == sorted(canonical) == order(pool, FIFO())
    assert canonical == sorted(canonical, key=lambda amount: (payments[amount - 1][0], amount))
    for one, other in pairwise(by_fee):
        (payer, fee), (next_payer, next_fee) = payments[one - 1], payments[other - 1]
        assert next_payer == payer or (-fee, one) < (-next_fee, other)
    for payer in range(5):
        own = [amount for amount, (who, _) in enumerate(payments, 1) if who == payer]
        assert [amount for amount in by_fee if amount in own] == own


@settings(max_examples=6, deadline=None)
@given(st.data())
def test_the_canonical_batches_do_not_depend_on_arrival(data):
    start = funded(*RICH, levels=2).collecting(FEES)
    operations = [
        transfer(start, payer, (payer + 1) % 5, 11 + 7 * payer + nonce, nonce=nonce, fee=payer)
        for payer in range(3)
        for nonce in range(2)
    ]
    shuffled = data.draw(st.permutations(operations))
    roots = [
        [trace.after.root for trace, _ in batches(taken(start, *arrivals), Canonical())[0]]
        for arrivals in (operations, shuffled)
    ]
    assert roots[0] == roots[1]


# What is sealed is what is proved


@over_policies
def test_the_order_that_was_sealed_is_proved(policy):
    prover = shared_devnet().rollup.prover
    size = prover.size
    sequencer = funded(*BALANCES, levels=size.levels, slots=size.slots).collecting(FEES)
    sequencer = sequencer.queued(entries(forced(0, 31), start=6))
    for payer, amount, fee in ((2, 11, 3), (0, 13, 7), (1, 17, 3)):
        sequencer = sequencer.submitted(transfer(sequencer, payer, 3, amount, fee=fee))
    sequencer = replace(sequencer, policy=policy)
    start = sequencer.queue_next
    after_it, trace, queued = sequencer.seal()
    batch = SealedBatch.seal(trace, queued, queue_start=start, domain=DOMAIN)
    assert prover.prove_batch(batch).sealed.root_after == after_it.sealed.root
    assert trace.fee_total == after_it.sealed.account(FEES).balance > 0
    orders = {"FIFO": [31, 11, 13], "FeePriority": [31, 13, 11], "Canonical": [31, 13, 17]}
    assert amounts(trace) == orders.get(type(policy).__name__, amounts(trace))
