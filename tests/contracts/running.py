"""A rollup that runs: what users and an operator do, what L1 should answer, and the books of it.

Owns every step up to a freeze. The ways out, and what must hold, are those of test_solvency.py.
"""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis.stateful import RuleBasedStateMachine
from tests.contracts.books import Books, Operation
from tests.contracts.support import (
    ETH,
    FORCED_FEE,
    GENESIS_ROOT,
    KEYS,
    Batch,
    queued,
    transfer,
    withdrawal,
)

from zkrollup.evm import Reverted

PURSE = 10**18


class Running(RuleBasedStateMachine):
    """Users, an operator and strangers; the books say what is true, and nothing else is proved."""

    def __init__(self, system, compiled):
        super().__init__()
        self.anchor = system.chain.anchor()
        self.anchor.__enter__()
        self.system, self.chain, self.books = system, system.chain, Books()
        self.funder = self.chain.accounts[2]
        fussy, pausable = compiled["FussyReceiver"], compiled["PausableToken"]
        self.fussy = self.chain.deploy(fussy.abi, fussy.bytecode)
        self.token = self.chain.deploy(pausable.abi, pausable.bytecode)
        self.token.mint(self.funder.address, PURSE)
        self.owners = (*(f"0x{digit * 40}" for digit in "12"), self.fussy.address)
        for owner in self.owners:
            self.chain.set_balance(owner, PURSE)
        self.wallets = {(owner, ETH): PURSE for owner in self.owners}
        self.refusing, self.paused, self.roots = True, False, 5_000_011

    # What is expected

    @contextmanager
    def refused(self, name):
        """Expect a revert by this name; None expects success."""
        if name is None:
            yield
            return
        with pytest.raises(Reverted) as caught:
            yield
        assert caught.value.name == name, str(caught.value)

    def pay(self, recipient, token, amount):
        """What Lock does with a release that the books agree to."""
        if token == ETH and recipient == self.fussy.address and self.refusing:
            if amount:
                self.books.credits[recipient] = self.books.credits.get(recipient, 0) + amount
        else:
            self.wallets[recipient, token] = self.wallets.get((recipient, token), 0) + amount

    def payable(self, token, amount):
        return "TokenTransferFailed" if token != ETH and self.paused and amount else None

    # Layer 1's queue

    def deposit(self, owner, token, amount, key):
        expected = "IsFrozen" if self.books.frozen else None
        if token and self.paused and amount:
            expected = "TokenTransferFailed"
        with self.refused(expected):
            arguments = (self.owners[owner], *KEYS[key])
            if token:
                receipt = self.system.lock.depositERC20(
                    self.token.address, amount, *arguments, sender=self.funder
                )
            else:
                receipt = self.system.lock.depositETH(*arguments, sender=self.funder, value=amount)
            self.books.queue.append(queued(receipt))

    def request(self, owner, account, amount, all_):
        """Anybody, of any account, empty ones too; half of the time the whole balance."""
        if all_ and account in self.books.head:
            amount = self.books.head[account].balance
        with self.refused("IsFrozen" if self.books.frozen else None):
            with self.chain.impersonate(self.owners[owner]) as requester:
                self.books.queue.append(self.system.request(account, amount, sender=requester))
            self.wallets[self.owners[owner], ETH] -= FORCED_FEE

    # Batches

    def next_batch(self, take, wishes):
        """The batch after the last committed one: some entries, and those wishes that can be granted."""
        books = self.books
        last = (books.proven + books.committed)[-1:]
        entries = tuple(books.waiting[: take % 4])
        self.roots += 10_007
        fields = {"new_root": self.roots, "exit_root": self.roots + 101, "entries": entries}
        if last:
            batch = last[0].batch.following(**fields)
        else:
            batch = Batch(self.system.domain, old_root=GENESIS_ROOT, **fields)
        state, operations = books.seal(batch, []).after, []
        for sender, receiver, amount, leaves in wishes[: batch.slots - len(entries)]:
            if not state:
                break
            payer, payee = sorted(state)[sender % len(state)], sorted(state)[receiver % len(state)]
            same = state[payer].token == state[payee].token
            operation = Operation(
                payer,
                amount % (state[payer].balance + 1),
                payee if same else payer,
                self.owners[receiver % 3] if leaves else None,
            )
            operations.append(operation)
            state = books.seal(batch, operations).after
        records = tuple(
            transfer(o.sender, o.receiver, o.amount)
            if o.recipient is None
            else withdrawal(o.sender, o.amount, o.recipient)
            for o in operations
        )
        return replace(batch, records=records), operations

    def commit(self, take, wishes, true):
        """A false batch is any that the operator likes; it has no proof."""
        batch, operations = self.next_batch(take, wishes)
        with self.refused("IsFrozen" if self.books.frozen else None):
            self.system.commit(batch)
            follows_truth = all(sealed.true for sealed in self.books.committed)
            self.books.committed.append(self.books.seal(batch, operations, true=true and follows_truth))

    def settle(self, take, wishes):
        if not self.books.committed and not self.books.frozen:
            self.commit(take, wishes, True)
            self.prove()

    def prove(self):
        if not self.books.committed or not self.books.committed[0].true:
            return
        sealed = self.books.committed[0]
        with self.refused("IsFrozen" if self.books.frozen else None):
            self.system.prove(sealed.batch)
            self.books.proven.append(self.books.committed.pop(0))

    def prove_what_was_dropped(self, which):
        true = [sealed for sealed in self.books.dropped if sealed.true]
        if not true:
            return
        sealed = true[which % len(true)]
        number, (proven, committed) = sealed.batch.number, (len(self.books.proven), len(self.books.committed))
        if self.books.frozen:
            expected = "IsFrozen"
        elif not proven < number <= proven + committed:
            expected = "BatchNotCommitted"
        else:
            expected = "CommitmentMismatch" if number == proven + 1 else "ProofOutOfOrder"
        with self.refused(expected):
            self.system.prove(sealed.batch)

    def revert_batches(self):
        expected = None if self.books.committed else "NothingToRevert"
        with self.refused("IsFrozen" if self.books.frozen else expected):
            self.system.rollup.revertBatches(sender=self.system.operator)
            self.books.drop()

    # Time

    def travel(self, seconds):
        self.chain.travel(seconds)

    def freeze(self, which, wait):
        """For any entry of the queue, at any time."""
        books = self.books
        if not books.queue:
            return
        index = books.taken if wait and books.taken < len(books.queue) else which % len(books.queue)
        entry = books.queue[index]
        if wait:
            self.chain.travel(wait)
        if books.frozen:
            expected = "IsFrozen"
        elif books.taken == len(books.queue):
            expected = "NothingDue"
        elif index != books.taken:
            expected = "QueueMismatch"
        else:
            expected = "NotOverdue" if self.chain.timestamp + 1 <= entry.expiry else None
        with self.refused(expected):
            self.system.rollup.freeze(entry.struct)
            books.frozen = True
            books.drop()
