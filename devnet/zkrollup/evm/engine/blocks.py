"""Mined blocks: found by number, hash or transaction in one step, logs by bloom. Owns no state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from eth_hash.auto import keccak

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.encoding import list_length, rlp
from zkrollup.evm.engine.headers import Header
from zkrollup.evm.engine.mocks import NO_MOCKS, Mocks
from zkrollup.evm.engine.transactions import Transaction
from zkrollup.evm.engine.world import Mark

BlockId: TypeAlias = int | bytes | Literal["latest", "pending", "earliest", "safe", "finalized"]
"""A number, a hash, or a tag. "safe" and "finalized" are the latest block: nobody contests it."""
Topics: TypeAlias = Sequence[Sequence[bytes] | None]
"""By position, which topics are wanted; None or empty for any."""


class UnknownBlock(ZkRollupError):
    """No such block.

    Attributes:
        id: asked for.
    """

    def __init__(self, at: object, head: int) -> None:
        self.id = at
        shown = f"0x{at.hex()}" if isinstance(at, bytes) else repr(at)
        super().__init__(f"header not found: there is no block {shown}, the latest is {head}")


@dataclass(frozen=True, slots=True)
class Log:
    """A log as the EVM emitted it.

    Attributes:
        address: the emitting contract, 20 bytes.
        topics: 32 bytes each.
        data: the rest.
        block_number: of the block that holds it.
        block_hash: of that block.
        transaction_hash: 32 bytes.
        transaction_index: position of the transaction in the block.
        index: position in the block.
        removed: whether its block is gone again; only filters say so.
        block_timestamp: seconds; of a call, its context's; 0 where whoever read the log was not told.
    """

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    transaction_index: int
    index: int
    removed: bool = False
    block_timestamp: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in its block: what a receipt says.

    Attributes:
        transaction: as sent.
        sender: address.
        hash: of the transaction.
        index: position in the block.
        block_number: of its block.
        block_hash: of its block.
        status: 1 for success, 0 for failure.
        gas_used: after refunds, at least the calldata floor (EIP-7623).
        cumulative_gas: of the block up to and with it.
        effective_gas_price: wei; 0 for an impersonated sender who named no fee.
        contract_address: that a creation is for, also of one that failed; None for a call.
        logs: in order.
        bloom: of the logs.
        output: returned data, or revert data.
        failure: None, "Revert", or the name of the exceptional halt ("OutOfGas").
        blob_gas_used: of its blobs.
        blob_gas_price: wei a unit in its block, also where no blob is.
    """

    transaction: Transaction
    sender: bytes
    hash: bytes
    index: int
    block_number: int
    block_hash: bytes
    status: int
    gas_used: int
    cumulative_gas: int
    effective_gas_price: int
    contract_address: bytes | None
    logs: tuple[Log, ...]
    bloom: int
    output: bytes
    failure: str | None
    blob_gas_used: int
    blob_gas_price: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block.

    Attributes:
        header: that its hash is of.
        transactions: in order.
        mocks: what answered calls as it was made; no part of the block, but of executing it once more.
    """

    header: Header
    transactions: tuple[Mined, ...]
    mocks: Mocks = field(default=NO_MOCKS, compare=False, repr=False)

    @property
    def number(self) -> int:
        """0 is genesis."""
        return self.header.number

    @property
    def hash(self) -> bytes:
        """32 bytes."""
        return self.header.hash

    @property
    def timestamp(self) -> int:
        """Seconds."""
        return self.header.timestamp

    @property
    def size(self) -> int:
        """Bytes of its RLP: header, transactions, no uncles, no withdrawals."""
        encoded = [m.transaction.encoded for m in self.transactions]
        # A typed transaction is a string in the list, a legacy one a list (EIP-2718).
        transactions = sum(len(e) if e[0] >= 0xC0 else len(rlp(e)) for e in encoded)
        return list_length(len(self.header.encoded) + list_length(transactions) + 2 * list_length(0))


@dataclass(frozen=True, slots=True)
class Added:
    """A block was mined."""

    block: Block


@dataclass(frozen=True, slots=True)
class Removed:
    """A block is no longer on the chain."""

    block: Block


@lru_cache(maxsize=4096)
def bloom_bits(value: bytes) -> int:
    """Return the three bits of an address or topic (yellow paper, section 4.3.1)."""
    digest = keccak(value)
    return sum({1 << (int.from_bytes(digest[i : i + 2], "big") & 2047) for i in (0, 2, 4)})


def bloom_of(logs: Sequence[tuple[bytes, Sequence[bytes]]]) -> int:
    """Return the bloom of logs, each an address with topics."""
    bloom = 0
    for address, topics in logs:
        bloom |= bloom_bits(address)
        for topic in topics:
            bloom |= bloom_bits(topic)
    return bloom


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which logs are wanted.

    Attributes:
        addresses: any of these; empty for any at all.
        topics: by position.
    """

    addresses: frozenset[bytes] = frozenset()
    topics: tuple[frozenset[bytes], ...] = ()

    @classmethod
    def of(cls, addresses: Sequence[bytes] = (), topics: Topics = ()) -> "LogQuery":
        """Make a query."""
        return cls(frozenset(addresses), tuple(frozenset(position or ()) for position in topics))

    def may_be_in(self, bloom: int) -> bool:
        """Tell whether a bloom does not exclude a match."""
        wanted = [self.addresses, *self.topics]
        return all(
            not choices or any(bits & bloom == bits for bits in map(bloom_bits, choices))
            for choices in wanted
        )

    def matches(self, log: Log) -> bool:
        """Tell whether a log is wanted; a position beyond its topics is no match, wanted or not."""
        if (self.addresses and log.address not in self.addresses) or len(self.topics) > len(log.topics):
            return False
        return all(
            not choices or topic in choices for choices, topic in zip(self.topics, log.topics, strict=False)
        )


@dataclass(frozen=True, slots=True)
class _Stored:
    """A block, and where in the undo log it began and ended."""

    block: Block
    start: Mark
    end: Mark


class BlockStore:
    """The chain of blocks from genesis on."""

    def __init__(self) -> None:
        self._stored: list[_Stored] = []
        self._numbers: dict[bytes, int] = {}
        self._mined: dict[bytes, Mined] = {}
        self._by_nonce: dict[tuple[bytes, int], Mined] = {}

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def head(self) -> Block:
        """The last block."""
        return self._stored[-1].block

    def add(self, block: Block, start: Mark, end: Mark) -> None:
        """Append a block that wrote to the undo log from start to end."""
        self._stored.append(_Stored(block, start, end))
        self._numbers[block.hash] = block.number
        for mined in block.transactions:
            self._mined[mined.hash] = mined
            self._by_nonce[mined.sender, mined.transaction.nonce] = mined

    def truncate(self, length: int) -> tuple[Block, ...]:
        """Drop the blocks from that number on; returns them, the oldest first."""
        dropped = tuple(stored.block for stored in self._stored[length:])
        del self._stored[length:]
        for block in dropped:
            del self._numbers[block.hash]
            for mined in block.transactions:
                if self._mined[mined.hash] is mined:
                    del self._mined[mined.hash]
                place = mined.sender, mined.transaction.nonce
                if self._by_nonce.get(place) is mined:
                    del self._by_nonce[place]
        return dropped

    def number(self, at: BlockId) -> int:
        """Return the number of a mined block.

        Raises:
            UnknownBlock: it is none of this chain's.
        """
        last = len(self._stored) - 1
        if at in ("latest", "safe", "finalized"):
            return last
        if at == "earliest":
            return 0
        number = self._numbers.get(at) if isinstance(at, bytes) else at
        if not isinstance(number, int) or not 0 <= number <= last:
            raise UnknownBlock(at, last)
        return number

    def get(self, at: BlockId) -> Block:
        """Return a mined block.

        Raises:
            UnknownBlock: it is none of this chain's.
        """
        return self._stored[self.number(at)].block

    def start(self, number: int) -> Mark:
        """Return where in the undo log a block began."""
        return self._stored[number].start

    def end(self, number: int) -> Mark:
        """Return where in the undo log a block ended."""
        return self._stored[number].end

    def hash(self, number: int) -> bytes:
        """Return the hash of a block by number."""
        return self._stored[number].block.hash

    def mined(self, transaction_hash: bytes) -> Mined | None:
        """Return a mined transaction, None if there is no such."""
        return self._mined.get(transaction_hash)

    def mined_by(self, sender: bytes, nonce: int) -> Mined | None:
        """Return the latest mined transaction of a sender and nonce, None if there is none."""
        return self._by_nonce.get((sender, nonce))

    def logs(self, query: LogQuery, first: int, last: int) -> Iterator[Log]:
        """Yield the logs wanted of blocks first to last; a bloom spares most blocks a look."""
        for number in range(max(first, 0), min(last, len(self._stored) - 1) + 1):
            block = self._stored[number].block
            if block.header.bloom and query.may_be_in(block.header.bloom):
                yield from block_logs(block, query)

    def logs_between(self, query: LogQuery, first: BlockId, last: BlockId) -> Iterator[Log]:
        """Yield the logs wanted between two blocks; numbers beyond the chain are cut off.

        Raises:
            UnknownBlock: a hash is none of this chain's.
        """
        return self.logs(query, self._bound(first), self._bound(last))

    def _bound(self, at: BlockId) -> int:
        if isinstance(at, int):
            return at
        return len(self._stored) - 1 if at == "pending" else self.number(at)


def block_logs(block: Block, query: LogQuery) -> Iterator[Log]:
    """Yield the logs wanted of one block."""
    for mined in block.transactions:
        if mined.logs:
            yield from filter(query.matches, mined.logs)
