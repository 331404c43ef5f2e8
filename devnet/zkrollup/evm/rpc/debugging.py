"""debug_trace and trace methods. Owns their options; forms are `tracers`', recording the engine's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from zkrollup.evm.engine.blocks import BlockId, Mined
from zkrollup.evm.engine.simulation import Override, unsigned
from zkrollup.evm.engine.tracing import around, record
from zkrollup.evm.engine.transactions import Transaction
from zkrollup.evm.rpc import forms, params, tracers
from zkrollup.evm.rpc.errors import REFUSED, InvalidParams, RpcError
from zkrollup.evm.rpc.executing import CALL, call_fields
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import Call, Param
from zkrollup.evm.rpc.reading import BLOCK, HASH, LATEST
from zkrollup.evm.rpc.table import Method, Node
from zkrollup.evm.rpc.tracers import Shape

_TRACERS: Final = (
    "",
    "callTracer",
    "prestateTracer",
    "4byteTracer",
    "flatCallTracer",
    "noopTracer",
)


_WHOLE: Final = Shape()


@dataclass(frozen=True, slots=True)
class Options:
    """How a trace is to be made.

    Attributes:
        tracer: empty for geth's default, of single steps.
        shape: what it holds.
        difference: whether prestateTracer tells what changed.
        overrides: state of accounts, for debug_traceCall.
        block: settings of the block, for debug_traceCall.
    """

    tracer: str = ""
    shape: Shape = _WHOLE
    difference: bool = False
    overrides: Mapping[bytes, Override] | None = None
    block: Mapping[str, Any] | None = None


def _options(value: Any, where: str) -> Options:
    given = params.mapping(value, where)
    tracer = given.get("tracer") or ""
    if not isinstance(tracer, str) or tracer not in _TRACERS:
        raise InvalidParams(f"{where}.tracer", tracer, f"absent, or one of {', '.join(_TRACERS[1:])}")
    inner = params.mapping(given.get("tracerConfig") or {}, f"{where}.tracerConfig")

    def flag(members: Mapping[str, Any], name: str) -> bool:
        return params.boolean(members.get(name, False), f"{where}.{name}")

    overrides, block = given.get("stateOverrides"), given.get("blockOverrides")
    return Options(
        tracer=tracer,
        shape=Shape(
            stack=not flag(given, "disableStack"),
            memory=flag(given, "enableMemory"),
            storage=not flag(given, "disableStorage"),
            return_data=flag(given, "enableReturnData"),
            only_top=flag(inner, "onlyTopCall"),
            logs=flag(inner, "withLog"),
        ),
        difference=flag(inner, "diffMode"),
        overrides=None if overrides is None else params.overrides(overrides, f"{where}.stateOverrides"),
        block=None if block is None else params.block_overrides(block, f"{where}.blockOverrides"),
    )


# --- methods


@contextmanager
def _before(node: Node, transaction_hash: bytes) -> Iterator[tuple[Any, Mined]]:
    if node.engine.blocks.mined(transaction_hash) is None:
        raise RpcError(REFUSED, f"transaction not found: 0x{transaction_hash.hex()} is not mined")
    with node.engine.before(transaction_hash) as held:
        yield held


def _trace(node: Node, transaction_hash: bytes, options: Options) -> Json:
    with _before(node, transaction_hash) as (state, mined):
        return _traced(state, mined.transaction, options, mined)


def _trace_flat(node: Node, transaction_hash: bytes) -> Json:
    if node.engine.blocks.mined(transaction_hash) is None:
        return None
    return _trace(node, transaction_hash, Options(tracer="flatCallTracer"))


def _trace_block_flat(node: Node, at: BlockId) -> list[Json]:
    return [each for mined in _mined(node, at) for each in _trace_flat(node, mined.hash)]


def _mined(node: Node, at: BlockId) -> tuple[Mined, ...]:
    if at == "pending":
        raise RpcError(REFUSED, "the pending block cannot be traced: it is not mined")
    return node.engine.block(at).transactions


def _trace_block(node: Node, at: BlockId, options: Options) -> list[Json]:
    return [
        {"txHash": forms.data(mined.hash), "result": _trace(node, mined.hash, options)}
        for mined in _mined(node, at)
    ]


def _trace_call(node: Node, call: Call, at: BlockId, options: Options) -> Json:
    fields = call_fields(node, call)
    with node.engine.trying(at, options.overrides, options.block) as state:
        return _traced(state, unsigned(state, fields), options, None)


def _traced(state: Any, transaction: Transaction, options: Options, mined: Mined | None) -> Json:
    if options.tracer == "prestateTracer":
        before, after = around(state, transaction)
        return tracers.difference_form(before, after) if options.difference else tracers.before_form(before)
    trace = record(state, transaction, steps=not options.tracer)
    precompiles = state.computation_class.get_precompiles()
    forms_of: Mapping[str, Callable[[], Json]] = {
        "": lambda: tracers.steps_form(trace, options.shape),
        "callTracer": lambda: tracers.call_form(trace.root, options.shape),
        "4byteTracer": lambda: tracers.selectors_form(trace.root, precompiles),
        "flatCallTracer": lambda: tracers.flat_form(trace.root, mined, precompiles),
        "noopTracer": dict,
    }
    return forms_of[options.tracer]()


OPTIONS: Final = Param("options", _options, Options())
_DIFFERS: Final = (
    f"default tracer, {', '.join(_TRACERS[1:])}; a call's gasCost is what it used; SELFDESTRUCT is no frame"
)

METHODS: Final = (
    Method(
        "trace_transaction",
        "The calls of a transaction in parity's form, null if it is not mined.",
        _trace_flat,
        (HASH,),
        "SELFDESTRUCT is no frame",
    ),
    Method(
        "trace_block",
        "The calls of a block's transactions in parity's form.",
        _trace_block_flat,
        (BLOCK,),
        "SELFDESTRUCT is no frame; there are no rewards",
    ),
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
