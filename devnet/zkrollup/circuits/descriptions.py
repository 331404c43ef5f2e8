"""The rollup's circuits by name, and how each is described: what caches, digests and provers agree on.

Looks the functions up anew in each call, so that one that a test has patched is the one that is used.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from zkrollup.circuits import batch, claim, escape, live
from zkrollup.circuits.batch import BatchSize
from zkrollup.snark.circuit import Circuit

Description: TypeAlias = tuple[str, Callable[[], Circuit]]
"""A circuit's name, sizes included, and what builds it."""


def descriptions(size: BatchSize) -> tuple[Description, Description, Description]:
    """The circuits of a rollup of this size: batch, claim, escape."""
    return batch_description(size), claim_description(), escape_description(size.levels)


def fingerprint_in_force(size: BatchSize) -> str | None:
    """SHA-256, hex, of the code that would describe these circuits now; see ``live.fingerprint``."""
    return live.fingerprint(*(describe for _, describe in descriptions(size)))


def batch_description(size: BatchSize) -> Description:
    """The batch circuit of a size."""
    return f"batch-{size.slots}x{size.levels}", partial(batch.batch_circuit, size)


def claim_description() -> Description:
    """The claim circuit, one for all sizes."""
    return "claim", claim.claim_circuit


def escape_description(levels: int) -> Description:
    """The escape circuit of trees of 4^levels accounts."""
    return f"escape-{levels}", partial(escape.escape_circuit, levels)
