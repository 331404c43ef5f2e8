"""What a transaction or call did, call by call, in the words of the ABIs that a chain knows.

Owns names. Recording is `engine.tracing`'s; when to trace, the chain's; text, `pictures`'.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address

from zkrollup.evm import events, pictures, reverts
from zkrollup.evm.abi import Signature, decode_named
from zkrollup.evm.engine.blocks import Log, Mined
from zkrollup.evm.engine.tracing import CallTree, Emitted
from zkrollup.evm.events import Event
from zkrollup.evm.knowledge import Lookup
from zkrollup.evm.precompiled import Precompile, precompile_at
from zkrollup.evm.reverts import Reason

_NOWHERE: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Call:
    """A call or creation, decoded as far as an ABI is known.

    Attributes:
        kind: CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2.
        sender: checksummed.
        to: checksummed; of a creation, the address it was to have.
        function: name, or the selector in hex; a precompile's name; "" for a plain payment or a creation.
        args: by name; {"data": ...} where no ABI fits.
        value: wei.
        gas: that it got.
        gas_used: of it.
        result: by name, {"data": ...} where no ABI fits.
        failure: what it failed with, in words; None for success.
        inside: events and calls in order.
        labels: what text calls addresses.
        meaning: says in words what bytes mean that are revert data; None for other bytes.
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
    meaning: Callable[[bytes], str | None] = field(repr=False, compare=False)

    @property
    def calls(self) -> "tuple[Call, ...]":
        """The calls that it made itself."""
        return tuple(each for each in self.inside if isinstance(each, Call))

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that it emitted itself."""
        return tuple(each for each in self.inside if isinstance(each, Event))

    def __str__(self) -> str:
        return pictures.tree(self)


@dataclass(frozen=True, slots=True)
class Names:
    """Puts what was recorded into the words of ABIs.

    Attributes:
        known: those ABIs, and labels.
    """

    known: Lookup

    def decoded(self, tree: CallTree) -> Call:
        """Put a recorded call into words."""
        function, args, result = self._meaning(tree)
        return Call(
            kind=tree.kind,
            sender=to_checksum_address(tree.sender),
            to=to_checksum_address(tree.to),
            function=function,
            args=args,
            value=tree.value,
            gas=tree.gas,
            gas_used=tree.gas_used,
            result={} if tree.failure else result,
            failure=self._failure(tree),
            inside=tuple(self._inside(tree)),
            labels=self.known.knowledge.labels,
            meaning=partial(reverts.inner, self.known),
        )

    def _meaning(self, tree: CallTree) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
        """Return what was called, with what, and what came back."""
        if tree.kind.startswith("CREATE"):
            return "", {}, {}
        precompile: Precompile | None = precompile_at(tree.to)
        if precompile is not None:
            return precompile.name, precompile.takes(tree.input), precompile.gives(tree.output)
        function = self.known.function(to_checksum_address(tree.to), tree.input)
        inputs, outputs = (function.inputs, function.outputs) if function else (None, None)
        return _name(function, tree.input), _values(inputs, tree.input[4:]), _values(outputs, tree.output)

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


def outermost(mined: Mined) -> CallTree:
    """Return a mined transaction as a recorded call, without the calls that it made."""
    sent = mined.transaction
    return CallTree(
        kind="CALL" if sent.to else "CREATE",
        sender=mined.sender,
        to=sent.to or mined.contract_address or bytes(20),
        value=sent.value,
        gas=sent.gas,
        input=sent.data,
        output=mined.output,
        gas_used=mined.gas_used,
        failure=mined.failure,
        logs=tuple(Emitted(log.address, log.topics, log.data, 0) for log in mined.logs),
    )


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
