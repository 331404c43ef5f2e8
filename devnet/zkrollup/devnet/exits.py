"""A withdrawal from the reference rollup, from its burn to its payout."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkrollup.circuits.encoding import claim_nullifier
from zkrollup.devnet.target import Exit
from zkrollup.errors import ZkRollupError
from zkrollup.ledger import transition
from zkrollup.ledger.operations import Withdrawal
from zkrollup.operator.stages import ProvenClaim

if TYPE_CHECKING:
    from zkrollup.devnet.reference import ReferenceTarget


class NotSealed(ZkRollupError):
    """An exit's id was asked for before its burn was ordered into a batch."""

    def __init__(self, withdrawal: Withdrawal) -> None:
        """``withdrawal`` still waits in the pool, or was rolled back."""
        self.withdrawal = withdrawal
        super().__init__(
            f"the withdrawal of {withdrawal.amount} by account {withdrawal.sender} (nonce {withdrawal.nonce})"
            " is in no batch yet; call rollup.settle() first"
        )


@dataclass(frozen=True, slots=True)
class ExitHandle(Exit):
    """A withdrawal that the sequencer has accepted. It holds no state: all is read from the operator.

    Attributes:
        withdrawal: The signed burn.
    """

    target: "ReferenceTarget" = field(repr=False)
    withdrawal: Withdrawal

    @property
    def burned(self) -> transition.Exit:
        """The exit as its batch recorded it.

        Raises:
            NotSealed: It is in no batch yet.
        """
        state = self.target.operator.state
        for batch in (*(settled.sealed for settled in state.settled), *state.sealed):
            for slot in batch.trace.slots:
                if slot.exit is not None and slot.inputs.signature == self.withdrawal.signature:
                    return slot.exit
        raise NotSealed(self.withdrawal)

    @property
    def id(self) -> int:
        """Batch times 2^16 plus slot. Raises NotSealed as ``burned`` does."""
        return self.burned.id

    @property
    def nullifier(self) -> int:
        """What L1 marks as paid. Raises NotSealed as ``burned`` does."""
        return claim_nullifier(self.id, self.target.operator.domain)

    def prove(self) -> ProvenClaim:
        """The claim's proof, without sending it.

        Raises:
            NotSealed: It is in no batch yet.
            NotSettled: Its batch is not proven on L1.
        """
        return self.target.operator.prove_claim(self.burned)
