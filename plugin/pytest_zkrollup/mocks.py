"""Mocks of a run: how many were made, where, and where some were asked for although the run forbids them.

Owns the record and its words. It begins before conftest.py files are loaded and hears of every mock in the
process, whoever makes it and on whatever thread; other processes of a test's own are not heard.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

import pytest

from pytest_zkrollup.config import forbids_mock
from zkrollup.operator import mocked
from zkrollup.snark.modes import (
    Mock,
    MockForbidden,
    MockKind,
    mock_forbidden,
    mock_is_forbidden,
    mocks_reported_to,
)

LOADING: Final = "conftest.py, as it was loaded"
BETWEEN: Final = "code outside of tests"
_LISTED: Final = 8
"""Places that the summary names."""


@dataclass(slots=True)
class Mocks:
    """What is known of a run's mocks.

    Attributes:
        proofs: How many mock proofs were made, by place and circuit. A place is a test, a file that is being
            collected, LOADING or BETWEEN.
        verifiers: How many contracts that take them, by place.
        forbidden: How often one was asked for where none may be, by place; it may have been made where a
            test took the run's word out of its environment.
        by_run: Whether the run forbids them, which a test may also do by itself, and then expects it.
    """

    proofs: Counter[tuple[str, str]] = field(default_factory=Counter)
    verifiers: Counter[str] = field(default_factory=Counter)
    forbidden: Counter[str] = field(default_factory=Counter)
    by_run: bool = False
    _place: str = LOADING
    _told: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def heard(self, mock: Mock) -> None:
        """Counts a mock where the run is now."""
        with self._lock:
            if mock.forbidden or self.by_run:
                self.forbidden[self._place] += 1
            elif mock.kind is MockKind.PROOF:
                self.proofs[self._place, mock.circuit or "unnamed"] += 1
            else:
                self.verifiers[self._place] += 1

    def leave(self) -> None:
        """Whatever comes now is no longer of what is being loaded."""
        self._place = BETWEEN

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Inside, mocks are those of a place."""
        before, self._place = self._place, place
        try:
            yield
        finally:
            self._place = before

    def newly_forbidden(self, place: str) -> bool:
        """Whether a mock that the run forbids was asked for at a place since this was last asked of it."""
        with self._lock:
            before, self._told[place] = self._told[place], self.forbidden[place]
        return self.by_run and self._told[place] > before

    def forbidden_and_untold(self) -> list[str]:
        """The places of which nobody has asked it."""
        return [place for place in sorted(self.forbidden) if self.newly_forbidden(place)]

    @property
    def circuits(self) -> dict[str, int]:
        """How many mock proofs there are, by circuit."""
        found: Counter[str] = Counter()
        for (_, circuit), count in self.proofs.items():
            found[circuit] += count
        return dict(sorted(found.items()))

    def dump(self) -> dict[str, Any]:
        """The record as plain data, to be sent to another process; of what was refused, what is untold."""
        proofs = [(*key, count) for key, count in self.proofs.items()]
        forbidden = dict.fromkeys(self.forbidden_and_untold(), 1)
        return {"proofs": proofs, "verifiers": dict(self.verifiers), "forbidden": forbidden}

    def merge(self, other: dict[str, Any]) -> None:
        """Adds another process's."""
        self.proofs.update({(place, circuit): count for place, circuit, count in other["proofs"]})
        self.verifiers.update(other["verifiers"])
        self.forbidden.update(other["forbidden"])
        self.by_run |= bool(other["forbidden"])

    def places(self) -> list[str]:
        """Where mocks were made, a line each: most proofs first, and so many places."""
        proofs: Counter[str] = Counter()
        for (place, _), count in self.proofs.items():
            proofs[place] += count
        lines = [
            f"{place}: {_of(count, 'mock proof')}"
            for place, count in sorted(proofs.items(), key=lambda each: (-each[1], each[0]))
        ]
        lines += [
            f"{place}: {_of(count, 'mock verifier')}, no proof"
            for place, count in sorted(self.verifiers.items())
            if place not in proofs
        ]
        left_out = len(lines) - _LISTED
        return lines if left_out <= 1 else [*lines[:_LISTED], f"{left_out} more places"]


MOCKS: Final = pytest.StashKey[Mocks]()


def begin(config: pytest.Config) -> Mocks:
    """The run's record, which begins now if it has not yet; where mocks are forbidden, that begins too.

    To be called again when plugins and conftest.py files have changed the environment: they may forbid
    mocks, and cannot allow them.
    """
    opened = ExitStack()
    mocked.watch()
    if MOCKS not in config.stash:
        config.stash[MOCKS] = Mocks()
        opened.enter_context(mocks_reported_to(config.stash[MOCKS].heard))
    mocks = config.stash[MOCKS]
    mocks.by_run |= forbids_mock(config)
    if mocks.by_run and not mock_is_forbidden():
        # In the environment, so that a devnet that a test starts, or its subprocess, knows it too.
        opened.enter_context(mock_forbidden())
    config.add_cleanup(opened.close)
    return mocks


def forbidden_in(place: str) -> str:
    """What to say of a place that asked for a mock where the run forbids them."""
    return f"{place} asked for a mock: {MockForbidden()}"


def _of(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
