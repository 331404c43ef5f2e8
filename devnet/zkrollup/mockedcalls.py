"""Who is told of calls that a test answers in a contract's place, on any chain of this process.

Loads nothing, so that whoever counts or forbids mocks can listen before there is a chain.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class MockedCall:
    """Calls that are about to be answered without running code.

    Attributes:
        address: That is called, 20 bytes.
        code: There, which does not run.
        beginning: How the calldata begins; b"" for any.
        reverts: Whether they fail.
    """

    address: bytes
    code: bytes
    beginning: bytes
    reverts: bool


Listener: TypeAlias = Callable[[MockedCall], None]
"""Told before the answer is in force. What it raises refuses the mock."""

listeners: Final[set[Listener]] = set()
