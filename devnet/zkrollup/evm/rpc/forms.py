"""Answers: from what the engine returns to JSON as nodes write it. Knows no method."""

from typing import Any, TypeAlias

from zkrollup.evm.engine.blocks import Block, Log, Mined
from zkrollup.evm.engine.pool import Pending
from zkrollup.evm.engine.roots import AccountProof
from zkrollup.evm.engine.transactions import AccessList, Transaction

Json: TypeAlias = Any


def data(value: bytes) -> str:
    """Return bytes as hex."""
    return "0x" + value.hex()


def word(value: int) -> str:
    """Return 32 bytes as hex."""
    return f"0x{value:064x}"


def block_form(block: Block, full: bool) -> Json:
    """Return a block, with its transactions or only their hashes."""
    header = block.header
    return {
        "number": hex(header.number),
        "hash": data(header.hash),
        "parentHash": data(header.parent_hash),
        "sha3Uncles": data(header.uncles_hash),
        "miner": data(header.coinbase),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transactions_root),
        "receiptsRoot": data(header.receipts_root),
        "logsBloom": bloom_form(header.bloom),
        "difficulty": hex(header.difficulty),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": data(header.extra_data),
        "mixHash": data(header.prev_randao),
        "nonce": data(header.nonce),
        "baseFeePerGas": hex(header.base_fee),
        "withdrawalsRoot": data(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_root),
        "requestsHash": data(header.requests_hash),
        "size": hex(block.size),
        "uncles": [],
        "withdrawals": [],
        "transactions": [transaction_form(m) if full else data(m.hash) for m in block.transactions],
    }


def pending_form(block: Block, full: bool) -> Json:
    """Return the block that is not mined yet: it has no hash, and nobody to have mined it."""
    form = block_form(block, full)
    if full:
        form["transactions"] = [{**t, "blockHash": None} for t in form["transactions"]]
    return {**form, "hash": None, "nonce": None, "miner": None}


def transaction_form(found: Mined | Pending) -> Json:
    """Return a transaction, mined or waiting."""
    transaction, mined = found.transaction, found if isinstance(found, Mined) else None
    price = mined.effective_gas_price if mined else transaction.max_fee_per_gas
    answer = {
        "hash": data(found.hash),
        "type": hex(transaction.type_id),
        "nonce": hex(transaction.nonce),
        "from": data(found.sender),
        "to": data(transaction.to) if transaction.to else None,
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "input": data(transaction.data),
        "gasPrice": hex(price),
        "v": hex(transaction.v),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
        "blockHash": data(mined.block_hash) if mined else None,
        "blockNumber": hex(mined.block_number) if mined else None,
        "transactionIndex": hex(mined.index) if mined else None,
    }
    if transaction.chain_id is not None:
        answer["chainId"] = hex(transaction.chain_id)
    return answer | _typed_form(transaction)


def _typed_form(transaction: Transaction) -> Json:
    answer: dict[str, Json] = {}
    if transaction.type_id > 0:
        answer["yParity"] = hex(transaction.v)
        answer["accessList"] = access_list_form(transaction.access_list)
    if transaction.type_id > 1:
        answer["maxFeePerGas"] = hex(transaction.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = hex(transaction.max_priority_fee_per_gas)
    if transaction.blob_versioned_hashes:
        answer["maxFeePerBlobGas"] = hex(transaction.max_fee_per_blob_gas)
        answer["blobVersionedHashes"] = [data(h) for h in transaction.blob_versioned_hashes]
    if transaction.authorization_list:
        answer["authorizationList"] = [
            {
                "chainId": hex(a.chain_id),
                "address": data(a.address),
                "nonce": hex(a.nonce),
                "yParity": hex(a.y_parity),
                "r": hex(a.r),
                "s": hex(a.s),
            }
            for a in transaction.authorization_list
        ]
    return answer


def access_list_form(listed: AccessList) -> Json:
    """Return addresses with their slots."""
    return [
        {"address": data(address), "storageKeys": [word(key) for key in keys]} for address, keys in listed
    ]


def receipt_form(mined: Mined) -> Json:
    """Return a receipt."""
    created = mined.contract_address
    answer = {
        "transactionHash": data(mined.hash),
        "transactionIndex": hex(mined.index),
        "blockHash": data(mined.block_hash),
        "blockNumber": hex(mined.block_number),
        "type": hex(mined.transaction.type_id),
        "from": data(mined.sender),
        "to": data(mined.transaction.to) if mined.transaction.to else None,
        "status": hex(mined.status),
        "gasUsed": hex(mined.gas_used),
        "cumulativeGasUsed": hex(mined.cumulative_gas),
        "effectiveGasPrice": hex(mined.effective_gas_price),
        "contractAddress": None if created is None else data(created),
        "logs": [log_form(log) for log in mined.logs],
        "logsBloom": bloom_form(mined.bloom),
    }
    if mined.blob_gas_used:
        answer |= {"blobGasUsed": hex(mined.blob_gas_used), "blobGasPrice": hex(mined.blob_gas_price)}
    return answer


def log_form(log: Log) -> Json:
    """Return a log."""
    return {
        "address": data(log.address),
        "topics": [data(topic) for topic in log.topics],
        "data": data(log.data),
        "blockNumber": hex(log.block_number),
        "blockHash": data(log.block_hash),
        "blockTimestamp": hex(log.block_timestamp),
        "transactionHash": data(log.transaction_hash),
        "transactionIndex": hex(log.transaction_index),
        "logIndex": hex(log.index),
        "removed": log.removed,
    }


def bloom_form(bloom: int) -> str:
    """Return 256 bytes as hex."""
    return data(bloom.to_bytes(256, "big"))


def proof_form(proof: AccountProof) -> Json:
    """Return EIP-1186's proof."""
    return {
        "address": data(proof.address),
        "accountProof": [data(node) for node in proof.nodes],
        "balance": hex(proof.balance),
        "codeHash": data(proof.code_hash),
        "nonce": hex(proof.nonce),
        "storageHash": data(proof.storage_root),
        "storageProof": [
            {"key": hex(slot.slot), "value": hex(slot.value), "proof": [data(node) for node in slot.nodes]}
            for slot in proof.slots
        ],
    }
