"""A chain's logs, decoded. Owns which are asked for; an event is `events`' matter."""

from zkrollup.evm.contract import Contract
from zkrollup.evm.events import Event, UnknownEvent, decode_all
from zkrollup.evm.knowledge import Knowledge, Lookup
from zkrollup.evm.parties import address_bytes, block_number
from zkrollup.evm.state import State
from zkrollup.locking import locked


class Logs(State):
    """The part of a `Chain` that reads logs.

    Attributes:
        knowledge: ABIs and labels of what is on it.
    """

    knowledge: Knowledge

    def known(self, contract: object = None) -> Lookup:
        """Return the ABIs that count; of a contract that is asked, its own comes first."""
        if isinstance(contract, Contract):
            return Lookup(self.knowledge, contract.address, contract.interface)
        return Lookup(self.knowledge)

    @locked
    def logs(
        self,
        *,
        address: object = None,
        event: str | None = None,
        from_block: int = 0,
        to_block: int | None = None,
    ) -> list[Event]:
        """Return the logs that a known ABI decodes, oldest first.

        Args:
            address: only of this contract; a contract's own ABI comes first.
            event: only events of this name.
            from_block: first block.
            to_block: last block, included; the latest by default.

        Raises:
            UnknownEvent: no known ABI has an event of that name.
            WrongArgument: a block is no number of one.
        """
        known = self.known(address)
        if event is not None and event not in (names := known.event_names()):
            raise UnknownEvent(event, names)
        topics = None if event is None else known.topics(event)
        raw = self.engine.logs(
            block_number(from_block, "from_block"),
            "latest" if to_block is None else block_number(to_block, "to_block"),
            [] if address is None else [address_bytes(address)],
            [] if topics is None else [topics],
        )
        found = () if topics == [] else decode_all(raw, known)
        return [each for each in found if event in (None, each.name)]
