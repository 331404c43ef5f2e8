"""What can go wrong with a store, each with its path and a remedy; SQLite's errors are told apart here.

Owns the words. Nothing here looks at a file.
"""

import sqlite3
from pathlib import Path
from typing import Final

from zkrollup.errors import ZkRollupError


class StoreError(ZkRollupError):
    """A store could not be opened, read or written.

    Attributes:
        path: Of the store.
    """

    path: Path


class StoreInUse(StoreError):
    """Another operator has the store open; two would commit against each other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is in use by another operator or reader; stop that one, or give this one its own file"
        )


class InheritedStore(StoreInUse):
    """A forked child asks for a store that its parent has open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        StoreError.__init__(
            self,
            f"{path} is in use by the process that this one was forked from; use it there alone, or open "
            "another file, in an operator of this process",
        )


class BrokenStore(StoreError):
    """A file is no store, or not of this rollup, or was altered. It is left as it is.

    Attributes:
        path: Of the store.
        reason: What is wrong.
        table: The table that is not as it was written; None if it is not one table's fault.
    """

    def __init__(self, path: Path, reason: str, *, table: str | None = None) -> None:
        """``reason`` names what is wrong."""
        self.path, self.reason, self.table = path, reason, table
        place = "" if table is None else f"table {table}: "
        super().__init__(
            f"{path} cannot be used: {place}{reason}; move it away and put a backup in its place, or start "
            "without it: the operator then takes its state over from L1, without the operations that waited"
        )


class StoreUnavailable(StoreError):
    """A store cannot be opened or written here and now; what it has is as it was, and so is the operator.

    Attributes:
        path: Of the store.
        reason: What keeps it from being used.
        remedy: What to do.
    """

    def __init__(self, path: Path, reason: str, remedy: str) -> None:
        """``reason`` and ``remedy`` are parts of one sentence."""
        self.path, self.reason, self.remedy = path, reason, remedy
        super().__init__(f"the store {path} cannot be used: {reason}; {remedy}")


_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space, then repeat the call"),
    sqlite3.SQLITE_IOERR: (
        "the disk does not take it",
        "look at the disk, its quota and the process's limits, then repeat the call",
    ),
    sqlite3.SQLITE_READONLY: ("it is read-only", "make the file and its folder writable"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "make the file and its folder writable"),
    sqlite3.SQLITE_PERM: ("it cannot be opened", "make the file and its folder writable"),
    sqlite3.SQLITE_NOMEM: ("there is no memory left", "free some, then repeat the call"),
    sqlite3.SQLITE_INTERRUPT: ("it was interrupted", "repeat the call"),
}
"""Reason and remedy by SQLite's primary result code."""

_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def store_error(path: Path, error: sqlite3.Error, *, table: str | None = None) -> StoreError:
    """The store's own error for one of SQLite; what no disk and no lock explains is a broken store."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # extended codes add higher bits
    if code in _LOCKED:
        return StoreInUse(path)
    if code in _REMEDIES:
        reason, remedy = _REMEDIES[code]
        return StoreUnavailable(path, f"{reason} ({error})", remedy)
    if isinstance(error, sqlite3.ProgrammingError):  # closed
        return StoreUnavailable(path, str(error), "open it again")
    return BrokenStore(path, str(error), table=table)
