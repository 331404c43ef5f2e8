"""What of ours a test holds, however it came by it: by name, through another fixture, or by getfixturevalue.

Owns the record that fixtures keep of it, what was sent on its chains, and putting all of it back after an
example of Hypothesis's.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_zkrollup.session import Prepared
    from zkrollup.evm import Chain

Anchor = Callable[[], AbstractContextManager[Any]]
"""Undoes on leaving whatever happens inside."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A chain that a test holds.

    Attributes:
        title: What reports call its transactions.
        chain: It.
        start: Number of the latest block as the test got it.
        without: Whose transactions are no matter of the test; None for nobody.
    """

    title: str
    chain: "Chain"
    start: int
    without: object = None

    def transcript(self) -> str:
        """What the test sent, as text."""
        try:
            return self.chain.transcript(self.start, without=self.without)
        except Exception as error:  # whatever the test did to the chain, its own failure has to be reported
            return f"they cannot be listed: {type(error).__name__}: {error}"


@dataclass(slots=True)
class Held:
    """What one test holds at the moment.

    Attributes:
        anchors: How to put back each thing that changes.
        rollups: The rollups among them, whose books must balance.
        example: Of the example that runs, what puts back what it holds; None outside of examples.
        chains: Whose transactions a failure shows.
        of_example: Those that the last failing example sent, before it was put back: titles and texts.
    """

    anchors: list[Anchor] = field(default_factory=list)
    rollups: "list[Prepared]" = field(default_factory=list)
    example: ExitStack | None = None
    chains: list[Watched] = field(default_factory=list)
    of_example: list[tuple[str, str]] = field(default_factory=list)

    def transcripts(self) -> list[tuple[str, str]]:
        """Titles and texts of what was sent on each chain where anything was.

        Where an example failed, up to then: a fixture's own transactions alone would not show why.
        """
        texts = [(each.title, each.transcript()) for each in self.chains]
        return self.of_example or [(title, text) for title, text in texts if text]


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
def watched(item: pytest.Item, title: str, chain: "Chain", without: object = None) -> Iterator[None]:
    """Has a failure show what is sent on a chain from now until this ends, unless it does so already."""
    chains = held_by(item).chains
    if any(each.chain is chain for each in chains):
        yield
        return
    each = Watched(title, chain, chain.block_number, without)
    chains.append(each)
    try:
        yield
    finally:
        chains.remove(each)


@contextmanager
def example(item: pytest.Item) -> Iterator[None]:
    """Puts back after one example all that the test holds by then."""
    held = held_by(item)
    with ExitStack() as stack:
        for anchor in held.anchors:
            stack.enter_context(anchor())
        held.example = stack
        held.of_example = []
        try:
            yield
        except Exception as error:
            if not type(error).__module__.startswith("hypothesis."):  # an assumption that does not hold
                held.of_example = held.transcripts()
            raise
        finally:
            held.example = None
