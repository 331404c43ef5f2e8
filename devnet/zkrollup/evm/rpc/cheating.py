"""evm_, anvil_ and hardhat_ methods: time, mining, snapshots, and state that nobody paid for."""

from dataclasses import replace
from typing import Any, Final

from zkrollup.evm.engine.schedule import InvalidTime
from zkrollup.evm.engine.transactions import InvalidTransaction
from zkrollup.evm.rpc import forms, params
from zkrollup.evm.rpc.errors import InvalidParams
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import Param
from zkrollup.evm.rpc.reading import ADDRESS, CLIENT, HASH
from zkrollup.evm.rpc.table import Method, Node

_MOST_BLOCKS: Final = 100_000
"""That one request may mine: the chain answers nobody meanwhile."""

_LEAST_GAS: Final = 5_000
"""That a block's limit must be (yellow paper, section 4.3.4)."""


def _blocks(value: Any, where: str) -> int:
    count = params.loose_quantity(value, where)
    if count > _MOST_BLOCKS:
        raise InvalidParams(where, value, f"at most {_MOST_BLOCKS} blocks")
    return count


def _gas_limit(value: Any, where: str) -> int:
    limit = params.below(2**63)(value, where)
    if limit < _LEAST_GAS:
        raise InvalidParams(where, value, f"at least {_LEAST_GAS}")
    return limit


def _schedule(node: Node, **settings: Any) -> None:
    node.engine.schedule = replace(node.engine.schedule, **settings)


# --- mining and time


def _mine(node: Node, count: int, interval: int | None) -> None:
    node.engine.mine(count, step=interval)


def _evm_mine(node: Node, options: tuple[int, int | None]) -> str:
    count, timestamp = options
    node.engine.mine(count, timestamp=timestamp)
    return "0x0"


def _mine_options(value: Any, where: str) -> tuple[int, int | None]:
    """A timestamp, or an object with timestamp and blocks."""
    if not isinstance(value, dict):
        return 1, params.seconds(value, where)
    timestamp, count = value.get("timestamp"), value.get("blocks")
    return (
        1 if count is None else _blocks(count, f"{where}.blocks"),
        None if timestamp is None else params.seconds(timestamp, f"{where}.timestamp"),
    )


def _increase_time(node: Node, seconds: int) -> int:
    if node.engine.next_timestamp + seconds >= 2**63:
        raise InvalidParams("seconds", seconds, "such that time stays below 2^63")
    return node.engine.increase_time(seconds)


def _set_time(node: Node, timestamp: int) -> int:
    """Move time so that the next block has that timestamp; returns how far it moved."""
    engine = node.engine
    if timestamp < engine.next_timestamp:
        raise InvalidTime(timestamp, engine.head.timestamp)
    moved = timestamp - engine.next_timestamp
    engine.increase_time(moved)
    return moved


def _set_automine(node: Node, on: bool) -> bool:
    node.engine.automine = on
    return True


def _set_interval(node: Node, seconds: int) -> bool:
    node.engine.interval = seconds or None
    if seconds:
        node.engine.automine = False
    return True


def _remove_step(node: Node) -> bool:
    was = node.engine.schedule.step != 1
    _schedule(node, step=1)
    return was


def _set_gas_limit(node: Node, limit: int) -> bool:
    _schedule(node, gas_limit=limit)
    return True


# --- accounts


def _set_nonce(node: Node, address: bytes, nonce: int) -> bool:
    before = node.engine.nonce(address)
    if nonce < before:
        raise InvalidTransaction(f"nonce {nonce} is below the account's, which is {before}")
    node.engine.set_nonce(address, nonce)
    return True


def _add_balance(node: Node, address: bytes, wei: int) -> None:
    total = node.engine.balance(address) + wei
    if total >= 2**256:
        raise InvalidParams("wei", wei, "such that the balance stays below 2^256")
    node.engine.set_balance(address, total)


def _set_storage(node: Node, address: bytes, slot: int, value: int) -> bool:
    node.engine.set_storage(address, slot, value)
    return True


def _set_auto_impersonate(node: Node, on: bool) -> None:
    node.auto_impersonate = on


# --- the pool and the chain


def _drop(node: Node, transaction_hash: bytes) -> str | None:
    return forms.data(transaction_hash) if node.engine.pending.remove(transaction_hash) else None


def _drop_all_of(node: Node, sender: bytes) -> None:
    for waiting in list(node.engine.pending):
        if waiting.sender == sender:
            node.engine.pending.remove(waiting.hash)


def _reset(node: Node, options: Any) -> bool:
    if options and options.get("forking") is not None:
        raise InvalidParams("options.forking", options["forking"], "absent: no live network can be forked")
    node.engine.reset()
    node.auto_impersonate = False
    return True


def _reorg(node: Node, options: tuple[int, tuple[Any, ...]], pairs: tuple[Any, ...]) -> None:
    depth, inner = options
    if inner or pairs:
        raise InvalidParams(
            "txBlockPairs", inner or pairs, "empty: dropped transactions go back as they were"
        )
    node.engine.reorg(depth)


def _reorg_options(value: Any, where: str) -> tuple[int, tuple[Any, ...]]:
    """A depth, or an object with depth and txBlockPairs."""
    if not isinstance(value, dict):
        return params.quantity(value, where), ()
    pairs = _pairs(value.get("txBlockPairs", ()), f"{where}.txBlockPairs")
    return params.quantity(value.get("depth"), f"{where}.depth"), pairs


def _load(node: Node, state: bytes) -> bool:
    node.engine.load(state)
    return True


def _set_chain_id(node: Node, chain_id: int) -> None:
    node.engine.chain_id = chain_id


def _node_info(node: Node) -> Json:
    engine, head = node.engine, node.engine.head
    return {
        "currentBlockNumber": hex(head.number),
        "currentBlockTimestamp": head.timestamp,
        "currentBlockHash": forms.data(head.hash),
        "hardFork": "Prague",
        "transactionOrder": "fees",
        "environment": {
            "baseFee": hex(engine.next_base_fee),
            "chainId": engine.chain_id,
            "gasLimit": hex(engine.schedule.gas_limit),
            "gasPrice": hex(engine.next_base_fee),
        },
        "forkConfig": {"forkUrl": None, "forkBlockNumber": None, "forkRetryBackoff": None},
    }


def _metadata(node: Node) -> Json:
    head = node.engine.head
    genesis = node.engine.block("earliest")
    return {
        "clientVersion": CLIENT,
        "chainId": node.engine.chain_id,
        "instanceId": forms.data(genesis.hash),
        "latestBlockNumber": head.number,
        "latestBlockHash": forms.data(head.hash),
        "snapshots": {},
    }


_pairs: Final = params.listed(params.anything)
ON: Final = Param("enabled", params.boolean)
SECONDS: Final = Param("seconds", params.seconds)
TIMESTAMP: Final = Param("timestamp", params.seconds)
WEI: Final = Param("wei", params.quantity)

TIME: Final = (
    Method(
        "evm_mine",
        "Mines what waits; a timestamp, or `{timestamp, blocks}`.",
        _evm_mine,
        (Param("options", _mine_options, (1, None)),),
    ),
    Method(
        "anvil_mine",
        "Mines blocks, so many seconds apart.",
        _mine,
        (Param("count", _blocks, 1), Param("interval", params.seconds, None)),
        differs=f"at most {_MOST_BLOCKS} at once",
        aliases=("hardhat_mine",),
    ),
    Method(
        "evm_increaseTime",
        "Moves the next block; the sum of all moves.",
        _increase_time,
        (SECONDS,),
        differs="time is counted, one second a block, not read from a clock",
        aliases=("anvil_increaseTime",),
    ),
    Method(
        "evm_setNextBlockTimestamp",
        "Fixes the next block's time.",
        lambda node, t: node.engine.set_next_block_timestamp(t),
        (TIMESTAMP,),
        aliases=("anvil_setNextBlockTimestamp",),
    ),
    Method(
        "evm_setTime",
        "Moves time so that the next block has it.",
        _set_time,
        (TIMESTAMP,),
        differs="never back",
        aliases=("anvil_setTime",),
    ),
    Method(
        "anvil_setBlockTimestampInterval",
        "Seconds from a block to the next.",
        lambda node, step: _schedule(node, step=step),
        (Param("seconds", lambda value, where: params.seconds(value, where) or 1),),
    ),
    Method("anvil_removeBlockTimestampInterval", "Back to one second.", _remove_step),
    Method(
        "evm_setAutomine",
        "Whether a transaction is mined as it is sent.",
        _set_automine,
        (ON,),
        aliases=("anvil_setAutomine",),
    ),
    Method(
        "anvil_getAutomine",
        "Whether a transaction is mined as it is sent.",
        lambda node: node.engine.automine,
        aliases=("hardhat_getAutomine",),
    ),
    Method(
        "evm_setIntervalMining",
        "Mines every so many seconds, 0 never; ends automine.",
        _set_interval,
        (SECONDS,),
        differs="a server has the timer; in a process of its own nothing mines by itself",
        aliases=("anvil_setIntervalMining",),
    ),
    Method("anvil_getIntervalMining", "Seconds, null for none.", lambda node: node.engine.interval),
    Method(
        "evm_setBlockGasLimit",
        "Gas limit of the blocks to come.",
        _set_gas_limit,
        (Param("gas", _gas_limit),),
        aliases=("anvil_setBlockGasLimit",),
    ),
    Method(
        "anvil_setCoinbase",
        "Who gets the tips from now on.",
        lambda node, a: _schedule(node, coinbase=a),
        (ADDRESS,),
        aliases=("hardhat_setCoinbase",),
    ),
    Method(
        "anvil_setNextBlockBaseFeePerGas",
        "Base fee of the next block.",
        lambda node, fee: _schedule(node, base_fee=fee),
        (WEI,),
        aliases=("hardhat_setNextBlockBaseFeePerGas",),
    ),
    Method(
        "hardhat_setPrevRandao",
        "PREVRANDAO of the next block.",
        lambda node, value: _schedule(node, prev_randao=value.to_bytes(32, "big")),
        (Param("value", params.word),),
        aliases=("anvil_setPrevRandao",),
    ),
)

GOING_BACK: Final = (
    Method("evm_snapshot", "Remembers the present.", lambda node: hex(node.engine.snapshot())),
    Method(
        "evm_revert",
        "Returns to a snapshot, which is used up; false if it is gone.",
        lambda node, number: node.engine.revert(number),
        (Param("snapshot", params.quantity),),
    ),
    Method(
        "anvil_reorg",
        "Replaces the last blocks.",
        _reorg,
        (
            Param("depth", _reorg_options),
            Param("txBlockPairs", _pairs, ()),
        ),
        differs="dropped transactions go back in their order; no pairs",
    ),
    Method(
        "anvil_reset",
        "Back to genesis.",
        _reset,
        (Param("options", params.mapping, None),),
        differs="no forking",
        aliases=("hardhat_reset",),
    ),
)

ACCOUNTS: Final = (
    Method(
        "anvil_setBalance",
        "Sets an account's wei.",
        lambda node, a, wei: node.engine.set_balance(a, wei),
        (ADDRESS, WEI),
        aliases=("hardhat_setBalance",),
    ),
    Method("anvil_addBalance", "Adds to an account's wei.", _add_balance, (ADDRESS, WEI)),
    Method(
        "anvil_setCode",
        "Sets an account's code.",
        lambda node, a, code: node.engine.set_code(a, code),
        (ADDRESS, Param("code", params.data)),
        aliases=("hardhat_setCode",),
    ),
    Method(
        "anvil_setNonce",
        "Sets an account's nonce, upwards.",
        _set_nonce,
        (ADDRESS, Param("nonce", params.below(2**64))),
        aliases=("hardhat_setNonce", "evm_setAccountNonce"),
    ),
    Method(
        "anvil_setStorageAt",
        "Sets a storage word.",
        _set_storage,
        (ADDRESS, Param("slot", params.word), Param("value", params.word)),
        aliases=("hardhat_setStorageAt",),
    ),
    Method(
        "anvil_impersonateAccount",
        "Lets an address send without a key.",
        lambda node, a: node.engine.impersonate(a),
        (ADDRESS,),
        aliases=("hardhat_impersonateAccount",),
    ),
    Method(
        "anvil_stopImpersonatingAccount",
        "Ends it.",
        lambda node, a: node.engine.stop_impersonating(a),
        (ADDRESS,),
        aliases=("hardhat_stopImpersonatingAccount",),
    ),
    Method(
        "anvil_autoImpersonateAccount",
        "Lets anybody send without a key.",
        _set_auto_impersonate,
        (ON,),
    ),
)

CHAIN: Final = (
    Method(
        "anvil_dropTransaction",
        "Drops what waits; its hash, null if it did not.",
        _drop,
        (HASH,),
        aliases=("hardhat_dropTransaction",),
    ),
    Method(
        "anvil_dropAllTransactions",
        "Drops all that waits.",
        lambda node: node.engine.pending.clear(),
    ),
    Method("anvil_removePoolTransactions", "Drops what waits of a sender.", _drop_all_of, (ADDRESS,)),
    Method(
        "anvil_dumpState",
        "The latest state as a file, in anvil's form.",
        lambda node: forms.data(node.engine.dump()),
        differs="without blocks and transactions",
        aliases=("hardhat_dumpState",),
    ),
    Method(
        "anvil_loadState",
        "Takes over the accounts of such a file, anvil's too.",
        _load,
        (Param("state", params.data),),
        differs="blocks and transactions in the file are ignored",
        aliases=("hardhat_loadState",),
    ),
    Method(
        "anvil_setChainId",
        "Sets the chain's id.",
        _set_chain_id,
        (Param("chain_id", params.below(2**63)),),
    ),
    Method("anvil_nodeInfo", "Head, fork rules, fees.", _node_info),
    Method("anvil_metadata", "Version, chain, head.", _metadata, aliases=("hardhat_metadata",)),
    Method(
        "anvil_setLoggingEnabled",
        "Does nothing: nothing is logged.",
        lambda node, on: None,  # noqa: ARG005
        (ON,),
        aliases=("hardhat_setLoggingEnabled",),
    ),
)

METHODS: Final = (*TIME, *GOING_BACK, *ACCOUNTS, *CHAIN)
