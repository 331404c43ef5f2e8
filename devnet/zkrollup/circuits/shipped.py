"""The digests of circuits that ship, so that no other circuit passes for one of them.

Owns the list, shipped.json, and how it is written: ``python -m zkrollup.circuits.shipped``, which describes
each circuit anew. Sizes that are not in it have no digest.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_suffix(".json")
_BATCHES: Final = ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 3), (3, 4), (3, 8), (5, 3), (16, 4))
"""Slots and levels: the default, and what documentation, examples and tests use."""


def digest_of(name: str) -> str | None:
    """The SHA-256, hex, of a circuit's constraints; None for one of a size that does not ship."""
    return _shipped().get(name)


def described() -> Iterator[tuple[str, str]]:
    """The name of each circuit that ships, and the digest of what the code describes now."""
    from zkrollup.circuits.batch import BatchSize
    from zkrollup.circuits.descriptions import descriptions

    circuits = dict(each for size in _BATCHES for each in descriptions(BatchSize(*size)))
    for name, describe in sorted(circuits.items()):
        yield name, describe().digest


@cache
def _shipped() -> dict[str, str]:
    listed: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return listed


if __name__ == "__main__":
    _FILE.write_text(json.dumps(dict(described()), indent=2) + "\n", encoding="utf-8")
