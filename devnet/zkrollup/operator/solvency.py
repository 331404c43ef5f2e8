"""The books: what Lock holds of a token against what it owes, by L1's proven view and by the operator's.

Owns the two equalities and reading what they are made of. Moves nothing.

    locked = ledger + exits + queued + credits

where ledger is the sum of all accounts that have not escaped, exits what was burned and not claimed, queued
the deposits that no batch took and that were not refunded, and credits ether that a recipient did not take.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Final

from zkrollup.circuits.encoding import claim_nullifier, escape_nullifier
from zkrollup.errors import ZkRollupError
from zkrollup.ledger.operations import ETH, Deposit
from zkrollup.ledger.state import LedgerState
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.metadata import token_balance
from zkrollup.operator.queue import QueueEntry, to_address
from zkrollup.operator.rebuild import rebuild
from zkrollup.operator.stages import SealedBatch

if TYPE_CHECKING:
    from zkrollup.operator.operator import Operator


@dataclass(frozen=True, slots=True)
class Owed:
    """What one view of a rollup owes of a token, in its smallest unit.

    Attributes:
        ledger: To accounts that have not escaped.
        exits: To withdrawals that were not claimed.
        queued: To deposits that no batch of the view has taken, less those that were refunded.
        credits: To recipients that did not take their ether.
    """

    ledger: int
    exits: int
    queued: int
    credits: int

    @property
    def total(self) -> int:
        """All together."""
        return self.ledger + self.exits + self.queued + self.credits

    def __str__(self) -> str:
        parts = (f"{field.name} {getattr(self, field.name):,}" for field in fields(self))
        return f"{self.total:,} ({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Books:
    """One token's books.

    Attributes:
        token: Its L1 address, 0 for ETH.
        locked: What Lock has counted; where a Lock of another make does not count, what it holds.
        held: What Lock has on L1 by the token's own word; 0 where it has none.
        proven: What L1's proven state owes.
        sealed: What the operator's last sealed state owes.
    """

    token: int
    locked: int
    held: int
    proven: Owed
    sealed: Owed

    @property
    def balanced(self) -> bool:
        """Whether both equalities hold."""
        return self.locked == self.proven.total == self.sealed.total

    @property
    def covered(self) -> bool:
        """Whether Lock has what it counts. A rebasing token may take back what it gave; no other may."""
        return self.held >= self.locked

    def __str__(self) -> str:
        return (
            f"token {to_address(self.token)}: locked {self.locked:,}, held {self.held:,}, "
            f"owed as proven {self.proven}, owed as sealed {self.sealed}"
        )


_OF_LOCK: Final = (
    "What Lock has locked must be what each view owes, to the unit, and Lock must hold it; somebody was paid "
    "twice or not at all, or the test changed L1's storage. Of a token that takes back what it gave, say "
    "rollup.allow_rebasing(token)"
)


class Insolvent(ZkRollupError):
    """A token's books do not balance."""

    def __init__(self, books: object, rule: str = _OF_LOCK) -> None:
        """``books`` are those of the first token that fails, and say what they hold; ``rule``, what must."""
        self.books = books
        super().__init__(f"the books do not balance: {books}. {rule}")


class OutOfStep(ZkRollupError):
    """L1's proven root follows neither from what the operator knows nor from L1's data.

    So nobody can tell what is owed.
    """

    def __init__(self, root: int, batches: int, why: str) -> None:
        """``root`` is L1's after ``batches`` proven batches; ``why`` says what its data leads to."""
        self.root, self.batches = root, batches
        super().__init__(
            f"L1 has proven {batches} batches and is at root {root:#x}, which is not the operator's after as "
            f"many, and L1's data do not lead there ({why}). A mock proof or a cheat moved the root; a test "
            "that means to do so says @pytest.mark.rollup(check_solvency=False)"
        )


def check_books(operator: "Operator", *, rebasing: Collection[int] = ()) -> tuple[Books, ...]:
    """The books of every token that ever entered the queue, and of ether; all are balanced and covered.

    Args:
        operator: Whose rollup it is. Where L1 has proven what it does not know, both views are L1's.
        rebasing: Tokens, by address, of which Lock may hold less than it counts.

    Raises:
        Insolvent: Those of a token are not.
        OutOfStep: Nobody can tell L1's proven state.
    """
    reader = _Reader(operator)
    books = tuple(reader.books(token) for token in reader.tokens())
    for each in books:
        if not each.balanced or not (each.covered or each.token in rebasing):
            raise Insolvent(each)
    return books


def books_of(operator: "Operator", token: int) -> Books:
    """One token's books, balanced or not.

    Raises:
        OutOfStep: Nobody can tell L1's proven state.
    """
    return _Reader(operator).books(token)


def proven_state(operator: "Operator") -> LedgerState:
    """The state under L1's proven root.

    Raises:
        OutOfStep: Nobody can tell it.
    """
    reader = _Reader(operator)
    return reader.proven[-1].trace.after if reader.proven else reader.genesis


def _rebuilt(bridge: Bridge, root: int, proven: int) -> Sequence[SealedBatch]:
    """The proven batches, from L1's data alone."""
    try:
        found = rebuild(bridge.data())
    except ZkRollupError as error:
        raise OutOfStep(root, proven, str(error)) from error
    if found.ledger.root != root:
        raise OutOfStep(root, proven, f"they lead to {found.ledger.root:#x}")
    return found.proven


class _Reader:
    """Reads each part once for all tokens."""

    def __init__(self, operator: "Operator") -> None:
        state = operator.state
        self._bridge: Bridge = operator.bridge
        self._domain = operator.domain
        batches = [*(batch.sealed for batch in state.settled), *state.sealed]
        contract = self._bridge.contracts.rollup
        proven, root = self._bridge.proven, int(contract.stateRoot())
        known = batches[proven - 1].root_after if 0 < proven <= len(batches) else int(contract.genesisRoot())
        knows = proven <= len(batches) and known == root
        self.proven = batches[:proven] if knows else _rebuilt(self._bridge, root, proven)
        self._frozen, pointer = bool(contract.frozen()), int(contract.provenQueue())
        # A freeze drops what was not proven: then the operator's view is L1's.
        follows = self._frozen or not knows
        self._sealed = self.proven if follows else batches
        self._pointers = (pointer, pointer if follows else state.sequencer.queue_next)
        self.genesis = LedgerState.genesis(state.sequencer.sealed.tree.levels)

    @cached_property
    def _entries(self) -> Sequence[QueueEntry]:
        return self._bridge.queue(0)

    def tokens(self) -> Sequence[int]:
        deposits = (entry.operation for entry in self._entries)
        return sorted({ETH, *(d.token for d in deposits if isinstance(d, Deposit))})

    def books(self, token: int) -> Books:
        lock = self._bridge.contracts.lock
        proven, sealed = (
            self._owed(token, batches, pointer)
            for batches, pointer in zip((self.proven, self._sealed), self._pointers, strict=True)
        )
        held = token_balance(self._bridge.l1, token, lock.address)
        locked = int(lock.locked(to_address(token))) if lock.has("locked") else held
        return Books(token, locked, held, proven, sealed)

    def _owed(self, token: int, batches: Sequence[SealedBatch], pointer: int) -> Owed:
        state = batches[-1].trace.after if batches else self.genesis
        return Owed(
            ledger=self._in_accounts(token, state),
            exits=self._in_exits(token, batches),
            queued=self._in_queue(token, self._entries[pointer:]),
            credits=self._credits() if token == ETH else 0,
        )

    def _in_accounts(self, token: int, state: LedgerState) -> int:
        held = [
            (index, account.balance) for index, account in state.accounts.items() if account.token == token
        ]
        if not self._frozen:
            return sum(balance for _, balance in held)
        return sum(
            balance for index, balance in held if not self._paid(escape_nullifier(index, self._domain))
        )

    def _in_exits(self, token: int, batches: Iterable[SealedBatch]) -> int:
        burned = (exit_ for batch in batches for exit_ in batch.exits if exit_.token == token)
        return sum(
            exit_.amount for exit_ in burned if not self._paid(claim_nullifier(exit_.id, self._domain))
        )

    def _in_queue(self, token: int, entries: Iterable[QueueEntry]) -> int:
        is_refunded = self._bridge.contracts.rollup.isRefunded
        return sum(
            entry.operation.amount
            for entry in entries
            if isinstance(entry.operation, Deposit)
            and entry.operation.token == token
            and not is_refunded(entry.index)
        )

    def _credits(self) -> int:
        """Ether that recipients did not take, where Lock keeps it for them."""
        lock = self._bridge.contracts.lock
        return int(lock.totalCredits()) if lock.has("totalCredits") else 0

    def _paid(self, nullifier: int) -> bool:
        return bool(self._bridge.contracts.rollup.isClaimed(nullifier))
