"""What lists, dicts and sets hold at one moment, so that changes in place can be undone.

Looks into containers only, however nested: what an object of a class holds is that class's matter.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

_MUTABLE: Final = (list, dict, set, deque, bytearray)


@dataclass(frozen=True, slots=True)
class Contents:
    """What one container held.

    Attributes:
        container: It.
        parts: Its items; of a dict the keys, and then the values.
    """

    container: Any
    parts: tuple[Any, ...]

    def put_back(self) -> None:
        """Fills it again with the same objects in the same order; one that holds them is left alone."""
        if list(map(id, _parts(self.container))) == list(map(id, self.parts)):
            return
        self.container.clear()
        if isinstance(self.container, dict):
            half = len(self.parts) // 2
            for key, value in zip(self.parts[:half], self.parts[half:], strict=True):
                self.container[key] = value
        elif isinstance(self.container, set):
            self.container.update(self.parts)
        else:
            self.container.extend(self.parts)


def contents_within(*values: object) -> tuple[Contents, ...]:
    """The contents of each container that can be changed in place, among values and inside them."""
    found: list[Contents] = []
    waiting, seen = list(values), set[int]()
    while waiting:
        value = waiting.pop()
        if not isinstance(value, (*_MUTABLE, tuple)) or id(value) in seen:
            continue
        seen.add(id(value))
        parts = _parts(value)
        waiting.extend(parts)
        if isinstance(value, _MUTABLE):
            found.append(Contents(value, parts))
    return tuple(found)


def _parts(container: Any) -> tuple[Any, ...]:
    return (*container, *container.values()) if isinstance(container, dict) else tuple(container)
