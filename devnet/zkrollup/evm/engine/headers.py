"""Block headers: fields, RLP, hash, and the fees that one block sets for the next (Prague)."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from eth_hash.auto import keccak

from zkrollup.evm.engine.encoding import EMPTY_ROOT, rlp

NO_UNCLES: Final[bytes] = keccak(rlp([]))
NO_REQUESTS: Final = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
"""SHA-256 of nothing (EIP-7685): this chain has no predeploys that make requests."""

INITIAL_BASE_FEE: Final = 10**9
ELASTICITY: Final = 2
BASE_FEE_CHANGE: Final = 8
BLOB_TARGET: Final = 786_432
"""Six blobs of 2^17 gas (EIP-7691)."""
BLOB_LIMIT: Final = 1_179_648
"""Nine blobs."""
BLOB_FEE_FRACTION: Final = 5_007_716


@dataclass(frozen=True)  # not slotted: the cached properties live in the instance
class Header:
    """A block's header, in the order of its RLP.

    Attributes:
        parent_hash: 32 bytes; zero for genesis.
        uncles_hash: of no uncles.
        coinbase: address that gets the tips.
        state_root: after the block; a stand-in unless roots are exact.
        transactions_root: of the trie of transactions.
        receipts_root: of the trie of receipts.
        bloom: 2048 bits.
        difficulty: 0.
        number: 0 is genesis.
        gas_limit: of the block.
        gas_used: by all transactions.
        timestamp: seconds.
        extra_data: empty.
        prev_randao: 32 bytes.
        nonce: 8 zero bytes.
        base_fee: wei a unit of gas.
        withdrawals_root: of none.
        blob_gas_used: by all transactions.
        excess_blob_gas: over the target, summed up.
        parent_beacon_root: there is no beacon chain: the empty trie's root, as py-evm has it.
        requests_hash: of none.
    """

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

    @cached_property
    def encoded(self) -> bytes:
        """The header's RLP."""
        fields = [getattr(self, name) for name in self.__dataclass_fields__]
        fields[6] = self.bloom.to_bytes(256, "big")
        return rlp(fields)

    @cached_property
    def hash(self) -> bytes:
        """The block's hash."""
        return bytes(keccak(self.encoded))

    @property
    def blob_base_fee(self) -> int:
        """Wei a unit of blob gas in this block."""
        return blob_fee(self.excess_blob_gas)


def header(
    *,
    parent_hash: bytes,
    state_root: bytes,
    number: int,
    timestamp: int,
    prev_randao: bytes,
    base_fee: int,
    gas_limit: int,
    coinbase: bytes = bytes(20),
    transactions_root: bytes = EMPTY_ROOT,
    receipts_root: bytes = EMPTY_ROOT,
    bloom: int = 0,
    gas_used: int = 0,
    blob_gas_used: int = 0,
    excess_blob_gas: int = 0,
) -> Header:
    """Make a header; what never differs on this chain is filled in."""
    return Header(
        parent_hash=parent_hash,
        uncles_hash=NO_UNCLES,
        coinbase=coinbase,
        state_root=state_root,
        transactions_root=transactions_root,
        receipts_root=receipts_root,
        bloom=bloom,
        difficulty=0,
        number=number,
        gas_limit=gas_limit,
        gas_used=gas_used,
        timestamp=timestamp,
        extra_data=b"",
        prev_randao=prev_randao,
        nonce=bytes(8),
        base_fee=base_fee,
        withdrawals_root=EMPTY_ROOT,
        blob_gas_used=blob_gas_used,
        excess_blob_gas=excess_blob_gas,
        parent_beacon_root=EMPTY_ROOT,
        requests_hash=NO_REQUESTS,
    )


def next_base_fee(parent: Header) -> int:
    """Return the base fee of the block after (EIP-1559)."""
    target = parent.gas_limit // ELASTICITY
    fee, over = parent.base_fee, parent.gas_used - target
    if over > 0:
        return fee + max(fee * over // target // BASE_FEE_CHANGE, 1)
    return fee - fee * -over // target // BASE_FEE_CHANGE


def next_excess_blob_gas(parent: Header) -> int:
    """Return the excess blob gas of the block after (EIP-4844, with EIP-7691's target)."""
    return max(parent.excess_blob_gas + parent.blob_gas_used - BLOB_TARGET, 0)


@cache
def blob_fee(excess: int) -> int:
    """Return the fee at that excess: e^(excess / fraction), by Taylor (EIP-4844's fake_exponential)."""
    i, total, term = 1, 0, BLOB_FEE_FRACTION
    while term > 0:
        total += term
        term = term * excess // (BLOB_FEE_FRACTION * i)
        i += 1
    return total // BLOB_FEE_FRACTION
