"""Decoded logs. Owns matching a log to an event of the known ABIs; not where logs come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address

from zkrollup.evm.abi import Abi, Signature, decode, name_values, signatures
from zkrollup.evm.engine.blocks import Log


@dataclass(frozen=True, slots=True)
class Event:
    """A log, decoded.

    Attributes:
        name: as declared.
        args: values by parameter name, in the order declared. An indexed parameter of dynamic type
            (string, bytes, array, struct) is its 32-byte hash: the log holds no more.
        address: of the emitting contract, checksummed.
        block_number: of the block that holds it.
        index: position of the log in the block.
    """

    name: str
    args: dict[str, Any]
    address: str
    block_number: int
    index: int

    def __getitem__(self, parameter: str) -> Any:
        return self.args[parameter]


class EventTable:
    """The events that a chain knows, by signature hash."""

    def __init__(self) -> None:
        self._by_topic: dict[bytes, list[Signature]] = {}
        self._by_address: dict[tuple[str, bytes], list[Signature]] = {}

    def add(self, abi: Abi, address: str | None = None) -> None:
        """Learn an ABI's events; those of an address come first for its logs."""
        for event in signatures(abi, "event"):
            known = self._by_topic.setdefault(event.topic, [])
            if event not in known:
                known.append(event)
            if address is not None:
                self._by_address[address, event.topic] = [event]

    def topics(self, name: str) -> list[bytes]:
        """Return the hashes of the known events of a name."""
        return [t for t, events in self._by_topic.items() if any(event.name == name for event in events)]

    def decode(self, log: Log) -> Event | None:
        """Decode a log, or return None where no known event fits."""
        if not log.topics:
            return None
        address = to_checksum_address(log.address)
        own = self._by_address.get((address, log.topics[0]), [])
        for event in [*own, *self._by_topic.get(log.topics[0], [])]:
            args = _decode_args(event, log)
            if args is not None:
                return Event(event.name, args, address, log.block_number, log.index)
        return None

    def decode_all(self, logs: Iterable[Log]) -> tuple[Event, ...]:
        """Decode what can be decoded, in order."""
        return tuple(event for event in map(self.decode, logs) if event is not None)


def _decode_args(event: Signature, log: Log) -> dict[str, Any] | None:
    indexed = [entry for entry in event.inputs if entry.get("indexed")]
    plain = [entry for entry in event.inputs if not entry.get("indexed")]
    # ERC-20's and ERC-721's Transfer share a hash and differ in what is indexed.
    if len(indexed) != len(log.topics) - 1:
        return None
    try:
        values = iter(decode(plain, log.data))
        topics = iter([_decode_topic(e, t) for e, t in zip(indexed, log.topics[1:], strict=True)])
    except DecodingError:
        return None
    return name_values(event.inputs, [next(topics if e.get("indexed") else values) for e in event.inputs])


def _decode_topic(entry: Mapping[str, Any], topic: bytes) -> Any:
    kind: str = entry["type"]
    if kind in ("string", "bytes", "tuple") or kind.endswith("]"):
        return topic
    return decode([entry], topic)[0]
