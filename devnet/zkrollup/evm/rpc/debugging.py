"""debug_trace methods: geth's default tracer, callTracer and prestateTracer. Recording is the engine's."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final

from zkrollup.evm.engine.blocks import Block, BlockId
from zkrollup.evm.engine.simulation import Override, unsigned
from zkrollup.evm.engine.tracing import Before, CallTree, Step, Trace, before, record
from zkrollup.evm.engine.transactions import Transaction
from zkrollup.evm.reverts import summarise
from zkrollup.evm.rpc import forms, params
from zkrollup.evm.rpc.errors import REFUSED, InvalidParams, RpcError
from zkrollup.evm.rpc.executing import CALL, call_fields
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import Call, Param
from zkrollup.evm.rpc.reading import BLOCK, HASH, LATEST
from zkrollup.evm.rpc.table import Method, Node

_TRACERS: Final = ("", "callTracer", "prestateTracer")


@dataclass(frozen=True, slots=True)
class Options:
    """How a trace is to look.

    Attributes:
        tracer: empty for geth's default, of single steps.
        stack: whether steps have the stack.
        memory: whether steps have the memory.
        storage: whether steps have the storage.
        only_top: whether calls inside are left out.
        logs: whether calls have their logs.
        overrides: state of accounts, for debug_traceCall.
        block: settings of the block, for debug_traceCall.
    """

    tracer: str = ""
    stack: bool = True
    memory: bool = False
    storage: bool = True
    only_top: bool = False
    logs: bool = False
    overrides: Mapping[bytes, Override] | None = None
    block: Mapping[str, Any] | None = None


def _options(value: Any, where: str) -> Options:
    given = params.mapping(value, where)
    tracer = given.get("tracer") or ""
    if not isinstance(tracer, str) or tracer not in _TRACERS:
        raise InvalidParams(f"{where}.tracer", tracer, "absent, callTracer or prestateTracer")
    inner = params.mapping(given.get("tracerConfig") or {}, f"{where}.tracerConfig")

    def flag(members: Mapping[str, Any], name: str) -> bool:
        return params.boolean(members.get(name, False), f"{where}.{name}")

    if flag(inner, "diffMode"):
        raise InvalidParams(f"{where}.diffMode", True, "false: only the state before is served")
    overrides, block = given.get("stateOverrides"), given.get("blockOverrides")
    return Options(
        tracer=tracer,
        stack=not flag(given, "disableStack"),
        memory=flag(given, "enableMemory"),
        storage=not flag(given, "disableStorage"),
        only_top=flag(inner, "onlyTopCall"),
        logs=flag(inner, "withLog"),
        overrides=None if overrides is None else params.overrides(overrides, f"{where}.stateOverrides"),
        block=None if block is None else params.block_overrides(block, f"{where}.blockOverrides"),
    )


# --- methods


def _trace(node: Node, transaction_hash: bytes, options: Options) -> Json:
    if node.engine.blocks.mined(transaction_hash) is None:
        raise RpcError(REFUSED, f"transaction not found: 0x{transaction_hash.hex()} is not mined")
    held: AbstractContextManager[Any] = node.engine.before(transaction_hash)
    with held as (state, mined):
        return _traced(state, mined.transaction, options)


def _trace_block(node: Node, at: BlockId, options: Options) -> list[Json]:
    if at == "pending":
        raise RpcError(REFUSED, "the pending block cannot be traced: it is not mined")
    block: Block = node.engine.block(at)
    return [
        {"txHash": forms.data(mined.hash), "result": _trace(node, mined.hash, options)}
        for mined in block.transactions
    ]


def _trace_call(node: Node, call: Call, at: BlockId, options: Options) -> Json:
    fields, world = call_fields(node, call), node.engine.world
    with node.engine.state_at(at) as state:
        for address, override in (options.overrides or {}).items():
            override.apply(world, address)
        world.lock_changes()
        state.execution_context = replace(state.execution_context, **(options.block or {}))
        return _traced(state, unsigned(state, fields), options)


def _traced(state: Any, transaction: Transaction, options: Options) -> Json:
    if options.tracer == "prestateTracer":
        found = before(state, transaction)
        return {forms.data(address): _before_form(account) for address, account in found.items()}
    trace = record(state, transaction, steps=not options.tracer)
    return _call_form(trace.root, options) if options.tracer else _steps_form(trace, options)


# --- forms


def _before_form(account: Before) -> Json:
    form: dict[str, Json] = {"balance": hex(account.balance)}
    if account.nonce:
        form["nonce"] = account.nonce
    if account.code:
        form["code"] = forms.data(account.code)
    if account.storage:
        form["storage"] = {forms.word(slot): forms.word(value) for slot, value in account.storage.items()}
    return form


def _call_form(frame: CallTree, options: Options) -> Json:
    form: dict[str, Json] = {
        "type": frame.kind,
        "from": forms.data(frame.sender),
        "to": forms.data(frame.to),
        "gas": hex(frame.gas),
        "gasUsed": hex(frame.gas_used),
        "input": forms.data(frame.input),
    }
    if frame.kind not in ("STATICCALL",):
        form["value"] = hex(frame.value)
    if frame.output:
        form["output"] = forms.data(frame.output)
    if frame.failure:
        message = summarise(frame.failure, frame.output)
        form["error"] = "execution reverted" if frame.failure == "Revert" else message
        reason = message.removeprefix("execution reverted: ")
        if frame.failure == "Revert" and reason != message:
            form["revertReason"] = reason
    if options.logs and frame.logs:
        form["logs"] = [
            {
                "address": forms.data(log.address),
                "topics": [forms.data(topic) for topic in log.topics],
                "data": forms.data(log.data),
                "position": hex(log.position),
            }
            for log in frame.logs
        ]
    if frame.calls and not options.only_top:
        form["calls"] = [_call_form(call, options) for call in frame.calls]
    return form


def _steps_form(trace: Trace, options: Options) -> Json:
    done = trace.execution
    return {
        "gas": done.gas_used,
        "failed": done.failure is not None,
        "returnValue": forms.data(done.output),
        "structLogs": [_step_form(step, options) for step in trace.steps],
    }


def _step_form(step: Step, options: Options) -> Json:
    form: dict[str, Json] = {
        "pc": step.pc,
        "op": step.name,
        "gas": step.gas,
        "gasCost": step.cost,
        "depth": step.depth,
    }
    if step.failure:
        form["error"] = step.failure
    if options.stack:
        form["stack"] = [hex(item) for item in step.stack]
    if options.memory:
        form["memory"] = [
            forms.data(step.memory[i : i + 32].ljust(32, b"\0")) for i in range(0, len(step.memory), 32)
        ]
    if options.storage and step.storage:
        form["storage"] = {f"{slot:064x}": f"{value:064x}" for slot, value in step.storage.items()}
    return form


OPTIONS: Final = Param("options", _options, Options())
_DIFFERS: Final = (
    "default tracer, callTracer, prestateTracer without diffMode; a call's gasCost is what it used; "
    "SELFDESTRUCT is no frame"
)

METHODS: Final = (
    Method("debug_traceTransaction", "Executes once more.", _trace, (HASH, OPTIONS), _DIFFERS),
    Method(
        "debug_traceBlockByNumber",
        "Traces all transactions of a block.",
        _trace_block,
        (BLOCK, OPTIONS),
        _DIFFERS,
    ),
    Method(
        "debug_traceBlockByHash",
        "Traces all transactions of a block.",
        _trace_block,
        (HASH, OPTIONS),
        _DIFFERS,
    ),
    Method(
        "debug_traceCall", "Traces what eth_call executes.", _trace_call, (CALL, LATEST, OPTIONS), _DIFFERS
    ),
)
