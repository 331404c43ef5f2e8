"""What contexts hold for as long as they are open: mocks, and senders without a key, beside those that stay.

Owns that contexts of several threads may overlap in any order: each takes back what it brought, and no more.
Does not own what a mock or an impersonation does.
"""

from collections import Counter
from dataclasses import dataclass
from functools import reduce

from zkrollup.evm.engine.mocks import NO_MOCKS, Answer, Mocks


@dataclass(frozen=True, slots=True, eq=False)
class Mock:
    """One answer in force; see `Mocks.having`."""

    address: bytes
    beginning: bytes
    answer: Answer


class Held:
    """What open contexts have brought.

    Attributes:
        lasting: Senders without a key of no context; they stay until that is stopped.
    """

    def __init__(self) -> None:
        self.lasting: set[bytes] = set()
        self._mocks: list[Mock] = []
        self._stand_ins: set[bytes] = set()
        self._senders: Counter[bytes] = Counter()

    # --- mocks

    @property
    def mocks(self) -> Mocks:
        """All that are in force, the latest last."""
        return reduce(
            lambda known, one: known.having(one.address, one.beginning, one.answer), self._mocks, NO_MOCKS
        )

    def add_mock(self, mock: Mock, *, stands_in: bool) -> None:
        """Bring a mock; `stands_in` tells that its address has code only because of it."""
        self._mocks.append(mock)
        if stands_in:
            self._stand_ins.add(mock.address)

    def remove_mock(self, mock: Mock) -> bool:
        """Take one back; tell whether its address stops having code now that the last one is gone."""
        self._mocks.remove(mock)
        if mock.address not in self._stand_ins or any(each.address == mock.address for each in self._mocks):
            return False
        self._stand_ins.remove(mock.address)
        return True

    # --- senders

    @property
    def senders(self) -> frozenset[bytes]:
        """All that send without a key."""
        return frozenset(self.lasting).union(self._senders)

    def lend(self, address: bytes) -> None:
        """Let an address send."""
        self._senders[address] += 1

    def take_back(self, address: bytes) -> None:
        """Take back what was lent once."""
        self._senders[address] -= 1
        if not self._senders[address]:
            del self._senders[address]
