"""Decoded logs. Owns matching a log to an event of the known ABIs; not where logs come from.

A log that has the topic of a known event is always an event: where its data is not what the ABI says, the
event says so in ``flaw``.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address

from zkrollup.errors import ZkRollupError, suggestion
from zkrollup.evm import codec
from zkrollup.evm.abi import Signature, field_of, name_values, parameter_of, shaped
from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.knowledge import Lookup
from zkrollup.evm.values import Entry, is_hashed, type_of

_Decode = Callable[[Sequence[str], bytes], tuple[Any, ...]]


class UnknownEvent(ZkRollupError, LookupError):
    """No known ABI has an event of a name.

    Attributes:
        event: asked for.
    """

    def __init__(self, name: object, known: Collection[str]) -> None:
        self.event = name
        plain = str(name).partition("(")[0]
        hint = "; pass its name alone" if plain in known else suggestion(plain, known)
        listed = ", ".join(sorted(known)) or "no event"
        super().__init__(f"no known ABI has an event {name!r}{hint}; there is: {listed}")


class UnknownField(ZkRollupError, KeyError):
    """An event has no such field, or none that could be decoded.

    Attributes:
        field: asked for.
    """

    def __init__(self, name: str, declared: str, known: Sequence[str], flaw: str | None) -> None:
        self.field = name
        if flaw and not known:
            super().__init__(f"{declared} was not decoded: {flaw}; its data is in event.log")
            return
        listed = ", ".join(map(field_of, known)) or "none"
        super().__init__(f"{declared} has no field {name!r}, it has: {listed}{suggestion(name, known)}")

    def __str__(self) -> str:  # KeyError's shows a repr
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Event:
    """A log, decoded.

    Attributes:
        name: as declared.
        args: values by parameter name, in the order declared. An indexed parameter of dynamic type
            (string, bytes, array, struct) is its 32-byte hash: the log holds no more. Empty where the log is
            not what the ABI says. Bytes of a string that are not UTF-8 are lone surrogates:
            ``text.encode("utf-8", "surrogateescape")`` are the bytes.
        address: of the emitting contract, checksummed.
        block_number: of the block that holds it.
        index: position of the log in the block.
        flaw: how the log is not what the ABI says; None where it is.
        log: as emitted.
        signature: that it was decoded by.
    """

    name: str
    args: dict[str, Any]
    address: str
    block_number: int
    index: int
    flaw: str | None = None
    log: Log | None = field(default=None, repr=False, compare=False)
    signature: Signature | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, parameter: str) -> Any:
        name = parameter_of(parameter, self.args)
        if name not in self.args:
            declared = self.signature.declared if self.signature else self.name
            raise UnknownField(parameter, declared, tuple(self.args), self.flaw)
        return self.args[name]


def decode(log: Log, known: Lookup) -> Event | None:
    """Decode a log, or return None where no known ABI has its event.

    The event that fits exactly counts, else one that fits but for padding, else an anonymous one of the
    contract's own ABI; else the first with the log's topic, undecoded.
    """
    address = to_checksum_address(log.address)
    candidates = list(known.events(address, log.topics[0])) if log.topics else []
    anonymous = [each for interface in known.at(address) for each in interface.anonymous]
    reasons: dict[Signature, str] = {}
    for events, how, flaw in (
        (candidates, codec.decode, None),
        (candidates, codec.decode_leniently, "its padding is not what solc writes"),
        (anonymous, codec.decode, None),
    ):
        for event in events:
            try:
                return _event(event, log, address, _read(event, log, how), flaw)
            except DecodingError as error:
                reasons.setdefault(event, str(error))
    return _event(candidates[0], log, address, {}, reasons[candidates[0]]) if candidates else None


def decode_all(logs: Iterable[Log], known: Lookup) -> tuple[Event, ...]:
    """Decode what has an ABI, in order."""
    return tuple(event for event in (decode(log, known) for log in logs) if event is not None)


def _event(event: Signature, log: Log, address: str, args: dict[str, Any], flaw: str | None) -> Event:
    return Event(event.name, args, address, log.block_number, log.index, flaw, log, event)


def _read(event: Signature, log: Log, decode: _Decode) -> dict[str, Any]:
    """Return an event's values by name, or raise DecodingError with the reason."""
    topics = log.topics if event.anonymous else log.topics[1:]
    indexed = [entry for entry in event.inputs if entry.get("indexed")]
    plain = [entry for entry in event.inputs if not entry.get("indexed")]
    # ERC-20's and ERC-721's Transfer share a hash and differ in what is indexed.
    if len(indexed) != len(topics):
        raise DecodingError(f"the ABI has {len(indexed)} indexed parameters, the log {len(topics)}")
    values = iter(_decoded(plain, log.data, decode))
    words = iter([_decoded_topic(e, t, decode) for e, t in zip(indexed, topics, strict=True)])
    return name_values(event.inputs, [next(words if e.get("indexed") else values) for e in event.inputs])


def _decoded(entries: Sequence[Entry], data: bytes, decode: _Decode) -> tuple[Any, ...]:
    return shaped(entries, decode([type_of(entry) for entry in entries], data)) if entries else ()


def _decoded_topic(entry: Entry, topic: bytes, decode: _Decode) -> Any:
    return topic if is_hashed(entry) else _decoded([entry], topic, decode)[0]
