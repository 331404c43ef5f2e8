"""Orders what comes in: L1's queue first, then what was signed, in a policy's order. Immutable.

Owns what waits, and the view of the state that it leads to. Executes through the ledger only, and talks to no
chain. A refused operation leaves everything as it was.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from zkrollup.crypto.eddsa import InvalidSignature
from zkrollup.errors import ZkRollupError
from zkrollup.ledger.draft import Draft
from zkrollup.ledger.operations import Signed
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import BatchTrace, RefusedOperation, apply_batch, check_signature, outcome
from zkrollup.operator.mempool import Mempool, Pooled, PoolLimits, Unsealable
from zkrollup.operator.policies import FIFO, Policy
from zkrollup.operator.queue import QueueEntry
from zkrollup.operator.turns import Turns


class NothingToSeal(ZkRollupError):
    """A batch was asked for, but no operation can go into one."""

    def __init__(self, number: int, blocked: int) -> None:
        """``number`` is the batch that would have been sealed; ``blocked`` operations wait for others."""
        self.number, self.blocked = number, blocked
        held = f" ({blocked} cannot be sealed yet, see sequencer.blocked)" if blocked else ""
        super().__init__(
            f"batch {number} would be empty: no deposit has arrived and no L2 operation was accepted since "
            f"the last one{held}; deposit, transfer or withdraw first, or pass allow_empty=True"
        )


@dataclass(frozen=True, slots=True)
class Sequencer:
    """What is sealed, and what waits.

    Attributes:
        slots: Operations a batch.
        domain: What L2 signatures are for.
        sealed: The state after the last sealed batch.
        pending: The state after everything that waits and applies, too: what users see. Fees of batches that
            are not sealed are in nobody's account.
        queue: Entries of L1's queue that wait, in L1's order.
        pool: Signed operations that wait.
        queue_next: The first entry of L1's queue that no sealed batch takes.
        batches: How many batches were sealed.
        fee_account: Index of the account that fees go to; None if the operator takes none.
        minimum_fee: What a signed operation pays at least, in the smallest unit of that account's token.
        policy: Orders signed operations.
        evicted: Operations that were accepted and will not be sealed: L1 was reorganised, or the pool was
            full and they were blocked.
    """

    slots: int
    domain: int
    sealed: LedgerState
    pending: LedgerState
    queue: tuple[QueueEntry, ...] = ()
    pool: Mempool = field(default_factory=Mempool)
    queue_next: int = 0
    batches: int = 0
    fee_account: int | None = None
    minimum_fee: int = 0
    policy: Policy = field(default_factory=FIFO)
    evicted: tuple[Unsealable, ...] = ()

    @classmethod
    def genesis(
        cls,
        *,
        slots: int,
        levels: int,
        domain: int,
        policy: Policy | None = None,
        limits: PoolLimits | None = None,
    ) -> "Sequencer":
        """No account, no batch. The policy is FIFO unless there is one."""
        state = LedgerState.genesis(levels)
        pool = Mempool(limits or PoolLimits())
        return cls(slots, domain, state, state, pool=pool, policy=policy or FIFO())

    def __repr__(self) -> str:
        return f"<Sequencer after batch {self.batches}, {self.waiting} operations wait>"

    @property
    def queue_seen(self) -> int:
        """How many entries of L1's queue have arrived here."""
        return self.queue_next + len(self.queue)

    @property
    def waiting(self) -> int:
        """How many operations can go into batches as things are."""
        return len(self.queue) + sum(not self._is_blocked(pooled) for pooled in self.pool.operations.values())

    @property
    def blocked(self) -> tuple[Unsealable, ...]:
        """Signed operations that wait for something else, in order of arrival.

        That is an operation with the nonces before theirs, or money that is not there any more. They are
        sealed once it comes; their sender may replace the first of them by any other operation.
        """
        blocked = []
        for pooled in filter(self._is_blocked, self.pool):
            try:
                outcome(self.pending, pooled.operation, fee_account=self.fee_account)
            except RefusedOperation as refusal:
                blocked.append(Unsealable(pooled, refusal.rule, str(refusal)))
        return tuple(blocked)

    @property
    def is_full(self) -> bool:
        """Whether a batch without padding can be sealed."""
        return self.waiting >= self.slots

    # Taking in

    def queued(self, entries: Sequence[QueueEntry]) -> "Sequencer":
        """With entries of L1's queue taken in, in order.

        They come before all that was signed, as L1 demands. A forced withdrawal may leave a signed operation
        without the money that it moves; it is then blocked.
        """
        return replace(self, queue=(*self.queue, *entries))._recounted() if entries else self

    def submitted(self, operation: Signed) -> "Sequencer":
        """With a signed operation taken in.

        One whose turn it is must apply after all that waits. One with a nonce ahead waits for those between.
        One with a nonce that waits already replaces what is there, for a higher fee. In a full pool, one
        whose turn it is takes the place of one that is blocked.

        Raises:
            RefusedOperation: It breaks a rule of the ledger, or one of the pool: known, replacement,
                nonce_gap, pool_full, sender_limit, underpriced.
            InvalidSignature: Its signature is not the sender's.
        """
        due = self.pending.account(operation.sender).nonce
        roomy = self._with_room(operation) if operation.nonce == due else self
        roomy.pool.require_place(operation, due=due)
        roomy._require_fee(operation)
        base = roomy._without(operation) if operation.nonce < due else roomy
        base._require_turn(operation)
        check_signature(base.pending, operation, self.domain)
        taken = replace(base, pool=base.pool.added(operation))
        return taken._advanced(taken._pending_draft(), [operation.sender])

    def collecting(self, fee_account: int | None, *, minimum: int = 0) -> "Sequencer":
        """With fees to that account from now on; what waits with a fee in another token is blocked."""
        return replace(self, fee_account=fee_account, minimum_fee=minimum)._recounted()

    # Sealing

    def seal(self, *, allow_empty: bool = False) -> tuple["Sequencer", BatchTrace, tuple[QueueEntry, ...]]:
        """Takes up to ``slots`` operations, L1's queue first, and executes them as one batch.

        Raises:
            NothingToSeal: Nothing can go into it and ``allow_empty`` is false.
            BadChoice: The policy chose something else than what was ready.
        """
        number = self.batches + 1
        queued = self.queue[: self.slots]
        draft = self._draft(queued)
        chosen = Turns(self.pool, draft, self.pool.senders).choose(self.policy, self.slots - len(queued))
        if not (queued or chosen or allow_empty):
            raise NothingToSeal(number, len(self.pool))
        sealed, trace = apply_batch(
            self.sealed,
            [*(entry.operation for entry in queued), *(pooled.operation for pooled in chosen)],
            number=number,
            slots=self.slots,
            domain=self.domain,
            fee_account=self.fee_account,
            authentic=True,  # all of them were checked when they came in
        )
        after = replace(
            self,
            sealed=sealed,
            queue=self.queue[len(queued) :],
            pool=self.pool.without(chosen),
            queue_next=self.queue_next + len(queued),
            batches=number,
        )
        return after._paid(trace), trace, queued

    # Going back

    def rebased(
        self,
        sealed: LedgerState,
        *,
        queue: Sequence[QueueEntry],
        queue_next: int,
        batches: int,
        returned: Iterable[Signed] = (),
    ) -> "Sequencer":
        """On another past, after L1 was reorganised: all that was signed is asked again who signed it.

        ``returned`` are the operations of batches that are sealed no more, in their order; they come before
        what waits. What can never be sealed on this past is in ``evicted``.
        """
        past = replace(
            self,
            sealed=sealed,
            queue=tuple(queue),
            queue_next=queue_next,
            batches=batches,
            pool=Mempool(self.pool.limits, arrivals=self.pool.arrivals),
        )
        accounts, evicted = past._draft(past.queue), list(self.evicted)
        for operation in (*returned, *(pooled.operation for pooled in self.pool)):
            end = past._end(accounts, Pooled(operation, past.pool.arrivals))
            if end is None:
                past = replace(past, pool=past.pool.added(operation))
            else:
                evicted.append(end)
        return replace(past, evicted=tuple(evicted))._recounted()

    # Inside

    def _draft(self, queue: Iterable[QueueEntry]) -> Draft:
        """The sealed state with entries of L1's queue applied."""
        draft = Draft(self.sealed, fee_account=self.fee_account)
        for entry in queue:
            draft.apply(entry.operation)
        return draft

    def _pending_draft(self) -> Draft:
        return Draft(self.pending, fee_account=self.fee_account)

    def _recounted(self) -> "Sequencer":
        """With the pending state computed anew."""
        return self._advanced(self._draft(self.queue), self.pool.senders)

    def _advanced(self, draft: Draft, senders: Iterable[int]) -> "Sequencer":
        """With the pending state after all that applies on ``draft``, of these senders or in consequence."""
        Turns(self.pool, draft, senders).take_all()
        return replace(self, pending=draft.state())

    def _paid(self, trace: BatchTrace) -> "Sequencer":
        """With a sealed batch's fees in the pending state, too. Nothing else in it has changed."""
        if not trace.fee_total:
            return self
        draft, taker = self._pending_draft(), trace.fees.index
        account = draft.account(taker)
        draft.set(taker, replace(account, balance=account.balance + trace.fee_total))
        return self._advanced(draft, [taker])

    def _without(self, operation: Signed) -> "Sequencer":
        """Without what applied under this operation's nonce, so that it is the nonce's turn again."""
        known = self.pool.get(operation.sender, operation.nonce)
        return self if known is None else replace(self, pool=self.pool.without([known]))._recounted()

    def _with_room(self, operation: Signed) -> "Sequencer":
        """Where the pool is full, without the last operation of who has the most that are blocked."""
        if not self.pool.is_full_for(operation):
            return self
        blocked = [each for each in self.pool if self._is_blocked(each) and each.sender != operation.sender]
        if not blocked:
            return self
        counts = Counter(each.sender for each in blocked)
        last = max(blocked, key=lambda each: (counts[each.sender], each.nonce))
        why = f"{len(self.pool)} operations waited, and this one was not due; send those before it first"
        gone = Unsealable(last, "pool_full", why)
        return replace(self, pool=self.pool.without([last]), evicted=(*self.evicted, gone))

    def _require_turn(self, operation: Signed) -> None:
        """Asks the rules; for a nonce ahead, as if its turn had come and the money were there."""
        draft = self._pending_draft()
        payer = draft.account(operation.sender)
        if operation.nonce > payer.nonce:
            needed = operation.amount + operation.fee
            draft.set(operation.sender, replace(payer, nonce=operation.nonce, balance=needed))
        draft.apply(operation)

    def _require_fee(self, operation: Signed) -> None:
        if operation.fee < self.minimum_fee:
            raise RefusedOperation(
                operation,
                "underpriced",
                f"its fee is {operation.fee}, and the operator takes {self.minimum_fee} or more, in the "
                f"token of account {self.fee_account}; on L1, rollup.force_withdraw needs no operator",
            )

    def _is_blocked(self, pooled: Pooled) -> bool:
        return pooled.nonce >= self.pending.account(pooled.sender).nonce

    def _end(self, accounts: Draft, pooled: Pooled) -> Unsealable | None:
        """Why no batch can ever take it on this past, if so."""
        nonce = self.sealed.account(pooled.sender).nonce
        if pooled.nonce < nonce:
            return Unsealable(pooled, "nonce", f"account {pooled.sender} is at nonce {nonce} already")
        try:
            check_signature(accounts, pooled.operation, self.domain)
        except (InvalidSignature, RefusedOperation) as error:
            why = f"payer or receiver is another one since L1 was reorganised: {error}"
            return Unsealable(pooled, "signature", why)
        return None
