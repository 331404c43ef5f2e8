"""What a batch does to the balances of L1 addresses, step by step: its effect without any tree.

Owns the order of the steps: a slot's amount, then its fee. Who carries them out is the caller's part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from zkrollup.circuits.encoding import Op
from zkrollup.circuits.inputs import Account, SlotInputs


class MoveKind(StrEnum):
    """What a move does."""

    MINT = "mint"
    TRANSFER = "transfer"
    BURN = "burn"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Move:
    """One change of balances.

    Attributes:
        kind: What it does.
        token: L1 address of the token, 0 for ETH.
        payer: L1 address that pays; 0 for a mint.
        receiver: L1 address that is paid on layer 2; 0 for a burn.
        amount: In the token's smallest unit.
    """

    kind: MoveKind
    token: int
    payer: int
    receiver: int
    amount: int


def slot_moves(inputs: SlotInputs, *, burned: bool, fee: int, taker: Account) -> Iterator[Move]:
    """The moves of one slot.

    Args:
        inputs: What the slot read.
        burned: Whether it burned its amount; a forced withdrawal that does not apply burns nothing.
        fee: What its payer paid the operator, in the smallest unit of the taker's token.
        taker: The account that fees go to.
    """
    payer, amount = inputs.debit.account, inputs.amount
    match inputs.op:
        case Op.DEPOSIT:
            yield Move(MoveKind.MINT, inputs.token, 0, inputs.address, amount)
        case Op.TRANSFER:
            yield Move(MoveKind.TRANSFER, payer.token, payer.owner, inputs.credit.account.owner, amount)
        case Op.WITHDRAW | Op.FORCED_WITHDRAW if burned:
            yield Move(MoveKind.BURN, payer.token, payer.owner, 0, amount)
        case _:
            pass  # a noop moves nothing
    if fee:
        yield Move(MoveKind.FEE, taker.token, payer.owner, taker.owner, fee)
