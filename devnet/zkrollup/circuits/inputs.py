"""What a prover knows: typed inputs of the circuits, and the names that the circuits give them.

Owns the correspondence of fields to input names. Where the values come from is the operator's matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from zkrollup.crypto.babyjubjub import IDENTITY, Point
from zkrollup.crypto.eddsa import Signature

Path = tuple[tuple[int, int, int], ...]
"""Siblings as ``crypto.quadtree`` gives them."""


@dataclass(frozen=True, slots=True)
class Account:
    """A leaf's fields. The empty account has all of them 0.

    Attributes:
        key_x: BabyJubJub key.
        key_y: BabyJubJub key; 0 for no valid key, so it marks the empty account.
        owner: L1 address.
        token: L1 address, 0 for ETH.
        balance: Below 2^128.
        nonce: Operations signed so far.
    """

    key_x: int = 0
    key_y: int = 0
    owner: int = 0
    token: int = 0
    balance: int = 0
    nonce: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether no account was opened here."""
        return self.key_y == 0

    @property
    def key(self) -> Point:
        """The key as a point."""
        return Point(self.key_x, self.key_y)


@dataclass(frozen=True, slots=True)
class LaneInputs:
    """One of a slot's two accounts as it stood before, with its path."""

    index: int
    account: Account
    path: Path

    @classmethod
    def idle(cls, levels: int) -> "LaneInputs":
        """A lane that the slot's operation does not use."""
        return cls(0, Account(), ((0, 0, 0),) * levels)

    def named(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Input names and values."""
        yield f"{prefix}.index", self.index
        for field in fields(self.account):
            yield f"{prefix}.{field.name}", getattr(self.account, field.name)
        for level, siblings in enumerate(self.path):
            for i, sibling in enumerate(siblings):
                yield f"{prefix}.siblings[{level}][{i}]", sibling


NO_SIGNATURE = Signature(IDENTITY, 0)
"""What stands in a slot that verifies none: R8 must be on the curve even there."""


@dataclass(frozen=True, slots=True)
class SlotInputs:
    """One slot: its operation, what it says, and what it reads.

    Attributes:
        op: See ``encoding.Op``.
        amount: Below 2^128.
        fee: Its 16 bits, see ``encoding.encode_fee``; 0 for what nobody signs.
        address: A deposit's owner, a withdrawal's recipient or a forced one's requester, else 0.
        token: A deposit's token, else 0.
        key: A deposit's key, else (0, 0).
        debit: The account that pays.
        credit: The account that is paid, read after the debit.
        signature: The payer's.
    """

    op: int
    amount: int
    fee: int
    address: int
    token: int
    key: Point
    debit: LaneInputs
    credit: LaneInputs
    signature: Signature

    @classmethod
    def noop(cls, levels: int) -> "SlotInputs":
        """A slot that does nothing."""
        idle = LaneInputs.idle(levels)
        return cls(0, 0, 0, 0, 0, Point(0, 0), idle, idle, NO_SIGNATURE)

    def named(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Input names and values."""
        for name, code in (("deposit", 1), ("transfer", 2), ("withdraw", 3), ("forced", 4)):
            yield f"{prefix}.is_{name}", int(self.op == code)
        yield from (
            (f"{prefix}.amount", self.amount),
            (f"{prefix}.fee", self.fee),
            (f"{prefix}.address", self.address),
            (f"{prefix}.token", self.token),
            (f"{prefix}.key_x", self.key.x),
            (f"{prefix}.key_y", self.key.y),
            (f"{prefix}.signature.r8_x", self.signature.r8.x),
            (f"{prefix}.signature.r8_y", self.signature.r8.y),
            (f"{prefix}.signature.s", self.signature.s),
        )
        yield from self.debit.named(f"{prefix}.debit")
        yield from self.credit.named(f"{prefix}.credit")


@dataclass(frozen=True, slots=True)
class BatchInputs:
    """A whole batch.

    Attributes:
        commitment: Public input C.
        challenge: Public input x.
        evaluation: Public input y.
        old_root: State root before.
        number: The batch's number.
        domain: See ``encoding.compute_domain``.
        queue_start: First queue entry taken.
        queue_count: Queue entries taken.
        fees: The account that is paid the fees, read after all slots.
        slots: As many as the circuit has.
    """

    commitment: int
    challenge: int
    evaluation: int
    old_root: int
    number: int
    domain: int
    queue_start: int
    queue_count: int
    fees: LaneInputs
    slots: tuple[SlotInputs, ...]

    def named(self) -> dict[str, int]:
        """Input names and values."""
        lanes = ("fees", "slots")
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in lanes}
        values.update(self.fees.named("fees"))
        for i, slot in enumerate(self.slots):
            values.update(slot.named(f"slot[{i}]"))
        return values


@dataclass(frozen=True, slots=True)
class ClaimInputs:
    """A claim of one exit.

    Attributes:
        exit_root: Public. Root of the batch's exit tree.
        nullifier: Public. See ``encoding.claim_nullifier``.
        recipient: Public. Who is paid.
        token: Public. In what.
        amount: Public. How much.
        domain: Public. Which rollup.
        exit_id: Batch times 2^16 plus slot.
        slot: Position in the exit tree.
        path: Siblings in the exit tree.
    """

    exit_root: int
    nullifier: int
    recipient: int
    token: int
    amount: int
    domain: int
    exit_id: int
    slot: int
    path: Path

    def named(self) -> dict[str, int]:
        """Input names and values."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "path"}
        for level, siblings in enumerate(self.path):
            values.update({f"siblings[{level}][{i}]": sibling for i, sibling in enumerate(siblings)})
        return values


@dataclass(frozen=True, slots=True)
class EscapeInputs:
    """An escape: all that one account holds, straight from the state.

    Attributes:
        state_root: Public. The last proven root.
        nullifier: Public. See ``encoding.escape_nullifier``.
        owner: Public. Who is paid.
        token: Public. In what.
        amount: Public. The account's whole balance.
        domain: Public. Which rollup.
        lane: The account and its path.
    """

    state_root: int
    nullifier: int
    owner: int
    token: int
    amount: int
    domain: int
    lane: LaneInputs

    def named(self) -> dict[str, int]:
        """Input names and values; what is public is not given twice."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "lane"}
        public = ("account.owner", "account.token", "account.balance")
        values.update((name, value) for name, value in self.lane.named("account") if name not in public)
        return values
