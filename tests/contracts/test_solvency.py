"""Nothing is paid twice and everybody gets out: all interleavings, over the real contracts and verifiers.

The books say what is true; the machine proves only that, and compares what L1 answers, holds and pays.
"""

import os
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from tests.contracts.running import Running
from tests.contracts.support import ETH, FORCED_FEE, INTERVAL, PERIOD, Escape, Exit

pytestmark = pytest.mark.node

FULL = os.environ.get("ZK_FULL") == "1"
SOME = st.integers(0, 10**6)
"""Chooses one of what there is, or an amount of what is there."""
YES = st.booleans()
OWNER, AMOUNT = st.integers(0, 2), st.integers(0, 1_000)
WISHES = st.lists(st.tuples(SOME, SOME, SOME, YES), max_size=3)
WAYS = st.sampled_from(["claim", "escape", "refund", "collect", "credit"])
DEEDS = {
    "deposit": (OWNER, YES, AMOUNT, st.integers(0, 1)),
    "request": (OWNER, st.integers(0, 7), AMOUNT, YES),
    "commit": (st.integers(0, 3), WISHES, st.sampled_from([True, True, True, False])),
    "prove": (),
    "settle": (st.integers(1, 3), WISHES),
    "prove_what_was_dropped": (SOME,),
    "revert_batches": (),
    "travel": (st.sampled_from([1, INTERVAL, PERIOD // 3]),),
    "freeze": (SOME, st.sampled_from([0, 0, 0, 2 * PERIOD])),
    "leave_well": (WAYS, SOME),
    "leave": (WAYS, SOME),
    "leave_twice": (WAYS, SOME),
    "change_the_receivers_mind": (YES,),
    "pause_the_token": (YES,),
}


class Interleavings(Running):
    """Each does at any time what it can."""

    def teardown(self):
        try:
            self.everybody_leaves()
        finally:
            self.anchor.__exit__(None, None, None)

    @initialize(stopped=YES)
    def open_accounts(self, stopped):
        """Three owners with money in a proven batch, and a second batch in which each withdraws some.

        Half of the runs begin just after a freeze, with entries of both kinds left.
        """
        for owner, amount in enumerate((501, 307, 103)):
            self.deposit(owner, owner == 1, amount, 0)
        self.commit(3, [], True)
        self.commit(0, [(account, account, 11 + account, True) for account in range(3)], True)
        self.prove()
        self.prove()
        if stopped:
            self.deposit(0, False, 67, 1)
            self.request(2, 2, 0, True)
            self.request(1, 0, 5, False)
            self.commit(1, [], True)
            self.freeze(0, 2 * PERIOD)

    @rule(deed=st.one_of(*(st.tuples(st.just(name), *arguments) for name, arguments in DEEDS.items())))
    def act(self, deed):
        """One rule for all, so that each has its turn in each run; what cannot be done now is left out."""
        name, *arguments = deed
        getattr(self, name)(*arguments)

    # Ways out

    def all_sealed(self):
        return [*self.books.proven, *self.books.committed, *self.books.dropped]

    def leave(self, way, which, good=False, times=1):
        """One of the statements that are or ever were true; a good one should still pay."""
        options = list(getattr(self, f"{way}s")(good))
        if options:
            for _ in range(times):
                options[which % len(options)]()

    def leave_well(self, way, which):
        self.leave(way, which, good=True)

    def leave_twice(self, way, which):
        self.leave(way, which, good=True, times=2)

    def claims(self, good):
        """Exits of any batch there ever was: that they are exits of that root is true."""
        for sealed in self.books.proven if good else self.all_sealed():
            for exit_ in sealed.exits:
                if not good or exit_.nullifier not in self.books.claimed:
                    yield partial(self.do_claim, sealed, exit_)

    def escapes(self, good):
        """Accounts of any state there ever was: that they stand there is true."""
        for sealed in self.books.proven[-1:] if good else self.all_sealed():
            for index in sealed.after:
                if not good or index not in self.books.escaped:
                    yield partial(self.do_escape, index, sealed.after, sealed.batch.new_root)

    def refunds(self, good):
        for index in range(self.books.taken if good else 0, len(self.books.queue)):
            if not good or index not in self.books.refunded:
                yield partial(self.do_refund, index)

    def collects(self, good):
        books = self.books
        for index in [books.taken - 1] if good and books.taken else range(len(books.queue)):
            yield partial(self.do_collect, index)

    def credits(self, good):
        for recipient in self.books.credits if good else self.owners:
            yield partial(self.withdraw_credit, recipient)

    def do_claim(self, sealed, exit_: Exit):
        if exit_.batch > len(self.books.proven):
            expected = "BatchNotProven"
        elif exit_.nullifier in self.books.claimed:
            expected = "AlreadyClaimed"
        elif sealed not in self.books.proven:
            expected = "InvalidProof"
        else:
            expected = self.payable(exit_.token, exit_.amount)
        with self.refused(expected):
            self.system.claim(exit_, sealed.batch.exit_root)
            self.books.claimed.add(exit_.nullifier)
            self.pay(exit_.recipient, exit_.token, exit_.amount)

    def do_escape(self, index, state, root):
        escape: Escape = self.books.escape_of(index, state)
        if not self.books.frozen:
            expected = "NotFrozen"
        elif index in self.books.escaped:
            expected = "AlreadyClaimed"
        elif root != self.books.root:
            expected = "InvalidProof"
        else:
            expected = self.payable(escape.token, escape.amount)
        with self.refused(expected):
            self.system.escape(escape, root)
            self.books.escaped.add(index)
            self.pay(escape.owner, escape.token, escape.amount)

    def do_refund(self, index):
        books, entry = self.books, self.books.queue[index]
        fussy = entry.owner == self.fussy.address and self.refusing
        if not books.frozen:
            expected = "NotFrozen"
        elif index < books.taken:
            expected = "NotRefundable"
        elif index in books.refunded:
            expected = "AlreadyRefunded"
        elif entry.op == 4:
            expected = "NotDelivered" if fussy else None
        else:
            expected = self.payable(entry.token, entry.amount)
        with self.refused(expected):
            self.system.refund(index, entry)
            books.refunded.add(index)
            if entry.op == 4:
                self.wallets[entry.owner, ETH] += FORCED_FEE
            else:
                self.pay(entry.owner, entry.token, entry.amount)

    def do_collect(self, index):
        books = self.books
        earned = sum(entry.op == 4 for entry in books.queue[: books.taken])
        if books.taken == 0:
            expected = "NothingEarned"
        elif index != books.taken - 1:
            expected = "QueueMismatch"
        else:
            expected = None if earned > books.collected else "NothingEarned"
        before = self.chain.balance(self.system.operator.address)
        with self.refused(expected):
            self.system.collect(books.queue[index])
            received = self.chain.balance(self.system.operator.address) - before
            assert received == FORCED_FEE * (earned - books.collected)
            books.collected = earned

    def withdraw_credit(self, recipient):
        amount = self.books.credits.get(recipient, 0)
        expected = "CreditNotDelivered" if self.refusing else None
        with self.refused(expected if amount else "NoCredit"):
            self.system.lock.withdrawCredit(recipient)
            self.wallets[recipient, ETH] += self.books.credits.pop(recipient)

    def change_the_receivers_mind(self, refusing):
        self.fussy.setRefusing(refusing)
        self.refusing = refusing

    def pause_the_token(self, paused):
        self.token.setPaused(paused)
        self.paused = paused

    # What holds at any time

    @invariant()
    def lock_holds_what_it_owes(self):
        lock = self.system.lock
        for token in (ETH, self.token.address):
            assert lock.locked(token) == self.books.locked(token)
        assert self.chain.balance(lock) == lock.locked(ETH)
        assert self.token.balanceOf(lock.address) == lock.locked(self.token.address)
        assert lock.totalCredits() == sum(self.books.credits.values())

    @invariant()
    def rollup_holds_fees_and_nothing_else(self):
        assert self.chain.balance(self.system.rollup) == self.books.fees

    @invariant()
    def everybody_was_paid_once(self):
        for owner in self.owners:
            assert self.chain.balance(owner) == self.wallets[owner, ETH]
            tokens = self.wallets.get((owner, self.token.address), 0)
            assert self.token.balanceOf(owner) == tokens

    @invariant()
    def pointers_are_where_the_books_are(self):
        rollup, books = self.system.rollup, self.books
        assert (rollup.provenBatches(), rollup.provenQueue()) == (len(books.proven), books.taken)
        assert rollup.committedBatches() == len(books.proven) + len(books.committed)
        assert rollup.committedQueue() == len(books.queue) - len(books.waiting)
        assert (rollup.stateRoot(), rollup.frozen()) == (books.root, books.frozen)

    def everybody_leaves(self):
        """However it came to this: without the operator's help, Lock pays all that it holds to its owners."""
        books = self.books
        self.change_the_receivers_mind(refusing=False)
        self.pause_the_token(paused=False)
        if not books.frozen:
            if books.taken == len(books.queue):
                self.deposit(0, False, 0, 0)
            self.chain.engine.set_next_block_timestamp(max(books.queue[-1].expiry, self.chain.timestamp) + 1)
            self.chain.mine()
            self.freeze(books.taken, 0)
            assert books.frozen
        for sealed in books.proven:
            for exit_ in sealed.exits:
                self.do_claim(sealed, exit_)
        for index in books.state:
            self.do_escape(index, books.state, books.root)
        for index in range(books.taken, len(books.queue)):
            self.do_refund(index)
        if books.queue:
            self.do_collect(max(books.taken - 1, 0))
        for owner in self.owners:
            self.withdraw_credit(owner)
        assert books.locked(ETH) == books.locked(self.token.address) == books.fees == 0
        self.lock_holds_what_it_owes()
        self.rollup_holds_fees_and_nothing_else()
        self.everybody_was_paid_once()


@pytest.mark.slow
def test_nothing_is_paid_twice_and_everybody_gets_out(session_system, compiled):
    run_state_machine_as_test(
        lambda: Interleavings(session_system, compiled),
        settings=settings(
            max_examples=300 if FULL else 20,
            stateful_step_count=60 if FULL else 40,
            deadline=None,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            derandomize=not FULL,
            database=None,
        ),
    )
