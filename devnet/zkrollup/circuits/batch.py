"""The batch circuit: slots applied in order, then their fees paid out; all words committed to, one exit tree.

Public inputs: C, x and y of ``encoding.batch_instance``. The contract draws x and computes y from the words
it knows, so all words, header included, are what it has stored, queued or received.
"""

from dataclasses import dataclass

from zkrollup.arguments import integer
from zkrollup.circuits.account import Lane, account_leaf, read_account
from zkrollup.circuits.encoding import (
    AMOUNT_BITS,
    CHAIN_WIDTH,
    EMPTY_EXIT_ROOT,
    EXIT_LEVELS,
    HEADER_WORDS,
    INDEX_BITS,
    MAX_SLOTS,
    SLOT_WORDS,
)
from zkrollup.circuits.gadgets.bits import enforce_range, to_bits
from zkrollup.circuits.gadgets.logic import is_zero
from zkrollup.circuits.gadgets.poseidon import poseidon, poseidon_chain
from zkrollup.circuits.slot import BatchWires, SlotWires, apply_slot, move
from zkrollup.crypto.quadtree import empty_hashes
from zkrollup.errors import ZkRollupError
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.expression import Expression, Term, weighted_sum

MAX_LEVELS = INDEX_BITS // 2


class InvalidSize(ZkRollupError):
    """A batch circuit was asked for in a size that the protocol has no room for."""

    def __init__(self, name: str, value: int, highest: int) -> None:
        """``name`` must be from 1 to ``highest``."""
        self.name, self.value, self.highest = name, value, highest
        super().__init__(f"{name} = {value}: a batch circuit has 1 to {highest} {name}")


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How large a batch circuit is.

    Attributes:
        slots: Operations a batch, 1 to 256.
        levels: Levels of the account tree, 1 to 16; 4^levels accounts.

    Raises:
        WrongArgument: One of them is no whole number.
        InvalidSize: One of them is outside its range.
    """

    slots: int = 3
    levels: int = 4

    def __post_init__(self) -> None:
        for name, value, highest in (("slots", self.slots, MAX_SLOTS), ("levels", self.levels, MAX_LEVELS)):
            number = integer(value, name, f"pass how many {name} there are, 1 to {highest}")
            if not 1 <= number <= highest:
                raise InvalidSize(name, value, highest)
            object.__setattr__(self, name, number)  # numpy's integers are no names of files

    @property
    def accounts(self) -> int:
        """Accounts that fit into the tree."""
        return int(4**self.levels)


def batch_circuit(size: BatchSize) -> Circuit:
    """The circuit for batches of ``size``; its inputs are ``inputs.BatchInputs``."""
    b = Builder(f"batch-{size.slots}x{size.levels}")
    commitment, challenge, evaluation = (b.public(n) for n in ("commitment", "challenge", "evaluation"))
    old_root, number, domain = b.private("old_root"), b.private("number"), b.private("domain")
    queue = [b.private("queue_start"), b.private("queue_count")]

    fees = _read_fee_lane(b, size.levels)
    shared = BatchWires(number, domain, fees.account.token)
    root = old_root
    slots: list[SlotWires] = []
    for i in range(size.slots):
        with b.scope(f"slot[{i}]"):
            slots.append(apply_slot(b, size.levels, root, number=i, batch=shared))
            root = slots[-1].root
    root = _pay_fees(b, root, fees, [slot.fee for slot in slots])
    exit_root = _exit_root(b, [slot.exit_leaf for slot in slots])

    parts, word_range = (0, 1), (0, HEADER_WORDS + SLOT_WORDS * size.slots)
    header: list[Term] = [
        old_root,
        root,
        exit_root,
        EMPTY_EXIT_ROOT,
        number,
        *parts,
        domain,
        *queue,
        fees.index,
        size.slots,
        *word_range,
    ]
    words: list[Term] = [*header, *(word for slot in slots for word in slot.words)]
    b.enforce_equal(poseidon_chain(b, words, CHAIN_WIDTH, "commitment"), commitment, "commitment")
    b.enforce_equal(_evaluate(b, words, challenge), evaluation, "evaluation")
    return b.build()


def _read_fee_lane(b: Builder, levels: int) -> Lane:
    """The account that fees are credited to. Where it is read it is open: an empty leaf is 0, no hash is."""
    with b.scope("fees"):
        index = b.private("index")
        bits = to_bits(b, index, 2 * levels, "index")
        account, siblings = read_account(b, levels)
        return Lane(index, bits, account, Expression({}), account_leaf(b, account, "leaf"), siblings)


def _pay_fees(b: Builder, root: Expression, lane: Lane, fees: list[Expression]) -> Expression:
    """The root after the batch's fees are credited to one account, whose token each of them was paid in.

    Nothing is read where there are none: a rollup without fees needs no such account. Fees are below 2^114,
    so that 256 of them cannot wrap to 0.
    """
    total = weighted_sum(fees, [1] * len(fees))
    present = 1 - is_zero(b, total, "fees.none")
    balance = lane.account.balance + total
    enforce_range(b, balance, AMOUNT_BITS, "fees.balance")
    after = lane.account._replace(balance=balance)
    return move(b, root, lane, after, opens=present, moves=present, label="fees")


def _exit_root(b: Builder, leaves: list[Expression]) -> Expression:
    """The root of the exit tree, padded with zeros; subtrees without a slot are constants."""
    nodes: list[Term] = list(leaves)
    for level in range(EXIT_LEVELS):
        padding = [empty_hashes(EXIT_LEVELS)[level]] * (-len(nodes) % 4)
        nodes = [*nodes, *padding]
        nodes = [poseidon(b, nodes[i : i + 4], f"exits[{level}][{i // 4}]") for i in range(0, len(nodes), 4)]
    return Expression({}) + nodes[0]


def _evaluate(b: Builder, words: list[Term], x: Expression) -> Expression:
    """Sum of words[i] * x^i, by Horner's rule."""
    total: Expression = Expression({})
    for i in reversed(range(len(words))):
        total = b.multiply(total, x, f"evaluation[{i}]", plus=words[i])
    return total
