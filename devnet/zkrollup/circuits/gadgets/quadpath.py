"""Merkle paths of trees with four children a node. Native twin: ``crypto.quadtree``."""

from collections.abc import Sequence

from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression, Term, as_expression

Siblings = Sequence[Sequence[Expression]]
"""Three siblings a level, leaf level first, in child order with the own child left out."""


def quad_roots(
    b: Builder, leaves: Sequence[Term], index_bits: Sequence[Expression], siblings: Siblings, label: str
) -> list[Expression]:
    """The roots of trees that differ in one leaf: the old and the new root of an update share one path.

    Inputs: the leaves that stand at one index in each tree; the index's bits, lowest first, two a level;
    siblings. Outputs: a root a leaf. Assumes: the bits are boolean.
    Enforces: each root is the hash of its leaf along the path. 3 + 300 a leaf constraints a level.
    """
    roots = [as_expression(leaf) for leaf in leaves]
    for level, (left, middle, right) in enumerate(siblings):
        low, high = index_bits[2 * level], index_bits[2 * level + 1]
        with b.scope(f"{label}[{level}]"):
            third = b.multiply(high, low, "is_third")
            # Child 2 without the own node: the middle sibling below position 2, the right one at 3.
            second_child = middle - b.multiply(high, middle, "middle") + b.multiply(third, right, "right")
            for lane, node in enumerate(roots):
                with b.scope(f"lane[{lane}]"):
                    first = left + b.multiply(1 - low - high + third, node - left, "child[0]")
                    second = second_child + b.multiply(high - third, node, "child[2]")
                    last = right + b.multiply(third, node - right, "child[3]")
                    # The four children are the node and its siblings in some order.
                    rest = node + left + middle + right - first - second - last
                    roots[lane] = poseidon(b, [first, rest, second, last], "hash")
    return roots
