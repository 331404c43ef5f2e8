"""What of ours a test holds, however it came by it: by name, through another fixture, or by getfixturevalue.

Owns the record that fixtures keep of it, and putting all of it back after an example of Hypothesis's.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_zkrollup.session import Prepared

Anchor = Callable[[], AbstractContextManager[Any]]
"""Undoes on leaving whatever happens inside."""


@dataclass(slots=True)
class Held:
    """What one test holds at the moment.

    Attributes:
        anchors: How to put back each thing that changes.
        rollups: The rollups among them, whose books must balance.
        example: Of the example that runs, what puts back what it holds; None outside of examples.
    """

    anchors: list[Anchor] = field(default_factory=list)
    rollups: "list[Prepared]" = field(default_factory=list)
    example: ExitStack | None = None


_HELD = pytest.StashKey[Held]()


def held_by(item: pytest.Item) -> Held:
    """What a test holds; it may change."""
    return item.stash.setdefault(_HELD, Held())


@contextmanager
def in_use(item: pytest.Item, anchor: Anchor, rollup: "Prepared | None" = None) -> Iterator[None]:
    """Records that a test holds something, which ``anchor`` puts back, from now until this ends.

    What is first asked for inside an example is put back after that example, too.
    """
    held = held_by(item)
    held.anchors.append(anchor)
    if rollup is not None:
        held.rollups.append(rollup)
    if held.example is not None:
        held.example.enter_context(anchor())
    try:
        yield
    finally:
        held.anchors.remove(anchor)
        if rollup is not None:
            held.rollups.remove(rollup)


@contextmanager
def example(item: pytest.Item) -> Iterator[None]:
    """Puts back after one example all that the test holds by then."""
    held = held_by(item)
    with ExitStack() as stack:
        for anchor in held.anchors:
            stack.enter_context(anchor())
        held.example = stack
        try:
            yield
        finally:
            held.example = None
