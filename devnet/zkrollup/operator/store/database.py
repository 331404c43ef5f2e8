"""A store's file: opened under a lock, changed in transactions, read only if it is what was written.

Owns SQLite: the connection, the checksums, and that the open file is still the one at its path. What the rows
mean is the business of ``changes`` and ``reading``.

A rollback journal, not a write-ahead log: between two transactions all that was written is in the one file,
whose checksums notice a lost or altered journal. A write-ahead log that is lost or altered takes the last
transactions away, and leaves a file that looks sound.
"""

import ctypes
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zkrollup import forks
from zkrollup.operator.store.checksum import DIGEST_BYTES, Checksum, Row
from zkrollup.operator.store.errors import BrokenStore, InheritedStore, StoreUnavailable, store_error
from zkrollup.operator.store.schema import KEYS, SCHEMA, SCHEMA_VERSION, require_schema

# Locked for good, without a second file that a reader would need; each commit is on the disk.
_PRAGMAS = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one row.

    Attributes:
        table: The row's table.
        key: The values of its key columns.
        columns: The other values; None if the row goes.
        is_new: Whether there was no such row.
    """

    table: str
    key: Row
    columns: Row | None
    is_new: bool = False


class Database:
    """An open store. Any thread may use it, one at a time: the operator's lock sees to that."""

    def __init__(self, path: Path) -> None:
        """Opens the file, and makes it if there is none.

        Raises:
            StoreInUse: Another process has it open.
            StoreUnavailable: It cannot be opened or made.
            BrokenStore: It is something else, or of another version.
        """
        self.path = path
        _require_place(path)
        if not path.exists():
            _create(path)
        with self._errors():
            self._connection = _connected(path)
            try:
                self._connection.executescript(f"{_PRAGMAS} BEGIN EXCLUSIVE; COMMIT;")
                self._identity = _identity(path)
                require_schema(path, self._connection)
                self._require_writable()
                self._checksums()
            except BaseException:
                self._connection.close()
                raise
        self._is_inherited = False
        self._last: tuple[object, Mapping[str, Checksum]] = (None, {})
        forks.renew_in_children(self)

    def close(self) -> None:
        """Gives the file free; in a forked child, does nothing."""
        if not self._is_inherited:
            self._connection.close()

    def after_fork(self) -> None:
        """In a forked child, gives it up: SQLite's connections must neither be used nor closed there.

        Source: https://www.sqlite.org/howtocorrupt.html, "Carrying an open database connection across a
        fork".
        """
        self._is_inherited = True
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))  # for ever: its end would close it

    def require_own(self) -> None:
        """Pass in the process that has opened it.

        Raises:
            InheritedStore: This one is a fork of that.
        """
        if self._is_inherited:
            raise InheritedStore(self.path)

    def write(self, changes: Iterable[Change], *, content: object = None) -> None:
        """Makes all changes, in one transaction; ``content`` names what they lead to: see ``has``.

        Raises:
            StoreUnavailable: It cannot be written, or is not the file at its path any more.
            BrokenStore: It was altered while it was open.
            InheritedStore: The file is the parent process's.
        """
        self._require_ready()
        self._require_same_file()  # before SQLite, which calls a file that is gone read-only
        with self._errors():
            try:
                self._execute("BEGIN IMMEDIATE")
                before = self._checksums()
                after = dict(before)
                for change in changes:
                    after[change.table] = self._made(change, after[change.table])
                self._write_checksums(before, after)
                self._require_same_file()
                self._last = (content, after)
                self._execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def has(self, content: object) -> bool:
        """Whether the last ``write`` was of this very object, and was committed.

        Only the file can tell after a write that a signal's exception broke off: such an exception may come
        between SQLite's commit and the next line.

        Raises:
            StoreUnavailable: It cannot be read.
            InheritedStore: The file is the parent process's.
        """
        self.require_own()
        known, checksums = self._last
        if known is not content or self._connection.in_transaction:
            return False
        with self._errors():
            return self._checksums() == checksums

    def read(self) -> Mapping[str, list[Row]]:
        """The rows of all tables, in the order of their keys.

        Raises:
            BrokenStore: They are not what was written.
            StoreUnavailable: They cannot be read.
            InheritedStore: The file is the parent process's.
        """
        self._require_ready()
        with self._errors():
            checksums = self._checksums()
        tables = {table: self._rows(table, checksums[table]) for table in KEYS}
        with self._errors():
            (verdict,) = self._execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise BrokenStore(self.path, f"SQLite says: {verdict}")
        return tables

    def backup(self, target: Path) -> None:
        """Writes a copy of all that was committed, which is read and checked before it has its name.

        Raises:
            StoreUnavailable: There is a file at ``target`` already, or it cannot be written.
            BrokenStore: What would be copied is not what was written.
            InheritedStore: The file is the parent process's.
        """
        self._require_ready()
        _require_place(target)
        if target.exists():
            raise _taken(target)
        with _new_file(target) as made:
            with closing(_connected(made)) as connection:
                self._connection.backup(connection)
            try:
                with closing(Database(made)) as copy:
                    copy.read()
            except BrokenStore as error:
                raise BrokenStore(self.path, error.reason, table=error.table) from error

    # Inside

    def _require_ready(self) -> None:
        """Pass in the process that has opened it, with no transaction begun.

        One may be left open by a second Ctrl-C, which breaks off what the first one began to roll back.
        """
        self.require_own()
        self._roll_back()

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._execute("ROLLBACK")

    def _made(self, change: Change, checksum: Checksum) -> Checksum:
        """Makes one change; returns its table's checksum after it."""
        if not change.is_new:
            where = f"FROM {change.table} WHERE {' AND '.join(f'{key} = ?' for key in KEYS[change.table])}"
            checksum = checksum.removed(*self._execute(f"SELECT * {where}", change.key).fetchall())
            self._execute(f"DELETE {where}", change.key)
        if change.columns is not None:
            row = (*change.key, *change.columns)
            marks = ", ".join("?" * len(row))
            self._execute(f"INSERT INTO {change.table} VALUES ({marks})", row)  # noqa: S608
            checksum = checksum.added(row)
        return checksum

    def _write_checksums(self, before: Mapping[str, Checksum], after: Mapping[str, Checksum]) -> None:
        for name, checksum in after.items():
            if checksum != before[name]:
                self._execute(
                    "UPDATE checksum SET digest = ?, count = ? WHERE name = ?",
                    (checksum.digest, checksum.count, name),
                )

    def _checksums(self) -> dict[str, Checksum]:
        rows = self._execute("SELECT name, digest, count FROM checksum").fetchall()
        if {name for name, _, _ in rows} != {*KEYS}:
            raise BrokenStore(self.path, "a checksum was added, or is missing", table="checksum")
        for name, digest, _ in rows:
            if not isinstance(digest, bytes) or len(digest) != DIGEST_BYTES:
                raise BrokenStore(self.path, f"its checksum is not {DIGEST_BYTES} bytes", table=name)
        return {name: Checksum(name, int.from_bytes(digest, "big"), count) for name, digest, count in rows}

    def _rows(self, table: str, checksum: Checksum) -> list[Row]:
        order = ", ".join(KEYS[table])
        with self._errors(table=table):
            rows = self._execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()  # noqa: S608
        if Checksum.of(table, rows) != checksum:
            raise BrokenStore(self.path, "its rows are not those that were written", table=table)
        return rows

    def _execute(self, statement: str, values: Row = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _require_writable(self) -> None:
        """Whether a transaction can be made; the place is writable, so only the file's header may say no."""
        try:
            self._connection.executescript("BEGIN IMMEDIATE; UPDATE checksum SET count = count; ROLLBACK;")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_READONLY:
                raise BrokenStore(self.path, f"it opens for reading alone ({error})") from error
            raise

    def _require_same_file(self) -> None:
        """Whether what is written is what the next operator will find."""
        found = _identity(self.path)
        if found != self._identity:
            how = "deleted" if found is None else "replaced by another file"
            raise StoreUnavailable(
                self.path,
                f"it was {how} while the operator ran",
                "nothing is lost yet: store.backup(path) writes all that was saved to a new file; start the "
                "operator again with that one",
            )

    @contextmanager
    def _errors(self, *, table: str | None = None) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise store_error(self.path, error, table=table) from error
        except UnicodeDecodeError as error:  # SQLite quotes what it found
            raise BrokenStore(self.path, str(error), table=table) from error


def _connected(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
    )


def _create(path: Path) -> None:
    """Makes a store of nothing, unless another operator makes one there at the same time."""
    try:
        with _new_file(path) as made, closing(_connected(made)) as connection:
            connection.executescript(_PRAGMAS + _creation())
    except StoreUnavailable:
        if not path.exists():
            raise


def _creation() -> str:
    """A store of nothing."""
    empty = ", ".join(f"('{name}', x'{Checksum(name).digest.hex()}', 0)" for name in KEYS)
    return (
        f"BEGIN; {SCHEMA} INSERT INTO checksum VALUES {empty};"  # noqa: S608
        f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    )


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from others; None if there is none. The file is not opened: that would end locks."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _require_place(path: Path) -> None:
    """Whether there can be a store at a path."""
    if path.is_dir():
        raise StoreUnavailable(
            path, "it is a folder", f"name a file in it, such as {path / 'operator.sqlite'}"
        )
    if not path.parent.is_dir():
        raise StoreUnavailable(path, f"there is no folder {path.parent}", "make it first")
    for place, kind in ((path, "file"), (path.parent, "folder")):
        if place.exists() and not os.access(place, os.R_OK | os.W_OK):
            raise StoreUnavailable(
                path, f"the {kind} {place} cannot be read and written", "give this user write access to it"
            )


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that gets its name once the block ends without an error, and never otherwise.

    So an empty or half-made file at the path of a store is always a broken one.
    """
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        made.touch(exist_ok=False)
        yield made
        _name(made, path)
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    except OSError as error:
        raise StoreUnavailable(path, str(error), "make its folder writable, or free some space") from error
    finally:
        for left in (made, made.with_name(f"{made.name}-journal")):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _name(made: Path, path: Path) -> None:
    """Names a finished file, unless there is one of that name."""
    try:
        os.link(made, path)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError:  # a file system without hard links
        if path.exists():
            raise _taken(path) from None
        made.rename(path)


def _taken(path: Path) -> StoreUnavailable:
    return StoreUnavailable(path, "there is a file of that name already", "choose another name")
