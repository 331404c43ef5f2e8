"""A chain's latest state, read by address. Owns no state of its own; the mixins of `Chain` stand on it."""

from zkrollup.arguments import WrongArgumentValue, integer
from zkrollup.evm import dataless
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.parties import address_bytes
from zkrollup.locking import Lock


class State:
    """What there is on a chain.

    Attributes:
        engine: what executes; below ABIs and JSON-RPC.
    """

    engine: Engine

    @property
    def exclusive(self) -> Lock:
        """Held by each call. Hold it, by ``with``, to keep other threads out between several calls."""
        return self.engine.exclusive

    def balance(self, address: object) -> int:
        """Return a balance in wei."""
        return self.engine.balance(address_bytes(address))

    def nonce(self, address: object) -> int:
        """Return the number of transactions sent, or contracts created."""
        return self.engine.nonce(address_bytes(address))

    def code(self, address: object) -> bytes:
        """Return the code at an address; empty if there is none."""
        return self.engine.code(address_bytes(address))

    def is_codeless(self, address: object) -> bool:
        """Tell whether a call of an address would do nothing: no code, no precompile and no mock is there."""
        return dataless.is_codeless(self.engine, address_bytes(address))

    def storage(self, address: object, slot: int) -> int:
        """Return a storage word.

        Raises:
            WrongArgument: the slot is no number of 256 bits.
        """
        rule = "pass a slot's number, from 0 to 2^256 - 1"
        number = integer(slot, "slot", rule)
        if not 0 <= number < 1 << 256:
            raise WrongArgumentValue("slot", slot, rule)
        return self.engine.storage(address_bytes(address), number)

    @property
    def block_number(self) -> int:
        """Number of the latest block; 0 is genesis."""
        with self.exclusive:
            return self.engine.head.number

    @property
    def timestamp(self) -> int:
        """Time of the latest block, in seconds; genesis is 2026-01-01. Each block adds one second."""
        with self.exclusive:
            return self.engine.head.timestamp
