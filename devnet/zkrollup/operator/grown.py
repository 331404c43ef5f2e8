"""An immutable mapping that knows the one it was made from, so that their difference needs no comparison."""

import weakref
from collections.abc import Iterator, Mapping
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Grown(Mapping[_Key, _Value]):
    """Another mapping with one item set.

    Attributes:
        key: Of that item.
    """

    __slots__ = ("__weakref__", "_base", "_items", "key")

    def __init__(self, base: Mapping[_Key, _Value], key: _Key, value: _Value) -> None:
        """``base`` with ``value`` at ``key``. It is not kept alive."""
        self._items: dict[_Key, _Value] = {**(base._items if isinstance(base, Grown) else base), key: value}
        self._base = weakref.ref(base) if isinstance(base, Grown) else None
        self.key = key

    def grew_from(self, other: object) -> bool:
        """Whether ``other`` is the mapping that it was made from; if so, they differ in ``key`` at most."""
        return other is not None and self._base is not None and self._base() is other

    def __getitem__(self, key: _Key) -> _Value:
        return self._items[key]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Grown({self._items!r})"
