"""JSON-RPC for web3.py, served by the engine in this process.

Owns what web3's own API needs: requests read, answers written as a node writes them, errors with
revert data. Does not execute anything itself.
"""

from collections.abc import Callable
from typing import Any

from hexbytes import HexBytes
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.blocks import Block, BlockId, Log, Mined, UnknownBlock
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.pool import Pending
from zkrollup.evm.engine.simulation import Outcome
from zkrollup.evm.engine.transactions import CallFields, Transaction, decode
from zkrollup.evm.reverts import summarise

PRIORITY_FEE = 10**9
"""Wei a unit of gas that web3 is told to tip."""

_Json = Any


class _Failed(Exception):
    """A call or estimate failed in the EVM."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.failure)


class Provider(BaseProvider):
    """web3's provider over an engine."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._methods = {**_reading(engine), **_executing(engine), **_filtering(engine), **_steering(engine)}

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
        """Tell that there is no connection that could fail."""
        return True

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer a JSON-RPC request."""
        response: Any = {"id": 0, "jsonrpc": "2.0", **self._answer(method, params)}
        return response  # type: ignore[no-any-return]

    def _answer(self, method: str, params: Any) -> dict[str, Any]:
        serve = self._methods.get(method)
        if serve is None:
            return {"error": {"code": -32601, "message": f"the method {method} does not exist"}}
        try:
            return {"result": serve(*params)}
        except _Failed as failed:
            data = failed.outcome.output
            error = {"code": 3, "message": summarise(failed.outcome.failure or "", data)}
            return {"error": {**error, "data": _hex(data)} if data else error}
        except ZkRollupError as invalid:
            return {"error": {"code": -32000, "message": str(invalid)}}


# --- methods


def _reading(engine: Engine) -> dict[str, Callable[..., _Json]]:
    return {
        "eth_chainId": lambda: hex(engine.chain_id),
        "net_version": lambda: str(engine.chain_id),
        "eth_accounts": lambda: [_hex(a) for a in engine.keys],
        "eth_blockNumber": lambda: hex(engine.head.number),
        "eth_gasPrice": lambda: hex(engine.next_base_fee + PRIORITY_FEE),
        "eth_maxPriorityFeePerGas": lambda: hex(PRIORITY_FEE),
        "eth_getBalance": lambda a, at="latest": hex(engine.balance(_bytes(a), at=_block_id(at))),
        "eth_getTransactionCount": lambda a, at="latest": hex(engine.nonce(_bytes(a), at=_block_id(at))),
        "eth_getCode": lambda a, at="latest": _hex(engine.code(_bytes(a), at=_block_id(at))),
        "eth_getStorageAt": lambda a, slot, at="latest": _hex(
            engine.storage(_bytes(a), _int(slot), at=_block_id(at)).to_bytes(32, "big")
        ),
        "eth_getBlockByNumber": lambda at, full=False: _block_or_none(engine, _block_id(at), full),
        "eth_getBlockByHash": lambda at, full=False: _block_or_none(engine, _bytes(at), full),
        "eth_getTransactionByHash": lambda h: _found(engine.transaction(_bytes(h)), _transaction),
        "eth_getTransactionReceipt": lambda h: _found(engine.blocks.mined(_bytes(h)), _receipt),
    }


def _executing(engine: Engine) -> dict[str, Callable[..., _Json]]:
    def call(fields: _Json, at: _Json = "latest") -> str:
        outcome = engine.call(_fields(engine, fields), at=_block_id(at))
        if outcome.failure:
            raise _Failed(outcome)
        return _hex(outcome.output)

    def estimate(fields: _Json, at: _Json = "pending") -> str:
        outcome, gas = engine.estimate(_fields(engine, fields), at=_block_id(at))
        if outcome.failure:
            raise _Failed(outcome)
        return hex(gas)

    return {
        "eth_call": call,
        "eth_estimateGas": estimate,
        "eth_sendTransaction": lambda fields: _hex(engine.send(engine.sign(_fields(engine, fields)))),
        "eth_sendRawTransaction": lambda raw: _hex(engine.send(decode(_bytes(raw)))),
    }


def _filtering(engine: Engine) -> dict[str, Callable[..., _Json]]:
    def logs(query: _Json) -> list[_Json]:
        first, last = (_block_id(query.get(name, "latest")) for name in ("fromBlock", "toBlock"))
        return [_log(log) for log in engine.logs(first, last, *_query(query))]

    def new_filter(query: _Json) -> str:
        first, last = (_block_id(query.get(name, "latest")) for name in ("fromBlock", "toBlock"))
        return hex(engine.filters.add_log(*_query(query), first=first, last=last))

    def told(entries: list[bytes] | list[Log]) -> list[_Json]:
        return [_log(entry) if isinstance(entry, Log) else _hex(entry) for entry in entries]

    return {
        "eth_getLogs": logs,
        "eth_newFilter": new_filter,
        "eth_newBlockFilter": lambda: hex(engine.filters.add_block()),
        "eth_newPendingTransactionFilter": lambda: hex(engine.filters.add_pending()),
        "eth_getFilterChanges": lambda number: told(engine.filters.changes(_int(number))),
        "eth_getFilterLogs": lambda number: told(engine.filters.logs(_int(number))),
        "eth_uninstallFilter": lambda number: engine.filters.remove(_int(number)),
    }


def _steering(engine: Engine) -> dict[str, Callable[..., _Json]]:
    return {
        "evm_snapshot": lambda: hex(engine.snapshot()),
        "evm_revert": lambda number: engine.revert(_int(number)),
        "evm_mine": lambda: hex(engine.mine()[0].number),
    }


# --- requests


def _bytes(value: _Json) -> bytes:
    return bytes(HexBytes(value))


def _int(value: _Json) -> int:
    return int(value, 16) if isinstance(value, str) else int(value)


def _block_id(value: _Json) -> BlockId:
    if isinstance(value, str) and value.startswith("0x"):
        return _bytes(value) if len(value) == 66 else int(value, 16)
    return value  # type: ignore[no-any-return]


def _fields(engine: Engine, given: _Json) -> CallFields:
    names = {  # all of them amounts
        "gas": "gas",
        "nonce": "nonce",
        "gasPrice": "gas_price",
        "maxFeePerGas": "max_fee_per_gas",
        "maxPriorityFeePerGas": "max_priority_fee_per_gas",
        "maxFeePerBlobGas": "max_fee_per_blob_gas",
    }
    amounts: dict[str, Any] = {name: _int(given[key]) for key, name in names.items() if key in given}
    return CallFields(
        sender=_bytes(given["from"]) if "from" in given else next(iter(engine.keys), bytes(20)),
        to=_bytes(given.get("to") or b""),
        data=_bytes(given.get("data") or given.get("input") or b""),
        value=_int(given.get("value", 0)),
        access_list=tuple(
            (_bytes(e["address"]), tuple(_int(key) for key in e["storageKeys"]))
            for e in given.get("accessList", ())
        ),
        **amounts,
    )


def _query(query: _Json) -> tuple[list[bytes], list[list[bytes] | None]]:
    address = query.get("address", [])
    addresses = address if isinstance(address, list) else [address]
    topics = [
        None if t is None else [_bytes(one) for one in (t if isinstance(t, list) else [t])]
        for t in query.get("topics", ())
    ]
    return [_bytes(a) for a in addresses], topics


# --- answers


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _found(value: Any, form: Callable[[Any], _Json]) -> _Json:
    return None if value is None else form(value)


def _block_or_none(engine: Engine, at: BlockId, full: bool) -> _Json:
    try:
        return _block(engine.block(at), full)
    except UnknownBlock:
        return None


def _block(block: Block, full: bool) -> _Json:
    header = block.header
    return {
        "number": hex(header.number),
        "hash": _hex(header.hash),
        "parentHash": _hex(header.parent_hash),
        "sha3Uncles": _hex(header.uncles_hash),
        "miner": _hex(header.coinbase),
        "stateRoot": _hex(header.state_root),
        "transactionsRoot": _hex(header.transactions_root),
        "receiptsRoot": _hex(header.receipts_root),
        "logsBloom": _bloom(header.bloom),
        "difficulty": hex(header.difficulty),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": _hex(header.extra_data),
        "mixHash": _hex(header.prev_randao),
        "nonce": _hex(header.nonce),
        "baseFeePerGas": hex(header.base_fee),
        "withdrawalsRoot": _hex(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": _hex(header.parent_beacon_root),
        "requestsHash": _hex(header.requests_hash),
        "size": hex(block.size),
        "uncles": [],
        "withdrawals": [],
        "transactions": [_transaction(m) if full else _hex(m.hash) for m in block.transactions],
    }


def _transaction(found: Mined | Pending) -> _Json:
    transaction, mined = found.transaction, found if isinstance(found, Mined) else None
    price = mined.effective_gas_price if mined else transaction.max_fee_per_gas
    answer = {
        "hash": _hex(found.hash),
        "type": hex(transaction.type_id),
        "nonce": hex(transaction.nonce),
        "from": _hex(found.sender),
        "to": _hex(transaction.to) if transaction.to else None,
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "input": _hex(transaction.data),
        "gasPrice": hex(price),
        "v": hex(transaction.v),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
        "blockHash": _hex(mined.block_hash) if mined else None,
        "blockNumber": hex(mined.block_number) if mined else None,
        "transactionIndex": hex(mined.index) if mined else None,
    }
    if transaction.chain_id is not None:
        answer["chainId"] = hex(transaction.chain_id)
    return answer | _typed(transaction)


def _typed(transaction: Transaction) -> _Json:
    answer: dict[str, _Json] = {}
    if transaction.type_id > 0:
        answer["yParity"] = hex(transaction.v)
        answer["accessList"] = [
            {"address": _hex(address), "storageKeys": [_hex(key.to_bytes(32, "big")) for key in keys]}
            for address, keys in transaction.access_list
        ]
    if transaction.type_id > 1:
        answer["maxFeePerGas"] = hex(transaction.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = hex(transaction.max_priority_fee_per_gas)
    if transaction.blob_versioned_hashes:
        answer["maxFeePerBlobGas"] = hex(transaction.max_fee_per_blob_gas)
        answer["blobVersionedHashes"] = [_hex(h) for h in transaction.blob_versioned_hashes]
    if transaction.authorization_list:
        answer["authorizationList"] = [
            {
                "chainId": hex(a.chain_id),
                "address": _hex(a.address),
                "nonce": hex(a.nonce),
                "yParity": hex(a.y_parity),
                "r": hex(a.r),
                "s": hex(a.s),
            }
            for a in transaction.authorization_list
        ]
    return answer


def _receipt(mined: Mined) -> _Json:
    created = mined.contract_address
    answer = {
        "transactionHash": _hex(mined.hash),
        "transactionIndex": hex(mined.index),
        "blockHash": _hex(mined.block_hash),
        "blockNumber": hex(mined.block_number),
        "type": hex(mined.transaction.type_id),
        "from": _hex(mined.sender),
        "to": _hex(mined.transaction.to) if mined.transaction.to else None,
        "status": hex(mined.status),
        "gasUsed": hex(mined.gas_used),
        "cumulativeGasUsed": hex(mined.cumulative_gas),
        "effectiveGasPrice": hex(mined.effective_gas_price),
        "contractAddress": None if created is None else _hex(created),
        "logs": [_log(log) for log in mined.logs],
        "logsBloom": _bloom(mined.bloom),
    }
    if mined.blob_gas_used:
        answer |= {"blobGasUsed": hex(mined.blob_gas_used), "blobGasPrice": hex(mined.blob_gas_price)}
    return answer


def _log(log: Log) -> _Json:
    return {
        "address": _hex(log.address),
        "topics": [_hex(topic) for topic in log.topics],
        "data": _hex(log.data),
        "blockNumber": hex(log.block_number),
        "blockHash": _hex(log.block_hash),
        "transactionHash": _hex(log.transaction_hash),
        "transactionIndex": hex(log.transaction_index),
        "logIndex": hex(log.index),
        "removed": log.removed,
    }


def _bloom(bloom: int) -> str:
    return _hex(bloom.to_bytes(256, "big"))
