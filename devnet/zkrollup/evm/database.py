"""A key-value store that can take back its writes. Owns the undo log; knows nothing of blocks or state."""

from typing import Any, TypeAlias

from eth.db.backends.memory import MemoryDB

_Base: Any = MemoryDB

Mark: TypeAlias = int
"""A position in the undo log."""


class UndoDB(_Base):  # type: ignore[misc]  # py-evm is untyped
    """py-evm's memory store, with an undo log while a mark is held.

    The log makes a mark free and a return to it linear in the writes since, where eth-tester
    executes the head block again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._log: list[tuple[bytes, bytes | None]] = []
        self._recording = False

    def mark(self) -> Mark:
        """Start recording and return the present position."""
        self._recording = True
        return len(self._log)

    def undo_to(self, mark: Mark) -> None:
        """Take back every write since the mark."""
        store = self.kv_store
        while len(self._log) > mark:
            key, old = self._log.pop()
            if old is None:
                store.pop(key, None)
            else:
                store[key] = old

    def forget(self) -> None:
        """Stop recording: no mark is held any more."""
        self._recording = False
        self._log.clear()

    def __setitem__(self, key: bytes, value: bytes) -> None:
        if self._recording:
            old = self.kv_store.get(key)
            if old == value:
                return
            self._log.append((key, old))
        self.kv_store[key] = value

    def __delitem__(self, key: bytes) -> None:
        if self._recording and key in self.kv_store:
            self._log.append((key, self.kv_store[key]))
        del self.kv_store[key]
