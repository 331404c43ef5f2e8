"""The engine: blocks, transactions, calls and snapshots over py-evm. Everything else goes through it.

Owns py-evm's chain and what eth-tester asks of a backend. Does not own keys' origin, ABIs, errors
for people, or JSON-RPC. Addresses are 20 bytes here; b"" as `to` creates a contract.

Each transaction is mined at once, in a block of its own, one second after the last unless time was
moved. Blocks depend on nothing outside (fixed genesis time, prevrandao from the parent's hash), so
a test that runs twice sees the same hashes.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.exceptions import Revert as VMRevert
from eth.exceptions import TransactionNotFound as VMTransactionNotFound
from eth_bloom import BloomFilter
from eth_keys import keys
from eth_tester.backends.pyevm.main import PyEVMBackend, _get_vm_for_block_number
from eth_tester.backends.pyevm.serializers import serialize_transaction, serialize_transaction_receipt
from eth_tester.exceptions import TransactionNotFound
from eth_utils import ValidationError, keccak

from zkrollup.evm.database import Mark, UndoDB
from zkrollup.evm.vm import VM, Block, Builder, impersonated_transaction, is_impersonated

GAS_LIMIT: Final = 30_000_000
"""Of a block."""
GENESIS_TIME: Final = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""

_MiningChain: Any = MiningChain
_PyEVMBackend: Any = PyEVMBackend


@dataclass(frozen=True, slots=True)
class Log:
    """A log as the EVM emitted it.

    Attributes:
        address: the emitting contract, 20 bytes.
        topics: 32 bytes each.
        data: the rest.
        block_number: of the block that holds it.
        transaction_hash: 32 bytes.
        index: position in the block.
    """

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    transaction_hash: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an execution came to.

    Attributes:
        output: returned data, or revert data.
        failure: None, "Revert", or the name of the exceptional halt ("OutOfGas").
        gas_used: after refunds, at least the calldata floor (EIP-7623).
    """

    output: bytes
    failure: str | None
    gas_used: int


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in its block.

    Attributes:
        outcome: of its execution.
        transaction_hash: 32 bytes.
        block_hash: 32 bytes.
        block_number: of its block.
        gas_price: effective, wei.
        created: address of the contract that it created, or None.
        logs: in order.
    """

    outcome: Outcome
    transaction_hash: bytes
    block_hash: bytes
    block_number: int
    gas_price: int
    created: bytes | None
    logs: tuple[Log, ...]


class Failed(Exception):  # internal: never reaches a user
    """A call or estimate over JSON-RPC failed; the provider turns it into an error response."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.failure)


def _chain_class(chain: int) -> Any:
    """Make a py-evm chain class: chain id and rules are class attributes there."""

    class Blockchain(_MiningChain):  # type: ignore[misc]
        chain_id = chain
        vm_configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, VM),))

        def create_header_from_parent(self, parent_header: Any, **fields: Any) -> Any:
            fields = {
                "gas_limit": parent_header.gas_limit,
                "timestamp": parent_header.timestamp + 1,
                **fields,
            }
            header = super().create_header_from_parent(parent_header, **fields)
            return header.copy(mix_hash=keccak(parent_header.hash))

        def get_transaction_builder(self) -> Any:
            return Builder

    return Blockchain


def _genesis() -> dict[str, Any]:
    return {
        "difficulty": POST_MERGE_DIFFICULTY,
        "mix_hash": POST_MERGE_MIX_HASH,
        "nonce": POST_MERGE_NONCE,
        "gas_limit": GAS_LIMIT,
        "timestamp": GENESIS_TIME,
    }


class Backend(_PyEVMBackend):  # type: ignore[misc]
    """py-evm's chain, with eth-tester's backend interface beside our own.

    Args:
        chain_id: of CHAINID, of signed transactions and of eth_chainId.
        funded: balance in wei by address, at genesis.
    """

    def __init__(self, chain_id: int, funded: Mapping[bytes, int]) -> None:
        self._store = UndoDB()
        state = {
            address: {"balance": balance, "nonce": 0, "code": b"", "storage": {}}
            for address, balance in funded.items()
        }
        self.chain: Any = _chain_class(chain_id).from_genesis(AtomicDB(self._store), _genesis(), state)
        self._keys: dict[bytes, Any] = {}
        self.impersonated: set[bytes] = set()
        self._snapshots: dict[int, tuple[Mark, Any, dict[bytes, Any]]] = {}
        self._snapshot_numbers = itertools.count(1)

    # --- keys

    @property
    def account_keys(self) -> tuple[Any, ...]:
        """The private keys that the chain signs with, in order of arrival."""
        return tuple(self._keys.values())

    @property
    def _key_lookup(self) -> dict[bytes, Any]:
        return self._keys

    def add_account(self, private_key: bytes) -> None:
        """Let the chain sign for one more account."""
        key = keys.PrivateKey(private_key)
        self._keys[key.public_key.to_canonical_address()] = key

    def can_send(self, sender: bytes) -> bool:
        """Tell whether transactions of that sender are accepted unsigned."""
        return sender in self._keys or sender in self.impersonated

    # --- reading

    @property
    def head(self) -> Any:
        """Header of the last mined block."""
        return self.chain.chaindb.get_canonical_head()

    def state(self) -> Any:
        """State after the last mined block."""
        return self.chain.get_vm(self.head).state

    def logs(
        self, first: int, last: int, address: bytes | None, topics: frozenset[int] | None
    ) -> Iterator[Log]:
        """Yield logs of blocks first to last, of one address and with one of the first topics."""
        for number in range(max(first, 0), min(last, self.head.block_number) + 1):
            header = self.chain.get_canonical_block_header_by_number(number)
            bloom = BloomFilter(header.bloom)
            if header.bloom == 0 or (address is not None and address not in bloom):
                continue
            if topics is not None and not any(topic.to_bytes(32, "big") in bloom for topic in topics):
                continue
            for log in self._block_logs(header):
                matches = topics is None or (log.topics and int.from_bytes(log.topics[0], "big") in topics)
                if matches and address in (None, log.address):
                    yield log

    def _block_logs(self, header: Any) -> Iterator[Log]:
        database = self.chain.chaindb
        hashes = database.get_block_transaction_hashes(header)
        receipts = database.get_receipts(header, Block.receipt_builder)
        index = itertools.count()
        for transaction_hash, receipt in zip(hashes, receipts, strict=True):
            for log in receipt.logs:
                yield _log(log, header.block_number, transaction_hash, next(index))

    # --- executing

    def transaction(self, sender: bytes, to: bytes, data: bytes, value: int, gas: int) -> Any:
        """Build and sign a transaction at the going base fee, or an impersonated one."""
        chain_id, header = self.chain.chain_id, self.chain.header
        nonce = self.state().get_nonce(sender)
        key = self._keys.get(sender)
        if key is None:
            return impersonated_transaction(chain_id, sender, nonce, to, value, data, gas)
        fields = (chain_id, nonce, 0, header.base_fee_per_gas, gas, to, value, data, ())
        return Builder.new_unsigned_dynamic_fee_transaction(*fields).as_signed_transaction(key)

    def mine_transaction(self, transaction: Any) -> Mined:
        """Execute a signed transaction in a block of its own.

        Raises:
            ValidationError: it cannot be in a block (nonce, funds, gas, chain id). Nothing changed.
        """
        self._check(transaction)
        header = self.chain.header
        result, receipts, computations = self.chain.mine_all([transaction])
        receipt, computation, block = receipts[0], computations[0], result.imported_block
        outcome = _outcome(computation, receipt.gas_used)
        return Mined(
            outcome,
            bytes(transaction.hash),
            bytes(block.hash),
            header.block_number,
            0 if is_impersonated(transaction) else _gas_price(transaction, header.base_fee_per_gas),
            computation.msg.storage_address if computation.msg.is_create and not outcome.failure else None,
            tuple(
                _log(log, header.block_number, bytes(transaction.hash), i)
                for i, log in enumerate(receipt.logs)
            ),
        )

    def simulate(
        self, sender: bytes, to: bytes, data: bytes, value: int, gas: int, *, at: Any = None
    ) -> Outcome:
        """Execute without keeping anything; no key, no fee.

        Args:
            sender: anybody.
            to: b"" creates a contract.
            data: calldata or init code.
            value: wei; the sender must have it.
            gas: limit.
            at: header whose state and block context to use; the last block's by default.

        Raises:
            ValidationError: it could not be in a block.
        """
        header = (at or self.head).copy(gas_used=0)
        vm = self.chain.get_vm(header)
        nonce = vm.state.get_nonce(sender)
        transaction = impersonated_transaction(self.chain.chain_id, sender, nonce, to, value, data, gas)
        self._check(transaction)
        receipt, computation = vm.apply_transaction(header, transaction)
        return _outcome(computation, receipt.gas_used)

    def _check(self, transaction: Any) -> None:
        """Check what py-evm leaves to the transaction pool."""
        chain_id = getattr(transaction, "chain_id", None)
        if chain_id is not None and chain_id != self.chain.chain_id:
            raise ValidationError(
                f"transaction is signed for chain {chain_id}, this is chain {self.chain.chain_id}"
            )
        data = bytes(transaction.data)
        tokens = 4 * len(data) - 3 * data.count(0)
        needed = max(transaction.get_intrinsic_gas(), 21_000 + 10 * tokens)
        if transaction.gas < needed:
            raise ValidationError(f"gas limit {transaction.gas} is below the intrinsic cost of {needed}")

    def estimate(self, sender: bytes, to: bytes, data: bytes, value: int) -> tuple[Outcome, int]:
        """Find a gas limit that suffices in the next block, within 1 %; returns the outcome too.

        The outcome is a failure where even the whole block's gas does not suffice.
        """

        def run(gas: int) -> Outcome:
            return self.simulate(sender, to, data, value, gas, at=self.chain.header)

        outcome = run(GAS_LIMIT)
        if outcome.failure:
            return outcome, GAS_LIMIT
        low, high = outcome.gas_used - 1, GAS_LIMIT
        guess = outcome.gas_used
        while high - low > max(1, low // 100):
            try:
                enough = run(guess).failure is None
            except ValidationError:
                enough = False
            low, high = (low, guess) if enough else (guess, high)
            guess = min((low + high) // 2, low * 5 // 4)
        return outcome, high

    def mine(self, *, timestamp: int | None = None) -> bytes:
        """Mine an empty block, at the given time or a second after the last; returns its hash."""
        if timestamp is not None:
            self.chain.header = self.chain.header.copy(timestamp=timestamp)
        return bytes(self.chain.mine_block().hash)

    def set_balance(self, address: bytes, wei: int) -> None:
        """Change a balance and mine a block, so that the latest block shows it."""
        vm = self.chain.get_vm()
        vm.state.set_balance(address, wei)
        vm.state.persist()
        self.chain.header = self.chain.header.copy(state_root=vm.state.state_root)
        self.mine()

    # --- snapshots

    def take_snapshot(self) -> int:
        """Mark the present state; returns a number that is never given twice."""
        number = next(self._snapshot_numbers)
        self._snapshots[number] = (self._store.mark(), self.chain.header, dict(self._keys))
        return number

    def has_snapshot(self, number: int) -> bool:
        """Tell whether it can still be reverted to."""
        return number in self._snapshots

    def revert_to_snapshot(self, number: int) -> None:
        """Return to the snapshot; it stays, later ones are gone."""
        mark, header, signers = self._snapshots[number]
        self._store.undo_to(mark)
        self.chain.header = header
        self._keys = dict(signers)
        for later in [n for n in self._snapshots if n > number]:
            del self._snapshots[later]

    def discard_snapshot(self, number: int) -> None:
        """Drop a snapshot without reverting."""
        self._snapshots.pop(number, None)
        if not self._snapshots:
            self._store.forget()

    # --- eth-tester's backend interface

    def decode(self, raw: bytes) -> Any:
        """Decode a raw transaction; a blob's sidecar is dropped.

        Raises:
            ValidationError: it is malformed, or pretends to be impersonated.
        """
        if raw[:1] == b"\x03":
            from eth_account.typed_transactions import BlobTransaction
            from hexbytes import HexBytes

            blob: Any = BlobTransaction.from_bytes(HexBytes(raw))
            blob.blob_data = None
            raw = b"\x03" + blob.payload()
        transaction = Builder.decode(raw)
        if is_impersonated(transaction):
            raise ValidationError("invalid signature")
        return transaction

    def sign(self, fields: dict[str, Any]) -> Any:
        """Turn eth-tester's normalised fields into a signed, or impersonated, transaction."""
        sender = fields["from"]
        if sender in self._keys or sender not in self.impersonated:
            return self._get_normalized_and_signed_evm_transaction(fields)
        data, value, gas = (fields.get(k, d) for k, d in (("data", b""), ("value", 0), ("gas", GAS_LIMIT)))
        return self.transaction(sender, fields.get("to", b""), data, value, gas)

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = b"") -> tuple[bytes, ...]:  # noqa: ARG002
        """Mine empty blocks."""
        return tuple(self.mine() for _ in range(num_blocks))

    def time_travel(self, to_timestamp: int) -> int:
        """Mine a block at that time."""
        self.mine(timestamp=to_timestamp)
        return to_timestamp

    def call(self, transaction: dict[str, Any], block_number: Any = "latest") -> bytes:
        """Execute eth_call."""
        header = _get_vm_for_block_number(self.chain, block_number).get_header()
        gas = transaction.get("gas", GAS_LIMIT)
        outcome = self.simulate(*_call_fields(transaction), gas, at=header)
        if outcome.failure:
            raise Failed(outcome)
        return outcome.output

    def estimate_gas(self, transaction: dict[str, Any], block_number: Any = "latest") -> int:  # noqa: ARG002
        """Execute eth_estimateGas, always against the next block."""
        outcome, gas = self.estimate(*_call_fields(transaction))
        if outcome.failure:
            raise Failed(outcome)
        return gas

    def _find(self, transaction_hash: bytes) -> tuple[Any, Any, int]:
        """Find a transaction through the index, where eth-tester walks the chain."""
        try:
            number, index = self.chain.get_canonical_transaction_index(transaction_hash)
        except VMTransactionNotFound as error:
            raise TransactionNotFound(str(error)) from None
        block = self.chain.get_canonical_block_by_number(number)
        return block, block.transactions[index], index

    def get_transaction_by_hash(self, transaction_hash: bytes) -> Any:
        """Return a mined transaction."""
        return serialize_transaction(*self._find(transaction_hash), False)

    def get_transaction_receipt(self, transaction_hash: bytes) -> Any:
        """Return a receipt."""
        block, transaction, index = self._find(transaction_hash)
        receipts = tuple(block.get_receipts(self.chain.chaindb))
        vm = self.chain.get_vm(block.header)
        return serialize_transaction_receipt(block, receipts, transaction, index, False, vm)


def _call_fields(transaction: dict[str, Any]) -> tuple[bytes, bytes, bytes, int]:
    return (
        transaction["from"],
        transaction.get("to", b""),
        transaction.get("data", b""),
        transaction.get("value", 0),
    )


def _gas_price(transaction: Any, base_fee: int) -> int:
    return int(min(transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas + base_fee))


def _outcome(computation: Any, gas_used: int) -> Outcome:
    if computation.is_success:
        return Outcome(bytes(computation.output), None, gas_used)
    error = computation.error
    name = "Revert" if isinstance(error, VMRevert) else type(error).__name__
    return Outcome(bytes(computation.output), name, gas_used)


def _log(log: Any, block_number: int, transaction_hash: bytes, index: int) -> Log:
    topics: Sequence[int] = log.topics
    return Log(
        bytes(log.address),
        tuple(topic.to_bytes(32, "big") for topic in topics),
        bytes(log.data),
        block_number,
        transaction_hash,
        index,
    )
