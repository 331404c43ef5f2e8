"""Receipts of mined transactions. Owns their shape; execution and decoding happen elsewhere."""

from dataclasses import dataclass

from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.events import Event


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction's effects.

    Attributes:
        status: 1 for success, 0 for failure.
        gas_used: after refunds.
        gas_price: effective, in wei; 0 for an impersonated sender, who pays nothing.
        block_number: of the block that holds it.
        transaction_hash: 32 bytes.
        contract_address: of the contract that it created, checksummed, or None.
        logs: raw, in order.
        events: those logs that an ABI known to the chain decodes.
    """

    status: int
    gas_used: int
    gas_price: int
    block_number: int
    transaction_hash: bytes
    contract_address: str | None
    logs: tuple[Log, ...]
    events: tuple[Event, ...]

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
