"""What a chain knows of the contracts on it: their ABIs and their names, in the order in which they count.

Owns the order. The ABI declared at an address comes before all others, what a tester declares before what
this package does, and the latest declaration before earlier ones. Everything declared since a mark can be
taken back, in as many steps as there were declarations: the engine does so when it goes back to a snapshot.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from zkrollup.evm.abi import Interface, Signature

_Key = tuple[bool, str]
"""Whether this package declared it, and at which address; "" for all addresses together."""

_ANYWHERE: Final = ""
_ABSENT: Final = object()


class Knowledge:
    """ABIs by address, and labels.

    Attributes:
        labels: names of addresses, checksummed; read only.
    """

    def __init__(self) -> None:
        self._declared: dict[_Key, tuple[Interface, ...]] = {}
        self._labels: dict[str, str] = {}
        self._recognisers: dict[int, Callable[[str], None]] = {}
        self._undo: list[tuple[MutableMapping[Any, Any], Any, Any]] = []
        self._by_package = False

    # --- declaring

    def declare(self, interface: Interface, address: str) -> None:
        """Remember that a contract has an ABI."""
        for place in (address, _ANYWHERE):
            known = self._declared.get((self._by_package, place), ())
            if known[:1] != (interface,):
                others = tuple(each for each in known if each is not interface)
                self._set(self._declared, (self._by_package, place), (interface, *others))

    @contextmanager
    def by_package(self) -> Iterator[None]:
        """Let what is declared inside count less than what testers declare. Hold the chain's lock."""
        before, self._by_package = self._by_package, True
        try:
            yield
        finally:
            self._by_package = before

    def label(self, address: str, name: str) -> None:
        """Remember a name of an address."""
        if self._labels.get(address) != name:
            self._set(self._labels, address, name)

    @property
    def labels(self) -> Mapping[str, str]:  # noqa: D102  # see Attributes
        return self._labels

    def recognise_by(self, recognise: Callable[[str], None]) -> None:
        """Ask somebody to declare and label contracts that a trace meets and nobody has declared."""
        self._set(self._recognisers, len(self._recognisers), recognise)

    def introduce(self, address: str) -> None:
        """Have whoever knows a contract declare it, unless it is known."""
        for recognise in tuple(self._recognisers.values()):
            if address in self._labels or next(self.interfaces(address), None) is not None:
                return
            recognise(address)

    # --- going back

    def mark(self) -> int:
        """Return the present position."""
        return len(self._undo)

    def undo_to(self, mark: int) -> None:
        """Forget what was declared since a mark."""
        while len(self._undo) > mark:
            table, key, before = self._undo.pop()
            if before is _ABSENT:
                del table[key]
            else:
                table[key] = before

    def _set(self, table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    # --- asking

    def interfaces(self, address: str = _ANYWHERE) -> Iterator[Interface]:
        """Yield what is declared at an address, or anywhere, what counts most first."""
        for by_package in (False, True):
            yield from self._declared.get((by_package, address), ())


@dataclass(frozen=True, slots=True)
class Lookup:
    """A chain's knowledge, with one contract's own ABI before everything else.

    Attributes:
        knowledge: of the chain.
        address: of that contract; None for none.
        interface: its ABI.
    """

    knowledge: Knowledge
    address: str | None = None
    interface: Interface | None = None

    def at(self, *addresses: str) -> Iterator[Interface]:
        """Yield the ABIs of contracts, the first contract's first."""
        for address in addresses:
            if address == self.address and self.interface is not None:
                yield self.interface
            yield from self.knowledge.interfaces(address)

    def everywhere(self, *addresses: str) -> Iterator[Interface]:
        """Yield the ABIs of contracts, and then all others."""
        yield from self.at(*addresses)
        yield from self.knowledge.interfaces()
        if self.interface is not None:
            yield self.interface

    def function(self, address: str, calldata: bytes) -> Signature | None:
        """Return the function that calldata calls."""
        selector = calldata[:4]
        found = (each.functions.get(selector) for each in self.everywhere(address))
        return next(filter(None, found), None)

    def events(self, address: str, topic: bytes) -> Iterator[Signature]:
        """Yield the events with a topic, that contract's own first."""
        for interface in self.everywhere(address):
            yield from interface.events.get(topic, ())

    def errors(self, selector: bytes, *addresses: str) -> Iterator[Signature]:
        """Yield the errors with a selector, those of the contracts that failed first."""
        for interface in self.everywhere(*addresses):
            yield from interface.errors.get(selector, ())

    # --- names

    def topics(self, name: str) -> list[bytes] | None:
        """Return the hashes of the events of a name; None where logs of one have no hash."""
        found = self.events_named(name)
        return None if any(each.anonymous for each in found) else sorted({each.topic for each in found})

    def events_named(self, name: str) -> list[Signature]:
        """Return all events of a name."""
        return [event for event in self._all_events() if event.name == name]

    def event_names(self) -> set[str]:
        """Return the names of all events."""
        return {event.name for event in self._all_events()}

    def error_names(self) -> set[str]:
        """Return the names of all errors."""
        return {e.name for each in self.everywhere() for errors in each.errors.values() for e in errors}

    def errors_named(self, name: str) -> list[Signature]:
        """Return all errors of a name."""
        tables = (each.errors.values() for each in self.everywhere())
        return [e for table in tables for errors in table for e in errors if e.name == name]

    def _all_events(self) -> Iterator[Signature]:
        for each in self.everywhere():
            for events in each.events.values():
                yield from events
            yield from each.anonymous
