"""Several threads use one rollup and its operator: the books are right, and nothing is lost or done twice."""

import asyncio
import sys
import threading
from contextlib import closing, contextmanager, suppress

import pytest
from tests.devnet.threads.support import PATIENCE, hangs_together, repeated, together
from tests.lifecycle.support import assert_solvent, cast

from zkrollup.devnet import ETH, Devnet
from zkrollup.evm import Chain
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.following import BrokenL1
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.misconduct import OperatorStopped
from zkrollup.operator.operator import Operator, SeparateLocks, StaleBatch
from zkrollup.operator.sequencer import NothingToSeal
from zkrollup.operator.store import OperatorStore
from zkrollup.snark.modes import ProofMode

TIMES = 6


@pytest.fixture(autouse=True)
def impatient_threads():
    """Threads change places often, as they do on a busy machine."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def mocked():
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture(params=["in memory", "with a store"])
def actors(mocked, request, tmp_path):
    with mocked.anchor():
        actors = cast(mocked)
        if request.param == "in memory":
            yield actors
        else:
            with stored(actors, tmp_path / "operator.sqlite"):
                yield actors


@contextmanager
def stored(actors, file):
    """The devnet with an operator that keeps its state in a file, which must hold all of it at the end."""
    first = actors.operator
    with closing(OperatorStore(file)) as store:
        operator = Operator(first.bridge, first.mirror, first.prover, store=store)
        actors.rollup.target.operator = operator
        try:
            yield
        finally:
            actors.rollup.target.operator = first
    with closing(OperatorStore(file)) as store:
        fresh = Operator(first.bridge, first.mirror, first.prover).state
        kept = store.load(fresh)
        assert [batch.instance for batch in kept.batches] == [
            batch.instance for batch in operator.state.batches
        ]


def balances(actors):
    return [actors.rollup.balance(ETH, user) for user in (actors.alice, actors.bob, actors.carol)]


def settled_is_what_was_done(actors, expected):
    """Layer 2 holds this, L1 has proven it, the Mints show it, and Lock covers it."""
    rollup = actors.rollup
    while actors.operator.sync() or rollup.sequencer.waiting or actors.operator.state.sealed:
        rollup.settle()
    assert balances(actors) == expected
    assert rollup.proven_root == rollup.committed_root == rollup.state_root
    shown = [rollup.mint(ETH).balanceOf(user) for user in (actors.alice, actors.bob, actors.carol)]
    assert shown == expected
    assert_solvent(rollup, ETH)
    assert hangs_together(actors.l1)
    assert hangs_together(rollup.l2)


def settle_until(rollup, done):
    """Settle again and again, also while nothing waits."""
    batches = []
    while not done.is_set():
        try:
            batches.append(rollup.settle())
        except NothingToSeal:
            done.wait(0.001)
    return batches


def test_deposits_of_several_threads_are_each_credited_once(actors):
    rollup = actors.rollup

    def deposit(user, wei):
        return repeated(TIMES, lambda _: rollup.deposit(ETH, wei, sender=user))

    together(deposit(actors.alice, 101), deposit(actors.bob, 103), deposit(actors.carol, 107))
    settled_is_what_was_done(actors, [TIMES * 101, TIMES * 103, TIMES * 107])


def test_transfers_of_one_account_by_several_threads_get_nonces_of_their_own(actors):
    rollup = actors.rollup
    for user, wei in ((actors.alice, 10_007), (actors.bob, 3), (actors.carol, 5)):
        rollup.deposit(ETH, wei, sender=user)

    def pay(payee, wei):
        return repeated(TIMES, lambda _: rollup.transfer(ETH, wei, sender=actors.alice, to=payee))

    paid = together(pay(actors.bob, 11), pay(actors.carol, 13))
    nonces = sorted(each.nonce for thread in paid for each in thread)
    assert nonces == list(range(2 * TIMES))
    settled_is_what_was_done(actors, [10_007 - TIMES * 24, 3 + TIMES * 11, 5 + TIMES * 13])


def test_settling_in_one_thread_while_others_deposit_and_transfer(actors):
    rollup, done = actors.rollup, threading.Event()
    for user, wei in ((actors.alice, 10_007), (actors.bob, 3), (actors.carol, 5)):
        rollup.deposit(ETH, wei, sender=user)

    def work():
        try:
            return together(
                repeated(TIMES, lambda _: rollup.deposit(ETH, 17, sender=actors.carol)),
                repeated(TIMES, lambda _: rollup.transfer(ETH, 19, sender=actors.alice, to=actors.bob)),
            )
        finally:
            done.set()

    together(work, lambda: settle_until(rollup, done), lambda: settle_until(rollup, done))
    settled_is_what_was_done(actors, [10_007 - TIMES * 19, 3 + TIMES * 19, 5 + TIMES * 17])


def test_asyncio_may_use_a_rollup_from_its_threads(actors):
    rollup = actors.rollup

    def settle():
        with suppress(NothingToSeal):
            rollup.settle()

    async def use():
        work = [
            asyncio.to_thread(rollup.deposit, ETH, 100 + i, sender=user)
            for i, user in enumerate((actors.alice, actors.bob, actors.carol))
        ]
        await asyncio.gather(*work, *(asyncio.to_thread(settle) for _ in range(3)))

    asyncio.run(use())
    settled_is_what_was_done(actors, [100, 101, 102])


def test_exits_of_several_threads_are_each_paid_once(actors):
    rollup, l1 = actors.rollup, actors.l1
    rollup.deposit(ETH, 10_007, sender=actors.alice)
    payees = ["0x" + f"{i:02x}" * 20 for i in (0xA1, 0xA2, 0xA3)]

    def leave(payee):
        def one(i):
            burned = rollup.withdraw(ETH, 29 + i, sender=actors.alice, recipient=payee)
            with suppress(NothingToSeal):  # another thread has settled it
                rollup.settle()
            return burned

        return repeated(4, one)

    exits = [each for thread in together(*map(leave, payees)) for each in thread]
    together(*(lambda some=exits[i::3]: [each.claim(sender=actors.bob) for each in some] for i in range(3)))
    assert all(each.is_claimed for each in exits)
    assert [l1.balance(payee) for payee in payees] == [29 + 30 + 31 + 32] * 3
    assert_solvent(rollup, ETH)


def test_a_reorganisation_in_another_thread_loses_no_deposit(actors):
    rollup = actors.rollup
    actors.l1.mine(3)

    def reorganise(_):
        return actors.l1.reorg(2)

    together(
        repeated(TIMES, lambda _: rollup.deposit(ETH, 31, sender=actors.alice)),
        repeated(TIMES, lambda _: rollup.deposit(ETH, 37, sender=actors.bob)),
        repeated(TIMES, reorganise),
    )
    rollup.deposit(ETH, 41, sender=actors.carol)
    settled_is_what_was_done(actors, [TIMES * 31, TIMES * 37, 41])


def test_a_policy_gathers_until_the_last_thread_that_gathers_has_left(actors):
    rollup, operator = actors.rollup, actors.rollup.operator
    outer, inner = operator.gathering(), operator.gathering()
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    for _ in range(operator.prover.size.slots):
        rollup.deposit(ETH, 43, sender=actors.alice)
    assert operator.state.sealed == ()
    inner.__exit__(None, None, None)
    assert len(operator.state.sealed) == 1


def test_an_operator_is_stopped_until_the_last_thread_that_stops_it_has_left(actors):
    operator = actors.rollup.operator
    outer, inner = operator.stopped(), operator.stopped()
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    actors.rollup.deposit(ETH, 47, sender=actors.alice)
    blocks = actors.l1.block_number
    assert operator.sync() == 0
    for step in (actors.rollup.settle, lambda: operator.collect_fees(ETH)):
        with pytest.raises(OperatorStopped):
            step()
    assert actors.l1.block_number == blocks
    inner.__exit__(None, None, None)
    assert operator.sync() == 1


def proving_slowly(operator, monkeypatch):
    """Holds up every batch's proof: events that it has begun, and that it may go on."""
    entered, release = threading.Event(), threading.Event()
    make = type(operator.prover).make_batch

    def slow(self, batch, **options):
        entered.set()
        release.wait(PATIENCE)
        return make(self, batch, **options)

    monkeypatch.setattr(type(operator.prover), "make_batch", slow)
    return entered, release


def test_others_go_on_while_a_proof_is_made(actors, monkeypatch):
    rollup, operator = actors.rollup, actors.rollup.operator
    rollup.deposit(ETH, 53, sender=actors.alice)
    entered, release = proving_slowly(operator, monkeypatch)

    def meanwhile():
        entered.wait(PATIENCE)
        rollup.deposit(ETH, 59, sender=actors.bob)
        release.set()
        return rollup.balance(ETH, actors.bob)

    batch, balance = together(rollup.settle, meanwhile)
    assert (batch.number, balance) == (1, 59)


def test_a_batch_that_another_thread_rolls_back_is_stale(mocked, monkeypatch):
    with mocked.anchor():
        actors = cast(mocked)
        rollup, operator = actors.rollup, actors.operator
        before = mocked.snapshot()
        rollup.deposit(ETH, 61, sender=actors.alice)
        entered, release = proving_slowly(operator, monkeypatch)

        def take_back():
            entered.wait(PATIENCE)
            mocked.revert(before)
            release.set()

        with pytest.raises(StaleBatch):
            together(rollup.settle, take_back)
        assert operator.state.batches == ()


def test_a_rolled_back_batch_is_stale_though_an_older_one_is_settled(mocked, monkeypatch):
    with mocked.anchor():
        actors = cast(mocked)
        rollup, operator = actors.rollup, actors.operator
        rollup.deposit(ETH, 73, sender=actors.alice)
        older = rollup.settle()
        before = mocked.snapshot()
        rollup.deposit(ETH, 79, sender=actors.alice)
        entered, release = proving_slowly(operator, monkeypatch)

        def take_back():
            entered.wait(PATIENCE)
            mocked.revert(before)
            release.set()

        with pytest.raises(StaleBatch, match="batch 2"):
            together(rollup.settle, take_back)
        assert [batch.number for batch in operator.state.settled] == [older.number]


# L1 that never stays the same


def test_an_l1_whose_blocks_never_match_is_named_and_changes_nothing(actors, monkeypatch):
    rollup, operator = actors.rollup, actors.rollup.operator
    for _ in range(operator.prover.size.slots - 1):
        rollup.deposit(ETH, 67, sender=actors.alice)
    before = operator.state
    with monkeypatch.context() as broken:
        broken.setattr(Bridge, "block_hash", lambda self, number: b"\xee" * 32)
        for step in (operator.sync, operator.seal, operator.settle):
            with pytest.raises(BrokenL1, match="ee" * 32):
                step()
    assert operator.state is before
    assert operator.settle().number == 1


def test_an_l1_that_is_always_another_one_is_recovered_from_once_a_call(actors, monkeypatch):
    """Each look at the cursor's block differs from the last; a full batch waits, so that recovery seals."""
    rollup, operator = actors.rollup, actors.rollup.operator
    with operator.gathering():
        for _ in range(operator.prover.size.slots):
            rollup.deposit(ETH, 71, sender=actors.alice)
        recoveries = []
        honest = type(operator)._recover

        def counted(self):
            recoveries.append(len(self.state.sealed))
            assert len(recoveries) < 5, "it recovers without end"
            honest(self)

        monkeypatch.setattr(type(operator), "_recover", counted)
        with monkeypatch.context() as broken:
            honest_hash, looks = Bridge.block_hash, iter(range(1000))
            broken.setattr(
                Bridge,
                "block_hash",
                lambda self, number: honest_hash(self, number) if next(looks) % 2 else b"\xee" * 32,
            )
            open_ones, operator._gatherings = operator._gatherings, frozenset()
            operator.sync()
            operator._gatherings = open_ones
    assert recoveries == [0]
    assert len(operator.state.sealed) == 1


def test_a_layer_2_with_a_lock_of_its_own_is_refused_by_name(mocked):
    first = mocked.target.operator
    l2 = Chain(31_343)
    mirror = Mirror(l2, first.bridge.operator, first.mirror._describe)
    with pytest.raises(SeparateLocks, match=r"make layer 2 as Chain\(31343, lock=l1.exclusive\)"):
        Operator(first.bridge, mirror, first.prover)
    assert l2.block_number == 0
