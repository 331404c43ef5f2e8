"""The root of the error tree, who refused, and how errors suggest names.

A leaf stands beside the code that raises it.
"""

import difflib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any


class RefusedBy(StrEnum):
    """Who refused what an error tells of."""

    ADAPTER = "adapter"
    """A program on this side: an operator, a sequencer, a target's class, circom's calculator. A thief
    would leave it out."""
    CIRCUIT = "circuit"
    """The constraints: the witness that was tried breaks one of them."""
    L1 = "L1"
    """A contract, or the chain it is on."""


class ZkRollupError(Exception):
    """Every error that this project raises on purpose.

    A leaf carries the offending values as attributes and builds its message from them: the value,
    the rule it broke, and what to do. It comes out of another process as it went in.

    Attributes:
        refused_by: Who refused; a leaf that is not our own Python's says so.
    """

    refused_by: RefusedBy = RefusedBy.ADAPTER

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, a leaf would be made again from its message alone.
        return _restored, (type(self), self.args), vars(self)


def _restored(leaf: type[ZkRollupError], args: tuple[Any, ...]) -> ZkRollupError:
    error = leaf.__new__(leaf)
    error.args = args
    return error


def suggestion(wanted: str, known: Iterable[str]) -> str:
    """Return ``; did you mean this or that?`` for a misspelt name; empty where no known name is close."""
    unique = list(dict.fromkeys(known))
    by_lower = {name.lower(): name for name in unique}
    close = difflib.get_close_matches(wanted.lower(), by_lower, n=3)
    return f"; did you mean {' or '.join(by_lower[each] for each in close)}?" if close else ""
