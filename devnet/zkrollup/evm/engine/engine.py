"""The engine: wires world, rules, blocks, pool and filters into a chain that answers at once.

Owns: the order of things (what a block executes, what a snapshot holds). Does not own: execution
(`rules`, `simulation`), what is stored (`world`, `blocks`), JSON-RPC, ABIs.

Addresses and hashes are bytes, amounts ints, b"" as `to` creates a contract. The state of a block is
that just before its successor began, so a cheat counts for the block that was the latest then. A
historical read goes back through all writes since; the latest state is read at once.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from coincurve import PrivateKey

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine import headers, rules, simulation
from zkrollup.evm.engine.blocks import (
    Added,
    Block,
    BlockId,
    BlockStore,
    Log,
    LogQuery,
    Mined,
    Removed,
    Topics,
)
from zkrollup.evm.engine.encoding import EMPTY_ROOT
from zkrollup.evm.engine.filters import Filters, Notice
from zkrollup.evm.engine.headers import INITIAL_BASE_FEE, Header, next_excess_blob_gas
from zkrollup.evm.engine.pool import Arrived, Pending, Pool
from zkrollup.evm.engine.roots import NO_ROOT, AccountProof, ExactRoots, StandInRoots, StateRoots
from zkrollup.evm.engine.schedule import InvalidTime, Schedule
from zkrollup.evm.engine.sealing import Draft
from zkrollup.evm.engine.simulation import Outcome, Override
from zkrollup.evm.engine.transactions import (
    AccessList,
    CallFields,
    InvalidTransaction,
    Transaction,
    address_of,
    build,
    impersonate,
    sign,
)
from zkrollup.evm.engine.world import Mark, World

GAS_LIMIT: Final = 30_000_000
"""Of a block."""
GENESIS_TIME: Final = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""

Reorder = Callable[[tuple[Transaction, ...]], Sequence[Transaction]]
"""Says which of the dropped transactions go back, and in which order."""


_T = TypeVar("_T")


class UnknownSigner(ZkRollupError):
    """The engine has no key for a sender, and nobody impersonates it.

    Attributes:
        address: of the sender.
    """

    def __init__(self, address: bytes) -> None:
        self.address = address
        super().__init__(
            f"cannot send from 0x{address.hex()}: there is no key for it, and nobody impersonates it"
        )


class InvalidReorg(ZkRollupError):
    """A reorganisation deeper than the chain, or of nothing.

    Attributes:
        depth: asked for.
    """

    def __init__(self, depth: int, head: int) -> None:
        self.depth = depth
        super().__init__(f"cannot replace {depth} blocks: it must be 1 to {head}, genesis stays")


@dataclass(frozen=True, slots=True)
class Reorg:
    """What a reorganisation did.

    Attributes:
        dropped: blocks that are gone, the oldest first.
        added: blocks in their place.
        refused: transactions that no longer fit, with the reason of each.
    """

    dropped: tuple[Block, ...]
    added: tuple[Block, ...]
    refused: tuple[tuple[Transaction, str], ...]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    mark: Mark
    length: int
    schedule: Schedule
    pending: Pool
    keys: dict[bytes, PrivateKey]


class Engine:
    """A chain in this process, Prague rules. Nothing depends on clock or chance.

    Args:
        chain_id: of CHAINID, of signatures and of eth_chainId.
        balances: wei by address, at genesis.
        exact_roots: Merkle-Patricia state roots, and proofs; otherwise a hash of what changed stands in.
        timestamp: of genesis.
        gas_limit: of a block.

    Attributes:
        chain_id: as given.
        automine: whether a transaction is mined as it is sent.
        interval: seconds between calls of `tick`, whose timer is its caller's; None for none.
        schedule: settings of the blocks to come.
        world: the latest state.
        blocks: all that were mined.
        pending: transactions that wait.
        filters: what is new since last asked.
        keys: private keys by address, in order of arrival.
        impersonated: addresses that send without a key.
    """

    def __init__(
        self,
        chain_id: int,
        balances: Mapping[bytes, int],
        *,
        exact_roots: bool = False,
        timestamp: int = GENESIS_TIME,
        gas_limit: int = GAS_LIMIT,
    ) -> None:
        self.chain_id = chain_id
        self.automine = True
        self.interval: int | None = None
        self.schedule = Schedule(gas_limit)
        self.world = World()
        self.blocks = BlockStore()
        self.pending = Pool()
        self.filters = Filters(self.blocks)
        self.keys: dict[bytes, PrivateKey] = {}
        self.impersonated: set[bytes] = set()
        self._state = rules.State(self.world)
        self._roots: StateRoots = ExactRoots() if exact_roots else StandInRoots()
        self._snapshots: dict[int, _Snapshot] = {}
        self._snapshot_numbers = itertools.count(1)
        self._listeners: list[Callable[[Notice], None]] = [self.filters.hear]
        self._add_genesis(balances, timestamp)

    def _add_genesis(self, balances: Mapping[bytes, int], timestamp: int) -> None:
        for address, wei in balances.items():
            self.world.set_balance(address, wei)
        rules.install_system_contracts(self.world)
        self.world.lock_changes()
        header = headers.header(
            parent_hash=bytes(32),
            state_root=self._roots.after(NO_ROOT, self.world, self.world.changed_since(0)),
            number=0,
            timestamp=timestamp,
            prev_randao=bytes(32),
            base_fee=INITIAL_BASE_FEE,
            gas_limit=self.schedule.gas_limit,
        )
        self.blocks.add(Block(header, ()), 0, self.world.mark())

    # --- reading

    @property
    def head(self) -> Block:
        """The latest block."""
        return self.blocks.head

    def block(self, at: BlockId = "latest") -> Block:
        """Return a block; "pending" is the one that mining now would make.

        Raises:
            UnknownBlock: there is no such block.
        """
        if at != "pending":
            return self.blocks.get(at)
        with self._drafted() as draft:
            return draft.seal(self._state_root())

    def transaction(self, transaction_hash: bytes) -> Mined | Pending | None:
        """Return a transaction, mined or waiting; None if there is no such."""
        return self.blocks.mined(transaction_hash) or self.pending.get(transaction_hash)

    def balance(self, address: bytes, *, at: BlockId = "latest") -> int:
        """Return wei."""
        return self._read(at, lambda world: world.get_balance(address))

    def nonce(self, address: bytes, *, at: BlockId = "latest") -> int:
        """Return the number of transactions sent, or contracts created; "pending" counts those that wait."""
        if at == "pending":
            return self.pending.next_nonce(address, self.world.get_nonce(address))
        return self._read(at, lambda world: world.get_nonce(address))

    def code(self, address: bytes, *, at: BlockId = "latest") -> bytes:
        """Return code, b"" where there is none."""
        return self._read(at, lambda world: world.get_code(address))

    def storage(self, address: bytes, slot: int, *, at: BlockId = "latest") -> int:
        """Return a storage word."""
        return self._read(at, lambda world: world.get_storage(address, slot))

    def _read(self, at: BlockId, read: Callable[[World], _T]) -> _T:
        if at == "latest":
            return read(self.world)
        with self.state_at(at):
            return read(self.world)

    def proof(self, address: bytes, slots: Sequence[int] = (), *, at: BlockId = "latest") -> AccountProof:
        """Return EIP-1186's proof against a mined block's state root.

        Raises:
            InexactRoots: the engine was made without `exact_roots`.
            UnknownBlock: there is no such block.
        """
        return self._roots.proof(self.blocks.get(at).header.state_root, address, slots)

    def logs(
        self,
        first: BlockId = "earliest",
        last: BlockId = "latest",
        addresses: Sequence[bytes] = (),
        topics: Topics = (),
    ) -> Iterator[Log]:
        """Yield logs between two blocks; numbers beyond the chain are cut off.

        Args:
            first: block.
            last: block, included.
            addresses: of any of these contracts; none for any.
            topics: by position, None or empty for any.

        Raises:
            UnknownBlock: a hash is none of this chain's.
        """
        return self.blocks.logs_between(LogQuery.of(addresses, topics), first, last)

    # --- executing without keeping

    @contextmanager
    def state_at(self, at: BlockId = "latest") -> Iterator[Any]:
        """Give py-evm's state of a block, in its context, to read or execute on; put back at the end.

        Raises:
            UnknownBlock: there is no such block.
        """
        if at == "pending":
            with self._drafted():
                yield self._state
            return
        number = self.blocks.number(at)
        with self.world.rewound(self._mark_after(number)):
            self._state.execution_context = self._context(self.blocks.get(number).header)
            yield self._state

    @contextmanager
    def before(self, transaction_hash: bytes) -> Iterator[tuple[Any, Mined]]:
        """Give py-evm's state just before a mined transaction, to execute it once more; put back at the end.

        Raises:
            LookupError: it is not mined.
        """
        mined = self.blocks.mined(transaction_hash)
        if mined is None:
            raise LookupError(f"transaction 0x{transaction_hash.hex()} is not mined")
        block = self.blocks.get(mined.block_number)
        with self.world.rewound(self.blocks.start(block.number)):
            self._begin(self._context(block.header), block.header.parent_hash)
            for earlier in block.transactions[: mined.index]:
                rules.execute(self._state, earlier.transaction)
            yield self._state, mined

    def call(
        self,
        fields: CallFields,
        *,
        at: BlockId = "latest",
        overrides: Mapping[bytes, Override] | None = None,
    ) -> Outcome:
        """Execute in the context of a block, on its state.

        Args:
            fields: no key and no fee is needed; a fee that is named must be there.
            at: block.
            overrides: other states, by address.

        Raises:
            InvalidTransaction: it could not be in a block.
            UnknownBlock: there is no such block.
        """
        with self.state_at(at) as state:
            for address, override in (overrides or {}).items():
                override.apply(self.world, address)
            self.world.lock_changes()
            return simulation.call(state, fields)

    def estimate(self, fields: CallFields, *, at: BlockId = "pending") -> tuple[Outcome, int]:
        """Return a gas limit that suffices, within 1 %, and the outcome with all gas.

        The outcome is a failure where even the whole block's gas does not suffice.

        Raises:
            InvalidTransaction: it could not be in a block.
            UnknownBlock: there is no such block.
        """
        with self.state_at(at) as state:
            return simulation.estimate(state, fields)

    def access_list(self, fields: CallFields, *, at: BlockId = "pending") -> tuple[AccessList, Outcome]:
        """Return what the execution touches beside sender, target and precompiles, and its outcome with it.

        Raises:
            InvalidTransaction: it could not be in a block.
            UnknownBlock: there is no such block.
        """
        with self.state_at(at) as state:
            return simulation.access_list(state, fields)

    # --- sending and mining

    def can_send(self, sender: bytes) -> bool:
        """Tell whether there is a key for a sender, or somebody impersonates it."""
        return sender in self.keys or sender in self.impersonated

    def sign(self, fields: CallFields) -> Transaction:
        """Build a transaction of a managed key, or of an impersonated sender, who pays no gas.

        Fees, gas and nonce that the fields leave open are those that the next block needs: the base fee
        without a tip, twice the base fee at most where it must wait; a block's gas.

        Raises:
            UnknownSigner: there is no key, and nobody impersonates the sender.
        """
        if not self.can_send(fields.sender):
            raise UnknownSigner(fields.sender)
        key = self.keys.get(fields.sender)
        if key is None:
            fields = replace(fields, gas_price=None, max_fee_per_gas=0, max_priority_fee_per_gas=0)
        waits = 1 if self.automine else 2
        transaction = build(
            fields,
            chain_id=self.chain_id,
            nonce=self.nonce(fields.sender, at="pending"),
            gas=self.schedule.gas_limit,
            max_fee=waits * self.next_base_fee,
            blob_fee=waits * self.next_blob_base_fee,
        )
        return impersonate(transaction, fields.sender) if key is None else sign(transaction, key)

    def send(self, transaction: Transaction) -> bytes:
        """Mine a transaction in a block of its own, or let it wait where nothing is mined automatically.

        Returns:
            Its hash.

        Raises:
            InvalidTransaction: it cannot be in the next block, or not in any. Nothing changed.
        """
        if self.automine:
            self._mine(lambda draft: draft.add(transaction), None, (transaction,))
        else:
            self._check_waiting(transaction)
            self._tell(Arrived(self.pending.add(transaction).hash))
        return transaction.hash

    def _check_waiting(self, transaction: Transaction) -> None:
        rules.check_form(transaction, self.chain_id, self.schedule.gas_limit)
        rules.check_funds(self._state, transaction)
        nonce = self.world.get_nonce(transaction.sender)
        if transaction.nonce < nonce:
            raise InvalidTransaction(f"nonce {transaction.nonce} is used: the next is {nonce}")

    def mine(
        self, count: int = 1, *, timestamp: int | None = None, step: int | None = None
    ) -> tuple[Block, ...]:
        """Mine blocks of what waits, the best tips first.

        Args:
            count: how many.
            timestamp: of the first.
            step: seconds from each to the next; the schedule's by default.

        Raises:
            InvalidTime: time would not move forward.
        """
        mined: list[Block] = []
        for _ in range(count):
            if mined and step is not None:
                timestamp = self.head.timestamp + step
            mined.append(self._mine(self._fill, timestamp))
            timestamp = None
        return tuple(mined)

    def tick(self) -> Block | None:
        """Mine a block if an interval is set: what a timer calls."""
        return None if self.interval is None else self.mine()[0]

    def _fill(self, draft: Draft) -> None:
        self.pending.best_first(draft.context.base_fee_per_gas, self.world.get_nonce, draft.fits)

    def _mine(
        self, fill: Callable[[Draft], None], timestamp: int | None, arrivals: Sequence[Transaction] = ()
    ) -> Block:
        """Make the next block, all of it or nothing; tell the listeners."""
        context, start = self._next_context(timestamp), self.world.mark()
        try:
            self._begin(context, self.head.hash)
            draft = Draft(self._state, self.head.hash)
            fill(draft)
            block = draft.seal(self._state_root())
        except BaseException:
            self.world.undo_to(start)
            self.world.lock_changes()
            raise
        self.blocks.add(block, start, self.world.mark())
        self.schedule = self.schedule.after_a_block()
        self.pending.forget_stale(self.world.get_nonce)
        for transaction in arrivals:
            self._tell(Arrived(transaction.hash))
        self._tell(Added(block))
        return block

    @contextmanager
    def _drafted(self) -> Iterator[Draft]:
        """The block that mining now would make; taken back at the end."""
        context = self._next_context(None)
        with self.world.rewound(self.world.mark()):
            self._begin(context, self.head.hash)
            draft = Draft(self._state, self.head.hash)
            self._fill(draft)
            yield draft

    def _begin(self, context: rules.Context, parent_hash: bytes) -> None:
        self._state.execution_context = context
        rules.begin_block(self.world, context, parent_hash, EMPTY_ROOT)

    def _state_root(self) -> bytes:
        head = self.head
        changed = self.world.changed_since(self.blocks.end(head.number))
        return self._roots.after(head.header.state_root, self.world, changed)

    def _next_context(self, timestamp: int | None) -> rules.Context:
        parent, schedule = self.head.header, self.schedule
        time = schedule.time_after(parent) if timestamp is None else timestamp
        if time <= parent.timestamp:
            raise InvalidTime(time, parent.timestamp)
        return rules.Context(
            coinbase=schedule.coinbase,
            timestamp=time,
            block_number=parent.number + 1,
            mix_hash=schedule.prev_randao_after(parent),
            gas_limit=schedule.gas_limit,
            chain_id=self.chain_id,
            base_fee_per_gas=schedule.base_fee_after(parent),
            excess_blob_gas=next_excess_blob_gas(parent),
            hash_of=self.blocks.hash,
        )

    def _context(self, header: Header) -> rules.Context:
        return rules.Context(
            coinbase=header.coinbase,
            timestamp=header.timestamp,
            block_number=header.number,
            mix_hash=header.prev_randao,
            gas_limit=header.gas_limit,
            chain_id=self.chain_id,
            base_fee_per_gas=header.base_fee,
            excess_blob_gas=header.excess_blob_gas,
            hash_of=self.blocks.hash,
        )

    def _mark_after(self, number: int) -> Mark:
        return self.world.mark() if number == self.head.number else self.blocks.start(number + 1)

    # --- what the next block will be

    @property
    def next_timestamp(self) -> int:
        """Of the next block."""
        return self.schedule.time_after(self.head.header)

    @property
    def next_base_fee(self) -> int:
        """Wei a unit of gas in the next block."""
        return self.schedule.base_fee_after(self.head.header)

    @property
    def next_blob_base_fee(self) -> int:
        """Wei a unit of blob gas in the next block."""
        return headers.blob_fee(next_excess_blob_gas(self.head.header))

    @property
    def time_offset(self) -> int:
        """Sum of all moves of time, in seconds."""
        return self.schedule.offset

    def set_next_block_timestamp(self, timestamp: int) -> None:
        """Fix the time of the next block.

        Raises:
            InvalidTime: it is not after the latest block.
        """
        if timestamp <= self.head.timestamp:
            raise InvalidTime(timestamp, self.head.timestamp)
        self.schedule = replace(self.schedule, timestamp=timestamp)

    def increase_time(self, seconds: int) -> int:
        """Move the next block, and so those after it; returns the sum of all moves.

        Raises:
            InvalidTime: seconds is negative.
        """
        if seconds < 0:
            raise InvalidTime(self.next_timestamp + seconds, self.head.timestamp)
        schedule = self.schedule
        fixed = None if schedule.timestamp is None else schedule.timestamp + seconds
        self.schedule = replace(
            schedule, offset=schedule.offset + seconds, shift=schedule.shift + seconds, timestamp=fixed
        )
        return self.schedule.offset

    # --- snapshots and reorganisations

    def snapshot(self) -> int:
        """Remember the present; returns a number that is never given twice."""
        number = next(self._snapshot_numbers)
        self._snapshots[number] = _Snapshot(
            self.world.mark(), len(self.blocks), self.schedule, self.pending.copy(), dict(self.keys)
        )
        return number

    def has_snapshot(self, number: int) -> bool:
        """Tell whether it can still be reverted to."""
        return number in self._snapshots

    def revert(self, number: int, *, keep: bool = False) -> bool:
        """Return to a snapshot: state, blocks, keys, what waits, and the schedule. Later ones are gone.

        Args:
            number: of the snapshot.
            keep: whether it can be reverted to again.

        Returns:
            False if it is unknown; nothing changed then.
        """
        snapshot = self._snapshots.get(number)
        if snapshot is None:
            return False
        self._cut(snapshot.mark, snapshot.length)
        self.schedule = snapshot.schedule
        self.pending = snapshot.pending.copy()
        self.keys = dict(snapshot.keys)
        for later in [n for n in self._snapshots if n > number or (n == number and not keep)]:
            del self._snapshots[later]
        return True

    def discard(self, number: int) -> None:
        """Drop a snapshot without reverting."""
        self._snapshots.pop(number, None)

    def _cut(self, mark: Mark, length: int) -> tuple[Block, ...]:
        self.world.undo_to(mark)
        self.world.lock_changes()
        dropped = self.blocks.truncate(length)
        for block in reversed(dropped):
            self._tell(Removed(block))
        return dropped

    def reorg(self, depth: int, *, transactions: Reorder | None = None) -> Reorg:
        """Replace the last blocks by as many others, a second later each, so that all hashes differ.

        Each new block takes as many transactions as the one it replaces had, the last takes the rest.
        Cheats since the first of them, and snapshots, are gone.

        Args:
            depth: how many.
            transactions: says which go back, and in which order; by default all, in theirs.

        Raises:
            InvalidReorg: depth is below one, or reaches genesis.
        """
        head = self.head.number
        if not 1 <= depth <= head:
            raise InvalidReorg(depth, head)
        first = head - depth + 1
        mark = self.blocks.start(first)
        dropped = self._cut(mark, first)
        self._snapshots = {n: s for n, s in self._snapshots.items() if s.mark <= mark and s.length <= first}
        old = tuple(mined.transaction for block in dropped for mined in block.transactions)
        waiting = list(old if transactions is None else transactions(old))
        refused: list[tuple[Transaction, str]] = []
        added = tuple(self._replace(block, waiting, block is dropped[-1], refused) for block in dropped)
        return Reorg(dropped, added, tuple(refused))

    def _replace(
        self, old: Block, waiting: list[Transaction], last: bool, refused: list[tuple[Transaction, str]]
    ) -> Block:
        count = len(waiting) if last else len(old.transactions)
        taken, waiting[:] = waiting[:count], waiting[count:]

        def fill(draft: Draft) -> None:
            for transaction in taken:
                try:
                    draft.add(transaction)
                except InvalidTransaction as error:
                    refused.append((transaction, str(error)))

        return self._mine(fill, max(old.timestamp + 1, self.head.timestamp + 1))

    # --- cheats; no block is mined

    def set_balance(self, address: bytes, wei: int) -> None:
        """Set a balance."""
        self.world.set_balance(address, wei)

    def set_nonce(self, address: bytes, nonce: int) -> None:
        """Set a nonce."""
        self.world.set_nonce(address, nonce)

    def set_code(self, address: bytes, code: bytes) -> None:
        """Set code."""
        self.world.set_code(address, code)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Set a storage word."""
        self.world.set_storage(address, slot, value)
        self.world.lock_changes()

    def add_key(self, key: bytes) -> bytes:
        """Sign for an account from now on; returns its address."""
        private = PrivateKey(key)
        address = address_of(private)
        self.keys[address] = private
        return address

    def impersonate(self, address: bytes) -> None:
        """Let an address send without a key."""
        self.impersonated.add(address)

    def stop_impersonating(self, address: bytes) -> None:
        """End it."""
        self.impersonated.discard(address)

    # --- listeners

    def subscribe(self, listener: Callable[[Notice], None]) -> Callable[[], None]:
        """Tell a listener of blocks that come and go and of transactions; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, notice: Notice) -> None:
        for listener in tuple(self._listeners):
            listener(notice)
