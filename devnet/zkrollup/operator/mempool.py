"""What was signed and waits for a batch, by sender and nonce. Immutable.

Owns what may wait: limits, gaps, replacements. Whether an operation applies is the ledger's matter, and which
of several comes first the policy's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from zkrollup.circuits.encoding import FEE_MANTISSA_BITS
from zkrollup.ledger.operations import Signed
from zkrollup.ledger.transition import RefusedOperation

POOL_RULES: Final = ("known", "nonce_gap", "pool_full", "replacement", "sender_limit", "underpriced")
"""The sequencer's rules beside the ledger's, by the word that a refusal names them with."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """A signed operation that waits. Its signature was checked when it was taken in.

    Attributes:
        operation: What was signed.
        arrival: A number that grows with each arrival; a replacement arrives anew.
    """

    operation: Signed
    arrival: int

    @property
    def sender(self) -> int:
        """Index of the account that signed."""
        return self.operation.sender

    @property
    def nonce(self) -> int:
        """The sender's nonce that it is for."""
        return self.operation.nonce

    @property
    def fee(self) -> int:
        """What it pays the operator, in the fee token's smallest unit."""
        return self.operation.fee


@dataclass(frozen=True, slots=True)
class Unsealable:
    """An operation that no batch can take, for now or ever, and why.

    Attributes:
        pooled: The operation.
        rule: Which rule it breaks, in a word.
        why: The values, and what to do.
    """

    pooled: Pooled
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How much may wait.

    Attributes:
        operations: In all.
        per_sender: Of one account.
        ahead: Of one account with a nonce ahead of its turn: they cost nothing, and may never be sealed.
        nonce_gap: How far ahead of its account's next nonce a nonce may be.
        price_bump: Percent that a replacement's fee must be above the fee of what it replaces, and at least
            one step of the fee's 16-bit form; 10, as geth has it.
    """

    operations: int = 8192
    per_sender: int = 1024
    ahead: int = 16
    nonce_gap: int = 64
    price_bump: int = 10


@dataclass(frozen=True, slots=True)
class Mempool:
    """The operations that wait.

    Attributes:
        limits: How much may wait.
        operations: By sender and nonce.
        arrivals: How many have arrived so far; the next one's number.
    """

    limits: PoolLimits = field(default_factory=PoolLimits)
    operations: Mapping[tuple[int, int], Pooled] = field(default_factory=lambda: MappingProxyType({}))
    arrivals: int = 0

    def __len__(self) -> int:
        return len(self.operations)

    def __iter__(self) -> Iterator[Pooled]:
        """In order of arrival."""
        return iter(sorted(self.operations.values(), key=lambda pooled: pooled.arrival))

    @property
    def senders(self) -> frozenset[int]:
        """Who has something here."""
        return frozenset(sender for sender, _ in self.operations)

    def get(self, sender: int, nonce: int) -> Pooled | None:
        """What an account has signed for a nonce, if it waits here."""
        return self.operations.get((sender, nonce))

    def require_place(self, operation: Signed, *, due: int) -> None:
        """Whether there is a place for ``operation``, whose sender's next nonce is ``due``.

        The operation that is due and here already does not apply, or it would not be due: it makes place for
        any other, since nobody would be better off with it.

        Raises:
            RefusedOperation: It is known, replaces another without a higher fee, or breaks a limit.
        """
        known = self.get(operation.sender, operation.nonce)
        if known is None:
            self._require_room(operation, due)
        elif known.operation == operation:
            raise RefusedOperation(operation, "known", "it waits already; there is nothing to do")
        elif operation.nonce != due:
            self._require_bump(operation, known)

    def is_full_for(self, operation: Signed) -> bool:
        """Whether ``operation`` would be one too many: the pool is full, and it replaces nothing."""
        return len(self) >= self.limits.operations and self.get(operation.sender, operation.nonce) is None

    def added(self, operation: Signed) -> "Mempool":
        """With one more, in place of what its sender has signed for the same nonce. Checks nothing."""
        place = (operation.sender, operation.nonce)
        pooled = Pooled(operation, self.arrivals)
        return Mempool(self.limits, MappingProxyType({**self.operations, place: pooled}), self.arrivals + 1)

    def without(self, gone: Iterable[Pooled]) -> "Mempool":
        """Without some of them."""
        places = {(pooled.sender, pooled.nonce) for pooled in gone}
        kept = {place: pooled for place, pooled in self.operations.items() if place not in places}
        return Mempool(self.limits, MappingProxyType(kept), self.arrivals)

    def _require_room(self, operation: Signed, due: int) -> None:
        limits, sender = self.limits, operation.sender
        if operation.nonce - due > limits.nonce_gap:
            raise RefusedOperation(
                operation,
                "nonce_gap",
                f"account {sender} is at nonce {due}, and {operation.nonce} is more than {limits.nonce_gap} "
                "ahead; sign what lies between first",
            )
        if self.is_full_for(operation):
            raise RefusedOperation(
                operation,
                "pool_full",
                f"{len(self)} operations wait, and {limits.operations} may; settle, then send it again",
            )
        nonces = [nonce for other, nonce in self.operations if other == sender]
        ahead = sum(nonce >= due for nonce in nonces)
        if len(nonces) >= limits.per_sender:
            raise RefusedOperation(
                operation,
                "sender_limit",
                f"{len(nonces)} operations of account {sender} wait, and {limits.per_sender} may; "
                "settle, then send it again",
            )
        if operation.nonce > due and ahead >= limits.ahead:
            raise RefusedOperation(
                operation,
                "sender_limit",
                f"{ahead} operations of account {sender} wait for its nonce {due}, and {limits.ahead} may; "
                f"send the one with nonce {due} first",
            )

    def _require_bump(self, operation: Signed, known: Pooled) -> None:
        least = least_fee_above(known.fee, percent=self.limits.price_bump)
        if operation.fee < least:
            raise RefusedOperation(
                operation,
                "replacement",
                f"account {known.sender} has an operation with nonce {known.nonce} and a fee of {known.fee} "
                f"here, and this one's is {operation.fee}; what replaces it pays {least} or more",
            )


def least_fee_above(fee: int, *, percent: int) -> int:
    """The smallest fee with an exact form that is above ``fee``, and by ``percent`` at least."""
    wanted = max(fee + 1, -(-fee * (100 + percent) // 100))
    scale = 1
    while -(-wanted // scale) >= 1 << FEE_MANTISSA_BITS:
        scale *= 10
    return -(-wanted // scale) * scale
