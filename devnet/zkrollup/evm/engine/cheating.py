"""Time, and state that nobody paid for. Owns what the chain is told to be; executing is `engine`'s.

No cheat mines a block, and whoever goes back before it undoes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from zkrollup import mockedcalls
from zkrollup.crypto.secp256k1 import public_key
from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.held import Mock
from zkrollup.evm.engine.mocks import Answer
from zkrollup.evm.engine.schedule import InvalidTime, require_time
from zkrollup.evm.engine.timeline import Timeline
from zkrollup.evm.engine.transactions import address_of
from zkrollup.locking import locked
from zkrollup.mockedcalls import MockedCall

_STAND_IN: Final = b"\0"
"""Code of an account that has none and is mocked: callers look whether there is any. It is STOP."""


class OutOfRange(ZkRollupError):
    """A value that the state cannot hold.

    Attributes:
        value: that was given.
    """

    def __init__(self, name: str, value: int, bits: int) -> None:
        self.value = value
        super().__init__(f"{name} is {value}, it must be 0 to 2^{bits} - 1")


class Cheating(Timeline):
    """A chain whose time and state can be set; arguments and attributes are `Engine`'s."""

    # --- time

    @property
    def time_offset(self) -> int:
        """Sum of all moves of time, in seconds."""
        return self.schedule.offset

    @locked
    def set_next_block_timestamp(self, timestamp: int) -> None:
        """Fix the time of the next block.

        Raises:
            InvalidTime: it is not after the latest block, or beyond 64 bits.
        """
        require_time(timestamp, self.head.timestamp)
        self.schedule = replace(self.schedule, timestamp=timestamp)

    @locked
    def increase_time(self, seconds: int) -> int:
        """Move the next block, and so those after it; returns the sum of all moves.

        Raises:
            InvalidTime: seconds is negative, or leads beyond 64 bits.
        """
        if seconds < 0:
            raise InvalidTime(self.next_timestamp + seconds, self.head.timestamp)
        require_time(self.next_timestamp + seconds, self.head.timestamp)
        schedule = self.schedule
        fixed = None if schedule.timestamp is None else schedule.timestamp + seconds
        self.schedule = replace(
            schedule, offset=schedule.offset + seconds, shift=schedule.shift + seconds, timestamp=fixed
        )
        return self.schedule.offset

    # --- state

    @locked
    def set_balance(self, address: bytes, wei: int) -> None:
        """Set a balance.

        Raises:
            OutOfRange: it is no 256-bit amount.
        """
        _check_range("balance", wei, 256)
        self.world.set_balance(address, wei)

    @locked
    def set_nonce(self, address: bytes, nonce: int) -> None:
        """Set a nonce.

        Raises:
            OutOfRange: it is no 64-bit number.
        """
        _check_range("nonce", nonce, 64)
        self.world.set_nonce(address, nonce)

    @locked
    def set_code(self, address: bytes, code: bytes) -> None:
        """Set code."""
        self.world.set_code(address, code)

    @locked
    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Set a storage word.

        Raises:
            OutOfRange: slot or value is no word.
        """
        _check_range("slot", slot, 256)
        _check_range("value", value, 256)
        self.world.set_storage(address, slot, value)
        self.world.lock_changes()

    @locked
    def add_key(self, key: bytes) -> bytes:
        """Sign for an account from now on; returns its address.

        Raises:
            InvalidKey: it is not 32 bytes of a number in [1, n).
        """
        address = address_of(public_key(key))
        self.keys[address] = key
        return address

    @property
    @locked
    def impersonated(self) -> frozenset[bytes]:
        """Addresses that send without a key, in a context or until it is stopped."""
        return self._held.senders

    @locked
    def impersonate(self, address: bytes) -> None:
        """Let an address send without a key."""
        self._held.lasting.add(address)

    @locked
    def stop_impersonating(self, address: bytes) -> None:
        """End what `impersonate` began; a context ends by itself."""
        self._held.lasting.discard(address)

    @contextmanager
    def impersonating(self, address: bytes) -> Iterator[None]:
        """Let an address send without a key inside the context."""
        with self.exclusive:
            self._held.lend(address)
        try:
            yield
        finally:
            with self.exclusive:
                self._held.take_back(address)

    @contextmanager
    def mock_call(self, address: bytes, beginning: bytes, answer: Answer) -> Iterator[None]:
        """Answer calls of an account inside the context, a transaction's own and those that contracts make.

        Where mocks overlap, the longest beginning counts, then the latest. Value is transferred all the same.

        Args:
            address: called, or whose code is borrowed by DELEGATECALL.
            beginning: of the calldata; b"" for any.
            answer: to it.

        Raises:
            ZkRollupError: one of `mockedcalls.listeners` refuses it.
        """
        mock = Mock(address, beginning, answer)
        self._bring(mock)
        try:
            yield
        finally:
            self._take_back(mock)

    @locked
    def _bring(self, mock: Mock) -> None:
        code = self.world.get_code(mock.address)
        call = MockedCall(mock.address, code, mock.beginning, mock.answer.reverts)
        for told in tuple(mockedcalls.listeners):
            told(call)
        lacks_code = not code
        if lacks_code:
            self.world.set_code(mock.address, _STAND_IN)
        self._held.add_mock(mock, stands_in=lacks_code)
        self._exchange_mocks(self._held.mocks)

    @locked
    def _take_back(self, mock: Mock) -> None:
        stood_in = self._held.remove_mock(mock)
        self._exchange_mocks(self._held.mocks)
        # Whoever reverted to an earlier state inside has undone it already.
        if stood_in and self.world.get_code(mock.address) == _STAND_IN:
            self._remove_code(mock.address)

    def _remove_code(self, address: bytes) -> None:
        self.world.delete_code(address)
        if self.world.account_is_empty(address):
            self.world.delete_account(address)


def _check_range(name: str, value: int, bits: int) -> None:
    if not 0 <= value < 2**bits:
        raise OutOfRange(name, value, bits)
