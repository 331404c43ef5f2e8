"""evm_, anvil_ and hardhat_ methods of mining and time."""

from dataclasses import replace
from typing import Any, Final

from zkrollup.evm.engine.schedule import InvalidTime
from zkrollup.evm.rpc import params
from zkrollup.evm.rpc.errors import InvalidParams
from zkrollup.evm.rpc.params import Param
from zkrollup.evm.rpc.reading import ADDRESS
from zkrollup.evm.rpc.table import Method, Node

_MOST_BLOCKS: Final = 100_000
"""That one request may mine: the chain answers nobody meanwhile."""

_MILLISECONDS: Final = 10**11
"""Times from there on are milliseconds: as those it is in 1973."""

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


def _seconds_or_milliseconds(value: Any, where: str) -> int:
    """Parse a time in seconds, or in milliseconds as Ganache has it: nobody means the year 5138."""
    given = params.seconds(value, where)
    return given // 1000 if given >= _MILLISECONDS else given


def _schedule(node: Node, **settings: Any) -> None:
    node.engine.schedule = replace(node.engine.schedule, **settings)


def _mine(node: Node, count: int, interval: int | None) -> None:
    # Clients send 0 where they mean no interval; two blocks of the same time there are none.
    node.engine.mine(count, step=interval or None)


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


ON: Final = Param("enabled", params.boolean)
SECONDS: Final = Param("seconds", params.seconds)
TIMESTAMP: Final = Param("timestamp", params.seconds)
WEI: Final = Param("wei", params.quantity)

METHODS: Final = (
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
        (Param("timestamp", _seconds_or_milliseconds),),
        differs=f"never back; from {_MILLISECONDS} on it is in milliseconds",
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
