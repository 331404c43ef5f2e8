"""What a broken constraint of the rollup's own circuits means: slot, operation and field, with both values.

Owns the words, and the comparison of what a batch proves with what L1 knows of it. Decides nothing: the
circuit has refused already.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from zkrollup.circuits.encoding import Op, decode_fee, unpack_operation
from zkrollup.circuits.inputs import SlotInputs
from zkrollup.ledger.operations import Deposit, Queued
from zkrollup.ledger.transition import Exit, SlotTrace
from zkrollup.operator.queue import to_address
from zkrollup.operator.stages import SealedBatch
from zkrollup.snark.satisfaction import short

_Fields: TypeAlias = dict[str, int]

_SUMS: Final = ("commitment", "evaluation")
"""Constraints on all words of a batch at once: they hold where the prover's words are those that L1 knows."""
_ADDRESSES: Final = ("owner", "recipient", "requester", "token")


def meaning_for_batch(batch: SealedBatch, label: str) -> str | None:
    """What it means that a batch breaks the constraint ``label``; None where its name says all."""
    # First, whatever broke: after a slot that says something else, the tree is another for all that follow.
    if (difference := next(_slot_differences(batch), None)) is not None:
        return difference
    if label in _SUMS:
        return next(_header_differences(batch), _UNTOLD)
    scope, _, rule = label.partition(".")
    if not scope.startswith("slot["):
        return None
    number = int(scope.removeprefix("slot[").removesuffix("]"))
    slot = batch.trace.slots[number].inputs
    return f"{_called(number, slot)}: {_broken_rule(slot, rule)}"


def meaning_for_claim(burned: Exit, root: int, label: str) -> str | None:
    """The same of a claim in an exit tree with ``root``."""
    what = f"exit {burned.id} (amount {burned.amount} of {_shown('token', burned.token)})"
    match label.partition(".")[0]:
        case "exit_root":
            return f"{what} does not stand at place {burned.slot} of the exit tree with root {short(root)}"
        case "amount" | "recipient":
            return f"{what}: {label.partition('.')[0]} is out of range"
    return None


def meaning_for_escape(index: int, root: int, label: str) -> str | None:
    """The same of an escape of account ``index`` from the state with ``root``."""
    if label.startswith("state_root"):
        return f"account {index} does not stand in the state with root {short(root)}, as it is given"
    return None


# --- all words at once

_UNTOLD: Final = (
    "the words that L1 knows are not those that the slots lead to: header, queue entries or posted data were "
    "changed"
)


def _slot_differences(batch: SealedBatch) -> Iterator[str]:
    """What the slots say that L1 knows otherwise, in the order of slots."""
    for number, slot in enumerate(batch.trace.slots):
        if number < len(batch.queued):
            whose, theirs = "L1's queue", _of(batch.queued[number].operation)
        else:
            whose, theirs = "the posted data", _of_words(slot)
        mine = _of_inputs(slot.inputs)
        for field, value in theirs.items():
            if field in mine and mine[field] != value:
                shown = _shown(field, mine[field]), _shown(field, value)
                yield f"{_called(number, slot.inputs)}: {field} {shown[0]}, {whose} says {shown[1]}"


def _header_differences(batch: SealedBatch) -> Iterator[str]:
    header, trace = batch.header, batch.trace
    for field, told, true in (
        ("old root", header.old_root, trace.before.root),
        ("new root", header.new_root, trace.after.root),
        ("exit root", header.exit_root, trace.exit_tree.root),
        ("number", header.number, trace.number),
        ("fee account", header.fee_account, trace.fees.index),
    ):
        if told != true:
            yield f"header: {field} {short(told)}, the slots lead to {short(true)}"


def _of_inputs(slot: SlotInputs) -> _Fields:
    """What the prover says of a slot, by the names that its operation has for it."""
    common = {"operation": int(slot.op), "amount": slot.amount, "fee": decode_fee(slot.fee)}
    match slot.op:
        case Op.DEPOSIT:
            opened = {"account": slot.credit.index, "owner": slot.address, "token": slot.token}
            return common | opened | {"key x": slot.key.x, "key y": slot.key.y}
        case Op.FORCED_WITHDRAW:
            return common | {"account": slot.debit.index, "requester": slot.address}
        case Op.TRANSFER | Op.WITHDRAW:
            accounts = {"account": slot.debit.index, "receiver": slot.credit.index}
            return common | accounts | {"recipient": slot.address}
    return common


def _of(operation: Queued) -> _Fields:
    """What L1's queue says of a slot."""
    common = {"account": operation.account, "amount": operation.amount}
    if isinstance(operation, Deposit):
        keys = {"key x": operation.key.x, "key y": operation.key.y}
        said = {"operation": int(Op.DEPOSIT), "owner": operation.owner, "token": operation.token}
        return said | common | keys
    return {"operation": int(Op.FORCED_WITHDRAW), "requester": operation.requester} | common


def _of_words(slot: SlotTrace) -> _Fields:
    """What the posted data say of a slot."""
    op, fee, sender, receiver, amount = unpack_operation(slot.words.operation)
    said = {"operation": op, "amount": amount, "fee": decode_fee(fee)}
    if op in (Op.TRANSFER, Op.WITHDRAW):
        said |= {"account": sender, "receiver": receiver, "recipient": slot.words.address}
    return said


# --- single rules


def _broken_rule(slot: SlotInputs, rule: str) -> str:
    payer, part = slot.debit, rule.partition(".")
    account = payer.account
    match part[0], part[2]:
        case "debit", "covers":
            fee = f" and fee {decode_fee(slot.fee)}" if slot.fee else ""
            held = "is not open" if account.is_empty else f"holds {account.balance}"
            return f"amount {slot.amount}{fee}, account {payer.index} {held}"
        case "debit" | "credit" as side, "root":
            index = payer.index if side == "debit" else slot.credit.index
            return f"account {index} does not stand in the tree as it is given"
        case "signature", _:
            return f"the signature is not that of account {payer.index}'s key for this operation and rollup"
        case "transfer", "token":
            held, taken = (_shown("token", each.account.token) for each in (payer, slot.credit))
            return f"account {payer.index} holds {held}, account {slot.credit.index} holds {taken}"
        case "fee", "token":
            return f"fee in {_shown('token', account.token)}, the batch takes fees in another token"
        case "credit", "exists":
            return f"account {slot.credit.index}, which is to be paid, is not open"
    return f"rule {rule!r} is broken, amount {slot.amount}, account {payer.index}"


def _called(number: int, slot: SlotInputs) -> str:
    return f"slot {number} ({Op(slot.op).name.lower().replace('_', ' ')})"


def _shown(field: str, value: int) -> str:
    if field == "operation":
        return Op(value).name.lower().replace("_", " ") if value in list(Op) else str(value)
    if field in _ADDRESSES and value < 1 << 160:
        return to_address(value)
    return short(value)
