"""The engine: what a chain is asked and told, answered at once.

Owns: reads, calls, sending. Does not own: execution (`rules`, `simulation`, `ahead`), making blocks (`core`),
going back (`timeline`), time and cheats (`cheating`), JSON-RPC, ABIs.

Addresses and hashes are bytes, amounts ints, b"" as `to` creates a contract. The state of a block is
that just before its successor began, so a cheat counts for the block that was the latest then. A
historical read goes back through all writes since; the latest state is read at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine import ahead, dump, simulation, validity
from zkrollup.evm.engine.ahead import Planned
from zkrollup.evm.engine.blocks import Block, BlockId, Log, LogQuery, Mined, Topics
from zkrollup.evm.engine.cheating import Cheating
from zkrollup.evm.engine.pool import Arrived, Pending
from zkrollup.evm.engine.roots import AccountProof
from zkrollup.evm.engine.simulation import Outcome, Override
from zkrollup.evm.engine.tracing import CallTree, Trace, record
from zkrollup.evm.engine.transactions import (
    AccessList,
    CallFields,
    Transaction,
    build,
    impersonate,
    sign,
)
from zkrollup.evm.engine.world import World
from zkrollup.locking import locked

_T = TypeVar("_T")


class UnknownSigner(ZkRollupError):
    """The engine has no key for a sender, and nobody impersonates it.

    Attributes:
        address: of the sender.
    """

    def __init__(self, address: bytes) -> None:
        self.address = address
        super().__init__(
            f"unknown account: cannot send from 0x{address.hex()}: there is no key for it, and nobody "
            f"impersonates it"
        )


class Engine(Cheating):
    """A chain in this process, Prague rules. Nothing depends on clock or chance, nor on which thread calls.

    Args:
        chain_id: of CHAINID, of signatures and of eth_chainId.
        balances: wei by address, at genesis.
        exact_roots: Merkle-Patricia state roots, and proofs; otherwise a hash of what changed stands in.
        timestamp: of genesis.
        gas_limit: of a block.
        lock: that threads take turns by; one of its own by default.

    Attributes:
        chain_id: as given.
        exclusive: lock that each method here holds; hold it to make several of them one.
        automine: whether a transaction is mined as it is sent.
        auto_impersonate: whether anybody may send over JSON-RPC without a key.
        interval: seconds between calls of `tick`, whose timer is its caller's; None for none.
        schedule: settings of the blocks to come.
        world: the latest state.
        blocks: all that were mined.
        pending: transactions that wait.
        filters: what is new since last asked.
        keys: private keys by address, in order of arrival.
        mocks: what answers calls instead of code.
    """

    # --- reading

    @locked
    def transaction(self, transaction_hash: bytes) -> Mined | Pending | None:
        """Return a transaction, mined or waiting; None if there is no such."""
        return self.blocks.mined(transaction_hash) or self.pending.get(transaction_hash)

    @locked
    def balance(self, address: bytes, *, at: BlockId = "latest") -> int:
        """Return wei."""
        return self._read(at, lambda world: world.get_balance(address))

    @locked
    def nonce(self, address: bytes, *, at: BlockId = "latest") -> int:
        """Return the number of transactions sent, or contracts created; "pending" counts those that wait."""
        if at == "pending":
            return self.pending.next_nonce(address, self.world.get_nonce(address))
        return self._read(at, lambda world: world.get_nonce(address))

    @locked
    def code(self, address: bytes, *, at: BlockId = "latest") -> bytes:
        """Return code, b"" where there is none."""
        return self._read(at, lambda world: world.get_code(address))

    @locked
    def storage(self, address: bytes, slot: int, *, at: BlockId = "latest") -> int:
        """Return a storage word."""
        return self._read(at, lambda world: world.get_storage(address, slot))

    def _read(self, at: BlockId, read: Callable[[World], _T]) -> _T:
        if at == "latest":
            return read(self.world)
        with self.state_at(at):
            return read(self.world)

    @locked
    def proof(self, address: bytes, slots: Sequence[int] = (), *, at: BlockId = "latest") -> AccountProof:
        """Return EIP-1186's proof against a mined block's state root.

        Raises:
            InexactRoots: the engine was made without `exact_roots`.
            UnknownBlock: there is no such block.
        """
        return self._roots.proof(self.blocks.get(at).header.state_root, address, slots)

    @locked
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
        return iter(tuple(self.blocks.logs_between(LogQuery.of(addresses, topics), first, last)))

    # --- executing without keeping

    @locked
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
        with self.trying(at, overrides) as state:
            return simulation.call(state, fields)

    @contextmanager
    def trying(
        self,
        at: BlockId = "latest",
        overrides: Mapping[bytes, Override] | None = None,
        block: Mapping[str, Any] | None = None,
    ) -> Iterator[Any]:
        """Give py-evm's state of a block, as it is or with changes, to execute on; put back at the end.

        Args:
            at: block.
            overrides: other states, by address.
            block: other settings of the block, by the names of `rules.Context`.

        Raises:
            UnknownBlock: there is no such block.
        """
        with self.state_at(at) as state:
            for address, override in (overrides or {}).items():
                override.apply(self.world, address)
            self.world.lock_changes()
            state.execution_context = replace(state.execution_context, **(block or {}))
            yield state

    def trace(self, transaction_hash: bytes) -> CallTree:
        """Execute a mined transaction once more, as it was, and return what it did.

        Raises:
            LookupError: it is not mined.
        """
        return self.recorded(transaction_hash).root

    @locked
    def recorded(self, transaction_hash: bytes, *, steps: bool = False) -> Trace:
        """Execute a mined transaction once more, as it was, and return it as recorded; see `trace`."""
        with self.before(transaction_hash) as (state, mined):
            return record(state, mined.transaction, steps=steps)

    def trace_call(self, fields: CallFields, *, at: BlockId = "latest") -> CallTree:
        """Return what a call does, on the state of a block; see `call`.

        Raises:
            InvalidTransaction: it could not be in a block.
            UnknownBlock: there is no such block.
        """
        return self.recorded_call(fields, at=at).root

    @locked
    def recorded_call(self, fields: CallFields, *, at: BlockId = "latest", steps: bool = False) -> Trace:
        """Return a call as recorded; see `trace_call`."""
        with self.state_at(at) as state:
            return record(state, simulation.unsigned(state, fields), steps=steps)

    @locked
    def estimate(
        self,
        fields: CallFields,
        *,
        at: BlockId = "pending",
        overrides: Mapping[bytes, Override] | None = None,
        block: Mapping[str, Any] | None = None,
    ) -> tuple[Outcome, int]:
        """Return a gas limit that suffices, within 1 %, and the outcome with all gas.

        The outcome is a failure where even the whole block's gas does not suffice. The arguments beside the
        fields are those of `trying`.

        Raises:
            InvalidTransaction: it could not be in a block.
            UnknownBlock: there is no such block.
        """
        with self.trying(at, overrides, block) as state:
            return simulation.estimate(state, fields)

    @locked
    def access_list(self, fields: CallFields, *, at: BlockId = "pending") -> tuple[AccessList, Outcome]:
        """Return what the execution touches beside sender, target and precompiles, and its outcome with it.

        Raises:
            InvalidTransaction: it could not be in a block.
            UnknownBlock: there is no such block.
        """
        with self.state_at(at) as state:
            return simulation.access_list(state, fields)

    @locked
    def simulate(
        self, plan: Sequence[Planned], *, at: BlockId = "latest", validate: bool = False
    ) -> tuple[Block, ...]:
        """Return blocks that would come after one, each on the state of the one before; keeps nothing.

        Args:
            plan: what each holds.
            at: block that the first comes after.
            validate: whether nonces and fees are checked as in blocks that are mined; else any nonce will
                do, and the base fee is 0 unless it is set.

        Raises:
            InvalidTransaction: a block cannot hold a call.
            UnknownBlock: there is no such block.
            OutOfOrder: number or time of a block is not after its parent's.
        """
        parent = self.block(at).header
        with self.state_at(at) as state:
            since = self.world.mark() if at == "pending" else self.blocks.end(parent.number)
            chain = ahead.Ahead(state, parent, self._roots, self.blocks.hash, self.schedule.step, validate)
            return chain.extend(plan, since)

    # --- sending and mining

    def can_send(self, sender: bytes) -> bool:
        """Tell whether there is a key for a sender, or somebody impersonates it."""
        return sender in self.keys or sender in self.impersonated

    @locked
    def sign(self, fields: CallFields) -> Transaction:
        """Build a transaction of a managed key, or of an impersonated sender.

        What the fields leave open: the nonce is the next, the gas a block's, the tip none, and the fee cap
        twice the base fee, so that the transaction also fits a later block, or an earlier one after a
        reorganisation. An impersonated sender for whom no fee is named pays none.

        Raises:
            UnknownSigner: there is no key, and nobody impersonates the sender.
        """
        if not self.can_send(fields.sender):
            raise UnknownSigner(fields.sender)
        key = self.keys.get(fields.sender)
        pays = key is not None or fields.names_a_fee
        transaction = build(
            fields,
            chain_id=self.chain_id,
            nonce=self.nonce(fields.sender, at="pending"),
            gas=self.schedule.gas_limit,
            max_fee=2 * self.next_base_fee if pays else 0,
            blob_fee=2 * self.next_blob_base_fee,
        )
        return (
            impersonate(transaction, fields.sender)
            if key is None
            else sign(transaction, key, sender=fields.sender)
        )

    @locked
    def send(self, transaction: Transaction) -> bytes:
        """Mine a transaction in a block of its own, or let it wait where nothing is mined automatically.

        Returns:
            Its hash.

        Raises:
            InvalidTransaction: it cannot be in the next block, or not in any. Nothing changed.
        """
        if self.automine:
            return self.mine_transaction(transaction).hash
        self._check_waiting(transaction)
        self._tell(Arrived(self.pending.add(transaction).hash))
        return transaction.hash

    @locked
    def mine_transaction(self, transaction: Transaction) -> Mined:
        """Mine a transaction in a block of its own, whatever else waits.

        Raises:
            InvalidTransaction: it cannot be in the next block. Nothing changed.
        """
        return self._mine(lambda draft: draft.add(transaction), None, (transaction,)).transactions[0]

    def _check_waiting(self, transaction: Transaction) -> None:
        validity.check_form(transaction, self.chain_id, self.schedule.gas_limit)
        validity.check_nonce(self._state, transaction)
        validity.check_funds(self._state, transaction)

    @locked
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

    # --- files

    @locked
    def dump(self) -> bytes:
        """Return the latest state as `anvil_dumpState` writes it; blocks stay behind."""
        return dump.encode(self.world, self.head.header)

    @locked
    def load(self, data: bytes) -> None:
        """Take over the accounts of a dump, anvil's too; others stay, and no block is mined.

        Where the dump's time is later, the next block comes after it. A revert undoes all this.

        Raises:
            InvalidDump: it is none. Nothing changed.
        """
        saved = dump.decode(data)
        saved.put_into(self.world)
        if saved.timestamp > self.head.timestamp:
            self.set_next_block_timestamp(saved.timestamp + self.schedule.step)
