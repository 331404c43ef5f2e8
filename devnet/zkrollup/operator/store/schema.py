"""The tables of a store. Owns their form, and that a file has these tables and nothing else."""

import sqlite3
from functools import cache
from pathlib import Path
from typing import Final

from zkrollup.operator.store.errors import BrokenStore

SCHEMA_VERSION: Final = 2
"""Changes with the tables, with what their columns mean, and with when snapshots are taken."""

SCHEMA: Final = """
CREATE TABLE memory (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE batch (
    number INTEGER PRIMARY KEY, header TEXT NOT NULL, instance TEXT NOT NULL, queued TEXT NOT NULL,
    signed TEXT NOT NULL, data BLOB NOT NULL, moves TEXT NOT NULL, exits TEXT NOT NULL
) STRICT;
CREATE TABLE settled (number INTEGER PRIMARY KEY, seconds REAL NOT NULL, origin TEXT NOT NULL) STRICT;
CREATE TABLE proof (
    number INTEGER PRIMARY KEY, proof TEXT NOT NULL, seconds REAL NOT NULL, origin TEXT NOT NULL
) STRICT;
CREATE TABLE gas (
    number INTEGER, function TEXT, gas INTEGER NOT NULL, PRIMARY KEY (number, function)
) STRICT, WITHOUT ROWID;
CREATE TABLE queue (number INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT;
CREATE TABLE pool (arrival INTEGER PRIMARY KEY, operation TEXT NOT NULL) STRICT;
CREATE TABLE evicted (
    position INTEGER PRIMARY KEY, arrival INTEGER NOT NULL, operation TEXT NOT NULL,
    rule TEXT NOT NULL, why TEXT NOT NULL
) STRICT;
CREATE TABLE account (number INTEGER PRIMARY KEY, fields TEXT NOT NULL) STRICT;
CREATE TABLE checksum (
    name TEXT PRIMARY KEY, digest BLOB NOT NULL, count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

KEYS: Final = {
    "memory": ("name",),
    "batch": ("number",),
    "settled": ("number",),
    "proof": ("number",),
    "gas": ("number", "function"),
    "queue": ("number",),
    "pool": ("arrival",),
    "evicted": ("position",),
    "account": ("number",),
}
"""The key columns of each table that holds state. A table is read in the order of its key."""


def require_schema(path: Path, connection: sqlite3.Connection) -> None:
    """Whether a file has the tables of a store.

    Raises:
        BrokenStore: It has others, or of another version, or none at all.
        sqlite3.Error: It cannot be read.
    """
    found = _objects(connection)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not found and version == 0:
        raise BrokenStore(path, "it is an empty file or an empty database")
    if version != SCHEMA_VERSION:
        raise BrokenStore(path, f"its schema has version {version}, this one reads {SCHEMA_VERSION}")
    expected = _expected()
    for name in sorted({*expected, *found}, key=str):
        if found.get(name) != expected.get(name):
            how = (
                "is missing" if name not in found else "was added" if name not in expected else "was changed"
            )
            raise BrokenStore(path, f"its definition {how}", table=str(name))


@cache
def _expected() -> dict[str, tuple[str, ...]]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(SCHEMA)
        return _objects(connection)
    finally:
        connection.close()


def _objects(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Tables, indices, views and triggers by name; what SQLite has made by itself has no text."""
    rows = connection.execute("SELECT name, type, tbl_name, sql FROM sqlite_schema")
    return {name: tuple(rest) for name, *rest in rows}
