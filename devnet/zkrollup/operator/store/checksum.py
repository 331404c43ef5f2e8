"""A checksum of each table's rows that a change of one row brings up to date, however many there are.

It is the sum of the rows' BLAKE2b digests modulo 2^256, and their number: a multiset hash, as in Bellare and
Micciancio, "A New Paradigm for Collision-Free Hashing: Incrementality at Reduced Cost" (1997). It notices
accidents and edits. It has no key, so that it stops nobody who computes it anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

Row = tuple[Any, ...]
"""A row as SQLite gives it: int, float, str, bytes or None."""

DIGEST_BYTES: Final = 32
_MODULUS: Final = 1 << 8 * DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Checksum:
    """Of the rows of one table.

    Attributes:
        table: Its name, which every row's digest covers.
        total: The sum of the digests, below 2^256.
        count: How many rows there are.
    """

    table: str
    total: int = 0
    count: int = 0

    @classmethod
    def of(cls, table: str, rows: Iterable[Row]) -> "Checksum":
        """The checksum of these rows, in any order."""
        return cls(table).added(*rows)

    @property
    def digest(self) -> bytes:
        """The sum as 32 bytes."""
        return self.total.to_bytes(DIGEST_BYTES, "big")

    def added(self, *rows: Row) -> "Checksum":
        """With more rows."""
        return self._changed(sum(map(self._digest, rows)), len(rows))

    def removed(self, *rows: Row) -> "Checksum":
        """Without rows that were counted."""
        return self._changed(-sum(map(self._digest, rows)), -len(rows))

    def _changed(self, total: int, count: int) -> "Checksum":
        return Checksum(self.table, (self.total + total) % _MODULUS, self.count + count)

    def _digest(self, row: Row) -> int:
        # ascii() tells types apart, and does not change with Python's tables of printable characters.
        return int.from_bytes(
            blake2b(ascii((self.table, *row)).encode(), digest_size=DIGEST_BYTES).digest(), "big"
        )
