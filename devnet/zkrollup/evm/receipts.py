"""Receipts of mined transactions. Owns their shape; execution and decoding happen elsewhere."""

from dataclasses import dataclass, field
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address

from zkrollup.evm.abi import Signature, UndecodableResult
from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.events import Event


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction's effects.

    Attributes:
        status: 1 for success, 0 for failure.
        gas_used: after refunds.
        gas_price: effective, in wei; 0 for an impersonated sender who named no fee.
        block_number: of the block that holds it.
        transaction_hash: 32 bytes.
        contract_address: of the contract that it created, checksummed, or None.
        logs: raw, in order.
        events: those logs whose event a known ABI has, decoded; see `Event.flaw`.
        target: address of what was called, 20 bytes; b"" for a creation.
        output: returned data, or revert data.
        function: that a contract's method called; None for other transactions.
    """

    status: int
    gas_used: int
    gas_price: int
    block_number: int
    transaction_hash: bytes
    contract_address: str | None
    logs: tuple[Log, ...]
    events: tuple[Event, ...]
    target: bytes = b""
    output: bytes = field(default=b"", repr=False)
    function: Signature | None = field(default=None, repr=False)

    @property
    def to(self) -> str | None:
        """What was called, checksummed; None for a creation."""
        return str(to_checksum_address(self.target)) if self.target else None

    @property
    def return_value(self) -> Any:
        """What the function returned as it was mined: nothing, the value, or a (named) tuple.

        Raises:
            LookupError: the transaction was not sent by a contract's method, so nobody knows its type.
            UndecodableResult: the result is not what the ABI says.
        """
        if self.function is None:
            raise LookupError("no type is known for what this transaction returned: its bytes are in output")
        try:
            return self.function.decode_result(self.output)
        except DecodingError as error:
            raise UndecodableResult.of(self.function, str(self.to), self.output, error) from error

    def event(self, name: str) -> Event:
        """Return the only event of a name.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = [event for event in self.events if event.name == name]
        if len(found) != 1:
            names = ", ".join(event.name for event in self.events) or "none"
            raise LookupError(f"{len(found)} events {name!r} in this receipt; it has: {names}")
        return found[0]
