"""A rollup's history as its L1 contract tells it: the queue, the batches that stand, and who was paid.

Owns the meaning of events and of a commit's calldata. Executes nothing and checks no root: see ``rebuild``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zkrollup import artifacts
from zkrollup.circuits.encoding import (
    ADDRESS_BYTES,
    OPERATION_BYTES,
    BatchHeader,
    BatchInstance,
    Op,
    SlotWords,
    challenge_over,
    unpack_operation,
)
from zkrollup.errors import ZkRollupError
from zkrollup.evm.abi import Interface
from zkrollup.evm.events import Event
from zkrollup.evm.events import decode as decode_event
from zkrollup.evm.knowledge import Knowledge, Lookup
from zkrollup.operator.commits import COMMIT_FUNCTIONS, UnreadableCommit, data_of
from zkrollup.operator.l1data import COMMIT_EVENT, L1Data
from zkrollup.operator.queue import QUEUE_EVENTS, QueueEntry


class BrokenHistory(ZkRollupError):
    """What was read from L1 cannot be what a Rollup did: something was left out or made up."""

    def __init__(self, what: str, found: object, expected: object) -> None:
        """``what`` was ``found`` where the contract's rules leave only ``expected``."""
        self.what, self.found, self.expected = what, found, expected
        super().__init__(
            f"L1's data is incomplete or false: {what} is {found}, expected {expected}; "
            "read it again, from a node that you trust"
        )


@dataclass(frozen=True, slots=True)
class PostedOperation:
    """A record of a batch's data, field by field; signatures and nonces are not posted.

    Attributes:
        words: As the circuit has them.
        op: TRANSFER or WITHDRAW.
        fee: 16 bits, see ``encoding.decode_fee``.
        sender: Index of the payer.
        receiver: Index of the paid account, 0 for a withdrawal.
        amount: In the token's smallest unit.
        recipient: A withdrawal's L1 address.
    """

    words: SlotWords
    op: int
    fee: int
    sender: int
    receiver: int
    amount: int
    recipient: int


@dataclass(frozen=True, slots=True)
class PostedBatch:
    """A batch as it was committed.

    Attributes:
        header: As the contract built it.
        instance: C as the operator claimed it, x and y as the contract computed them.
        call: The calldata of the call that committed it; None where nobody has read it.
        block: L1's block that has the commit.
    """

    header: BatchHeader
    instance: BatchInstance
    call: bytes | None
    block: int

    @property
    def number(self) -> int:
        """1 for the first batch."""
        return self.header.number

    @property
    def data(self) -> bytes:
        """Its posted operations, one record after the other.

        Raises:
            BrokenHistory: The call that committed it is unknown, or is none that commits.
        """
        return _data_of(self.call, self.number)

    def operations(self) -> Iterator[PostedOperation]:
        """The posted operations, in slot order.

        Raises:
            BrokenHistory: They are none that the contract takes.
        """
        return records_of(self.data, self.number)


def records_of(data: bytes, number: int) -> Iterator[PostedOperation]:
    """The operations that were posted as ``data`` of batch ``number``, in slot order.

    Raises:
        BrokenHistory: They are none that the contract takes.
    """
    while data:
        size = OPERATION_BYTES + ADDRESS_BYTES * (data[0] == Op.WITHDRAW)
        if data[0] not in (Op.TRANSFER, Op.WITHDRAW) or len(data) < size:
            raise BrokenHistory(f"the data of batch {number}", f"0x{data.hex()}", "whole records")
        yield _operation(data[:size])
        data = data[size:]


@dataclass(frozen=True, slots=True)
class History:
    """All that happened to a rollup on L1, what was undone left out.

    Attributes:
        queue: L1's queue, from its first entry on.
        batches: Committed batches that stand, in order.
        proven: How many of them are proven.
        frozen: Whether the rollup has stopped for good.
        spent: Nullifiers of paid exits and escapes.
        refunded: Queue entries that were given back.
    """

    queue: tuple[QueueEntry, ...] = ()
    batches: tuple[PostedBatch, ...] = ()
    proven: int = 0
    frozen: bool = False
    spent: frozenset[int] = frozenset()
    refunded: frozenset[int] = frozenset()

    @classmethod
    def of(cls, data: L1Data) -> "History":
        """Reads all events in order.

        Raises:
            BrokenHistory: They do not fit together.
        """
        known, history = Lookup(Knowledge(), data.rollup, _interface()), cls()
        for log in data.logs:
            event = decode_event(log, known)
            if event is not None:
                history = history.after(event, calls=data.calls.get(log.transaction_hash, ()))
        return history

    def after(self, event: Event, *, calls: Sequence[bytes] = ()) -> "History":
        """With one more event of the contract; ``calls`` are its transaction's that may have committed.

        Raises:
            BrokenHistory: It cannot follow what was before.
        """
        args = event.args
        if event.flaw is not None:
            raise BrokenHistory(f"the data of event {event.name}", event.flaw, "its ABI's form")
        match event.name:
            case name if name in QUEUE_EVENTS:
                _expect("the index of a queue entry", args["index"], len(self.queue))
                return replace(self, queue=(*self.queue, QueueEntry.of(event)))
            case name if name == COMMIT_EVENT:
                return self._committed(event, calls)
            case "BatchProven":
                return self._proved(args)
            case "BatchesReverted":
                _expect("the last batch that was reverted", args["last"], len(self.batches))
                _expect("the first batch that was reverted", args["first"], self.proven + 1)
                return replace(self, batches=self.batches[: self.proven])
            case "Frozen":
                return replace(self, frozen=True, batches=self.batches[: self.proven])
            case "Claimed" | "Escaped":
                return replace(self, spent=self.spent | {args["nullifier"]})
            case "Refunded":
                return replace(self, refunded=self.refunded | {args["index"]})
            case _:
                return self

    def _proved(self, args: dict[str, Any]) -> "History":
        number = self.proven + 1
        _expect("the number of a proven batch", args["number"], number)
        if number > len(self.batches):
            raise BrokenHistory(f"the commit of batch {number}, a proven one", "missing", "before its proof")
        header = self.batches[self.proven].header
        _expect(f"the proven root of batch {number}", args["stateRoot"], header.new_root)
        _expect(f"the proven exit root of batch {number}", args["exitRoot"], header.exit_root)
        return replace(self, proven=number)

    def _committed(self, event: Event, calls: Sequence[bytes]) -> "History":
        number = event.args["number"]
        _expect("the number of a committed batch", number, len(self.batches) + 1)
        header = _header(tuple(event.args["header"]), number)
        last = self.batches[-1].header if self.batches else None
        start = 0 if last is None else last.queue_start + last.queue_count
        _expect(f"the queue pointer of batch {number}", header.queue_start, start)
        if header.queue_start + header.queue_count > len(self.queue):
            raise BrokenHistory(f"the queue before batch {number}", len(self.queue), "longer")
        instance = BatchInstance(event.args["commitment"], event.args["x"], event.args["y"])
        entries = self.queue[header.queue_start : header.queue_start + header.queue_count]
        batch = PostedBatch(header, instance, _call_of(header, instance, entries, calls), event.block_number)
        return replace(self, batches=(*self.batches, batch))


def _interface() -> Interface:
    return Interface.of(artifacts.load("Rollup").abi)


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise BrokenHistory(what, found, expected)


def _header(words: tuple[int, ...], number: int) -> BatchHeader:
    """From the 14 header words; those that are fixed in this version must be what they are."""
    old_root, new_root, exit_root, _, stated, _, _, domain, start, count, fee_account, slots, _, _ = words
    header = BatchHeader(old_root, new_root, exit_root, stated, domain, start, count, fee_account, slots)
    _expect(f"the header of batch {number}", words, replace(header, number=number).words())
    return header


def _call_of(
    header: BatchHeader, instance: BatchInstance, entries: Sequence[QueueEntry], calls: Sequence[bytes]
) -> bytes | None:
    """The call that committed a batch: of several, the one from whose data L1 drew x.

    If none of them fits, the first one, so that its flaw is named; None if there is no call.
    """
    if len(calls) < 2:  # nothing to choose, and whoever executes the batch draws x anyway
        return next(iter(calls), None)
    queued = [entry.operation.words() for entry in entries]
    for call in calls:
        try:
            drawn = challenge_over(instance.commitment, header, queued, data_of(call))
        except UnreadableCommit:
            continue
        if drawn == instance.challenge:
            return call
    return calls[0]


def _data_of(call: bytes | None, number: int) -> bytes:
    """The ``data`` argument of the call that committed."""
    what = f"the call that committed batch {number}"
    if call is None:
        raise BrokenHistory(what, "missing", " or ".join(COMMIT_FUNCTIONS))
    try:
        return data_of(call)
    except UnreadableCommit as error:
        raise BrokenHistory(what, error, "what the contract takes") from error


def _operation(record: bytes) -> PostedOperation:
    word = int.from_bytes(record[:OPERATION_BYTES], "big")
    recipient = int.from_bytes(record[OPERATION_BYTES:], "big")
    return PostedOperation(SlotWords(word, recipient), *unpack_operation(word), recipient)
