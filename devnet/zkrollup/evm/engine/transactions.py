"""Transactions of types 0 to 4: fields, RLP, hashes, signatures.

Owns their form. Does not own whether one fits the state (`rules`), nor how one is read (`wire`).

An impersonated transaction needs no key: its signature holds the sender, r the address and s a
constant that no signature equals, so that its hash differs from any other's.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeAlias

from eth_hash.auto import keccak

from zkrollup.crypto import secp256k1
from zkrollup.crypto.secp256k1 import ORDER
from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.encoding import Item, rlp

AccessList: TypeAlias = tuple[tuple[bytes, tuple[int, ...]], ...]
"""Addresses with the slots of each (EIP-2930)."""

LEGACY: Final = 0
ACCESS_LIST: Final = 1
DYNAMIC_FEE: Final = 2
BLOB: Final = 3
SET_CODE: Final = 4

GAS_PER_BLOB: Final = 2**17

_IMPERSONATED: Final = int.from_bytes(b"impersonated", "big")


class InvalidTransaction(ZkRollupError):
    """A transaction that cannot be in a block: funds, gas limit, nonce, chain id. Nothing changed."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """An account's signature under the code it delegates to (EIP-7702).

    Attributes:
        chain_id: that it is for; 0 for any.
        address: of the code.
        nonce: of the account.
        y_parity: 0 or 1.
        r: of the signature.
        s: of the signature.
    """

    chain_id: int
    address: bytes
    nonce: int
    y_parity: int
    r: int
    s: int

    def validate(self, chain_id: int) -> None:
        """Check what needs no state; py-evm calls this and skips the entry on an error.

        Raises:
            InvalidTransaction: another chain's, a nonce at its end, or a malleable signature.
        """
        if self.chain_id not in (0, chain_id) or self.nonce >= 2**64 - 1 or self.s > ORDER // 2:
            raise InvalidTransaction(f"authorization {self} is not valid on chain {chain_id}")


@dataclass(frozen=True)  # not slotted: the cached properties live in the instance
class Transaction:
    """A signed, or impersonated, transaction.

    Attributes:
        type_id: 0 legacy, 1 access list, 2 dynamic fee, 3 blob, 4 set code.
        chain_id: that it is signed for; None for a legacy one from before EIP-155.
        nonce: of the sender.
        max_priority_fee_per_gas: wei; the gas price for types 0 and 1.
        max_fee_per_gas: wei; the gas price for types 0 and 1.
        gas: limit.
        to: b"" creates a contract.
        value: wei.
        data: calldata or init code.
        access_list: empty for type 0.
        max_fee_per_blob_gas: wei; 0 but for type 3.
        blob_versioned_hashes: empty but for type 3.
        authorization_list: empty but for type 4.
        v: of the signature as encoded: EIP-155's for type 0, y_parity for others.
        r: of the signature.
        s: of the signature.
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
    access_list: AccessList = ()
    max_fee_per_blob_gas: int = 0
    blob_versioned_hashes: tuple[bytes, ...] = ()
    authorization_list: tuple[Authorization, ...] = ()
    v: int = 0
    r: int = 0
    s: int = 0

    @property
    def impersonated(self) -> bool:
        """Whether it carries its sender instead of a signature."""
        return self.s == _IMPERSONATED

    @property
    def gas_price(self) -> int:
        """Of types 0 and 1."""
        return self.max_fee_per_gas

    @property
    def blob_gas(self) -> int:
        """Gas of its blobs, at the blob fee."""
        return GAS_PER_BLOB * len(self.blob_versioned_hashes)

    @cached_property
    def intrinsic_gas(self) -> int:
        """Gas before the first opcode, without EIP-3860's for init code, which py-evm takes later."""
        data = self.data
        slots = sum(len(keys) for _, keys in self.access_list)
        return (
            (21_000 if self.to else 53_000)
            + 16 * len(data)
            - 12 * data.count(0)
            + 2_400 * len(self.access_list)
            + 1_900 * slots
            + 25_000 * len(self.authorization_list)
        )

    @property
    def startup_gas(self) -> int:
        """Intrinsic gas with EIP-3860's for init code."""
        return self.intrinsic_gas + (0 if self.to else 2 * ((len(self.data) + 31) // 32))

    @property
    def required_gas(self) -> int:
        """The least gas limit: that to start with, or EIP-7623's floor if that is more."""
        data = self.data
        return max(self.startup_gas, 21_000 + 40 * len(data) - 30 * data.count(0))

    def effective_gas_price(self, base_fee: int) -> int:
        """Wei a unit of gas in a block of that base fee; 0 for an impersonated sender who named no fee."""
        return min(self.max_fee_per_gas, base_fee + self.max_priority_fee_per_gas)

    @property
    def _fields(self) -> list[Item]:
        head: list[Item] = [self.nonce]
        if self.type_id > ACCESS_LIST:
            head.append(self.max_priority_fee_per_gas)
        head += [self.max_fee_per_gas, self.gas, self.to, self.value, self.data]
        if self.type_id == LEGACY:
            return head
        listed: list[Item] = [
            [address, [key.to_bytes(32, "big") for key in keys]] for address, keys in self.access_list
        ]
        tail: list[Item] = [listed]
        if self.type_id == BLOB:
            tail += [self.max_fee_per_blob_gas, self.blob_versioned_hashes]
        if self.type_id == SET_CODE:
            tail.append(
                [[a.chain_id, a.address, a.nonce, a.y_parity, a.r, a.s] for a in self.authorization_list]
            )
        return [self.chain_id or 0, *head, *tail]

    @property
    def _type_byte(self) -> bytes:
        return b"" if self.type_id == LEGACY else bytes((self.type_id,))

    @property
    def signing_hash(self) -> bytes:
        """What the sender signs."""
        fields = self._fields
        if self.type_id == LEGACY and self.chain_id is not None:
            fields += [self.chain_id, 0, 0]
        return bytes(keccak(self._type_byte + rlp(fields)))

    @cached_property
    def encoded(self) -> bytes:
        """The form on the wire, without a blob's sidecar."""
        return self._type_byte + rlp([*self._fields, self.v, self.r, self.s])

    @cached_property
    def hash(self) -> bytes:
        """Keccak of the encoded form."""
        return bytes(keccak(self.encoded))

    @cached_property
    def sender(self) -> bytes:
        """Who signed, or is impersonated.

        Raises:
            InvalidTransaction: the signature is no signature.
        """
        if self.impersonated:
            return self.r.to_bytes(20, "big")
        parity = self.v if self.type_id != LEGACY else (self.v - 27 if self.v < 35 else (self.v - 35) % 2)
        return recover(self.signing_hash, parity, self.r, self.s)


@dataclass(frozen=True, slots=True)
class CallFields:
    """What a caller says of a transaction; None where the engine chooses.

    A gas price makes type 0, or 1 with an access list; blob hashes make type 3, authorizations type
    4, anything else type 2.

    Attributes:
        sender: address.
        to: b"" creates a contract.
        data: calldata or init code.
        value: wei.
        gas: limit; a block's by default.
        nonce: the next by default.
        gas_price: wei.
        max_fee_per_gas: wei.
        max_priority_fee_per_gas: wei.
        access_list: addresses with slots.
        max_fee_per_blob_gas: wei.
        blob_versioned_hashes: 32 bytes each.
        authorization_list: of EIP-7702.
        type_id: where the rule above is not what is meant.
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

    @property
    def names_a_fee(self) -> bool:
        """Whether a price of gas is given, if only the tip."""
        fees = (self.gas_price, self.max_fee_per_gas, self.max_priority_fee_per_gas)
        return any(fee is not None for fee in fees)

    @property
    def transaction_type(self) -> int:
        """The type, given or inferred."""
        if self.type_id is not None:
            return self.type_id
        if self.authorization_list:
            return SET_CODE
        if self.blob_versioned_hashes:
            return BLOB
        if self.gas_price is not None:
            return ACCESS_LIST if self.access_list else LEGACY
        return DYNAMIC_FEE


def require_recipient_or_code(fields: CallFields) -> None:
    """What wallets and nodes ask of those who send; a block takes a creation of nothing.

    Raises:
        InvalidTransaction: it would create a contract of nothing, and leave it the value.
    """
    if not fields.to and not fields.data:
        raise InvalidTransaction("contract creation without any data provided")


def build(
    fields: CallFields, *, chain_id: int, nonce: int, gas: int, max_fee: int, blob_fee: int = 0
) -> Transaction:
    """Build an unsigned transaction; the arguments are for what the fields leave open.

    Args:
        fields: of the caller.
        chain_id: of the chain.
        nonce: by default.
        gas: limit by default.
        max_fee: fee cap a unit of gas by default; the tip is 0 by default.
        blob_fee: fee cap a unit of blob gas by default.

    Raises:
        InvalidTransaction: an address or amount is out of range.
    """
    _check_ranges(fields)
    kind, price = fields.transaction_type, fields.gas_price
    tip = fields.max_priority_fee_per_gas or 0
    cap = max_fee + tip if fields.max_fee_per_gas is None else fields.max_fee_per_gas
    if kind in (LEGACY, ACCESS_LIST) or price is not None:
        tip = cap = cap if price is None else price
    blob_cap = blob_fee if fields.max_fee_per_blob_gas is None else fields.max_fee_per_blob_gas
    return Transaction(
        type_id=kind,
        chain_id=chain_id,
        nonce=nonce if fields.nonce is None else fields.nonce,
        max_priority_fee_per_gas=tip,
        max_fee_per_gas=cap,
        gas=gas if fields.gas is None else fields.gas,
        to=fields.to,
        value=fields.value,
        data=fields.data,
        access_list=() if kind == LEGACY else fields.access_list,
        max_fee_per_blob_gas=blob_cap if kind == BLOB else 0,
        blob_versioned_hashes=fields.blob_versioned_hashes if kind == BLOB else (),
        authorization_list=fields.authorization_list if kind == SET_CODE else (),
    )


_SIZES: Final = {"gas": 64, "nonce": 64, "value": 256}
_SIZES_OF_FEES: Final = ("gas_price", "max_fee_per_gas", "max_priority_fee_per_gas", "max_fee_per_blob_gas")


def _check_ranges(fields: CallFields) -> None:
    for name, bits in {**_SIZES, **dict.fromkeys(_SIZES_OF_FEES, 256)}.items():
        amount = getattr(fields, name)
        if amount is not None and not 0 <= amount < 2**bits:
            raise InvalidTransaction(f"{name} is {amount}, it must be 0 to 2^{bits} - 1")
    if fields.transaction_type not in range(5):
        raise InvalidTransaction(
            f"transaction type not supported: {fields.transaction_type} is none of 0 to 4"
        )
    if len(fields.sender) != 20 or len(fields.to) not in (0, 20):
        raise InvalidTransaction(
            f"sender 0x{fields.sender.hex()} and to 0x{fields.to.hex()} must be 20 bytes"
        )


def address_of(public_key: bytes) -> bytes:
    """Return the address of a public key, 64 bytes."""
    return bytes(keccak(public_key)[12:])


def sign(transaction: Transaction, key: bytes, *, sender: bytes | None = None) -> Transaction:
    """Return the transaction with a signature (RFC 6979: the same each time).

    Args:
        transaction: unsigned.
        key: of the sender, 32 bytes.
        sender: the key's address, if known: it need not be recovered from the signature then.

    Raises:
        InvalidKey: the key is none.
    """
    parity, r, s = secp256k1.sign(transaction.signing_hash, key)
    if transaction.type_id == LEGACY:
        parity += 27 if transaction.chain_id is None else 35 + 2 * transaction.chain_id
    signed = replace(transaction, v=parity, r=r, s=s)
    if sender is not None:
        signed.__dict__["sender"] = sender
    return signed


def impersonate(transaction: Transaction, sender: bytes) -> Transaction:
    """Return the transaction with its sender in place of a signature."""
    return replace(transaction, v=0, r=int.from_bytes(sender, "big"), s=_IMPERSONATED)


def recover(digest: bytes, parity: int, r: int, s: int) -> bytes:
    """Return the address that signed.

    Raises:
        InvalidTransaction: out of range, malleable (EIP-2), or of no point.
    """
    if parity not in (0, 1) or not 0 < r < ORDER or not 0 < s <= ORDER // 2:
        raise InvalidTransaction(f"invalid transaction v, r, s values: parity {parity}, r {r:#x}, s {s:#x}")
    try:
        return address_of(secp256k1.recover(digest, parity, r, s))
    except secp256k1.NoSigner as error:
        raise InvalidTransaction(f"invalid sender: {error}") from error
