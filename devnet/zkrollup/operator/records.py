"""Operations and queue entries as text, for what outlives a process. Owns that form, in both directions."""

import json
from typing import Any

from zkrollup.crypto.babyjubjub import Point
from zkrollup.crypto.eddsa import Signature
from zkrollup.ledger.operations import Deposit, ForcedWithdrawal, Queued, Signed, Transfer, Withdrawal
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


def text(value: object) -> str:
    """JSON without blanks."""
    return json.dumps(value, separators=(",", ":"))


def _queued(operation: Queued) -> list[Any]:
    match operation:
        case Deposit(account, owner, token, amount, key):
            return ["deposit", account, owner, amount, token, *key]
        case ForcedWithdrawal(account, requester, amount):
            return ["forced", account, requester, amount]
