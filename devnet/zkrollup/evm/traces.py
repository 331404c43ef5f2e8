"""What a transaction or call did, call by call, in the words of the ABIs that a chain knows.

Owns names and the picture in text. Recording is `engine.tracing`'s; when to trace, the chain's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_abi.exceptions import DecodingError
from eth_utils import is_checksum_address, to_checksum_address

from zkrollup.evm import codec, events, reverts
from zkrollup.evm.abi import Signature, decode_named
from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.engine.tracing import CallTree, Emitted
from zkrollup.evm.events import Event
from zkrollup.evm.knowledge import Lookup
from zkrollup.evm.reverts import Reason

_NOWHERE: Final = bytes(32)
_SHOWN_BYTES: Final = 36
"""Of a value: what is longer is cut, since a proof would fill the screen."""
_SHOWN_DIGITS: Final = 30
"""Of a number: longer ones are hashes and field elements, shown by their ends."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call or creation, decoded as far as an ABI is known.

    Attributes:
        kind: CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2.
        sender: checksummed.
        to: checksummed; of a creation, the address it was to have.
        function: name, or the selector in hex; "" for a plain payment or a creation.
        args: by name; {"data": ...} where no ABI fits.
        value: wei.
        gas: that it got.
        gas_used: of it.
        result: by name, {"data": ...} where no ABI fits.
        failure: what it failed with, in words; None for success.
        inside: events and calls in order.
        labels: what text calls addresses.
    """

    kind: str
    sender: str
    to: str
    function: str
    args: Mapping[str, Any]
    value: int
    gas: int
    gas_used: int
    result: Mapping[str, Any]
    failure: str | None
    inside: "tuple[Call | Event, ...]"
    labels: Mapping[str, str] = field(repr=False, compare=False)

    @property
    def calls(self) -> "tuple[Call, ...]":
        """The calls that it made itself."""
        return tuple(each for each in self.inside if isinstance(each, Call))

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that it emitted itself."""
        return tuple(each for each in self.inside if isinstance(each, Event))

    def __str__(self) -> str:
        return "\n".join(_Picture(self.labels).lines(self))


@dataclass(frozen=True, slots=True)
class Names:
    """Puts what was recorded into the words of ABIs.

    Attributes:
        known: those ABIs, and labels.
    """

    known: Lookup

    def decoded(self, tree: CallTree) -> Call:
        """Put a recorded call into words."""
        to = to_checksum_address(tree.to)
        creates = tree.kind.startswith("CREATE")
        function = None if creates else self.known.function(to, tree.input)
        inputs, outputs = (function.inputs, function.outputs) if function else (None, None)
        return Call(
            kind=tree.kind,
            sender=to_checksum_address(tree.sender),
            to=to,
            function=_name(function, b"" if creates else tree.input),
            args={} if creates else _values(inputs, tree.input[4:]),
            value=tree.value,
            gas=tree.gas,
            gas_used=tree.gas_used,
            result={} if creates or tree.failure else _values(outputs, tree.output),
            failure=self._failure(tree),
            inside=tuple(self._inside(tree)),
            labels=self.known.knowledge.labels,
        )

    def reason(self, tree: CallTree) -> Reason:
        """Return what a recorded call failed with, in the words of the contract where that began."""
        began = _origin(tree)
        return reverts.decode(tree.output, self.known, *map(to_checksum_address, _contracts(began)))

    def _failure(self, tree: CallTree) -> str | None:
        if tree.failure is None:
            return None
        return reverts.describe(self.reason(tree), tree.output, tree.failure)

    def _inside(self, tree: CallTree) -> "Iterator[Call | Event]":
        logs = list(tree.logs)
        for position, call in enumerate([*tree.calls, None]):
            while logs and logs[0].position <= position:
                yield self._event(logs.pop(0))
            if call is not None:
                yield self.decoded(call)

    def _event(self, emitted: Emitted) -> Event:
        log = Log(emitted.address, emitted.topics, emitted.data, 0, _NOWHERE, _NOWHERE, 0, 0)
        known = events.decode(log, self.known)
        if known is not None:
            return known
        args = {"topics": list(emitted.topics), "data": emitted.data}
        return Event("(no ABI)", args, to_checksum_address(emitted.address), 0, 0)


def _origin(tree: CallTree) -> CallTree:
    """Return the call that first failed with what a failed call ended with."""
    for call in reversed(tree.calls):
        if call.failure and call.output == tree.output:
            return _origin(call)
    return tree


def _contracts(tree: CallTree) -> tuple[bytes, ...]:
    """Return whose ABI may be that of the code: behind a proxy, the code's owner and then the proxy."""
    return (tree.to, tree.sender) if tree.kind in ("DELEGATECALL", "CALLCODE") else (tree.to,)


def _name(function: Signature | None, data: bytes) -> str:
    if function is not None:
        return function.name
    return f"0x{data[:4].hex()}" if data else ""


def _values(entries: Sequence[Mapping[str, Any]] | None, data: bytes) -> dict[str, Any]:
    if entries is not None:
        try:
            return decode_named(entries, data)
        except DecodingError:
            pass  # shown as it is, below
    return {"data": data} if data else {}


# --- the picture -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Picture:
    """A call tree in text; addresses by their labels."""

    labels: Mapping[str, str]

    def lines(self, call: Call) -> Iterator[str]:
        yield self._headline(call)
        last = len(call.inside) - 1 + (call.failure is not None)
        for i, each in enumerate(call.inside):
            branch, margin = ("└─ ", "   ") if i == last else ("├─ ", "│  ")
            first, *others = [self._event(each)] if isinstance(each, Event) else self.lines(each)
            yield branch + first
            yield from (margin + line for line in others)
        if call.failure is not None:
            yield f"└─ ✗ {call.failure}"

    def _headline(self, call: Call) -> str:
        kind = "" if call.kind == "CALL" else f"{call.kind} "
        value = f" {{value: {call.value}}}" if call.value else ""
        what = f".{call.function}({self._listed(call.args)})" if call.function else ""
        result = f" → {self._listed(call.result)}" if call.result else ""
        return f"{kind}{self._shown(call.to)}{what}{value} [{call.gas_used:,} gas]{result}"

    def _event(self, event: Event) -> str:
        if event.flaw is None or event.args or event.log is None:
            return f"emit {event.name}({self._listed(event.args)})"
        raw = {"topics": list(event.log.topics), "data": event.log.data}
        return f"emit {event.name}({self._listed(raw)}), not decoded: {event.flaw}"

    def _listed(self, values: Mapping[str, Any]) -> str:
        # A parameter without a name goes by its position, which says nothing.
        return ", ".join(
            self._shown(value) if name.isdigit() else f"{name}={self._shown(value)}"
            for name, value in values.items()
        )

    def _shown(self, value: Any) -> str:
        if isinstance(value, bytes):
            more = f"… ({len(value)} bytes)" if len(value) > _SHOWN_BYTES else ""
            return f"0x{value[:_SHOWN_BYTES].hex()}{more}"
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self._shown, value))}]"
        if is_checksum_address(value):
            return self.labels.get(value, _ends(value))
        if isinstance(value, int) and len(str(value)) > _SHOWN_DIGITS:
            return _ends(hex(value))
        return codec.printable(value) if isinstance(value, str) else str(value)


def _ends(text: str) -> str:
    return f"{text[:6]}…{text[-4:]}"
