"""What outlives a process, as JSON takes it: operations, queue entries, headers, accounts, exits, moves.

Owns that form, in both directions.
"""

import json
from typing import Any

from zkrollup.circuits.encoding import BatchHeader
from zkrollup.circuits.inputs import Account
from zkrollup.crypto.babyjubjub import Point
from zkrollup.crypto.eddsa import Signature
from zkrollup.ledger.moves import Move, MoveKind
from zkrollup.ledger.operations import Deposit, ForcedWithdrawal, Queued, Signed, Transfer, Withdrawal
from zkrollup.ledger.transition import Exit
from zkrollup.operator.queue import QueueEntry


def dump_signed(operation: Signed) -> list[Any]:
    """A signed operation, signature included, as JSON takes it."""
    signature = operation.signature
    rest = (operation.amount, operation.nonce, operation.fee, *signature.r8, signature.s)
    match operation:
        case Transfer(sender, receiver):
            return ["transfer", sender, receiver, *rest]
        case Withdrawal(sender, recipient):
            return ["withdrawal", sender, recipient, *rest]


def load_signed(record: list[Any]) -> Signed:
    """What ``dump_signed`` was given."""
    kind, sender, target, amount, nonce, fee, x, y, s = record
    rest = (sender, target, amount, nonce, Signature(Point(x, y), s), fee)
    return Transfer(*rest) if kind == "transfer" else Withdrawal(*rest)


def dump_entry(entry: QueueEntry) -> list[Any]:
    """An entry of L1's queue as JSON takes it."""
    return [entry.index, entry.expiry, entry.forced_count, *_queued(entry.operation)]


def load_entry(record: list[Any]) -> QueueEntry:
    """What ``dump_entry`` was given."""
    index, expiry, forced_count, kind, account, owner, amount, *rest = record
    if kind == "forced":
        return QueueEntry(index, ForcedWithdrawal(account, owner, amount), expiry, forced_count)
    token, x, y = rest
    return QueueEntry(index, Deposit(account, owner, token, amount, Point(x, y)), expiry, forced_count)


def dump_header(header: BatchHeader) -> list[int]:
    """A batch's header as JSON takes it."""
    return [getattr(header, name) for name in BatchHeader.__dataclass_fields__]


def load_header(record: list[int]) -> BatchHeader:
    """What ``dump_header`` was given."""
    return BatchHeader(*record)


def dump_account(account: Account) -> list[int]:
    """An account as JSON takes it."""
    return [getattr(account, name) for name in Account.__dataclass_fields__]


def load_account(record: list[int]) -> Account:
    """What ``dump_account`` was given."""
    return Account(*record)


def dump_exit(burned: Exit) -> list[int]:
    """An exit as JSON takes it, without the batch that burned it."""
    return [burned.slot, burned.recipient, burned.token, burned.amount]


def load_exit(batch: int, record: list[int]) -> Exit:
    """What ``dump_exit`` was given, of a batch."""
    return Exit(batch, *record)


def dump_move(move: Move) -> list[Any]:
    """A move as JSON takes it."""
    return [move.kind.value, move.token, move.payer, move.receiver, move.amount]


def load_move(record: list[Any]) -> Move:
    """What ``dump_move`` was given."""
    kind, token, payer, receiver, amount = record
    return Move(MoveKind(kind), token, payer, receiver, amount)


def text(value: object) -> str:
    """JSON without blanks."""
    return json.dumps(value, separators=(",", ":"))


def _queued(operation: Queued) -> list[Any]:
    match operation:
        case Deposit(account, owner, token, amount, key):
            return ["deposit", account, owner, amount, token, *key]
        case ForcedWithdrawal(account, requester, amount):
            return ["forced", account, requester, amount]
