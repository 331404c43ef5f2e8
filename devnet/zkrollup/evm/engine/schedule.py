"""What is known of the blocks to come: their time, fee, coinbase. Owns no block and no clock.

Time is counted, not read: a block comes a step after its parent unless it was told otherwise.
"""

from dataclasses import dataclass, replace
from typing import Final

from eth_hash.auto import keccak

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine import headers
from zkrollup.evm.engine.headers import Header

_END: Final = 2**64
"""A header's time is a number of 64 bits, as in geth; Solidity reads no later one right."""


class InvalidTime(ZkRollupError):
    """Time that would not move forward, or would leave 64 bits.

    Attributes:
        timestamp: that was asked for.
        head: time of the latest block.
    """

    def __init__(self, timestamp: int, head: int) -> None:
        self.timestamp = timestamp
        self.head = head
        super().__init__(
            f"no block at {timestamp} s: the latest is at {head} s, and the next must be later, below 2^64"
        )


def require_time(timestamp: int, head: int) -> None:
    """Passes if a block may have a time after the latest one's, ``head``.

    Raises:
        InvalidTime: It may not.
    """
    if not head < timestamp < _END:
        raise InvalidTime(timestamp, head)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Settings of the blocks to come, and of the next one alone.

    Attributes:
        gas_limit: of the blocks to come.
        coinbase: of the blocks to come.
        step: seconds from a block to the next.
        offset: sum of all moves of time.
        shift: moves that the next block is to make.
        timestamp: of the next block alone.
        base_fee: of the next block alone.
        prev_randao: of the next block alone.
    """

    gas_limit: int
    coinbase: bytes = bytes(20)
    step: int = 1
    offset: int = 0
    shift: int = 0
    timestamp: int | None = None
    base_fee: int | None = None
    prev_randao: bytes | None = None

    def after_a_block(self) -> "Schedule":
        """Return what holds for the block after the next."""
        return replace(self, shift=0, timestamp=None, base_fee=None, prev_randao=None)

    def not_before(self, timestamp: int) -> "Schedule":
        """Return the same without a time for the next block that has passed."""
        passed = self.timestamp is not None and self.timestamp <= timestamp
        return replace(self, timestamp=None) if passed else self

    def time_after(self, parent: Header) -> int:
        """Return the next block's time."""
        return parent.timestamp + self.step + self.shift if self.timestamp is None else self.timestamp

    def base_fee_after(self, parent: Header) -> int:
        """Return the next block's base fee."""
        return headers.next_base_fee(parent) if self.base_fee is None else self.base_fee

    def prev_randao_after(self, parent: Header) -> bytes:
        """Return the next block's PREVRANDAO: a hash of its parent's hash, so that two runs agree."""
        return bytes(keccak(parent.hash)) if self.prev_randao is None else self.prev_randao
