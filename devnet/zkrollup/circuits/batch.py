"""The batch circuit: slots applied in order, all words committed to, one exit tree.

Public inputs: C, x and y of ``encoding.batch_instance``. The contract draws x and computes y from the words
it knows, so all words, header included, are what it has stored, queued or received.
"""

from dataclasses import dataclass

from zkrollup.circuits.encoding import (
    CHAIN_WIDTH,
    EMPTY_EXIT_ROOT,
    EXIT_LEVELS,
    HEADER_WORDS,
    INDEX_BITS,
    MAX_SLOTS,
    SLOT_WORDS,
)
from zkrollup.circuits.gadgets.poseidon import poseidon, poseidon_chain
from zkrollup.circuits.slot import SlotWires, apply_slot
from zkrollup.crypto.quadtree import empty_hashes
from zkrollup.errors import ZkRollupError
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.expression import Expression, Term

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
        InvalidSize: One of them is outside its range.
    """

    slots: int = 3
    levels: int = 4

    def __post_init__(self) -> None:
        for name, value, highest in (("slots", self.slots, MAX_SLOTS), ("levels", self.levels, MAX_LEVELS)):
            if not 1 <= value <= highest:
                raise InvalidSize(name, value, highest)

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

    root = old_root
    slots: list[SlotWires] = []
    for i in range(size.slots):
        with b.scope(f"slot[{i}]"):
            slots.append(apply_slot(b, size.levels, root, number=i, batch=number, domain=domain))
            root = slots[-1].root
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
        size.slots,
        *word_range,
    ]
    words: list[Term] = [*header, *(word for slot in slots for word in slot.words)]
    b.enforce_equal(poseidon_chain(b, words, CHAIN_WIDTH, "commitment"), commitment, "commitment")
    b.enforce_equal(_evaluate(b, words, challenge), evaluation, "evaluation")
    return b.build()


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
