"""What is true on layer 2, kept in plain Python: balances, exits and queue, sealed, proven or dropped.

It says which statements hold, so that tests prove only those, and what Lock and Rollup must hold at any time.
Roots stand for states: any number that no other state has. It owns no chain.
"""

from dataclasses import dataclass, field, replace

from tests.contracts.support import ETH, FORCED_FEE, GENESIS_ROOT, Batch, Entry, Escape, Exit

EXIT_NULLIFIERS = 7_000_003
ACCOUNT_NULLIFIERS = 8_000_009


@dataclass(frozen=True)
class Account:
    """A leaf, as far as money goes."""

    owner: str
    token: str
    balance: int = 0

    def plus(self, amount: int) -> "Account":
        return replace(self, balance=self.balance + amount)


State = dict[int, Account]


@dataclass(frozen=True)
class Sealed:
    """A batch that was committed, and what is true of it. A false one has no proof."""

    batch: Batch
    after: State
    exits: tuple[Exit, ...] = ()
    true: bool = True


@dataclass(frozen=True)
class Operation:
    """A signed operation; ``recipient`` None is a transfer to ``receiver``."""

    sender: int
    amount: int
    receiver: int = 0
    recipient: str | None = None


def apply_entry(state: State, entry: Entry) -> tuple[State, int]:
    """The state after an entry of L1's queue, and the amount that leaves it as an exit."""
    account = state.get(entry.account)
    if entry.op == 1:
        return state | {entry.account: (account or Account(entry.owner, entry.token)).plus(entry.amount)}, 0
    if account is None or account.owner != entry.owner or account.balance < entry.amount:
        return state, 0
    return state | {entry.account: account.plus(-entry.amount)}, entry.amount


def apply_operation(state: State, operation: Operation) -> State:
    """The state after a signed operation, which must be one that applies."""
    payer = state[operation.sender].plus(-operation.amount)
    state = state | {operation.sender: payer}
    if operation.recipient is None:
        state |= {operation.receiver: state[operation.receiver].plus(operation.amount)}
    return state


def exit_at(batch: int, slot: int, recipient: str, token: str, amount: int) -> Exit:
    """The exit of a slot: its nullifier follows from its place, whichever batch of this number is proven."""
    return Exit(recipient, token, amount, nullifier=EXIT_NULLIFIERS + 256 * batch + slot, batch=batch)


@dataclass
class Books:
    """Everything that is true, and what has been paid.

    Attributes:
        queue: Entries by index.
        committed: Batches beyond the proven ones, oldest first.
        proven: Batches that L1 has verified.
        dropped: Batches that were committed and never will be proven.
        escaped, claimed, refunded: Account indices, nullifiers, queue indices.
        collected: Requests whose fee the operator has.
        credits: ETH that recipients refused.
    """

    queue: list[Entry] = field(default_factory=list)
    proven: list[Sealed] = field(default_factory=list)
    committed: list[Sealed] = field(default_factory=list)
    dropped: list[Sealed] = field(default_factory=list)
    frozen: bool = False
    escaped: set[int] = field(default_factory=set)
    claimed: set[int] = field(default_factory=set)
    refunded: set[int] = field(default_factory=set)
    collected: int = 0
    credits: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """The proven ledger."""
        return self.proven[-1].after if self.proven else {}

    @property
    def root(self) -> int:
        return self.proven[-1].batch.new_root if self.proven else GENESIS_ROOT

    @property
    def head(self) -> State:
        """The ledger after the last committed batch."""
        return self.committed[-1].after if self.committed else self.state

    @property
    def taken(self) -> int:
        """Queue entries in proven batches."""
        return sum(len(sealed.batch.entries) for sealed in self.proven)

    @property
    def waiting(self) -> list[Entry]:
        """Queue entries in no committed batch."""
        return self.queue[self.taken + sum(len(sealed.batch.entries) for sealed in self.committed) :]

    @property
    def exits(self) -> list[Exit]:
        """Exits of proven batches."""
        return [exit_ for sealed in self.proven for exit_ in sealed.exits]

    def escape_of(self, index: int, state: State) -> Escape:
        account = state[index]
        return Escape(account.owner, account.token, account.balance, ACCOUNT_NULLIFIERS + index)

    def locked(self, token: str) -> int:
        """What PROTOCOL's equality says that Lock holds."""
        ledger = sum(
            account.balance
            for index, account in self.state.items()
            if account.token == token and index not in self.escaped
        )
        exits = sum(e.amount for e in self.exits if e.token == token and e.nullifier not in self.claimed)
        deposits = sum(
            entry.amount
            for index, entry in enumerate(self.queue)
            if entry.op == 1 and entry.token == token and index >= self.taken and index not in self.refunded
        )
        return ledger + exits + deposits + (sum(self.credits.values()) if token == ETH else 0)

    @property
    def fees(self) -> int:
        """Wei that Rollup holds: of each request, until the operator has it or who asked has it back."""
        requests = sum(entry.op == 4 for entry in self.queue)
        back = sum(self.queue[index].op == 4 for index in self.refunded)
        return FORCED_FEE * (requests - back - self.collected)

    def seal(self, batch: Batch, operations: list[Operation], *, true: bool = True) -> Sealed:
        """Apply a batch's entries and operations on top of the last committed batch."""
        state, exits = self.head, []
        for slot, entry in enumerate(batch.entries):
            state, amount = apply_entry(state, entry)
            if amount:
                account = state[entry.account]
                exits.append(exit_at(batch.number, slot, account.owner, account.token, amount))
        for slot, operation in enumerate(operations, start=len(batch.entries)):
            state = apply_operation(state, operation)
            if operation.recipient is not None:
                token = state[operation.sender].token
                exits.append(exit_at(batch.number, slot, operation.recipient, token, operation.amount))
        return Sealed(batch, state, tuple(exits), true)

    def drop(self) -> None:
        """Forget what is committed and unproven."""
        self.dropped += self.committed
        self.committed = []
