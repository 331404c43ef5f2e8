"""Calls that are answered without running code. Owns which they are, and how the EVM is told.

Does not own when they hold: `core` exchanges the computation of its state, so that an engine without
mocks runs the same code as ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from eth.exceptions import Revert


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gets instead of what it called.

    Attributes:
        data: returned data, or revert data.
        reverts: whether the call fails; value that it sent comes back then.
    """

    data: bytes
    reverts: bool = False


@dataclass(frozen=True, slots=True)
class Mocks:
    """Answers to calls.

    Attributes:
        by_address: of each account, how the calldata begins and the answer; the first that fits counts.
    """

    by_address: Mapping[bytes, tuple[tuple[bytes, Answer], ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_address)

    def having(self, address: bytes, beginning: bytes, answer: Answer) -> "Mocks":
        """Return these and one more: the longest beginning counts, then the latest."""
        others = [each for each in self.by_address.get(address, ()) if each[0] != beginning]
        fitting = sorted([(beginning, answer), *others], key=lambda each: len(each[0]), reverse=True)
        return Mocks({**self.by_address, address: tuple(fitting)})

    def find(self, message: Any) -> Answer | None:
        """Return the answer to a message, None where its code is to run."""
        # Of an account that has delegated (EIP-7702), code_address is where its code comes from.
        called = message.storage_address if message.is_delegation else message.code_address
        for beginning, answer in self.by_address.get(called, ()):
            if message.data_as_bytes.startswith(beginning):
                return answer
        return None

    def over(self, computation: Any) -> Any:
        """Return a computation class that asks these first; the given one if there are none."""
        return type("Mocking", (_Mocking, computation), {"mocks": self}) if self else computation


NO_MOCKS: Final = Mocks()


class _Mocking:
    """Mixed in before the engine's Computation; `mocks` is set by a class of each table."""

    mocks: Mocks

    @classmethod
    def apply_computation(
        cls: Any, state: Any, message: Any, context: Any, parent_computation: Any = None
    ) -> Any:
        """Answer a message, or run it; value has been transferred by then."""
        answer = cls.mocks.find(message)
        if answer is None:
            return super().apply_computation(state, message, context, parent_computation)  # type: ignore[misc]
        with cls(state, message, context) as computation:
            computation._begin(parent_computation)
            computation.output = answer.data
            if answer.reverts:
                raise Revert(answer.data)
        return computation
