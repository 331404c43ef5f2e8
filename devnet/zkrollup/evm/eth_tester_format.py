"""Transactions, blocks and receipts as eth-tester's backends take and give them. Owns names and shapes."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from zkrollup.evm.engine.blocks import Block, Log, Mined
from zkrollup.evm.engine.headers import NO_UNCLES
from zkrollup.evm.engine.pool import Pending
from zkrollup.evm.engine.transactions import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    Authorization,
    CallFields,
    Transaction,
)

# --- what is taken


def call_fields(given: Mapping[str, Any]) -> CallFields:
    """Read what a caller says of a transaction."""
    return CallFields(
        sender=given["from"],
        to=given.get("to", b""),
        data=given.get("data", b""),
        value=given.get("value", 0),
        gas=given.get("gas"),
        nonce=given.get("nonce"),
        gas_price=given.get("gas_price"),
        max_fee_per_gas=given.get("max_fee_per_gas"),
        max_priority_fee_per_gas=given.get("max_priority_fee_per_gas"),
        access_list=_access_list(given),
        authorization_list=_authorizations(given),
        type_id=_type(given),
    )


def signed(given: Mapping[str, Any]) -> Transaction:
    """Read a signed transaction."""
    type_id, v, price = _type(given), given["v"], given.get("gas_price", 0)
    return Transaction(
        type_id=type_id,
        chain_id=given.get("chain_id") if type_id else ((v - 35) // 2 if v >= 35 else None),
        nonce=given["nonce"],
        max_priority_fee_per_gas=given.get("max_priority_fee_per_gas", price),
        max_fee_per_gas=given.get("max_fee_per_gas", price),
        gas=given["gas"],
        to=given.get("to", b""),
        value=given.get("value", 0),
        data=given.get("data", b""),
        access_list=_access_list(given),
        authorization_list=_authorizations(given),
        v=v,
        r=given["r"],
        s=given["s"],
    )


def _type(given: Mapping[str, Any]) -> int:
    if given.get("authorization_list"):
        return SET_CODE
    if "gas_price" in given:
        return ACCESS_LIST if "access_list" in given else LEGACY
    return DYNAMIC_FEE


def _access_list(given: Mapping[str, Any]) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    return tuple((address, tuple(keys)) for address, keys in given.get("access_list", ()))


def _authorizations(given: Mapping[str, Any]) -> tuple[Authorization, ...]:
    return tuple(Authorization(**each) for each in given.get("authorization_list", ()))


# --- what is given


def shown_block(block: Block, full: bool, *, pending: bool = False) -> dict[str, Any]:
    """Write a block, its transactions in full or by hash."""
    header = block.header
    return {
        "number": header.number,
        "hash": header.hash,
        "parent_hash": header.parent_hash,
        "nonce": header.nonce,
        "sha3_uncles": NO_UNCLES,
        "logs_bloom": header.bloom,
        "transactions_root": header.transactions_root,
        "receipts_root": header.receipts_root,
        "state_root": header.state_root,
        "coinbase": header.coinbase,
        "difficulty": header.difficulty,
        "total_difficulty": header.difficulty,
        "mix_hash": header.prev_randao,
        "size": block.size,
        "extra_data": header.extra_data.rjust(32, b"\0"),
        "gas_limit": header.gas_limit,
        "gas_used": header.gas_used,
        "timestamp": header.timestamp,
        "transactions": [
            shown_transaction(mined, pending=pending) if full else mined.hash for mined in block.transactions
        ],
        "uncles": [],
        "base_fee_per_gas": header.base_fee,
        "withdrawals": [],
        "withdrawals_root": header.withdrawals_root,
        "parent_beacon_block_root": header.parent_beacon_root,
        "blob_gas_used": header.blob_gas_used,
        "excess_blob_gas": header.excess_blob_gas,
        "requests_hash": header.requests_hash,
    }


def shown_transaction(found: Mined | Pending, *, pending: bool = False) -> dict[str, Any]:
    """Write a transaction; one that is not mined names its fee cap as the gas price."""
    mined = found if isinstance(found, Mined) and not pending else None
    transaction = found.transaction
    return {
        "type": transaction.type_id,
        "hash": found.hash,
        "nonce": transaction.nonce,
        **_place(mined),
        "from": found.sender,
        "to": transaction.to,
        "value": transaction.value,
        "gas": transaction.gas,
        "data": transaction.data,
        "gas_price": mined.effective_gas_price if mined else transaction.max_fee_per_gas,
        **_typed(transaction),
        "v": transaction.v,
        "r": transaction.r,
        "s": transaction.s,
    }


def _place(mined: Mined | None) -> dict[str, Any]:
    return {
        "block_hash": mined and mined.block_hash,
        "block_number": mined and mined.block_number,
        "transaction_index": mined and mined.index,
    }


def _typed(transaction: Transaction) -> dict[str, Any]:
    """The fields that only some types have."""
    kind, fields = transaction.type_id, dict[str, Any]()
    if kind > LEGACY:
        fields |= {"chain_id": transaction.chain_id, "access_list": transaction.access_list}
        fields["y_parity"] = transaction.v
    if kind >= DYNAMIC_FEE:
        fields["max_fee_per_gas"] = transaction.max_fee_per_gas
        fields["max_priority_fee_per_gas"] = transaction.max_priority_fee_per_gas
    if kind == BLOB:
        fields["max_fee_per_blob_gas"] = transaction.max_fee_per_blob_gas
        fields["blob_versioned_hashes"] = transaction.blob_versioned_hashes
    if kind == SET_CODE:
        fields["authorization_list"] = [asdict(each) for each in transaction.authorization_list]
    return fields


def shown_receipt(mined: Mined, *, pending: bool = False) -> dict[str, Any]:
    """Write a receipt, or what one would be."""
    kind = mined.transaction.type_id
    receipt = {
        **_place(None if pending else mined),
        "contract_address": mined.contract_address,
        "cumulative_gas_used": mined.cumulative_gas,
        "effective_gas_price": mined.effective_gas_price,
        "from": mined.sender,
        "gas_used": mined.gas_used,
        "logs": [_log(log, pending) for log in mined.logs],
        "state_root": b"\x01" if mined.status else b"",
        "status": mined.status,
        "to": mined.transaction.to,
        "transaction_hash": mined.hash,
        "type": kind,
    }
    if kind == BLOB:
        receipt |= {"blob_gas_used": mined.blob_gas_used, "blob_gas_price": mined.blob_gas_price}
    return receipt


def _log(log: Log, pending: bool) -> dict[str, Any]:
    return {
        "type": "pending" if pending else "mined",
        "log_index": log.index,
        "transaction_index": None if pending else log.transaction_index,
        "transaction_hash": log.transaction_hash,
        "block_hash": None if pending else log.block_hash,
        "block_number": None if pending else log.block_number,
        "address": log.address,
        "data": log.data,
        "topics": list(log.topics),
    }
