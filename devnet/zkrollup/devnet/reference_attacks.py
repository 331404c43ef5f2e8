"""The attempts on the reference rollup. Owns how each is made; ``attacks`` says what it means."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from zkrollup.circuits.encoding import EXIT_LEVELS, Op
from zkrollup.crypto.field import P, R
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.devnet.allowances import allowed
from zkrollup.devnet.attacks import Attempts, aliased_calls
from zkrollup.devnet.exits import BatchExit
from zkrollup.devnet.target import Target
from zkrollup.devnet.tokens import ETH_ADDRESS, address_number
from zkrollup.evm import Receipt, Sender
from zkrollup.ledger.operations import Transfer, Withdrawal
from zkrollup.ledger.transition import Exit, apply_batch
from zkrollup.operator.bridge import claim_args, commit_args
from zkrollup.operator.deployment import Deployment
from zkrollup.operator.operator import Operator
from zkrollup.operator.stages import SealedBatch

if TYPE_CHECKING:
    from zkrollup.devnet.users import User


class ReferenceAttacks(Target):
    """What ``ReferenceTarget`` may try.

    Attributes:
        operator: Runs the rollup.
    """

    operator: Operator

    @property
    def contracts(self) -> Deployment:
        """What is on L1."""
        return self.operator.bridge.contracts

    def account_index(self, token: str, user: "User") -> int:
        """The index of a user's account for a token."""
        raise NotImplementedError

    # Deposits

    def deposit_short(self, token: str, amount: int, *, sender: "User", to: "User") -> Receipt:
        """ETH has no other amount than what is sent; of an ERC-20 too little is allowed."""
        x, y = to.key.public
        receipt = self._deposit_as(token, amount, to.address, x, y, sender=sender, sent=amount - 1)
        self.operator.sync()
        return receipt

    def deposit_long(self, token: str, amount: int, *, sender: "User", to: "User") -> Receipt:
        """ETH has no other amount than what is sent; with an ERC-20 a wei comes along."""
        x, y = to.key.public
        sent = amount + 1 if token == ETH_ADDRESS else amount
        receipt = self._deposit_as(token, amount, to.address, x, y, sender=sender, sent=sent, ether=1)
        self.operator.sync()
        return receipt

    def odd_deposits(self, token: str, *, sender: "User") -> Attempts:
        """Of nothing, for nobody, and for keys that are no points or a point under another name."""
        x, y = sender.key.public
        odd = {
            "of nothing": (0, sender.address, x, y),
            "for nobody": (3, ETH_ADDRESS, x, y),
            "for the key (0, 0)": (3, sender.address, 0, 0),
            "for a key off the curve": (3, sender.address, 1, 2),
            "for a key with x + r": (3, sender.address, x + R, y),
            "for a key with y + r": (3, sender.address, x, y + R),
            "for a key beyond the field": (3, sender.address, P, y),
        }
        return {name: partial(self._deposit_as, token, *of, sender=sender) for name, of in odd.items()}

    # Past the sequencer

    def overspend(self, token: str, amount: int, *, sender: "User", recipient: "User | str") -> Receipt:
        """Executes the operation of an account that has enough, and puts the real one in its place."""
        operator, index = self.operator, self.account_index(token, sender)
        state = operator.sequencer.sealed
        poor = state.account(index)
        _, trace = apply_batch(
            state.replaced(index, replace(poor, balance=amount)),
            [self._spending(token, amount, sender=sender, recipient=recipient)],
            number=operator.bridge.committed + 1,
            slots=operator.prover.size.slots,
            domain=operator.domain,
        )
        indebted = replace(poor, balance=(poor.balance - amount) % R, nonce=poor.nonce + 1)
        after, credit = state.replaced(index, indebted), trace.slots[0].inputs.credit
        if not isinstance(recipient, str):
            credit = after.lane(credit.index)
            after = after.replaced(
                credit.index, replace(credit.account, balance=credit.account.balance + amount)
            )
        inputs = replace(trace.slots[0].inputs, debit=state.lane(index), credit=credit)
        slots = (replace(trace.slots[0], inputs=inputs), *trace.slots[1:])
        lie = replace(trace, before=state, after=after, slots=slots)
        start = int(self.contracts.rollup.committedQueue())
        batch = SealedBatch.seal(lie, (), queue_start=start, domain=operator.domain)
        return operator.bridge.submit(operator.prover.prove_batch(batch))

    def prove_early(self, batch: SealedBatch) -> Receipt:
        """Sends a proof without asking whether the batch is committed."""
        return self.operator.bridge.prove(self.operator.prove(batch))

    def usurp(self, batch: SealedBatch, *, sender: "User") -> Receipt:
        """Commits as somebody else than the operator."""
        receipt: Receipt = self.contracts.rollup.commitBatch(*commit_args(batch), sender=sender)
        return receipt

    # Claims

    def claim_early(self, exit_: BatchExit, *, sender: Sender) -> Receipt:
        """Proves the claim by the sealed batch, whether L1 knows that or not."""
        burned = exit_.burned
        tree = next(batch.trace.exit_tree for batch in self._batches() if batch.number == burned.batch)
        return self._claim(burned, tree, sender=sender)

    def claim_altered(
        self, exit_: BatchExit, *, token: str, amount: int, recipient: str, sender: Sender
    ) -> Receipt:
        """Sends the exit's own proof."""
        batch, nullifier, *_, proof = claim_args(exit_.prove())
        receipt: Receipt = self.contracts.rollup.claim(
            batch, nullifier, recipient, token, amount, proof, sender=sender
        )
        return receipt

    def claim_fabricated(self, token: str, amount: int, *, recipient: str, sender: Sender) -> Receipt:
        """Proves a claim in an exit tree of its own, for the last slot of the last proven batch."""
        batch, slot = self.operator.bridge.proven, self.operator.prover.size.slots - 1
        burned = Exit(batch, slot, address_number(recipient), address_number(token), amount)
        tree = QuadTree(EXIT_LEVELS).with_leaves([(slot, burned.leaf)])
        return self._claim(burned, tree, sender=sender)

    def claim_aliases(self, exit_: BatchExit, *, sender: Sender) -> Attempts:
        """All words of the claim, its proof's coordinates too, with r and with p added."""
        arguments = claim_args(exit_.prove())
        return aliased_calls(self.contracts.rollup, "claim", *arguments, sender=sender, added=(R, P))

    def claim_transfer(self, transfer: Transfer, *, sender: "User") -> Receipt:
        """Proves a claim of the transfer's slot for the receiver's owner."""
        for batch in self._batches():
            for slot, trace in enumerate(batch.trace.slots):
                if trace.inputs.signature == transfer.signature:
                    paid = trace.inputs.credit.account
                    burned = Exit(batch.number, slot, paid.owner, paid.token, transfer.amount)
                    return self._claim(burned, batch.trace.exit_tree, sender=sender)
        raise LookupError("the transfer is in no batch")

    def claim_deposit(self, token: str, amount: int, *, sender: "User") -> Receipt:
        """Proves a claim of the deposit's slot for who deposited."""
        owner, number = address_number(sender), address_number(token)
        wanted = (Op.DEPOSIT, amount, owner, number)
        for batch in self._batches():
            for slot, trace in enumerate(batch.trace.slots):
                given = trace.inputs
                if (given.op, given.amount, given.address, given.token) == wanted:
                    burned = Exit(batch.number, slot, owner, number, amount)
                    return self._claim(burned, batch.trace.exit_tree, sender=sender)
        raise LookupError("the deposit is in no batch")

    # Inside

    def _spending(
        self, token: str, amount: int, *, sender: "User", recipient: "User | str"
    ) -> Transfer | Withdrawal:
        """What ``sender`` signs to pay a user on L2, or an address on L1."""
        state, domain = self.operator.sequencer.sealed, self.operator.domain
        index = self.account_index(token, sender)
        nonce = state.account(index).nonce
        if isinstance(recipient, str):
            return Withdrawal(index, address_number(recipient), amount, nonce).signed(sender.key, domain)
        to = self.account_index(token, recipient)
        return Transfer(index, to, amount, nonce).signed(sender.key, state.account(to), domain)

    def _deposit_as(
        self,
        token: str,
        amount: int,
        owner: str,
        key_x: int,
        key_y: int,
        *,
        sender: "User",
        sent: int | None = None,
        ether: int = 0,
    ) -> Receipt:
        """Asks for ``amount``, and sends or allows ``sent``; ``ether`` goes along with an ERC-20."""
        lock, sent = self.contracts.lock, amount if sent is None else sent
        if token == ETH_ADDRESS:
            receipt: Receipt = lock.depositETH(owner, key_x, key_y, sender=sender, value=sent)
            return receipt
        data = lock.encode("depositERC20", token, amount, owner, key_x, key_y)
        with allowed(self.l1, token, lock, sent, sender=sender):
            return self.l1.transact(to=lock, data=data, sender=sender, value=ether)

    def _claim(self, burned: Exit, tree: QuadTree, *, sender: Sender) -> Receipt:
        claim = self.operator.prover.prove_claim(burned, tree, self.operator.domain)
        return self.operator.bridge.claim(claim, sender=sender)

    def _batches(self) -> tuple[SealedBatch, ...]:
        state = self.operator.state
        return (*(settled.sealed for settled in state.settled), *state.sealed)
