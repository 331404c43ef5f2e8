"""Traces as geth's tracers write them, and parity. Owns their forms; recording is the engine's."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from zkrollup.evm.engine.blocks import Mined
from zkrollup.evm.engine.tracing import CallTree, Emitted, Held, Step, Trace
from zkrollup.evm.reverts import revert_reason, summarise
from zkrollup.evm.rpc import forms
from zkrollup.evm.rpc.forms import Json

_CREATIONS: Final = ("CREATE", "CREATE2")
_PARITY_ERRORS: Final[Mapping[str, str]] = {
    "out of gas": "Out of gas",
    "invalid jump destination": "Bad jump destination",
    "execution reverted": "Reverted",
    "return data out of bounds": "Out of bounds",
    "stack limit reached 1024": "Out of stack",
    "stack underflow": "Stack underflow",
    "invalid opcode": "Bad instruction",
}
"""What parity calls what geth calls so (eth/tracers/native/call_flat.go)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a trace is to hold.

    Attributes:
        stack: whether steps have the stack.
        memory: whether steps have the memory.
        storage: whether steps have the storage.
        return_data: whether steps have what the last call returned.
        only_top: whether calls inside are left out.
        logs: whether calls have their logs.
    """

    stack: bool = True
    memory: bool = False
    storage: bool = True
    return_data: bool = False
    only_top: bool = False
    logs: bool = False


# --- callTracer


def call_form(frame: CallTree, shape: Shape) -> Json:
    """Return a call with those it made."""
    form: dict[str, Json] = {
        "type": frame.kind,
        "from": forms.data(frame.sender),
        "to": forms.data(frame.to),
        "gas": hex(frame.gas),
        "gasUsed": hex(frame.gas_used),
        "input": forms.data(frame.input),
    }
    if frame.kind != "STATICCALL":
        form["value"] = hex(frame.value)
    if frame.output:
        form["output"] = forms.data(frame.output)
    if frame.failure:
        form |= _failure_form(frame)
        if frame.kind in _CREATIONS:
            del form["to"]  # there is nothing
    if shape.logs and frame.logs:
        form["logs"] = [_log_form(log) for log in frame.logs]
    if frame.calls and not shape.only_top:
        form["calls"] = [call_form(call, shape) for call in frame.calls]
    return form


def _error(frame: CallTree) -> str:
    return "execution reverted" if frame.failure == "Revert" else summarise(frame.failure or "", b"")


def _failure_form(frame: CallTree) -> dict[str, Json]:
    reason = revert_reason(frame.output) if frame.failure == "Revert" else None
    form: dict[str, Json] = {"error": _error(frame)}
    return form if reason is None else {**form, "revertReason": reason}


def _log_form(log: Emitted) -> Json:
    return {
        "address": forms.data(log.address),
        "topics": [forms.data(topic) for topic in log.topics],
        "data": forms.data(log.data),
        "position": hex(log.position),
    }


# --- 4byteTracer


def selectors_form(root: CallTree, precompiles: Collection[bytes]) -> Json:
    """Return how often each selector was called with how many more bytes; creations have none."""

    def calls(frame: CallTree) -> Iterator[str]:
        if frame.kind not in _CREATIONS and len(frame.input) >= 4 and frame.to not in precompiles:
            yield f"{forms.data(frame.input[:4])}-{len(frame.input) - 4}"
        for inner in frame.calls:
            yield from calls(inner)

    return dict(Counter(calls(root)))


# --- parity's


def flat_form(root: CallTree, mined: Mined | None, precompiles: Collection[bytes]) -> list[Json]:
    """Return the calls one after the other, each with its way from the outermost; none of precompiles."""
    place = {
        "blockHash": None if mined is None else forms.data(mined.block_hash),
        "blockNumber": None if mined is None else mined.block_number,
        "transactionHash": None if mined is None else forms.data(mined.hash),
        "transactionPosition": None if mined is None else mined.index,
    }

    def flat(frame: CallTree, way: tuple[int, ...]) -> Iterator[Json]:
        inside = [call for call in frame.calls if call.to not in precompiles]
        yield _flat_call(frame) | place | {"subtraces": len(inside), "traceAddress": list(way)}
        for index, call in enumerate(inside):
            yield from flat(call, (*way, index))

    return list(flat(root, ()))


def _flat_call(frame: CallTree) -> dict[str, Json]:
    creates, output = frame.kind in _CREATIONS, forms.data(frame.output)
    action: dict[str, Json] = {
        "from": forms.data(frame.sender),
        "gas": hex(frame.gas),
        "value": hex(frame.value),
    }
    result: dict[str, Json] = {"gasUsed": hex(frame.gas_used)}
    if creates:
        action |= {"init": forms.data(frame.input), "creationMethod": frame.kind.lower()}
        result |= {"address": forms.data(frame.to), "code": output}
    else:
        action |= {"to": forms.data(frame.to), "input": forms.data(frame.input)}
        action["callType"] = frame.kind.lower()
        result["output"] = output
    form: dict[str, Json] = {"type": "create" if creates else "call", "action": action, "result": result}
    if frame.failure:
        error = _error(frame)
        form |= {"error": _PARITY_ERRORS.get(error, error), "result": None}
    return form


# --- prestateTracer


def before_form(before: Mapping[bytes, Held]) -> Json:
    """Return accounts as they were."""
    return {forms.data(address): _held_form(account) for address, account in before.items()}


def difference_form(before: Mapping[bytes, Held], after: Mapping[bytes, Held]) -> Json:
    """Return what changed: accounts as they were, and the values that each has now."""
    pre: dict[str, Json] = {}
    post: dict[str, Json] = {}
    for address in sorted({*before, *after}):
        old, new = before.get(address), after.get(address)
        if old != new:
            name = forms.data(address)
            if old is not None:
                pre[name] = _held_form(old, _changed_slots(old, new))
            if new is not None:
                post[name] = _changes_form(old or _NOTHING, new)
    return {"pre": pre, "post": post}


_NOTHING: Final = Held(0, 0, b"", {})


def _changed_slots(old: Held, new: Held | None) -> dict[int, int]:
    now = {} if new is None else new.storage
    return {slot: value for slot, value in old.storage.items() if value and value != now.get(slot, 0)}


def _changes_form(old: Held, new: Held) -> Json:
    form = _held_form(new, _changed_slots(new, old))
    for name, changed in (
        ("balance", old.balance != new.balance),
        ("nonce", old.nonce != new.nonce),
        ("code", old.code != new.code),
    ):
        if not changed:
            form.pop(name, None)
    return form


def _held_form(account: Held, storage: Mapping[int, int] | None = None) -> dict[str, Json]:
    slots = account.storage if storage is None else storage
    form: dict[str, Json] = {"balance": hex(account.balance)}
    if account.nonce:
        form["nonce"] = account.nonce
    if account.code:
        form["code"] = forms.data(account.code)
    if slots:
        form["storage"] = {forms.word(slot): forms.word(value) for slot, value in slots.items()}
    return form


# --- the default tracer


def steps_form(trace: Trace, shape: Shape) -> Json:
    """Return each opcode as it was about to run."""
    done = trace.execution
    return {
        "gas": done.gas_used,
        "failed": done.failure is not None,
        "returnValue": forms.data(done.output),
        "structLogs": [_step_form(step, shape) for step in trace.steps],
    }


def _step_form(step: Step, shape: Shape) -> Json:
    form: dict[str, Json] = {
        "pc": step.pc,
        "op": step.name,
        "gas": step.gas,
        "gasCost": step.cost,
        "depth": step.depth,
    }
    if step.failure:
        form["error"] = summarise(step.failure, b"")
    if shape.stack:
        form["stack"] = [hex(item) for item in step.stack]
    if shape.return_data and step.return_data:
        form["returnData"] = forms.data(step.return_data)
    if shape.memory:
        form["memory"] = [
            forms.data(step.memory[i : i + 32].ljust(32, b"\0")) for i in range(0, len(step.memory), 32)
        ]
    if shape.storage and step.storage:
        form["storage"] = {f"{slot:064x}": f"{value:064x}" for slot, value in step.storage.items()}
    return form
