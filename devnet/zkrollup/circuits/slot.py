"""One slot of a batch: a deposit, a transfer, a withdrawal, or nothing.

A slot has a debit lane and a credit lane. The credit lane opens against the root that the debit left behind,
so an account may pay itself. Roots are computed from paths and chained; none is taken from the prover.
"""

from dataclasses import dataclass

from zkrollup.circuits.account import AccountWires, Lane, account_leaf, read_lane
from zkrollup.circuits.encoding import (
    AMOUNT_BITS,
    FEE_BITS,
    INDEX_BITS,
    NONCE_BITS,
    OPERATION_BITS,
    SLOT_BITS,
    Op,
)
from zkrollup.circuits.gadgets.babyjubjub import EdwardsPoint
from zkrollup.circuits.gadgets.bits import enforce_boolean, enforce_range, is_at_least, to_bits
from zkrollup.circuits.gadgets.eddsa import SignatureWires, verify_signature
from zkrollup.circuits.gadgets.logic import enforce_equal_if, enforce_zero_if, select
from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.circuits.gadgets.quadpath import quad_roots
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression, Term, weighted_sum


@dataclass(frozen=True, slots=True)
class Selector:
    """Which operation a slot does, one-hot; all 0 is a noop.

    ``forced`` holds the place of forced withdrawals in every formula and is the constant 0 until they exist.
    """

    deposit: Expression
    transfer: Expression
    withdraw: Expression
    forced: Expression

    @property
    def signed(self) -> Expression:
        """Whether the payer's signature is needed."""
        return self.transfer + self.withdraw

    @property
    def debits(self) -> Expression:
        """Whether the debit lane moves."""
        return self.transfer + self.withdraw + self.forced

    @property
    def credits(self) -> Expression:
        """Whether the credit lane moves."""
        return self.deposit + self.transfer

    @property
    def exits(self) -> Expression:
        """Whether an exit leaf results."""
        return self.withdraw + self.forced

    @property
    def op(self) -> Expression:
        """The code that is posted."""
        codes = (Op.DEPOSIT, Op.TRANSFER, Op.WITHDRAW, Op.FORCED_WITHDRAW)
        return weighted_sum((self.deposit, self.transfer, self.withdraw, self.forced), codes)


@dataclass(frozen=True, slots=True)
class SlotWires:
    """What a slot leaves to the batch: the new root, its five words, its exit leaf or 0."""

    root: Expression
    words: tuple[Expression, ...]
    exit_leaf: Expression


def apply_slot(
    b: Builder, levels: int, root: Expression, *, number: int, batch: Expression, domain: Expression
) -> SlotWires:
    """Applies slot ``number`` to the tree with ``root``.

    Enforces every rule of its operation; see the comments. Assumes: balances in the tree are below 2^128,
    keys in the tree are on the curve and of large order; both hold from the empty tree on, by these rules and
    the contract's on deposits.
    """
    op = _select_operation(b)
    amount = b.private("amount")
    enforce_range(b, amount, AMOUNT_BITS, "amount")
    address, token = b.private("address"), b.private("token")
    key = EdwardsPoint(b.private("key_x"), b.private("key_y"))
    debit, credit = _open_lane(b, levels, "debit"), _open_lane(b, levels, "credit")

    operation = _operation_word(op, debit.index, credit.index, amount)
    _authorise(b, op, operation, address, debit, credit, domain)
    paid = _debited(b, op, debit, amount)
    received = _credited(b, op, credit, amount, (*key, address, token))
    enforce_equal_if(b, op.transfer, debit.account.token, credit.account.token, "transfer.token")
    middle = _move(b, root, op.debits, debit, paid, "debit")
    final = _move(b, middle, op.credits, credit, received, "credit")

    identifier = batch * (1 << SLOT_BITS) + number
    leaf = poseidon(b, [identifier, address, debit.account.token, amount], "exit")
    return SlotWires(
        root=final,
        words=(operation, address, token, *key),
        exit_leaf=b.multiply(op.exits, leaf, "exit.present"),
    )


def _select_operation(b: Builder) -> Selector:
    choices = {name: b.private(f"is_{name}") for name in ("deposit", "transfer", "withdraw")}
    for name, choice in choices.items():
        enforce_boolean(b, choice, f"op.{name}")
    enforce_boolean(b, weighted_sum(list(choices.values()), [1, 1, 1]), "op.one")
    return Selector(**choices, forced=Expression({}))


def _open_lane(b: Builder, levels: int, label: str) -> Lane:
    with b.scope(label):
        index = b.private("index")
        bits = to_bits(b, index, 2 * levels, "index")
    return read_lane(b, levels, bits, index, label)


def _operation_word(op: Selector, sender: Term, receiver: Term, amount: Expression) -> Expression:
    """Word 0. The 16 fee bits between op and sender are 0: the word has no room for anything else there."""
    shifts = (
        1,
        1 << AMOUNT_BITS,
        1 << (AMOUNT_BITS + INDEX_BITS),
        1 << (AMOUNT_BITS + 2 * INDEX_BITS + FEE_BITS),
    )
    return weighted_sum((amount, Expression({}) + receiver, Expression({}) + sender, op.op), shifts)


def _authorise(
    b: Builder,
    op: Selector,
    operation: Expression,
    address: Expression,
    debit: Lane,
    credit: Lane,
    domain: Expression,
) -> None:
    """The payer's key signs the operation word, the nonce, where the money goes, and the domain.

    A transfer binds the receiver's key and owner beside its index: a reorganisation of L1 may hand the index
    to somebody else. A withdrawal binds its recipient, which is the address word.
    """
    payer = debit.account
    signature = SignatureWires(
        EdwardsPoint(b.private("signature.r8_x"), b.private("signature.r8_y")), b.private("signature.s")
    )
    # Only where signed: an account whose nonces are used up must not make an unsigned operation unprovable.
    enforce_range(b, b.multiply(op.signed, payer.nonce, "nonce.signed"), NONCE_BITS, "nonce")
    bound = (credit.account.key_x, credit.account.key_y, credit.account.owner)
    receiver = [b.multiply(op.transfer, value, f"receiver[{i}]") for i, value in enumerate(bound)]
    packed = operation + payer.nonce * (1 << OPERATION_BITS)
    message = poseidon(b, [packed, address, *receiver, domain], "message")
    verify_signature(b, op.signed, payer.key, signature, message, "signature")


def _debited(b: Builder, op: Selector, lane: Lane, amount: Expression) -> AccountWires:
    """The payer afterwards: not empty before, with enough, one nonce further where it signed."""
    account = lane.account
    enough = is_at_least(b, account.balance, amount, AMOUNT_BITS, "balance")
    enforce_zero_if(b, op.debits, 1 - enough, "balance.enough")
    enforce_zero_if(b, op.debits, lane.empty, "debit.exists")
    return account._replace(balance=account.balance - amount, nonce=account.nonce + op.signed)


def _credited(
    b: Builder, op: Selector, lane: Lane, amount: Expression, posted: tuple[Expression, ...]
) -> AccountWires:
    """The receiver afterwards. A deposit opens an empty account as ``posted`` says, or finds it just so."""
    old = lane.account
    enforce_zero_if(b, op.transfer, lane.empty, "credit.exists")
    opens = b.multiply(op.deposit, lane.empty, "credit.opens")
    identity = {}
    for name, word in zip(("key_x", "key_y", "owner", "token"), posted, strict=True):
        before: Expression = getattr(old, name)
        enforce_equal_if(b, op.deposit - opens, before, word, f"credit.same.{name}")
        identity[name] = before + b.multiply(opens, word, f"credit.opened.{name}")  # before is 0 when empty
    balance = old.balance + amount
    enforce_range(b, b.multiply(op.credits, balance, "credit.moved"), AMOUNT_BITS, "credit.balance")
    return AccountWires(**identity, balance=balance, nonce=old.nonce)


def _move(
    b: Builder, root: Expression, moves: Expression, lane: Lane, after: AccountWires, label: str
) -> Expression:
    """The root after ``lane`` becomes ``after``, or ``root`` itself where nothing moves."""
    leaf = account_leaf(b, after, f"{label}.new_leaf")
    old_root, new_root = quad_roots(b, [lane.leaf, leaf], lane.index_bits, lane.siblings, f"{label}.path")
    enforce_equal_if(b, moves, old_root, root, f"{label}.root")
    return select(b, moves, new_root, root, f"{label}.next")
