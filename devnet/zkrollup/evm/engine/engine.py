"""The engine: wires world, rules, blocks, pool and filters into a chain that answers at once.

Owns: the order of things (what a block executes, what a snapshot holds, what time it is). Does not
own: execution (`rules`), what is stored (`world`, `blocks`), JSON-RPC, ABIs.

Addresses and hashes are bytes, amounts ints, b"" as `to` creates a contract. State of a block is the
state just before its successor began, so a cheat counts for the block that was the latest then.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from zkrollup.errors import ZkRollupError

BlockId: TypeAlias = int | bytes | Literal["latest", "pending", "earliest", "safe", "finalized"]
"""A number, a hash, or a tag. "safe" and "finalized" are the latest block: nothing here is unsafe."""
AccessList: TypeAlias = tuple[tuple[bytes, tuple[int, ...]], ...]
"""Addresses with the slots of each (EIP-2930)."""


# --- transactions.py


class InvalidTransaction(ZkRollupError):
    """A transaction that cannot be in a block: funds, gas limit, nonce, chain id. Nothing changed."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """EIP-7702: an account's signature under the code it delegates to."""

    chain_id: int
    address: bytes
    nonce: int
    y_parity: int
    r: int
    s: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed, or impersonated, transaction of type 0 to 4. `.sender`, `.hash`, `.encode()`, `.impersonated`.

    Types 0 and 1 have `max_fee_per_gas == max_priority_fee_per_gas == gas_price`. For type 0, `v` is
    the signature's v as encoded and `chain_id` None before EIP-155; for the others `v` is y_parity.
    """

    type_id: int
    chain_id: int | None
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas: int
    to: bytes
    value: int
    data: bytes
    access_list: AccessList
    max_fee_per_blob_gas: int
    blob_versioned_hashes: tuple[bytes, ...]
    authorization_list: tuple[Authorization, ...]
    v: int
    r: int
    s: int


@dataclass(frozen=True, slots=True)
class CallFields:
    """What eth_call, eth_estimateGas and eth_sendTransaction take; None where the engine chooses.

    `gas_price` makes a type 0 (or 1, with an access list), fee caps a type 2, blob hashes a type 3,
    authorizations a type 4; nothing of these a type 2. `type_id` overrides.
    """

    sender: bytes
    to: bytes = b""
    data: bytes = b""
    value: int = 0
    gas: int | None = None
    nonce: int | None = None
    gas_price: int | None = None
    max_fee_per_gas: int | None = None
    max_priority_fee_per_gas: int | None = None
    access_list: AccessList = ()
    max_fee_per_blob_gas: int | None = None
    blob_versioned_hashes: tuple[bytes, ...] = ()
    authorization_list: tuple[Authorization, ...] = ()
    type_id: int | None = None


# --- headers.py


@dataclass(frozen=True, slots=True)
class Header:
    """A Prague block header, fields in RLP order; `.hash` and `.size` are computed once."""

    parent_hash: bytes
    uncles_hash: bytes
    coinbase: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: int
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    prev_randao: bytes
    nonce: bytes
    base_fee: int
    withdrawals_root: bytes
    blob_gas_used: int
    excess_blob_gas: int
    parent_beacon_root: bytes
    requests_hash: bytes


# --- blocks.py


@dataclass(frozen=True, slots=True)
class Log:
    """A log as the EVM emitted it; `index` is its position in the block."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    transaction_index: int
    index: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in its block: what a receipt and eth_getTransactionByHash say.

    `failure` is None, "Revert" or the name of an exceptional halt ("OutOfGas"); `status` 1 or 0.
    `blob_gas_price` is the block's, also where no blob is.
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
    """A mined block. `.number`, `.hash`, `.timestamp` are the header's; `.size` that of its RLP."""

    header: Header
    transactions: tuple[Mined, ...]


class UnknownBlock(ZkRollupError):
    """No such block. Attributes: id, as given."""


# --- pool.py


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction that waits in the pool. `arrival` counts up."""

    transaction: Transaction
    sender: bytes
    hash: bytes
    arrival: int


# --- engine.py


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an execution came to; `gas_used` is after refunds, at least the calldata floor (EIP-7623)."""

    output: bytes
    failure: str | None
    gas_used: int
    logs: tuple[Log, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """State of one account for the time of a call. `storage` replaces all, `storage_diff` single slots."""

    balance: int | None = None
    nonce: int | None = None
    code: bytes | None = None
    storage: Mapping[int, int] | None = None
    storage_diff: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reorg:
    """What a reorganisation did. `refused`: transactions that no longer fit, with the reason of each."""

    dropped: tuple[Block, ...]
    added: tuple[Block, ...]
    refused: tuple[tuple[Transaction, str], ...]


class Engine:
    """A chain in this process, Prague rules, deterministic: nothing depends on clock or chance.

    Args:
        chain_id: of CHAINID, signatures and eth_chainId.
        balances: wei by address, at genesis.
        exact_roots: Merkle-Patricia state roots, and so proofs; otherwise a hash of all changes stands in.
        timestamp: of genesis, seconds.
        gas_limit: of a block.

    Attributes:
        automine: each transaction is mined as it is sent.
        interval: seconds between blocks that `tick` is to mine; None for none.
        block_step: seconds from a block to the next, unless told otherwise.
        coinbase: of the blocks to come.
        blocks: BlockStore.
        pending: Pool.
        filters: Filters.
        keys: private keys by address, in order of arrival.
        impersonated: addresses that send without a key.
    """

    def __init__(self, chain_id: int, balances: Mapping[bytes, int], *, exact_roots: bool = False,
                 timestamp: int = 1_767_225_600, gas_limit: int = 30_000_000) -> None: ...

    # --- reading

    @property
    def head(self) -> Block: """The latest block."""

    def block(self, at: BlockId = "latest") -> Block:
        """Return a block; "pending" is the one that mining now would make. Raises: UnknownBlock."""

    def transaction(self, transaction_hash: bytes) -> Mined | Pending | None:
        """Return a transaction, mined or waiting."""

    def balance(self, address: bytes, *, at: BlockId = "latest") -> int: """Wei."""
    def nonce(self, address: bytes, *, at: BlockId = "latest") -> int: """"pending" counts the pool's too."""
    def code(self, address: bytes, *, at: BlockId = "latest") -> bytes: """b"" where there is none."""
    def storage(self, address: bytes, slot: int, *, at: BlockId = "latest") -> int: """A word."""
    def proof(self, address: bytes, slots: Sequence[int], *, at: BlockId = "latest") -> Any:
        """EIP-1186. Raises: InexactRoots without exact_roots."""

    def logs(self, first: BlockId = "earliest", last: BlockId = "latest", addresses: Sequence[bytes] = (),
             topics: Sequence[Sequence[bytes] | None] = ()) -> Iterator[Log]:
        """Yield logs; no addresses: any; topics by position, None or empty: any."""

    # --- executing without keeping

    def call(self, fields: CallFields, *, at: BlockId = "latest",
             overrides: Mapping[bytes, Override] | None = None) -> Outcome:
        """Execute in the context of a block, on its state. Raises: InvalidTransaction, UnknownBlock."""

    def estimate(self, fields: CallFields, *, at: BlockId = "pending") -> tuple[Outcome, int]:
        """A gas limit that suffices, within 1 %, and the outcome with all gas (a failure if that fails)."""

    def access_list(self, fields: CallFields, *, at: BlockId = "pending") -> tuple[AccessList, Outcome]:
        """EIP-2930 list of what the execution touches beside sender, target and precompiles."""

    @contextmanager
    def before(self, transaction_hash: bytes) -> Iterator[tuple[Any, Mined]]:
        """The state (py-evm's API) just before a mined transaction, for re-execution; put back at the end."""

    @contextmanager
    def state_at(self, at: BlockId = "latest") -> Iterator[Any]:
        """The state (py-evm's API) of a block, with its context; put back at the end."""

    # --- sending and mining

    def sign(self, fields: CallFields) -> Transaction:
        """Build a transaction of a managed key or an impersonated sender. Raises: UnknownSigner."""

    def decode(self, raw: bytes) -> Transaction:
        """Decode a raw transaction, a blob's sidecar dropped. Raises: InvalidTransaction."""

    def send(self, transaction: Transaction) -> bytes:
        """Mine under automine, else queue; returns the hash. Raises: InvalidTransaction."""

    def mine(self, count: int = 1, *, timestamp: int | None = None, step: int | None = None) -> tuple[Block, ...]:
        """Mine blocks of what waits; `timestamp` of the first, `step` seconds between. Raises: InvalidTime."""

    def tick(self) -> Block | None: """Mine, if `interval` is set: what a timer calls."""
    def drop(self, transaction_hash: bytes) -> bool: """Remove from the pool."""

    # --- what the next block will be

    next_timestamp: int
    time_offset: int
    next_base_fee: int
    prev_randao: bytes
    next_blob_base_fee: int

    def set_next_block_timestamp(self, timestamp: int) -> None: """Raises: InvalidTime, if not after the head's."""
    def increase_time(self, seconds: int) -> int: """Move the blocks to come; returns the sum of all moves."""
    def set_next_base_fee(self, wei: int) -> None: """Of the next block only."""
    def set_prev_randao(self, value: bytes) -> None: """Of the next block only."""
    def set_gas_limit(self, gas: int) -> None: """Of the blocks to come."""

    # --- snapshots and reorganisations

    def snapshot(self) -> int: """Remember the present; numbers are never given twice."""
    def has_snapshot(self, number: int) -> bool: """Whether it can be reverted to."""
    def revert(self, number: int, *, keep: bool = False) -> bool:
        """Return to a snapshot; False if unknown. It is consumed unless kept; later ones are gone."""
    def discard(self, number: int) -> None: """Drop a snapshot."""
    def reorg(self, depth: int, *,
              transactions: Callable[[tuple[Transaction, ...]], Sequence[Transaction]] | None = None) -> Reorg:
        """Replace the last blocks by as many others. Raises: InvalidReorg."""

    # --- cheats; no block is mined

    def set_balance(self, address: bytes, wei: int) -> None: ...
    def set_nonce(self, address: bytes, nonce: int) -> None: ...
    def set_code(self, address: bytes, code: bytes) -> None: ...
    def set_storage(self, address: bytes, slot: int, value: int) -> None: ...
    def add_key(self, key: bytes) -> bytes: """Sign for an account from now on; returns its address."""
    def can_send(self, sender: bytes) -> bool: """Whether there is a key, or someone impersonates."""
    def impersonate(self, address: bytes) -> None: ...
    def stop_impersonating(self, address: bytes) -> None: ...

    # --- listeners

    def subscribe(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        """Hear of Added(block), Removed(block), Arrived(hash) as it happens; returns what ends it."""


class Filters:
    """filters.py: engine.filters. Ids count up; changes() raises UnknownFilter."""

    def add_block(self) -> int: ...
    def add_pending(self) -> int: ...
    def add_log(self, addresses: Sequence[bytes] = (), topics: Sequence[Sequence[bytes] | None] = (), *,
                first: BlockId = "latest", last: BlockId = "latest") -> int: ...
    def changes(self, number: int) -> list[bytes] | list[Log]: """Since last asked; removed logs after a revert."""
    def logs(self, number: int) -> list[Log]: """All logs that a log filter matches now."""
    def remove(self, number: int) -> bool: ...
