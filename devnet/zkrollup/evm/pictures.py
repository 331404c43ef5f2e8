"""Calls in text, as trees and as lists. Owns how values, calls and events are shown; not what they mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from eth_utils import is_checksum_address

from zkrollup.evm import codec
from zkrollup.evm.events import Event
from zkrollup.evm.precompiled import NAMES
from zkrollup.units import shown_wei

if TYPE_CHECKING:
    from zkrollup.evm.traces import Call

_SHOWN_BYTES: Final = 36
"""Of a value: what is longer is cut, since a proof would fill the screen."""
_AMOUNTS: Final = 1 << 128
"""Numbers below are shown in full; others are hashes and field elements, shown by their ends."""
_MAX: Final = (1 << 256) - 1
_LISTED_EVENTS: Final = 6
"""Of a transaction in a list."""
_LISTED_WIDTH: Final = 200
"""Characters of a line of a list."""
_LONG_FAILURE: Final = 80
"""Characters from which a failure that was passed on is not repeated."""


def tree(call: "Call") -> str:
    """Draw a call with all that happened inside."""
    return "\n".join(_Picture(call.labels, call.meaning).lines(call))


def listing(calls: "Sequence[Call]", before: int = 0) -> str:
    """List transactions, numbered, each with its sender, what it called, and what it emitted or failed with.

    Args:
        calls: transactions, oldest first.
        before: how many there are before them, which are left out.
    """
    lines = [f"({before} before these are left out)"] if before else []
    width = len(str(before + len(calls)))
    for number, call in enumerate(calls, before + 1):
        head, *inside = tree(call).splitlines()
        lines.append(_cut(f"{number:>{width}}  {called(call.sender, call.labels)}: {head}"))
        lines += [_cut(f"{'':{width}}  {line}") for line in _middle_out(inside)]
    return "\n".join(lines)


def _middle_out(lines: list[str]) -> list[str]:
    """Leave out events after the first ones; the last line is there, since it may say what failed."""
    left_out = len(lines) - _LISTED_EVENTS
    if left_out <= 1:
        return lines
    return [*lines[: _LISTED_EVENTS - 1], f"├─ ({left_out} more events)", lines[-1]]


def _cut(line: str) -> str:
    return line if len(line) <= _LISTED_WIDTH else f"{line[: _LISTED_WIDTH - 1]}…"


def called(address: str, labels: Mapping[str, str]) -> str:
    """Return what text calls an address."""
    return NAMES.get(address) or labels.get(address) or _ends(address)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A call tree in text; addresses by their labels, revert data by its meaning."""

    labels: Mapping[str, str]
    meaning: Callable[[bytes], str | None]

    def lines(self, call: "Call") -> Iterator[str]:
        yield self._headline(call)
        last = len(call.inside) - 1 + (call.failure is not None)
        for i, each in enumerate(call.inside):
            branch, margin = ("└─ ", "   ") if i == last else ("├─ ", "│  ")
            first, *others = [self._event(each)] if isinstance(each, Event) else self.lines(each)
            yield branch + first
            yield from (margin + line for line in others)
        if call.failure is not None:
            yield f"└─ ✗ {'the same error' if _is_passed_on(call) else call.failure}"

    def _headline(self, call: "Call") -> str:
        kind = "" if call.kind == "CALL" else f"{call.kind} "
        value = f" {{value: {shown_wei(call.value)}}}" if call.value else ""
        to = called(call.to, self.labels)
        name = call.function if call.to in NAMES else f"{to}.{call.function}"
        what = f"{name}({self._listed(call.args)})" if call.function else to
        result = f" → {self._listed(call.result)}" if call.result else ""
        return f"{kind}{what}{value} [{call.gas_used:,} gas]{result}"

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
            if (meaning := self.meaning(value)) is not None:
                return meaning
            more = f"… ({len(value)} bytes)" if len(value) > _SHOWN_BYTES else ""
            return f"0x{value[:_SHOWN_BYTES].hex()}{more}"
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self._shown, value))}]"
        if is_checksum_address(value):
            return self.labels.get(value, _ends(value))
        if isinstance(value, int) and abs(value) >= _AMOUNTS:
            return "2^256-1" if value == _MAX else _ends(hex(value))
        return codec.printable(value) if isinstance(value, str) else str(value)


def _is_passed_on(call: "Call") -> bool:
    """Whether a call failed with a long error that is shown further up."""
    failure = call.failure or ""
    return len(failure) > _LONG_FAILURE and any(each.failure == failure for each in call.calls)


def _ends(text: str) -> str:
    return f"{text[:6]}…{text[-4:]}"
