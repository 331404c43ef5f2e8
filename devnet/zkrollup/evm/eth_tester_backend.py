"""eth-tester over our engine: `EthereumTester(EngineBackend())`. Owns the translation between the two.

What eth-tester calls the pending block is here what waits in the engine's pool. Different from its own
backend: genesis is at a fixed time, PREVRANDAO is no chance, a snapshot's revert also forgets added
accounts, and snapshots taken after the one reverted to are gone. Importing this needs the extra `eth-tester`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import rlp
from eth.exceptions import UnrecognizedTransactionType
from eth_abi import abi
from eth_abi.exceptions import DecodingError

from zkrollup.crypto.secp256k1 import public_key
from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.blocks import Block, Mined, UnknownBlock
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.pool import Pending
from zkrollup.evm.engine.simulation import Outcome
from zkrollup.evm.engine.transactions import (
    LEGACY,
    SET_CODE,
    CallFields,
    InvalidTransaction,
    Transaction,
    address_of,
    sign,
)
from zkrollup.evm.engine.wire import decode
from zkrollup.evm.eth_tester_format import call_fields, shown_block, shown_receipt, shown_transaction, signed


class MissingEthTester(ZkRollupError, ImportError):
    """The package that this module serves is not installed."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"this backend needs eth-tester ({reason}): pip install 'pytest-zkrollup[eth-tester]'"
        )


try:
    from eth_tester.backends.base import BaseChainBackend
    from eth_tester.exceptions import (
        BlockNotFound,
        SnapshotNotFound,
        TransactionFailed,
        TransactionNotFound,
        ValidationError,
    )
except ImportError as error:
    raise MissingEthTester(str(error)) from error

CHAIN_ID: Final = 131277322940537
"""eth-tester's."""
BALANCE: Final = 10**24
GAS_LIMIT: Final = 30_029_122
DEFAULT_FEE: Final = 10**9
"""Fee cap and tip of a transaction that names none."""
_ERROR: Final = bytes.fromhex("08c379a0")
_MAX_HISTORY: Final = 1024
_Base: Any = BaseChainBackend


def default_engine() -> Engine:
    """Return an engine with eth-tester's accounts: keys 1 to 10, a million ether each."""
    keys = [number.to_bytes(32) for number in range(1, 11)]
    accounts = [address_of(public_key(key)) for key in keys]
    engine = Engine(CHAIN_ID, dict.fromkeys(accounts, BALANCE), gas_limit=GAS_LIMIT)
    for key in keys:
        engine.add_key(key)
    return engine


class EngineBackend(_Base):  # type: ignore[misc]
    """A backend for `EthereumTester`.

    Args:
        make: makes the engine, and another one at `reset_to_genesis`.

    Attributes:
        engine: that all is asked of. It mines when eth-tester says so.
    """

    def __init__(self, make: Callable[[], Engine] = default_engine) -> None:
        self._make = make
        self.reset_to_genesis()

    # --- snapshots and time

    def reset_to_genesis(self) -> None:
        """Begin again."""
        self.engine = self._make()
        self.engine.automine = False

    def take_snapshot(self) -> int:
        """Remember the present."""
        return self.engine.snapshot()

    def revert_to_snapshot(self, snapshot: int) -> None:
        """Return to a snapshot, which stays.

        Raises:
            SnapshotNotFound: an earlier one was reverted to since.
        """
        if not self.engine.revert(snapshot, keep=True):
            raise SnapshotNotFound(f"snapshot {snapshot} is gone: an earlier one was reverted to")

    def time_travel(self, to_timestamp: int) -> int:
        """Mine a block, so that the one after has that time."""
        self.engine.mine(timestamp=to_timestamp - 1)
        return to_timestamp

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = bytes(20)) -> tuple[bytes, ...]:
        """Mine blocks, what waits in the first; returns their hashes."""
        with self.engine.exclusive:
            self.engine.schedule = replace(self.engine.schedule, coinbase=coinbase)
            return tuple(block.hash for block in self.engine.mine(num_blocks))

    # --- accounts

    def get_accounts(self) -> tuple[bytes, ...]:
        """Return who can send."""
        return tuple(self.engine.keys)

    def add_account(self, private_key: bytes) -> None:
        """Let an account send."""
        self.engine.add_key(private_key)

    def get_nonce(self, account: bytes, block_number: Any = "latest") -> int:
        """Return the number of transactions sent, or contracts created."""
        with _refusals():
            return self.engine.nonce(account, at=block_number)

    def get_balance(self, account: bytes, block_number: Any = "latest") -> int:
        """Return wei."""
        with _refusals():
            return self.engine.balance(account, at=block_number)

    def get_code(self, account: bytes, block_number: Any = "latest") -> bytes:
        """Return code."""
        with _refusals():
            return self.engine.code(account, at=block_number)

    def get_storage(self, account: bytes, slot: int, block_number: Any = "latest") -> int:
        """Return a word."""
        with _refusals():
            return self.engine.storage(account, slot, at=block_number)

    def get_base_fee(self, block_number: Any = "latest") -> int:
        """Return wei a unit of gas."""
        return self._block(block_number).header.base_fee

    # --- blocks and transactions

    def get_block_by_number(self, block_number: Any, full_transaction: bool = True) -> dict[str, Any]:
        """Return a block."""
        return shown_block(self._block(block_number), full_transaction, pending=block_number == "pending")

    def get_block_by_hash(self, block_hash: bytes, full_transaction: bool = True) -> dict[str, Any]:
        """Return a block."""
        return shown_block(self._block(block_hash), full_transaction)

    def _block(self, at: Any) -> Block:
        if at is None:
            raise BlockNotFound(f"No block found for block number: {at}")
        with _refusals():
            return self.engine.block(at)

    def get_transaction_by_hash(self, transaction_hash: bytes) -> dict[str, Any]:
        """Return a transaction, mined or waiting."""
        return shown_transaction(self._found(transaction_hash))

    def get_transaction_receipt(self, transaction_hash: bytes) -> dict[str, Any]:
        """Return a receipt; of one that waits, what it would be."""
        found = self._found(transaction_hash)
        if isinstance(found, Mined):
            return shown_receipt(found)
        drafted = self.engine.block("pending").transactions
        return next(shown_receipt(each, pending=True) for each in drafted if each.hash == transaction_hash)

    def _found(self, transaction_hash: bytes) -> Mined | Pending:
        found = self.engine.transaction(transaction_hash)
        if found is None:
            shown = f"0x{transaction_hash.hex()}"
            raise TransactionNotFound(f"No transaction found for transaction hash: {shown}")
        return found

    def get_fee_history(
        self, block_count: int = 1, newest_block: Any = "latest", reward_percentiles: Any = ()
    ) -> dict[str, Any]:
        """Return fees of the blocks before one, the latest first, as eth-tester has it; rewards are none."""
        del reward_percentiles
        if not 1 <= block_count <= _MAX_HISTORY:
            raise ValidationError(f"block_count must be between 1 and {_MAX_HISTORY}")
        newest = self._block("latest" if newest_block == "pending" else newest_block).number
        oldest = max(newest - block_count, 0)
        headers = [self._block(number).header for number in range(newest - 1, oldest - 1, -1)]
        return {
            "oldest_block": 1,
            "base_fee_per_gas": [header.base_fee for header in headers],
            "gas_used_ratio": [header.gas_used / header.gas_limit for header in headers],
            "reward": [],
        }

    # --- sending

    def send_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Sign for an account, and let it wait."""
        if transaction["from"] not in self.engine.keys:
            raise ValidationError(f"there is no key for 0x{transaction['from'].hex()}: add_account() it")
        fields = call_fields(transaction)
        base_fee, tip = self.engine.head.header.base_fee, fields.max_priority_fee_per_gas
        if fields.gas_price is None and fields.max_fee_per_gas is None:
            cap = DEFAULT_FEE if tip is None else tip + 2 * base_fee
            tip = DEFAULT_FEE if tip is None else tip
            fields = replace(fields, max_fee_per_gas=cap, max_priority_fee_per_gas=tip)
        return self._send(lambda: self._sign(fields))

    def _sign(self, fields: CallFields) -> Transaction:
        transaction = self.engine.sign(fields)
        if transaction.type_id != LEGACY:
            return transaction
        # eth-tester's validation allows no v as large as EIP-155 makes it with so large a chain id.
        return sign(replace(transaction, chain_id=None), self.engine.keys[fields.sender])

    def send_signed_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Take a signed transaction, and let it wait."""
        return self._send(lambda: signed(transaction))

    def send_raw_transaction(self, raw_transaction: bytes) -> bytes:
        """Decode a transaction, and let it wait.

        Raises:
            UnrecognizedTransactionType: its type is unknown.
            DecodingError: it is malformed.
        """
        if SET_CODE < raw_transaction[0] < 0x80:
            raise UnrecognizedTransactionType(raw_transaction[0], "it is none of 0 to 4")
        try:
            transaction = decode(raw_transaction)
        except InvalidTransaction as error:
            raise rlp.exceptions.DecodingError(str(error), raw_transaction) from error
        return self._send(lambda: transaction)

    def _send(self, make: Callable[[], Transaction]) -> bytes:
        """Queue what the next block can hold; eth-tester has no transaction wait for longer."""
        engine = self.engine
        with engine.exclusive, _refusals():
            transaction, base_fee = make(), engine.next_base_fee
            expected, cap = engine.nonce(transaction.sender, at="pending"), transaction.max_fee_per_gas
            if transaction.nonce > expected:
                raise ValidationError(f"nonce {transaction.nonce} leaves a gap: the next is {expected}")
            if cap < base_fee:
                raise ValidationError(f"fee cap {cap} is below the next block's base fee, {base_fee}")
            return engine.send(transaction)

    # --- executing

    def call(self, transaction: Mapping[str, Any], block_number: Any = "latest") -> bytes:
        """Execute, keep nothing, and return the output.

        Raises:
            TransactionFailed: it failed.
        """
        with _refusals():
            outcome = self.engine.call(call_fields(transaction), at=block_number)
        _check(outcome)
        return outcome.output

    def estimate_gas(self, transaction: Mapping[str, Any], block_number: Any = "latest") -> int:
        """Return a gas limit that suffices.

        Raises:
            TransactionFailed: none does.
        """
        fields = replace(call_fields(transaction), gas=None)
        with _refusals():
            outcome, gas = self.engine.estimate(fields, at=block_number)
        _check(outcome)
        return gas


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise what eth-tester raises."""
    try:
        yield
    except UnknownBlock as error:
        raise BlockNotFound(str(error)) from error
    except InvalidTransaction as error:
        raise ValidationError(str(error)) from error


def _check(outcome: Outcome) -> None:
    if outcome.failure:
        raise TransactionFailed(_reason(outcome))


def _reason(outcome: Outcome) -> str:
    """The argument of Error(string), else the data, else what kind of halt it was."""
    if outcome.output[:4] == _ERROR:
        try:
            return str(abi.decode(["string"], outcome.output[4:])[0])
        except DecodingError:
            pass
    return f"0x{outcome.output.hex()}" if outcome.output else str(outcome.failure)
