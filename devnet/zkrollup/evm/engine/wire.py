"""Transactions as they come over the wire. Owns that only the one encoding of each is taken (EIP-2718)."""

import hashlib
from collections.abc import Sequence
from typing import Any

import rlp as strict_rlp
from rlp.exceptions import RLPException

from zkrollup.evm.engine.transactions import (
    ACCESS_LIST,
    BLOB,
    LEGACY,
    SET_CODE,
    AccessList,
    Authorization,
    InvalidTransaction,
    Transaction,
)


def decode(raw: bytes) -> Transaction:
    """Decode a transaction from the wire. A blob's sidecar is dropped: its KZG proofs are not checked.

    Raises:
        InvalidTransaction: it is malformed, of an unknown type, or pretends to be impersonated.
    """
    try:
        transaction = _decode_legacy(raw) if raw[:1] >= b"\xc0" else _decode_typed(raw[:1], raw[1:])
    except (RLPException, ValueError, TypeError) as error:
        raise InvalidTransaction(f"malformed transaction: {error}") from error
    if transaction.impersonated:
        raise InvalidTransaction("invalid transaction v, r, s values: they mark an impersonated sender")
    _ = transaction.sender
    return transaction


def _decode_legacy(raw: bytes) -> Transaction:
    nonce, price, gas, to, value, data, v, r, s = strict_rlp.decode(raw)
    v = _integer(v)
    if v not in (27, 28) and v < 35:
        raise ValueError(f"v is {v}, which is neither 27, 28, nor EIP-155's")
    price = _integer(price)
    return Transaction(
        type_id=LEGACY,
        chain_id=(v - 35) // 2 if v >= 35 else None,
        nonce=_integer(nonce, 8),
        max_priority_fee_per_gas=price,
        max_fee_per_gas=price,
        gas=_integer(gas, 8),
        to=_target(to),
        value=_integer(value),
        data=_bytes(data),
        v=v,
        r=_integer(r),
        s=_integer(s),
    )


def _decode_typed(kind: bytes, payload: bytes) -> Transaction:
    if kind not in (b"\x01", b"\x02", b"\x03", b"\x04"):
        raise ValueError(f"type 0x{kind.hex()} is none of 1 to 4")
    type_id, fields = kind[0], list(strict_rlp.decode(payload))
    if type_id == BLOB and fields and not isinstance(fields[0], bytes):
        fields = _without_sidecar(fields)
    if type_id == ACCESS_LIST:
        fields.insert(2, fields[2])
    special = {BLOB: 2, SET_CODE: 1}.get(type_id, 0)
    if len(fields) != 12 + special:
        raise ValueError(f"type {type_id} has {len(fields)} fields")
    chain_id, nonce, tip, cap, gas, to, value, data, access_list = fields[:9]
    v, r, s = fields[-3:]
    return Transaction(
        type_id=type_id,
        chain_id=_integer(chain_id),
        nonce=_integer(nonce, 8),
        max_priority_fee_per_gas=_integer(tip),
        max_fee_per_gas=_integer(cap),
        gas=_integer(gas, 8),
        to=_target(to),
        value=_integer(value),
        data=_bytes(data),
        access_list=_access_list(access_list),
        max_fee_per_blob_gas=_integer(fields[9]) if type_id == BLOB else 0,
        blob_versioned_hashes=tuple(_bytes(h, 32) for h in fields[10]) if type_id == BLOB else (),
        authorization_list=_authorizations(fields[9]) if type_id == SET_CODE else (),
        v=_integer(v),
        r=_integer(r),
        s=_integer(s),
    )


def _without_sidecar(network: Sequence[Any]) -> list[Any]:
    """EIP-4844 and EIP-7594: [fields, (version,) blobs, commitments, proofs]."""
    fields, commitments = list(network[0]), network[-2]
    hashes = [b"\x01" + hashlib.sha256(commitment).digest()[1:] for commitment in commitments]
    if list(fields[10]) != hashes:
        raise ValueError("the sidecar's commitments are not those of the versioned hashes")
    return fields


def _integer(item: Any, size: int = 32) -> int:
    if len(_bytes(item)) > size or item[:1] == b"\0":
        raise ValueError(f"0x{item.hex()} is no shortest integer of at most {size} bytes")
    return int.from_bytes(item, "big")


def _bytes(item: Any, size: int | None = None) -> bytes:
    if not isinstance(item, bytes) or (size is not None and len(item) != size):
        raise ValueError(f"{item!r} where {'bytes' if size is None else f'{size} bytes'} should be")
    return item


def _target(item: Any) -> bytes:
    return _bytes(item, 20) if item else _bytes(item)


def _access_list(items: Any) -> AccessList:
    return tuple(
        (_bytes(address, 20), tuple(int.from_bytes(_bytes(key, 32), "big") for key in keys))
        for address, keys in items
    )


def _authorizations(items: Any) -> tuple[Authorization, ...]:
    return tuple(
        Authorization(
            _integer(chain_id),
            _bytes(address, 20),
            _integer(nonce, 8),
            _integer(parity, 1),
            _integer(r),
            _integer(s),
        )
        for chain_id, address, nonce, parity, r, s in items
    )
