"""Layer 2 rebuilt by a second party from L1's data alone: no operator, no signature, no secret.

Owns the second execution and its comparison with what L1 says: roots, exit roots, and C, x and y of each
batch. What comes out is enough for anybody's claim and escape. Proves nothing itself, and talks to no chain.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from zkrollup.circuits.encoding import (
    BatchHeader,
    BatchInstance,
    Op,
    SlotWords,
    claim_nullifier,
    commit_words,
    decode_fee,
    draw_challenge,
    escape_nullifier,
    evaluate,
)
from zkrollup.crypto.quadtree import LeafIndexError
from zkrollup.errors import ZkRollupError
from zkrollup.ledger.operations import Operation, Signed, Transfer, Withdrawal
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import BatchTrace, Exit, RefusedOperation, TooManyOperations, apply_batch
from zkrollup.operator.history import BrokenHistory, History, PostedBatch, PostedOperation
from zkrollup.operator.l1data import L1Data
from zkrollup.operator.queue import QueueEntry
from zkrollup.operator.stages import SealedBatch


class Mismatch(ZkRollupError):
    """A batch on L1 is not what its data leads to; such a batch has no proof."""

    def __init__(
        self, batch: int, what: str, posted: object, rebuilt: object, *, slot: int | None = None
    ) -> None:
        """``what`` is ``posted`` on L1 and ``rebuilt`` here; ``slot`` is None for all of it."""
        self.batch, self.slot, self.what, self.posted, self.rebuilt = batch, slot, what, posted, rebuilt
        place = f"batch {batch}" if slot is None else f"batch {batch}, slot {slot}"
        shown = (f"{value:#x}" if isinstance(value, int) else str(value) for value in (posted, rebuilt))
        super().__init__(f"{place}: its {what} on L1 is {next(shown)}, its data gives {next(shown)}")


@dataclass(frozen=True, slots=True)
class ExitRecord:
    """An exit of a proven batch.

    Attributes:
        exit: What was burned.
        claimed: Whether L1 has paid it.
    """

    exit: Exit
    claimed: bool


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Layer 2 as L1's data has it.

    Attributes:
        domain: What separates this rollup from all others.
        genesis: The state before all batches.
        history: What L1 told.
        proven: Batches that L1 has verified, executed again.
        committed: Those that wait for their proof, as far as they have one.
        flaw: Why the next committed batch has no proof: its data leads to something else, or cannot be read.
            None if all are sound.
    """

    domain: int
    genesis: LedgerState
    history: History
    proven: tuple[SealedBatch, ...]
    committed: tuple[SealedBatch, ...]
    flaw: Mismatch | BrokenHistory | None

    @property
    def ledger(self) -> LedgerState:
        """The state under the last proven root: what escapes are proved against."""
        return self.proven[-1].trace.after if self.proven else self.genesis

    @property
    def exits(self) -> tuple[ExitRecord, ...]:
        """All exits of proven batches, oldest first."""
        spent = self.history.spent
        exits = (burned for batch in self.proven for burned in batch.exits)
        return tuple(ExitRecord(burned, claim_nullifier(burned.id, self.domain) in spent) for burned in exits)

    @property
    def waiting(self) -> tuple[QueueEntry, ...]:
        """Entries of L1's queue that no proven batch takes."""
        last = self.proven[-1].header if self.proven else None
        return self.history.queue[0 if last is None else last.queue_start + last.queue_count :]

    def has_escaped(self, account: int) -> bool:
        """Whether the account was paid out after a freeze."""
        return escape_nullifier(account, self.domain) in self.history.spent


def rebuild(data: L1Data) -> Rebuilt:
    """Executes all that was posted, and compares each batch with what L1 has of it.

    Raises:
        BrokenHistory: The data does not fit together.
        Mismatch: A proven batch is not what its data leads to.
    """
    history = History.of(data)
    genesis = LedgerState.genesis(data.levels)
    batches, flaw = _executed(history, genesis, data.domain)
    if flaw is not None and len(batches) < history.proven:
        raise flaw
    proven, committed = batches[: history.proven], batches[history.proven :]
    return Rebuilt(data.domain, genesis, history, proven, committed, flaw)


def _executed(
    history: History, state: LedgerState, domain: int
) -> tuple[tuple[SealedBatch, ...], Mismatch | BrokenHistory | None]:
    """All batches up to the first one that is not what it says, or that cannot be read."""
    batches: list[SealedBatch] = []
    for posted in history.batches:
        try:
            batches.append(execute(posted, history.queue, state, domain))
        except (Mismatch, BrokenHistory) as flaw:
            return tuple(batches), flaw
        state = batches[-1].trace.after
    return tuple(batches), None


def execute(posted: PostedBatch, queue: Sequence[QueueEntry], state: LedgerState, domain: int) -> SealedBatch:
    """Executes one batch on top of ``state``, and checks all that its commit says of it.

    Raises:
        BrokenHistory: Its data are no records.
        Mismatch: Its commit says something else.
    """
    header = posted.header
    records = list(posted.operations())
    return sealed_batch(
        header,
        posted.instance,
        tuple(queue[header.queue_start : header.queue_start + header.queue_count]),
        list(_signed(records, state)),
        [record.words for record in records],
        state=state,
        domain=domain,
    )


def sealed_batch(
    header: BatchHeader,
    instance: BatchInstance,
    queued: tuple[QueueEntry, ...],
    signed: Sequence[Signed],
    posted: Sequence[SlotWords],
    *,
    state: LedgerState,
    domain: int,
) -> SealedBatch:
    """The batch that ``header`` and ``instance`` claim to be of, executed on top of ``state`` and compared.

    ``posted`` are the words of ``signed``, whose signatures are not checked: who took them in did, or L1.

    Raises:
        Mismatch: They are not of it.
    """
    trace = _trace(header, [*(entry.operation for entry in queued), *signed], state)
    words = [*(entry.operation.words() for entry in queued), *posted]
    words += [SlotWords()] * (header.slots - len(words))
    trace = _with_words(trace, words)
    for what, stated, found in (
        ("domain", header.domain, domain),
        ("root before", header.old_root, state.root),
        ("root", header.new_root, trace.after.root),
        ("exit root", header.exit_root, trace.exit_tree.root),
        *_instance_checks(header, instance, words),
    ):
        if stated != found:
            raise Mismatch(header.number, what, stated, found)
    return SealedBatch(header, trace, queued, instance)


def _trace(header: BatchHeader, operations: Sequence[Operation], state: LedgerState) -> BatchTrace:
    try:
        _, trace = apply_batch(
            state,
            operations,
            number=header.number,
            slots=header.slots,
            domain=header.domain,
            fee_account=header.fee_account,
            authentic=True,
        )
    except RefusedOperation as refusal:
        slot = next(i for i, each in enumerate(operations) if each is refusal.operation)
        raise Mismatch(header.number, "operation", "posted", refusal, slot=slot) from refusal
    except (TooManyOperations, LeafIndexError) as error:
        raise Mismatch(header.number, "data", "posted", error) from error
    return trace


def _signed(records: Sequence[PostedOperation], state: LedgerState) -> Iterator[Signed]:
    """The records with the nonces that they must have had: each moves its payer's on by one."""
    before: Counter[int] = Counter()
    for record in records:
        nonce = state.account(record.sender).nonce + before[record.sender]
        before[record.sender] += 1
        fee = decode_fee(record.fee)
        if record.op == Op.TRANSFER:
            yield Transfer(record.sender, record.receiver, record.amount, nonce, fee=fee)
        else:
            yield Withdrawal(record.sender, record.recipient, record.amount, nonce, fee=fee)


def _with_words(trace: BatchTrace, words: Sequence[SlotWords]) -> BatchTrace:
    """The trace with the words as posted: a fee may have been written in another form than ours."""
    slots = tuple(replace(slot, words=own) for slot, own in zip(trace.slots, words, strict=True))
    return replace(trace, slots=slots)


def _instance_checks(
    header: BatchHeader, stated: BatchInstance, words: Sequence[SlotWords]
) -> Iterator[tuple[str, int, int]]:
    flat = [*header.words(), *(word for slot in words for word in slot)]
    challenge = draw_challenge(stated.commitment, header, words)
    found = (commit_words(flat), challenge, evaluate(flat, challenge))
    yield from zip(("commitment", "challenge", "evaluation"), stated.as_tuple(), found, strict=True)
