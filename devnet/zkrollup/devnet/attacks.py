"""What a thief may try against a rollup under test, past all checks of its own Python.

Owns the attempts' meaning, and what any target may build them of. Each goes to circuit and L1 as it is: a
check on the way would hide that they do not look. What is refused must change nothing.
"""

# ruff: noqa: ARG002 - operations are described by their arguments, also where there are none

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from zkrollup.crypto.field import R
from zkrollup.devnet.capabilities import Capability, Unsupported

if TYPE_CHECKING:
    from zkrollup.devnet.users import User
    from zkrollup.evm import Contract, Receipt, Sender

Attempts: TypeAlias = Mapping[str, Callable[[], Any]]
"""By a description of each: what makes the attempt when it is called."""

_SELECTOR, _WORD = 4, 32


def aliased_calls(
    contract: Contract, function: str, *args: Any, sender: Sender, added: Collection[int] = (R,)
) -> Attempts:
    """A call with a number added to one word of its calldata, for each word and each number.

    Whoever reduces a word, or drops bits of it, reads the same number under another name.

    Args:
        contract: That is called.
        function: Its name.
        args: Its arguments, as for the call itself.
        sender: Who sends the calls.
        added: What to add: r for numbers of a circuit, 2^n where n bits are read. Sums of 2^256 and above
            are left out.
    """
    calldata = contract.encode(function, *args)

    def send(position: int, value: int) -> Receipt:
        data = calldata[:position] + value.to_bytes(_WORD) + calldata[position + _WORD :]
        return contract.chain.transact(to=contract, data=data, sender=sender)

    attempts: dict[str, Callable[[], Receipt]] = {}
    for position in range(_SELECTOR, len(calldata), _WORD):
        word = int.from_bytes(calldata[position : position + _WORD])
        for number in added:
            if word + number < 1 << 8 * _WORD:
                name = f"{function} with {number:#x} added to word {(position - _SELECTOR) // _WORD}"
                attempts[name] = partial(send, position, word + number)
    return attempts


class Attacks:
    """The attempts that a target may define; every ``Target`` is one of these. Each raises what refuses it.

    Attributes:
        capabilities: Which of them it defines.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @property
    def name(self) -> str:
        """What errors call it."""
        return type(self).__name__

    def deposit_short(self, token: str, amount: int, *, sender: User, to: User) -> Receipt:
        """Asks for a credit of ``amount`` and sends, or allows to be taken, one unit less.

        L1 must refuse that, or credit what it got.
        """
        raise Unsupported(self, "deposit_short")

    def deposit_long(self, token: str, amount: int, *, sender: User, to: User) -> Receipt:
        """Asks for a credit of ``amount`` and sends one wei more than that takes, with any token.

        L1 must refuse that, credit it, or give it back.
        """
        raise Unsupported(self, "deposit_long")

    def odd_deposits(self, token: str, *, sender: User) -> Attempts:
        """Deposits that L1 must refuse, or take without anybody else's coming to harm.

        Such as of nothing, of the most that fits, for a key that is none, for nobody. At least one.
        """
        raise Unsupported(self, "odd_deposits")

    def overspend(self, token: str, amount: int, *, sender: User, recipient: User | str) -> Any:
        """Brings ``amount``, more than ``sender`` has, through all steps as it is.

        To a user it is a transfer on L2, to an address on L1 a withdrawal: circuits may look at one alone.
        As a dishonest sequencer would; the circuit or L1 must refuse. Where there is a circuit, its proof
        comes before anything is sent, so that what is refused leaves L1 as it was.
        """
        raise Unsupported(self, "overspend")

    def prove_early(self, batch: Any) -> Receipt:
        """Sends the proof of a sealed batch whose data L1 does not have; L1 must refuse."""
        raise Unsupported(self, "prove_early")

    def claim_early(self, exit_: Any, *, sender: Sender) -> Receipt:
        """Sends the claim of an exit in a batch that is sealed and not finished; L1 must refuse."""
        raise Unsupported(self, "claim_early")

    def claim_altered(
        self, exit_: Any, *, token: str, amount: int, recipient: str, sender: Sender
    ) -> Receipt:
        """Sends an exit's claim, its proof as it is, for these in place of its own; L1 must refuse."""
        raise Unsupported(self, "claim_altered")

    def claim_fabricated(self, token: str, amount: int, *, recipient: str, sender: Sender) -> Receipt:
        """Claims what no batch burned, by a proof that holds in a tree of the thief's own; L1 must refuse."""
        raise Unsupported(self, "claim_fabricated")

    def claim_aliases(self, exit_: Any, *, sender: Sender) -> Attempts:
        """Claims of one exit under other names of its numbers, see ``aliased_calls``; L1 must refuse all."""
        raise Unsupported(self, "claim_aliases")

    def claim_transfer(self, transfer: Any, *, sender: User) -> Receipt:
        """Claims for its receiver what ``transfer`` returned; the circuit or L1 must refuse."""
        raise Unsupported(self, "claim_transfer")

    def claim_deposit(self, token: str, amount: int, *, sender: User) -> Receipt:
        """Claims what ``sender`` has deposited for themselves, once; the circuit or L1 must refuse."""
        raise Unsupported(self, "claim_deposit")

    def usurp(self, batch: Any, *, sender: User) -> Receipt:
        """Sends a sealed batch's first step on L1 as somebody who must not; L1 must refuse."""
        raise Unsupported(self, "usurp")
