"""The chain that grows: blocks made on the world, and states gone back to. Owns the order of a block.

Does not own who sends, what is cheated, or when snapshots are taken: `timeline`, `engine`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from zkrollup.evm.engine import headers, rules
from zkrollup.evm.engine.blocks import Added, Block, BlockId, BlockStore, Mined, Removed
from zkrollup.evm.engine.encoding import EMPTY_ROOT
from zkrollup.evm.engine.filters import Filters, Notice
from zkrollup.evm.engine.headers import INITIAL_BASE_FEE, Header, next_excess_blob_gas
from zkrollup.evm.engine.held import Held
from zkrollup.evm.engine.mocks import NO_MOCKS, Mocks
from zkrollup.evm.engine.pool import Arrived, Pool
from zkrollup.evm.engine.roots import NO_ROOT, ExactRoots, StandInRoots, StateRoots
from zkrollup.evm.engine.schedule import Schedule, require_time
from zkrollup.evm.engine.sealing import Draft
from zkrollup.evm.engine.transactions import Transaction
from zkrollup.evm.engine.world import Mark, World
from zkrollup.locking import Lock, locked

GAS_LIMIT: Final = 30_000_000
"""Of a block."""
GENESIS_TIME: Final = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""


class Core:
    """What blocks are made from and kept in; arguments and attributes are `Engine`'s."""

    def __init__(
        self,
        chain_id: int,
        balances: Mapping[bytes, int],
        *,
        exact_roots: bool,
        timestamp: int,
        gas_limit: int,
        lock: Lock | None,
    ) -> None:
        self.exclusive = lock or Lock()
        self.chain_id = chain_id
        self.automine = True
        self.interval: int | None = None
        self.auto_impersonate = False
        self.schedule = Schedule(gas_limit)
        self.world = World()
        self.blocks = BlockStore()
        self.pending = Pool()
        self.filters = Filters(self.blocks)
        self.keys: dict[bytes, bytes] = {}
        self.mocks = NO_MOCKS
        self._held = Held()
        self._state = rules.State(self.world)
        self._computation: Any = self._state.computation_class
        self._roots: StateRoots = ExactRoots() if exact_roots else StandInRoots()
        self._listeners: list[Callable[[Notice], None]] = [self.filters.hear]
        self._add_genesis(balances, timestamp)

    def _add_genesis(self, balances: Mapping[bytes, int], timestamp: int) -> None:
        for address, wei in balances.items():
            self.world.set_balance(address, wei)
        rules.install_contracts(self.world)
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

    @locked
    def block(self, at: BlockId = "latest") -> Block:
        """Return a block; "pending" is the one that mining now would make.

        Raises:
            UnknownBlock: there is no such block.
        """
        if at != "pending":
            return self.blocks.get(at)
        with self._drafted() as draft:
            return draft.seal(self._state_root())

    @contextmanager
    def state_at(self, at: BlockId = "latest") -> Iterator[Any]:
        """Give py-evm's state of a block, in its context, to read or execute on; put back at the end.

        Raises:
            UnknownBlock: there is no such block.
        """
        with self.exclusive:
            if at == "pending":
                with self._drafted():
                    yield self._state
                return
            number = self.blocks.number(at)
            with self.world.rewound(self._mark_after(number)):
                self._state.execution_context = self._context(self.blocks.get(number).header)
                yield self._state

    @contextmanager
    def mocking(self, mocks: Mocks) -> Iterator[None]:
        """Let these answer calls inside the context, and no others; other threads wait."""
        with self.exclusive:
            before = self.mocks
            self._exchange_mocks(mocks)
            try:
                yield
            finally:
                self._exchange_mocks(before)

    def _exchange_mocks(self, mocks: Mocks) -> None:
        self.mocks, self._state.computation_class = mocks, mocks.over(self._computation)

    @contextmanager
    def before(self, transaction_hash: bytes) -> Iterator[tuple[Any, Mined]]:
        """Give py-evm's state just before a mined transaction, to execute it once more; put back at the end.

        Raises:
            LookupError: it is not mined.
        """
        with self.exclusive:
            mined = self.blocks.mined(transaction_hash)
            if mined is None:
                raise LookupError(f"transaction 0x{transaction_hash.hex()} is not mined")
            block = self.blocks.get(mined.block_number)
            with self.mocking(block.mocks), self.world.rewound(self.blocks.start(block.number)):
                self._begin(self._context(block.header), block.header.parent_hash)
                for earlier in block.transactions[: mined.index]:
                    rules.execute(self._state, earlier.transaction)
                yield self._state, mined

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

    # --- making blocks

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
            block = draft.seal(self._state_root(), mocks=self.mocks)
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
        require_time(time, parent.timestamp)
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

    def _cut(self, mark: Mark, length: int) -> tuple[Block, ...]:
        self.world.undo_to(mark)
        self.world.lock_changes()
        dropped = self.blocks.truncate(length)
        for block in reversed(dropped):
            self._tell(Removed(block))
        return dropped

    # --- listeners

    def subscribe(self, listener: Callable[[Notice], None]) -> Callable[[], None]:
        """Tell a listener of blocks that come and go and of transactions; returns what ends it.

        It is told while the lock is held, on the thread that caused it.
        """
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:  # it may have gone with the chain's settings
                self._listeners.remove(listener)

        return end

    def _tell(self, notice: Notice) -> None:
        for listener in tuple(self._listeners):
            listener(notice)
