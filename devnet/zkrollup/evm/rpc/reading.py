"""eth_, net_, web3_ and txpool_ methods that read: accounts, blocks, transactions, logs, fees."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from zkrollup.evm.engine.blocks import Block, BlockId, Log, Mined, UnknownBlock
from zkrollup.evm.engine.headers import BLOB_LIMIT
from zkrollup.evm.rpc import forms, params
from zkrollup.evm.rpc.errors import INVALID_PARAMS, InvalidParams, RpcError
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import LogRange, Param
from zkrollup.evm.rpc.table import Method, Node

PRIORITY_FEE: Final = 10**9
"""Wei a unit of gas that clients are told to tip."""
CLIENT: Final = f"pytest-zkrollup/{version('pytest-zkrollup')}"
_MOST_HISTORY: Final = 1024
"""Blocks; more are cut off, as in geth."""
_TAGS: Final[Mapping[BlockId, int]] = {"earliest": 0}
"""Of the tags, those that are not the latest block."""

ADDRESS: Final = Param("address", params.address)
LATEST: Final = Param("block", params.block_id, "latest")
BLOCK: Final = Param("block", params.block_id)
HASH: Final = Param("hash", params.digest)
FULL: Final = Param("full", params.boolean, False)
INDEX: Final = Param("index", params.quantity)
FILTER: Final = Param("filter", params.log_range)
NUMBER: Final = Param("id", params.quantity)


# --- blocks and transactions


def _found(node: Node, at: BlockId) -> Block | None:
    try:
        return node.engine.block(at)
    except UnknownBlock:
        return None


def _block(node: Node, at: BlockId, full: bool) -> Json:
    block = _found(node, at)
    if block is None:
        return None
    return forms.pending_form(block, full) if at == "pending" else forms.block_form(block, full)


def _count(node: Node, at: BlockId) -> str | None:
    block = _found(node, at)
    return None if block is None else hex(len(block.transactions))


def _uncles(node: Node, at: BlockId) -> str | None:
    return None if _found(node, at) is None else "0x0"


def _receipts(node: Node, at: BlockId) -> Json:
    block = _found(node, at)
    return None if block is None else [forms.receipt_form(mined) for mined in block.transactions]


def _transaction(node: Node, transaction_hash: bytes) -> Json:
    found = node.engine.transaction(transaction_hash)
    return None if found is None else forms.transaction_form(found)


def _transaction_of(node: Node, sender: bytes, nonce: int) -> Json:
    engine = node.engine
    found = engine.pending.waiting(sender, nonce) or engine.blocks.mined_by(sender, nonce)
    return None if found is None else forms.transaction_form(found)


def _code_of_hash(node: Node, code_hash: bytes, at: BlockId) -> str | None:
    with node.engine.state_at(at):
        code = node.engine.world.code_of_hash(code_hash)
    return None if code is None else forms.data(code)


def _raw(node: Node, transaction_hash: bytes) -> str | None:
    found = node.engine.transaction(transaction_hash)
    return None if found is None else forms.data(found.transaction.encoded)


def _at_index(node: Node, at: BlockId, index: int) -> Mined | None:
    block = _found(node, at)
    return None if block is None or index >= len(block.transactions) else block.transactions[index]


def _transaction_at(node: Node, at: BlockId, index: int) -> Json:
    found = _at_index(node, at, index)
    return None if found is None else forms.transaction_form(found)


def _raw_at(node: Node, at: BlockId, index: int) -> str | None:
    found = _at_index(node, at, index)
    return None if found is None else forms.data(found.transaction.encoded)


def _receipt(node: Node, transaction_hash: bytes) -> Json:
    mined = node.engine.blocks.mined(transaction_hash)
    return None if mined is None else forms.receipt_form(mined)


# --- fees


def _percentiles(value: Any, where: str) -> tuple[float, ...]:
    def one(number: Any, at: str) -> float:
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number <= 100:
            raise InvalidParams(at, number, "a number from 0 to 100")
        return float(number)

    found = params.listed(one, 100)(value, where)
    if list(found) != sorted(found):
        raise InvalidParams(where, value, "in ascending order")
    return found


def _history_length(value: Any, where: str) -> int:
    return min(params.loose_quantity(value, where), _MOST_HISTORY)


def _fee_history(node: Node, count: int, newest: BlockId, percentiles: tuple[float, ...] | None) -> Json:
    engine = node.engine
    last = engine.head.number if newest == "pending" else engine.blocks.number(newest)
    if not count:
        return {"oldestBlock": "0x0", "gasUsedRatio": []}
    blocks = [engine.block(number) for number in range(max(last - count + 1, 0), last + 1)]
    following = engine.block(last + 1).header if last < engine.head.number else None
    base = following.base_fee if following else engine.next_base_fee
    blob = following.blob_base_fee if following else engine.next_blob_base_fee
    answer = {
        "oldestBlock": hex(blocks[0].number),
        "baseFeePerGas": [*(hex(b.header.base_fee) for b in blocks), hex(base)],
        "gasUsedRatio": [b.header.gas_used / b.header.gas_limit for b in blocks],
        "baseFeePerBlobGas": [*(hex(b.header.blob_base_fee) for b in blocks), hex(blob)],
        "blobGasUsedRatio": [b.header.blob_gas_used / BLOB_LIMIT for b in blocks],
    }
    if percentiles:
        answer["reward"] = [_rewards(block, percentiles) for block in blocks]
    return answer


def _rewards(block: Block, percentiles: tuple[float, ...]) -> list[str]:
    """Tips at percentiles of the block's gas, as geth weighs them."""
    base = block.header.base_fee
    tips = sorted((max(m.effective_gas_price - base, 0), m.gas_used) for m in block.transactions)
    found = []
    for percentile in percentiles:
        wanted, tip = block.header.gas_used * percentile / 100, 0
        for tip, gas in tips:  # noqa: B007  # the tip at which the sum is reached
            wanted -= gas
            if wanted <= 0:
                break
        found.append(hex(tip))
    return found


# --- logs


def _logs(node: Node, wanted: LogRange) -> list[Json]:
    _check_range(node, wanted)
    found = node.engine.logs(wanted.first, wanted.last, wanted.addresses, wanted.topics)
    return [forms.log_form(log) for log in found]


def _check_range(node: Node, wanted: LogRange) -> None:
    """Refuse what would be answered in part, as if it were all; a filter may look ahead."""
    head = node.engine.head.number
    if isinstance(wanted.first, bytes):
        return
    first, last = (at if isinstance(at, int) else _TAGS.get(at, head) for at in (wanted.first, wanted.last))
    if max(first, last) > head:
        rule = f"fromBlock is {first}, toBlock {last}, the latest {head}"
        raise RpcError(INVALID_PARAMS, f"block range extends beyond current head block: {rule}")
    if first > last:
        rule = f"fromBlock {first} is after toBlock {last}"
        raise RpcError(INVALID_PARAMS, f"invalid block range params: {rule}")


def _new_filter(node: Node, wanted: LogRange) -> str:
    engine = node.engine
    number = engine.filters.add_log(wanted.addresses, wanted.topics, first=wanted.first, last=wanted.last)
    return hex(number)


def _told(entries: list[bytes] | list[Log]) -> list[Json]:
    return [forms.log_form(e) if isinstance(e, Log) else forms.data(e) for e in entries]


ACCOUNTS: Final = (
    Method(
        "eth_getBalance",
        "Wei of an account.",
        lambda node, a, at: hex(node.engine.balance(a, at=at)),
        (ADDRESS, LATEST),
    ),
    Method(
        "eth_getTransactionCount",
        "Nonce of an account.",
        lambda node, a, at: hex(node.engine.nonce(a, at=at)),
        (ADDRESS, LATEST),
    ),
    Method(
        "eth_getCode",
        "Code of an account.",
        lambda node, a, at: forms.data(node.engine.code(a, at=at)),
        (ADDRESS, LATEST),
    ),
    Method(
        "debug_codeByHash",
        "The code of that hash, null if no account has it.",
        _code_of_hash,
        (HASH, LATEST),
    ),
    Method(
        "eth_getStorageAt",
        "A storage word.",
        lambda node, a, slot, at: forms.word(node.engine.storage(a, slot, at=at)),
        (ADDRESS, Param("slot", params.word), LATEST),
    ),
    Method(
        "eth_getProof",
        "Merkle proofs of an account and its slots (EIP-1186).",
        lambda node, a, slots, at: forms.proof_form(node.engine.proof(a, slots, at=at)),
        (ADDRESS, Param("slots", params.listed(params.word, 1024)), LATEST),
        differs="error -32000 unless the chain has `exact_roots=True`",
    ),
)

BLOCKS: Final = (
    Method("eth_blockNumber", "Number of the latest block.", lambda node: hex(node.engine.head.number)),
    Method("eth_getBlockByNumber", "A block, null if there is none.", _block, (BLOCK, FULL)),
    Method("eth_getBlockByHash", "A block, null if there is none.", _block, (HASH, FULL)),
    Method("eth_getBlockTransactionCountByNumber", "How many transactions a block has.", _count, (BLOCK,)),
    Method("eth_getBlockTransactionCountByHash", "How many transactions a block has.", _count, (HASH,)),
    Method("eth_getUncleCountByBlockNumber", "Always 0: there are no uncles.", _uncles, (BLOCK,)),
    Method("eth_getUncleCountByBlockHash", "Always 0: there are no uncles.", _uncles, (HASH,)),
    Method(
        "eth_getUncleByBlockNumberAndIndex",
        "Always null: there are no uncles.",
        lambda node, at, index: None,  # noqa: ARG005
        (BLOCK, INDEX),
    ),
    Method(
        "eth_getUncleByBlockHashAndIndex",
        "Always null: there are no uncles.",
        lambda node, at, index: None,  # noqa: ARG005
        (HASH, INDEX),
    ),
    Method("eth_getBlockReceipts", "All receipts of a block, null if there is none.", _receipts, (BLOCK,)),
    Method("eth_getTransactionByHash", "A transaction, mined or waiting.", _transaction, (HASH,)),
    Method(
        "eth_getTransactionByBlockNumberAndIndex",
        "A transaction by its place.",
        _transaction_at,
        (BLOCK, INDEX),
    ),
    Method(
        "eth_getTransactionByBlockHashAndIndex", "A transaction by its place.", _transaction_at, (HASH, INDEX)
    ),
    Method(
        "eth_getTransactionBySenderAndNonce",
        "A transaction of a sender, mined or waiting, null if there is none.",
        _transaction_of,
        (ADDRESS, Param("nonce", params.quantity)),
    ),
    Method("eth_getTransactionReceipt", "A receipt, null unless it is mined.", _receipt, (HASH,)),
    Method(
        "eth_getRawTransactionByHash",
        "A transaction's encoded form.",
        _raw,
        (HASH,),
        differs="without a blob's sidecar, which is dropped on arrival",
        aliases=("debug_getRawTransaction",),
    ),
    Method(
        "eth_getRawTransactionByBlockNumberAndIndex",
        "A transaction's encoded form.",
        _raw_at,
        (BLOCK, INDEX),
    ),
    Method(
        "eth_getRawTransactionByBlockHashAndIndex", "A transaction's encoded form.", _raw_at, (HASH, INDEX)
    ),
    Method(
        "debug_getRawHeader",
        "A header's RLP.",
        lambda node, at: forms.data(node.engine.block(at).header.encoded),
        (BLOCK,),
    ),
)

FEES: Final = (
    Method(
        "eth_gasPrice",
        "The next base fee and a tip of 1 gwei.",
        lambda node: hex(node.engine.next_base_fee + PRIORITY_FEE),
    ),
    Method("eth_maxPriorityFeePerGas", "Always 1 gwei.", lambda node: hex(PRIORITY_FEE)),  # noqa: ARG005
    Method("eth_blobBaseFee", "The next blob base fee.", lambda node: hex(node.engine.next_blob_base_fee)),
    Method(
        "eth_feeHistory",
        "Base fees, fullness and tips of blocks up to one.",
        _fee_history,
        (
            Param("count", _history_length),
            Param("newest", params.block_id),
            Param("percentiles", _percentiles, None),
        ),
    ),
)

LOGS: Final = (
    Method("eth_getLogs", "Logs by address and topics.", _logs, (FILTER,)),
    Method("eth_newFilter", "Makes a filter for logs.", _new_filter, (FILTER,)),
    Method(
        "eth_newBlockFilter",
        "Makes a filter for blocks.",
        lambda node: hex(node.engine.filters.add_block()),
    ),
    Method(
        "eth_newPendingTransactionFilter",
        "Makes a filter for accepted transactions.",
        lambda node: hex(node.engine.filters.add_pending()),
    ),
    Method(
        "eth_getFilterChanges",
        "What is new since last asked.",
        lambda node, number: _told(node.engine.filters.changes(number)),
        (NUMBER,),
        differs="filters never expire; logs of blocks reverted to before are told as removed",
    ),
    Method(
        "eth_getFilterLogs",
        "All logs that a filter matches.",
        lambda node, number: _told(node.engine.filters.logs(number)),
        (NUMBER,),
    ),
    Method(
        "eth_uninstallFilter",
        "Forgets a filter.",
        lambda node, number: node.engine.filters.remove(number),
        (NUMBER,),
    ),
)

METHODS: Final = (*ACCOUNTS, *BLOCKS, *FEES, *LOGS)
