"""Layer 2's chain: one Mint a token, the ERC-20 face of the proven ledger.

Owns the Mints and keeps them in step, batch by confirmed batch. A balance there is the sum over the accounts
that an L1 address owns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, SnapshotId
from zkrollup.ledger.moves import Move, MoveKind
from zkrollup.ledger.transition import BatchTrace
from zkrollup.operator.deployment import deploy_shipped
from zkrollup.operator.metadata import TokenMetadata
from zkrollup.operator.queue import to_address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


class NoMint(ZkRollupError):
    """A token has no Mint on layer 2 yet."""

    def __init__(self, token: int) -> None:
        """``token`` is its L1 address, 0 for ETH."""
        self.token = token
        super().__init__(
            f"token {to_address(token)} has no Mint on layer 2: none of it is in a proven batch yet; "
            "deposit some and settle"
        )


@dataclass(frozen=True, slots=True)
class MirrorState:
    """All that a mirror remembers; what the Mints hold is the chain's matter.

    Attributes:
        mints: By token.
        applied: How many batches were taken over.
        moves_done: How far the batch that is being taken over has come; 0 between batches.
        marks: What stood before each batch, to go back to; one more than ``applied`` within a batch.
    """

    mints: Mapping[int, Contract] = field(default_factory=lambda: MappingProxyType({}))
    applied: int = 0
    moves_done: int = 0
    marks: tuple["Mark", ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What stood before a batch was taken over."""

    snapshot: SnapshotId
    mints: Mapping[int, Contract]


class Mirror:
    """The Mints on layer 2's chain."""

    def __init__(self, l2: Chain, operator: "LocalAccount", describe: Callable[[int], TokenMetadata]) -> None:
        """``describe`` tells a token's name, symbol and decimals on L1."""
        self.l2 = l2
        self._operator = operator
        self._describe = describe
        self.state = MirrorState()

    def __repr__(self) -> str:
        return f"<Mirror on {self.l2}, {self.applied} batches>"

    def mint(self, token: int) -> Contract:
        """The Mint of a token.

        Raises:
            NoMint: Nothing of it was proven on layer 2 yet.
        """
        if token not in self.state.mints:
            raise NoMint(token)
        return self.state.mints[token]

    def apply(self, trace: BatchTrace) -> None:
        """Takes over a batch that L1 has accepted.

        Where that fails midway, calling it again with the same batch goes on with the move that failed.

        Raises:
            InvalidTransaction: Layer 2's chain does not take the operator's transaction.
        """
        if len(self.state.marks) == self.state.applied:
            mark = Mark(self.l2.snapshot(), self.state.mints)
            self.state = replace(self.state, marks=(*self.state.marks, mark))
        for move in trace.moves[self.state.moves_done :]:
            self._move(move)
            self.state = replace(self.state, moves_done=self.state.moves_done + 1)
        self.state = replace(self.state, applied=self.state.applied + 1, moves_done=0)

    @property
    def applied(self) -> int:
        """How many batches were taken over."""
        return self.state.applied

    def roll_back(self, batches: int) -> None:
        """Takes layer 2's chain back to where it was after so many batches, as L1's reorganisation took L1.

        Everything since is undone there, users' own transactions too; so are snapshots taken since.

        Raises:
            UnknownSnapshot: Somebody has taken the chain further back already, without the operator.
        """
        marks = self.state.marks
        if batches >= len(marks):
            return
        self.l2.revert(marks[batches].snapshot, settings=False)
        self.state = MirrorState(marks[batches].mints, batches, marks=marks[:batches])

    def _move(self, move: Move) -> None:
        """Carries out one move. A fee's token has a Mint by then: a deposit opened its payer's account."""
        payer, receiver = to_address(move.payer), to_address(move.receiver)
        match move.kind:
            case MoveKind.MINT:
                self._ensure(move.token).mint(receiver, move.amount, sender=self._operator)
            case MoveKind.TRANSFER | MoveKind.FEE:
                self.mint(move.token).move(payer, receiver, move.amount, sender=self._operator)
            case MoveKind.BURN:
                self.mint(move.token).burn(payer, move.amount, sender=self._operator)

    def _ensure(self, token: int) -> Contract:
        if token not in self.state.mints:
            described = self._describe(token)
            mint = deploy_shipped(
                self.l2,
                "Mint",
                self._operator.address,
                to_address(token),
                f"L2 {described.name}",
                described.symbol,
                described.decimals,
                sender=self._operator,
            )
            self.state = replace(self.state, mints=MappingProxyType({**self.state.mints, token: mint}))
        return self.mint(token)
