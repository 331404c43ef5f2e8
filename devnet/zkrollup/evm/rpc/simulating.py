"""eth_simulateV1: blocks that might come. Owns its parameters and answer; making them is the engine's."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from zkrollup.evm.engine.ahead import OutOfOrder, Planned
from zkrollup.evm.engine.blocks import Block, BlockId, Mined
from zkrollup.evm.engine.simulation import Override
from zkrollup.evm.engine.transactions import InvalidTransaction
from zkrollup.evm.reverts import summarise
from zkrollup.evm.rpc import forms, params
from zkrollup.evm.rpc.errors import INVALID_PARAMS, REFUSED, REVERTED, InvalidParams, RpcError
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import Call, Param
from zkrollup.evm.rpc.reading import LATEST
from zkrollup.evm.rpc.table import Method, Node

_HALTED: Final = -32015
_OUT_OF_ORDER: Final[Mapping[str, int]] = {"number": -38020, "time": -38021, "count": -38026}
_REFUSALS: Final[Mapping[str, int]] = {
    "nonce too low": -38010,
    "nonce too high": -38011,
    "intrinsic gas too low": -38013,
    "insufficient gas for floor": -38013,
    "insufficient funds": -38014,
    "gas limit reached": -38015,
    "intrinsic gas too high": -38015,
    "max initcode size exceeded": -38025,
    "max fee per gas": INVALID_PARAMS,
    "max priority fee per gas": INVALID_PARAMS,
}
"""Codes by the first words of a refusal (geth's internal/ethapi/errors.go)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated.

    Attributes:
        blocks: in order, each with its calls, overrides and settings.
        validate: whether nonces and fees are checked.
        full: whether blocks have their transactions, not only the hashes.
    """

    blocks: tuple[tuple[tuple[Call, ...], dict[bytes, Override], dict[str, Any]], ...]
    validate: bool
    full: bool


def _plan(value: Any, where: str) -> Plan:
    given = params.mapping(value, where)
    if params.boolean(given.get("traceTransfers") or False, f"{where}.traceTransfers"):
        raise InvalidParams(f"{where}.traceTransfers", True, "false: transfers of ether are not told as logs")
    return Plan(
        params.listed(_block, 256)(given.get("blockStateCalls"), f"{where}.blockStateCalls"),
        params.boolean(given.get("validation") or False, f"{where}.validation"),
        params.boolean(given.get("returnFullTransactions") or False, f"{where}.returnFullTransactions"),
    )


def _block(value: Any, where: str) -> tuple[tuple[Call, ...], dict[bytes, Override], dict[str, Any]]:
    given = params.mapping(value, where)
    return (
        params.listed(params.call)(given.get("calls") or (), f"{where}.calls"),
        params.overrides(given.get("stateOverrides") or {}, f"{where}.stateOverrides"),
        params.block_overrides(given.get("blockOverrides") or {}, f"{where}.blockOverrides"),
    )


def _simulate(node: Node, plan: Plan, at: BlockId) -> list[Json]:
    planned = [
        Planned(tuple(_fields(node, call) for call in calls), overrides, settings)
        for calls, overrides, settings in plan.blocks
    ]
    try:
        blocks = node.engine.simulate(planned, at=at, validate=plan.validate)
    except InvalidTransaction as error:
        message = str(error)
        code = next((code for words, code in _REFUSALS.items() if message.startswith(words)), REFUSED)
        raise RpcError(code, message) from error
    except OutOfOrder as error:
        raise RpcError(_OUT_OF_ORDER[error.name], str(error)) from error
    return [_block_form(block, plan.full) for block in blocks]


def _fields(node: Node, call: Call) -> Any:
    """The zero address sends where nobody is named, as in geth: no account of ours is spent from."""
    fields = node.fields(call)
    return fields if call.fields.sender else replace(fields, sender=bytes(20))


def _block_form(block: Block, full: bool) -> Json:
    return {**forms.block_form(block, full), "calls": [_call_form(mined) for mined in block.transactions]}


def _call_form(mined: Mined) -> Json:
    form = {
        "returnData": forms.data(mined.output),
        "logs": [forms.log_form(log) for log in mined.logs],
        "gasUsed": hex(mined.gas_used),
        "status": hex(mined.status),
    }
    if mined.failure is None:
        return form
    error: dict[str, Json] = {"code": _HALTED, "message": summarise(mined.failure, mined.output)}
    if mined.failure == "Revert":
        error |= {"code": REVERTED, "data": forms.data(mined.output)}
    return {**form, "error": error}


METHODS: Final = (
    Method(
        "eth_simulateV1",
        "Blocks that might come, with what their calls do.",
        _simulate,
        (Param("plan", _plan), LATEST),
        differs="no traceTransfers; blocks are as far apart as the chain's; precompiles cannot be moved",
    ),
)
