"""One slot of a batch: a deposit, a transfer, a withdrawal, a forced withdrawal, or nothing.

A slot has a debit lane and a credit lane. The credit lane opens against the root that the debit left behind,
so an account may pay itself. Roots are computed from paths and chained; none is taken from the prover.
"""

from dataclasses import dataclass

from zkrollup.circuits.account import AccountWires, Lane, account_leaf, read_lane
from zkrollup.circuits.encoding import (
    AMOUNT_BITS,
    FEE_BITS,
    FEE_EXPONENT_BITS,
    FEE_MANTISSA_BITS,
    INDEX_BITS,
    NONCE_BITS,
    OPERATION_BITS,
    SLOT_BITS,
    Op,
)
from zkrollup.circuits.gadgets.babyjubjub import EdwardsPoint
from zkrollup.circuits.gadgets.bits import enforce_boolean, enforce_range, is_at_least, to_bits
from zkrollup.circuits.gadgets.eddsa import SignatureWires, verify_signature
from zkrollup.circuits.gadgets.logic import enforce_equal_if, enforce_zero_if, is_zero, select
from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.circuits.gadgets.quadpath import quad_roots
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression, weighted_sum


@dataclass(frozen=True, slots=True)
class Selector:
    """Which operation a slot does, one-hot; all 0 is a noop."""

    deposit: Expression
    transfer: Expression
    withdraw: Expression
    forced: Expression

    @property
    def signed(self) -> Expression:
        """Whether the payer's signature is needed."""
        return self.transfer + self.withdraw

    @property
    def opens_debit(self) -> Expression:
        """Whether the debit lane is read from the tree; whether it then moves, a forced one must show."""
        return self.signed + self.forced

    @property
    def credits(self) -> Expression:
        """Whether the credit lane moves."""
        return self.deposit + self.transfer

    @property
    def op(self) -> Expression:
        """The code that is posted."""
        codes = (Op.DEPOSIT, Op.TRANSFER, Op.WITHDRAW, Op.FORCED_WITHDRAW)
        return weighted_sum((self.deposit, self.transfer, self.withdraw, self.forced), codes)


@dataclass(frozen=True, slots=True)
class SlotWires:
    """What a slot leaves to the batch: the new root, its five words, its exit leaf or 0, and its fee."""

    root: Expression
    words: tuple[Expression, ...]
    exit_leaf: Expression
    fee: Expression


@dataclass(frozen=True, slots=True)
class BatchWires:
    """What all slots of a batch share.

    Attributes:
        number: The batch's number.
        domain: What signatures are for.
        fee_token: The only token in which this batch takes fees.
    """

    number: Expression
    domain: Expression
    fee_token: Expression


def apply_slot(b: Builder, levels: int, root: Expression, *, number: int, batch: BatchWires) -> SlotWires:
    """Applies slot ``number`` to the tree with ``root``.

    Enforces every rule of its operation; see the comments. Assumes: balances in the tree are below 2^128,
    keys in the tree are on the curve and of large order; both hold from the empty tree on, by these rules and
    the contract's on deposits.
    """
    op = _select_operation(b)
    amount = b.private("amount")
    enforce_range(b, amount, AMOUNT_BITS, "amount")
    fee_code = b.private("fee")
    fee = decoded_fee(b, fee_code, "fee")
    enforce_zero_if(b, 1 - op.signed, fee_code, "fee.signed")
    address, token = b.private("address"), b.private("token")
    key = EdwardsPoint(b.private("key_x"), b.private("key_y"))
    debit, credit = _open_lane(b, levels, "debit"), _open_lane(b, levels, "credit")

    operation = _operation_word(op, fee_code, debit.index, credit.index, amount)
    _authorise(b, op, operation, address, debit, credit, batch.domain)
    covers = _covers(b, debit, amount + fee)
    enforce_zero_if(b, op.signed, 1 - covers, "debit.covers")
    forced = _forced_applies(b, op, debit, address, covers)
    paid = debit.account._replace(
        balance=debit.account.balance - amount - fee, nonce=debit.account.nonce + op.signed
    )
    received = _credited(b, op, credit, amount, (*key, address, token))
    enforce_equal_if(b, op.transfer, debit.account.token, credit.account.token, "transfer.token")
    enforce_equal_if(b, fee, debit.account.token, batch.fee_token, "fee.token")
    middle = move(b, root, debit, paid, opens=op.opens_debit, moves=op.signed + forced, label="debit")
    final = move(b, middle, credit, received, opens=op.credits, moves=op.credits, label="credit")

    identifier = batch.number * (1 << SLOT_BITS) + number
    leaf = poseidon(b, [identifier, address, debit.account.token, amount], "exit")
    return SlotWires(
        root=final,
        words=(operation, address, token, *key),
        exit_leaf=b.multiply(op.withdraw + forced, leaf, "exit.present"),
        fee=fee,
    )


def decoded_fee(b: Builder, code: Expression, label: str) -> Expression:
    """The fee that 16 bits mean. Native twin: ``encoding.decode_fee``.

    Inputs: code. Outputs: mantissa times 10^exponent, below 2^114. Assumes: nothing.
    Enforces: code in [0, 2^16). 21 constraints.
    """
    bits = to_bits(b, code, FEE_BITS, label)
    fee = b.binary_sum(bits[:FEE_MANTISSA_BITS])
    for i in range(FEE_EXPONENT_BITS):
        factor = 1 + bits[FEE_MANTISSA_BITS + i] * (10 ** (1 << i) - 1)
        fee = b.multiply(fee, factor, f"{label}.scale[{i}]")
    return fee


def _select_operation(b: Builder) -> Selector:
    choices = {name: b.private(f"is_{name}") for name in ("deposit", "transfer", "withdraw", "forced")}
    for name, choice in choices.items():
        enforce_boolean(b, choice, f"op.{name}")
    enforce_boolean(b, weighted_sum(list(choices.values()), [1] * len(choices)), "op.one")
    return Selector(**choices)


def _open_lane(b: Builder, levels: int, label: str) -> Lane:
    with b.scope(label):
        index = b.private("index")
        bits = to_bits(b, index, 2 * levels, "index")
    return read_lane(b, levels, bits, index, label)


def _operation_word(
    op: Selector, fee_code: Expression, sender: Expression, receiver: Expression, amount: Expression
) -> Expression:
    """Word 0. Each part is range-checked to its width, so the word has one reading."""
    parts = (amount, receiver, sender, fee_code, op.op)
    widths = (AMOUNT_BITS, INDEX_BITS, INDEX_BITS, FEE_BITS)
    shifts = [1 << sum(widths[:i]) for i in range(len(parts))]
    return weighted_sum(parts, shifts)


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
    to somebody else. A withdrawal binds its recipient, which is the address word; it is signed over zeros in
    the receiver's place, which only an empty lane has.
    """
    payer = debit.account
    signature = SignatureWires(
        EdwardsPoint(b.private("signature.r8_x"), b.private("signature.r8_y")), b.private("signature.s")
    )
    # Only where signed: an account whose nonces are used up must not make an unsigned operation unprovable.
    enforce_range(b, b.multiply(op.signed, payer.nonce, "nonce.signed"), NONCE_BITS, "nonce")
    receiver = (credit.account.key_x, credit.account.key_y, credit.account.owner)
    packed = operation + payer.nonce * (1 << OPERATION_BITS)
    message = poseidon(b, [packed, address, *receiver, domain], "message")
    verify_signature(b, op.signed, payer.key, signature, message, "signature")


def _covers(b: Builder, lane: Lane, total: Expression) -> Expression:
    """Whether an account is open and holds ``total``, which is below 2^129."""
    enough = is_at_least(b, lane.account.balance, total, AMOUNT_BITS + 1, "balance")
    return b.multiply(1 - lane.empty, enough, "debit.open_and_enough")


def _forced_applies(
    b: Builder, op: Selector, lane: Lane, requester: Expression, covers: Expression
) -> Expression:
    """Whether the slot is a forced withdrawal that applies: an open account, its owner asking, enough there.

    One that does not apply moves nothing and leaves no exit, and the slot holds all the same: what L1's queue
    has accepted can be proved in any state, so that it can neither be left out nor stop the rollup. The
    prover has no say: the account is read from the tree.
    """
    is_owner = is_zero(b, lane.account.owner - requester, "forced.owner")
    entitled = b.multiply(is_owner, covers, "forced.entitled")
    return b.multiply(op.forced, entitled, "forced.applies")


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


def move(
    b: Builder,
    root: Expression,
    lane: Lane,
    after: AccountWires,
    *,
    opens: Expression,
    moves: Expression,
    label: str,
) -> Expression:
    """The root after ``lane`` becomes ``after``, or ``root`` itself where nothing moves.

    Enforces: where ``opens`` is 1, the lane stands in the tree with ``root``. Assumes: ``moves`` only where
    ``opens``.
    """
    leaf = account_leaf(b, after, f"{label}.new_leaf")
    old_root, new_root = quad_roots(b, [lane.leaf, leaf], lane.index_bits, lane.siblings, f"{label}.path")
    enforce_equal_if(b, opens, old_root, root, f"{label}.root")
    return select(b, moves, new_root, root, f"{label}.next")
