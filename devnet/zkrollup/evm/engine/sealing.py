"""Making a block: transactions run in order, then header, receipts and their roots. Owns no state."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from zkrollup.evm.engine.blocks import Block, Log, Mined, bloom_of
from zkrollup.evm.engine.encoding import Item, rlp
from zkrollup.evm.engine.headers import BLOB_LIMIT, blob_fee, header
from zkrollup.evm.engine.mocks import NO_MOCKS, Mocks
from zkrollup.evm.engine.rules import Context, Execution, execute
from zkrollup.evm.engine.transactions import InvalidTransaction, Transaction
from zkrollup.evm.engine.tries import list_root


class _Place(NamedTuple):
    """Where and when a transaction stands."""

    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    transaction_index: int
    timestamp: int


class Draft:
    """A block that is being filled.

    Args:
        state: that transactions run on, in the context of the block.
        parent_hash: of the block before.

    Attributes:
        context: of the block.
        parent_hash: of the block before.
        transactions: so far.
        executions: what each did.
        gas_used: so far.
        blob_gas_used: so far.
    """

    def __init__(self, state: Any, parent_hash: bytes) -> None:
        self._state = state
        self.context: Context = state.execution_context
        self.parent_hash = parent_hash
        self.transactions: list[Transaction] = []
        self.executions: list[Execution] = []
        self.gas_used = 0
        self.blob_gas_used = 0

    def add(self, transaction: Transaction) -> None:
        """Run a transaction as the next of the block.

        Raises:
            InvalidTransaction: it does not fit. Nothing changed.
        """
        room = self.context.gas_limit - self.gas_used
        if self.transactions and transaction.gas > room:
            raise InvalidTransaction(
                f"gas limit reached: {transaction.gas} is more than the {room} that the block has left"
            )
        if self.transactions and self.blob_gas_used + transaction.blob_gas > BLOB_LIMIT:
            raise InvalidTransaction(
                f"blob gas limit reached: the block has {self.blob_gas_used}, the most is {BLOB_LIMIT}"
            )
        execution = execute(self._state, transaction)
        self.transactions.append(transaction)
        self.executions.append(execution)
        self.gas_used += execution.gas_used
        self.blob_gas_used += transaction.blob_gas

    def fits(self, transaction: Transaction) -> bool:
        """Run a transaction as the next of the block, if it fits."""
        try:
            self.add(transaction)
        except InvalidTransaction:
            return False
        return True

    def seal(self, state_root: bytes, *, mocks: Mocks = NO_MOCKS) -> Block:
        """Return the block, which was made under some mocks."""
        context = self.context
        blooms = [bloom_of([log[:2] for log in done.logs]) for done in self.executions]
        bloom = 0
        for one in blooms:
            bloom |= one
        head = header(
            parent_hash=self.parent_hash,
            state_root=state_root,
            number=context.block_number,
            timestamp=context.timestamp,
            prev_randao=context.mix_hash,
            base_fee=context.base_fee_per_gas,
            gas_limit=context.gas_limit,
            coinbase=context.coinbase,
            transactions_root=list_root([t.encoded for t in self.transactions]),
            receipts_root=list_root(self._receipts(blooms)),
            bloom=bloom,
            gas_used=self.gas_used,
            blob_gas_used=self.blob_gas_used,
            excess_blob_gas=context.excess_blob_gas,
        )
        return Block(head, self._mined(head.hash, blooms), mocks)

    def _receipts(self, blooms: Sequence[int]) -> list[bytes]:
        encoded, cumulative = [], 0
        for transaction, done, bloom in zip(self.transactions, self.executions, blooms, strict=True):
            cumulative += done.gas_used
            encoded.append(encode_receipt(transaction.type_id, done, cumulative, bloom))
        return encoded

    def _mined(self, block_hash: bytes, blooms: Sequence[int]) -> tuple[Mined, ...]:
        mined: list[Mined] = []
        cumulative = logged = 0
        for transaction, done, bloom in zip(self.transactions, self.executions, blooms, strict=True):
            cumulative += done.gas_used
            place = _Place(
                self.context.block_number, block_hash, transaction.hash, len(mined), self.context.timestamp
            )
            logs = tuple(_log(log, place, logged + i) for i, log in enumerate(done.logs))
            logged += len(logs)
            mined.append(self._record(transaction, done, place, cumulative, logs, bloom))
        return tuple(mined)

    def _record(
        self,
        transaction: Transaction,
        done: Execution,
        place: _Place,
        cumulative: int,
        logs: tuple[Log, ...],
        bloom: int,
    ) -> Mined:
        return Mined(
            transaction=transaction,
            sender=transaction.sender,
            hash=place.transaction_hash,
            index=place.transaction_index,
            block_number=place.block_number,
            block_hash=place.block_hash,
            status=0 if done.failure else 1,
            gas_used=done.gas_used,
            cumulative_gas=cumulative,
            effective_gas_price=transaction.effective_gas_price(self.context.base_fee_per_gas),
            contract_address=done.created,
            logs=logs,
            bloom=bloom,
            output=done.output,
            failure=done.failure,
            blob_gas_used=transaction.blob_gas,
            blob_gas_price=blob_fee(self.context.excess_blob_gas),
        )


def _log(log: tuple[bytes, tuple[bytes, ...], bytes], place: _Place, index: int) -> Log:
    address, topics, data = log
    return Log(
        address=address,
        topics=topics,
        data=data,
        block_number=place.block_number,
        block_hash=place.block_hash,
        transaction_hash=place.transaction_hash,
        transaction_index=place.transaction_index,
        index=index,
        block_timestamp=place.timestamp,
    )


def encode_receipt(type_id: int, done: Execution, cumulative_gas: int, bloom: int) -> bytes:
    """Encode a receipt (EIP-658, EIP-2718)."""
    logs: list[Item] = [list(log) for log in done.logs]
    fields: list[Item] = [0 if done.failure else 1, cumulative_gas, bloom.to_bytes(256, "big"), logs]
    return (bytes((type_id,)) if type_id else b"") + rlp(fields)
