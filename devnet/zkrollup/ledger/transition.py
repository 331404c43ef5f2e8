"""How operations change the state: the only execution that layer 2 has.

Owns the rules, and the trace from which a batch's witness is made. A refused operation changes nothing, since
states are immutable.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from zkrollup.circuits.encoding import (
    ADDRESS_BITS,
    AMOUNT_BITS,
    EXIT_LEVELS,
    NONCE_BITS,
    InexactFee,
    Op,
    SlotWords,
    encode_fee,
    exit_id,
    exit_leaf,
)
from zkrollup.circuits.gadgets.eddsa import is_provable
from zkrollup.circuits.inputs import NO_SIGNATURE, Account, LaneInputs, SlotInputs
from zkrollup.crypto.babyjubjub import Point
from zkrollup.crypto.eddsa import Signature, check
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.errors import ZkRollupError
from zkrollup.ledger.moves import Move, slot_moves
from zkrollup.ledger.operations import (
    Deposit,
    ForcedWithdrawal,
    Operation,
    Signed,
    Transfer,
    Withdrawal,
)
from zkrollup.ledger.state import LedgerState

RULES: Final = (
    "amount",
    "balance",
    "challenge",
    "fee",
    "identity",
    "nonce",
    "overflow",
    "receiver",
    "recipient",
    "sender",
    "token",
)
"""The ledger's rules, by the word that a refusal names them with."""


class RefusedOperation(ZkRollupError):
    """An operation breaks a rule of the ledger; the state is as before.

    Attributes:
        operation: What was refused.
        rule: Which rule it broke, in a word, for tests to match on.
    """

    def __init__(self, operation: Operation, rule: str, why: str) -> None:
        """``why`` names the values and what to do."""
        self.operation, self.rule = operation, rule
        super().__init__(f"{type(operation).__name__.lower()} refused ({rule}): {why}")


class TooManyOperations(ZkRollupError):
    """A batch was given more operations than its circuit has slots; nothing was applied."""

    def __init__(self, operations: int, slots: int) -> None:
        """``operations`` is more than ``slots``."""
        self.operations, self.slots = operations, slots
        super().__init__(
            f"{operations} operations for a batch of {slots} slots; "
            "seal some of them into the next batch or use a larger circuit"
        )


class Accounts(Protocol):
    """Whatever knows accounts by index: a state, or a draft of one."""

    def account(self, index: int) -> Account:
        """The account at ``index``, or the empty one."""
        ...


@dataclass(frozen=True, slots=True)
class Exit:
    """A burned amount that waits for its claim on L1.

    Attributes:
        batch: The batch that burned it.
        slot: Its slot there.
        recipient: L1 address that is paid.
        token: L1 address of the token, 0 for ETH.
        amount: In the token's smallest unit.
    """

    batch: int
    slot: int
    recipient: int
    token: int
    amount: int

    @property
    def id(self) -> int:
        """Unique for ever."""
        return exit_id(self.batch, self.slot)

    @property
    def leaf(self) -> int:
        """Its leaf in the batch's exit tree."""
        return exit_leaf(self.id, self.recipient, self.token, self.amount)


@dataclass(frozen=True, slots=True)
class SlotTrace:
    """What one slot read, posted, burned, and paid the operator."""

    inputs: SlotInputs
    words: SlotWords
    exit: Exit | None
    fee: int = 0


@dataclass(frozen=True, slots=True)
class BatchTrace:
    """A batch as executed.

    Attributes:
        number: The batch's number.
        before: The state before it.
        after: The state after it.
        slots: One a slot of the circuit, noops at the end.
        exit_tree: Exit leaves by slot.
        fees: The account that the fees went to, as it stood after all slots; idle where there were none.
    """

    number: int
    before: LedgerState
    after: LedgerState
    slots: tuple[SlotTrace, ...]
    exit_tree: QuadTree
    fees: LaneInputs

    @property
    def fee_total(self) -> int:
        """What the operator was paid, in the token of ``fees``."""
        return sum(slot.fee for slot in self.slots)

    @property
    def exits(self) -> tuple[Exit, ...]:
        """What was burned, in slot order."""
        return tuple(slot.exit for slot in self.slots if slot.exit is not None)

    @property
    def moves(self) -> tuple[Move, ...]:
        """What it did to the balances of L1 addresses, in order."""
        taker = self.fees.account
        return tuple(
            move
            for slot in self.slots
            for move in slot_moves(slot.inputs, burned=slot.exit is not None, fee=slot.fee, taker=taker)
        )


def exit_tree(exits: Iterable[Exit]) -> QuadTree:
    """The tree that a batch commits to its exits with: exit leaves by slot."""
    return QuadTree(EXIT_LEVELS).with_leaves((each.slot, each.leaf) for each in exits)


def apply_batch(
    state: LedgerState,
    operations: Sequence[Operation],
    *,
    number: int,
    slots: int,
    domain: int,
    fee_account: int | None = None,
    authentic: bool = False,
) -> tuple[LedgerState, BatchTrace]:
    """Applies ``operations`` in order, fills up to ``slots`` with noops, and pays the fees out at the end.

    ``fee_account`` is the index of the account that fees go to; without one, operations have none.
    ``authentic`` says that all signatures were checked before, against the same keys and receivers.

    Raises:
        TooManyOperations: There are more than ``slots``.
        RefusedOperation: One of them breaks a rule after those before it.
    """
    if len(operations) > slots:
        raise TooManyOperations(len(operations), slots)
    before, traces = state, []
    for slot, operation in enumerate(operations):
        state, trace = apply_operation(
            state,
            operation,
            domain=domain,
            batch=number,
            slot=slot,
            fee_account=fee_account,
            authentic=authentic,
        )
        traces.append(trace)
    traces += [noop_slot(state.tree.levels)] * (slots - len(traces))
    exits = exit_tree(trace.exit for trace in traces if trace.exit is not None)
    state, fees = _pay_fees(state, fee_account, sum(trace.fee for trace in traces))
    return state, BatchTrace(number, before, state, tuple(traces), exits, fees)


def noop_slot(levels: int) -> SlotTrace:
    """A slot in which nothing happens."""
    return SlotTrace(SlotInputs.noop(levels), SlotWords(), None)


def apply_operation(
    state: LedgerState,
    operation: Operation,
    *,
    domain: int,
    batch: int,
    slot: int,
    fee_account: int | None = None,
    authentic: bool = False,
) -> tuple[LedgerState, SlotTrace]:
    """Applies one operation as ``slot`` of ``batch``. Its fee is taken; ``apply_batch`` pays it out.

    ``authentic`` says that its signature was checked before, against the same key and receiver.

    Raises:
        RefusedOperation: It breaks a rule.
        InvalidSignature: Its signature is not the sender's.
    """
    outcome(state, operation, fee_account=fee_account)
    if isinstance(operation, Signed) and not authentic:
        check_signature(state, operation, domain)
    match operation:
        case Deposit():
            return _deposit(state, operation)
        case ForcedWithdrawal():
            return _force(state, operation, batch, slot)
        case Transfer():
            return _transfer(state, operation)
        case Withdrawal():
            return _withdraw(state, operation, batch, slot)


def outcome(
    accounts: Accounts, operation: Operation, *, fee_account: int | None = None
) -> dict[int, Account]:
    """The accounts that an operation changes, by index, as it leaves them.

    Asks every rule but the signature's, and hashes nothing.

    Raises:
        RefusedOperation: It breaks a rule.
    """
    _check_amount(operation)
    match operation:
        case Deposit(account):
            return {account: _deposited(accounts, operation)}
        case ForcedWithdrawal(account):
            debited = _forced(accounts, operation)
            return {} if debited is None else {account: debited}
        case Transfer(sender, receiver):
            _check_sender(accounts, operation, fee_account)
            debited, credited = _transferred(accounts, operation)
            return {sender: debited, receiver: credited}
        case Withdrawal(sender):
            _check_sender(accounts, operation, fee_account)
            return {sender: _withdrawn(accounts, operation)}


def check_signature(accounts: Accounts, operation: Signed, domain: int) -> None:
    """Whether the sender signed this, for this receiver and this rollup, and a circuit can say so.

    Raises:
        RefusedOperation: The signature is one of the few that the circuit leaves out.
        InvalidSignature: It is not the sender's.
    """
    key = accounts.account(operation.sender).key
    match operation:
        case Transfer(_, receiver):
            message = operation.message(accounts.account(receiver), domain)
        case Withdrawal():
            message = operation.message(domain)
    check(key, message, operation.signature)
    if not is_provable(key, operation.signature, message):
        raise RefusedOperation(
            operation,
            "challenge",
            "its signature is one of 2 in 10^12 that the circuit's range check leaves out; "
            "change the amount by one unit or sign again with another R8",
        )


def _check_amount(operation: Operation) -> None:
    if not 0 <= operation.amount < 1 << AMOUNT_BITS:
        raise RefusedOperation(
            operation, "amount", f"its amount is {operation.amount}; amounts are in [0, 2^{AMOUNT_BITS})"
        )


def _check_sender(accounts: Accounts, operation: Signed, fee_account: int | None) -> None:
    """What must hold before there is a message to check a signature on."""
    payer = accounts.account(operation.sender)
    if payer.is_empty:
        raise RefusedOperation(
            operation, "sender", f"account {operation.sender} is not open; a deposit on L1 opens it"
        )
    if operation.nonce != payer.nonce:
        raise RefusedOperation(
            operation,
            "nonce",
            f"account {operation.sender} is at nonce {payer.nonce}, not {operation.nonce}; "
            "sign again with that",
        )
    if payer.nonce >= 1 << NONCE_BITS:
        raise RefusedOperation(
            operation,
            "nonce",
            f"account {operation.sender} has signed 2^{NONCE_BITS} times and cannot any more",
        )
    if operation.fee:
        _check_fee(accounts, operation, payer, fee_account)


def _check_fee(accounts: Accounts, operation: Signed, payer: Account, fee_account: int | None) -> None:
    try:
        encode_fee(operation.fee)
    except InexactFee as error:
        raise RefusedOperation(operation, "fee", str(error)) from error
    taker = None if fee_account is None else accounts.account(fee_account)
    if taker is None or taker.is_empty:
        raise RefusedOperation(operation, "fee", f"its fee is {operation.fee}, and the operator takes none")
    if payer.token != taker.token:
        raise RefusedOperation(
            operation,
            "fee",
            f"its fee would be in token {payer.token:#x}, and the operator takes fees in {taker.token:#x}; "
            "sign it with fee 0",
        )


def _pay_fees(state: LedgerState, fee_account: int | None, total: int) -> tuple[LedgerState, LaneInputs]:
    if not total or fee_account is None:
        return state, LaneInputs.idle(state.tree.levels)
    lane = state.lane(fee_account)
    # All balances of a token together are what is locked of it, which stays below 2^128.
    paid = replace(lane.account, balance=lane.account.balance + total)
    return state.replaced(fee_account, paid), lane


def _deposited(accounts: Accounts, deposit: Deposit) -> Account:
    """The account afterwards."""
    old = accounts.account(deposit.account)
    opened = Account(*deposit.key, deposit.owner, deposit.token, old.balance, old.nonce)
    if not old.is_empty and opened != old:
        raise RefusedOperation(
            deposit,
            "identity",
            f"account {deposit.account} belongs to another key, owner or token; "
            "the ledger and L1's queue are out of step, so rebuild the ledger from L1",
        )
    return _credited(deposit, opened, deposit.amount)


def _deposit(state: LedgerState, deposit: Deposit) -> tuple[LedgerState, SlotTrace]:
    credited = _deposited(state, deposit)
    lane, idle = state.lane(deposit.account), LaneInputs.idle(state.tree.levels)
    inputs = _inputs(deposit.words(), Op.DEPOSIT, deposit.amount, 0, idle, lane, NO_SIGNATURE)
    return state.replaced(deposit.account, credited), SlotTrace(inputs, deposit.words(), None)


def _transferred(accounts: Accounts, transfer: Transfer) -> tuple[Account, Account]:
    """Payer and receiver afterwards, which may be one account."""
    payer, receiver = accounts.account(transfer.sender), accounts.account(transfer.receiver)
    if receiver.is_empty:
        raise RefusedOperation(
            transfer, "receiver", f"account {transfer.receiver} is not open; a deposit on L1 opens it"
        )
    debited = _debited(transfer, payer)
    if payer.token != receiver.token:
        raise RefusedOperation(
            transfer,
            "token",
            f"account {transfer.sender} holds token {payer.token:#x}, account {transfer.receiver} "
            f"{receiver.token:#x}; a transfer needs one token on both sides",
        )
    credited = debited if transfer.receiver == transfer.sender else receiver
    return debited, _credited(transfer, credited, transfer.amount)


def _transfer(state: LedgerState, transfer: Transfer) -> tuple[LedgerState, SlotTrace]:
    debited, credited = _transferred(state, transfer)
    debit = state.lane(transfer.sender)
    middle = state.replaced(transfer.sender, debited)
    credit = middle.lane(transfer.receiver)
    words, fee = transfer.words(), transfer.fee
    inputs = _inputs(words, Op.TRANSFER, transfer.amount, fee, debit, credit, transfer.signature)
    return middle.replaced(transfer.receiver, credited), SlotTrace(inputs, words, None, fee)


def _forced(accounts: Accounts, forced: ForcedWithdrawal) -> Account | None:
    """The payer afterwards; None where the request does not apply. Never refused."""
    payer = accounts.account(forced.account)
    if payer.is_empty or payer.owner != forced.requester or payer.balance < forced.amount:
        return None
    return replace(payer, balance=payer.balance - forced.amount)


def _force(
    state: LedgerState, forced: ForcedWithdrawal, batch: int, slot: int
) -> tuple[LedgerState, SlotTrace]:
    """One that does not apply moves nothing, and takes its slot all the same."""
    debit = state.lane(forced.account)
    words, idle = forced.words(), LaneInputs.idle(state.tree.levels)
    inputs = _inputs(words, Op.FORCED_WITHDRAW, forced.amount, 0, debit, idle, NO_SIGNATURE)
    debited = _forced(state, forced)
    if debited is None:
        return state, SlotTrace(inputs, words, None)
    burned = Exit(batch, slot, forced.requester, debited.token, forced.amount)
    return state.replaced(forced.account, debited), SlotTrace(inputs, words, burned)


def _withdrawn(accounts: Accounts, withdrawal: Withdrawal) -> Account:
    """The payer afterwards."""
    if not 0 <= withdrawal.recipient < 1 << ADDRESS_BITS:
        raise RefusedOperation(
            withdrawal,
            "recipient",
            f"its recipient is {withdrawal.recipient:#x}; an L1 address has {ADDRESS_BITS} bits",
        )
    return _debited(withdrawal, accounts.account(withdrawal.sender))


def _withdraw(
    state: LedgerState, withdrawal: Withdrawal, batch: int, slot: int
) -> tuple[LedgerState, SlotTrace]:
    debit = state.lane(withdrawal.sender)
    idle = LaneInputs.idle(state.tree.levels)
    words, fee = withdrawal.words(), withdrawal.fee
    inputs = _inputs(words, Op.WITHDRAW, withdrawal.amount, fee, debit, idle, withdrawal.signature)
    burned = Exit(batch, slot, withdrawal.recipient, debit.account.token, withdrawal.amount)
    debited = _withdrawn(state, withdrawal)
    return state.replaced(withdrawal.sender, debited), SlotTrace(inputs, words, burned, fee)


def _debited(operation: Signed, payer: Account) -> Account:
    """The payer afterwards, with its balance checked."""
    total = operation.amount + operation.fee
    if total > payer.balance:
        with_fee = f" and a fee of {operation.fee}" if operation.fee else ""
        raise RefusedOperation(
            operation,
            "balance",
            f"account {operation.sender} holds {payer.balance}, less than {operation.amount}{with_fee}",
        )
    return replace(payer, balance=payer.balance - total, nonce=payer.nonce + 1)


def _credited(operation: Deposit | Transfer, receiver: Account, amount: int) -> Account:
    balance = receiver.balance + amount
    if balance >= 1 << AMOUNT_BITS:
        raise RefusedOperation(
            operation, "overflow", f"the balance would be {balance}, and balances stay below 2^{AMOUNT_BITS}"
        )
    return replace(receiver, balance=balance)


def _inputs(
    words: SlotWords,
    op: Op,
    amount: int,
    fee: int,
    debit: LaneInputs,
    credit: LaneInputs,
    signature: Signature,
) -> SlotInputs:
    key = Point(words.key_x, words.key_y)
    return SlotInputs(op, amount, encode_fee(fee), words.address, words.token, key, debit, credit, signature)
