"""Entries of L1's queue: what each asks of layer 2, and when it is due.

Owns the correspondence to L1's events and Solidity's ``QueueEntry``: addresses are text there, numbers here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address

from zkrollup.circuits.encoding import Op
from zkrollup.crypto.babyjubjub import Point
from zkrollup.evm import Event
from zkrollup.ledger.operations import Deposit, ForcedWithdrawal, Queued

QUEUE_EVENTS = ("DepositQueued", "ForcedWithdrawalQueued")


def to_address(number: int) -> str:
    """An address as L1 writes it."""
    return str(to_checksum_address(number.to_bytes(20, "big")))


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One entry.

    Attributes:
        index: Its place in the queue, from 0.
        operation: What a batch must apply.
        expiry: Unix time until which it must be proven; afterwards anybody may freeze the rollup.
        forced_count: How many entries up to this one are forced withdrawals.
    """

    index: int
    operation: Queued
    expiry: int
    forced_count: int

    @classmethod
    def of(cls, event: Event) -> "QueueEntry":
        """The entry that one of ``QUEUE_EVENTS`` announced."""
        args = event.args
        read = _deposit if event.name == "DepositQueued" else _forced
        return cls(args["index"], read(args), args["expiry"], args["forcedCount"])

    @property
    def struct(self) -> tuple[Any, ...]:
        """The entry as Solidity's ``QueueEntry``."""
        operation, due = self.operation, (self.expiry, self.forced_count)
        match operation:
            case Deposit(account, owner, token, amount, key):
                return (int(Op.DEPOSIT), account, amount, to_address(owner), to_address(token), *key, *due)
            case ForcedWithdrawal(account, requester, amount):
                nothing = (to_address(0), 0, 0)
                return (int(Op.FORCED_WITHDRAW), account, amount, to_address(requester), *nothing, *due)


def _deposit(args: Mapping[str, Any]) -> Deposit:
    return Deposit(
        account=args["account"],
        owner=int(args["owner"], 16),
        token=int(args["token"], 16),
        amount=args["amount"],
        key=Point(args["keyX"], args["keyY"]),
    )


def _forced(args: Mapping[str, Any]) -> ForcedWithdrawal:
    return ForcedWithdrawal(args["account"], int(args["owner"], 16), args["amount"])
