"""Finds the storage word that a view function answers from, as Foundry's stdStorage does.

Owns the search: which slots a call reads, and which bits of one its answer is. It changes nothing: what the
answer would be is asked of calls with another state.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from eth_utils import to_checksum_address

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.simulation import Override
from zkrollup.evm.engine.transactions import CallFields

_WORD_BITS: Final = 256
_ALL: Final = 2**_WORD_BITS - 1


class NoSingleWord(ZkRollupError):
    """A view function does not answer from one storage word alone.

    Attributes:
        address: that was called, checksummed.
        function: what was called.
        slots: that the call read, as contract and slot.
    """

    def __init__(self, address: str, function: str, slots: tuple[tuple[str, int], ...]) -> None:
        self.address, self.function, self.slots = address, function, slots
        read = f"it read {len(slots)} slots, none of which holds the value" if slots else "it read no slot"
        super().__init__(
            f"{function} of {address} does not come from one storage word: {read}. It is computed, as in "
            "rebasing tokens, or there is no such function; have a holder transfer instead, inside "
            "`with chain.impersonate(holder) as sender:`"
        )


class TooLarge(ZkRollupError):
    """A value that does not fit into the bits that a contract keeps for it.

    Attributes:
        value: to be stored.
        bits: that there are.
    """

    def __init__(self, value: int, bits: int) -> None:
        self.value, self.bits = value, bits
        super().__init__(f"{value} does not fit: the contract keeps {bits} bits for it, 0 to 2^{bits} - 1")


@dataclass(frozen=True, slots=True)
class View:
    """A view function of one number, called.

    Attributes:
        engine: that executes.
        address: of the contract.
        data: calldata.
        function: what messages call it.
    """

    engine: Engine
    address: bytes
    data: bytes
    function: str

    def answer(self, place: "tuple[bytes, int] | None" = None, word: int = 0) -> int | None:
        """Return what it answers, if a slot held another word; None where it answers no single word."""
        overrides = {} if place is None else {place[0]: Override(storage_diff={place[1]: word})}
        outcome = self.engine.call(self._fields, overrides=overrides)
        if outcome.failure or len(outcome.output) != _WORD_BITS // 8:
            return None
        return int.from_bytes(outcome.output, "big")

    def reads(self) -> tuple[tuple[bytes, int], ...]:
        """Return the slots that the call reads."""
        touched, _ = self.engine.access_list(self._fields, at="latest")
        return tuple((address, slot) for address, slots in touched for slot in slots)

    @property
    def _fields(self) -> CallFields:
        return CallFields(bytes(20), self.address, self.data)


@dataclass(frozen=True, slots=True)
class Word:
    """Bits of a storage word that are a view function's answer.

    Attributes:
        view: that answers from it.
        address: of the account that holds it: behind a proxy the proxy.
        slot: of the word.
        offset: of the lowest bit.
        bits: how many.
    """

    view: View
    address: bytes
    slot: int
    offset: int
    bits: int

    def write(self, value: int) -> None:
        """Let the view answer a value from now on; other bits of the word stay.

        Raises:
            TooLarge: there are not so many bits. Nothing changed.
        """
        if not 0 <= value < 1 << self.bits:
            raise TooLarge(value, self.bits)
        engine = self.view.engine
        engine.set_storage(self.address, self.slot, self.holding(value))

    def holding(self, value: int) -> int:
        """Return the whole word with that value in its bits."""
        mask = (1 << self.bits) - 1 << self.offset
        return self.view.engine.storage(self.address, self.slot) & ~mask | value << self.offset


def find_word(view: View) -> Word:
    """Find the word behind a view function.

    Raises:
        NoSingleWord: there is none: the value is computed, or there is no such function.
    """
    reads = view.reads()
    for place in reads:
        for offset, bits in _fields_in(view, place):
            word = Word(view, *place, offset, bits)
            if _answers_from(word):
                return word
    shown = tuple((to_checksum_address(address), slot) for address, slot in reads)
    raise NoSingleWord(to_checksum_address(view.address), view.function, shown)


def _fields_in(view: View, place: tuple[bytes, int]) -> Iterator[tuple[int, int]]:
    """Guess offset and width of the answer in a word: all bits set show the width."""
    most = view.answer(place, _ALL)
    if not most or most & (most + 1):
        return
    # Bit j of the offset is the answer's lowest bit where every bit i of the word is bit j of i.
    offset = 0
    for j in range(8):
        pattern = sum(1 << i for i in range(_WORD_BITS) if i >> j & 1)
        offset |= ((view.answer(place, pattern) or 0) & 1) << j
    if offset + most.bit_length() <= _WORD_BITS:
        yield offset, most.bit_length()


def _answers_from(word: Word) -> bool:
    """Whether the view answers the value that its bits hold, for values that share no bit."""
    low = _ALL // 3 & (1 << word.bits) - 1
    values = (low, low ^ (1 << word.bits) - 1, 0)
    place = word.address, word.slot
    return all(word.view.answer(place, word.holding(value)) == value for value in values)
