"""An immutable quad Merkle tree over Poseidon: what account and exit trees are made of.

Owns structure and hashing; what a leaf means is the ledger's matter. An empty leaf is 0, a node is the
Poseidon hash of its four children, an empty node too. At level j, 0 being the leaves, the path of leaf i
passes through child (i >> 2j) & 3.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Self

from zkrollup.crypto.field import is_integer, require_field
from zkrollup.crypto.poseidon import poseidon
from zkrollup.errors import ZkRollupError

EMPTY_LEAF = 0
ARITY = 4

Siblings = tuple[int, int, int]
Path = tuple[Siblings, ...]
"""A leaf's siblings, leaf level first; each three in child order, with the own child left out."""


class LeafIndexError(ZkRollupError):
    """An index is outside the tree."""

    def __init__(self, index: object, levels: int) -> None:
        self.index = index
        self.levels = levels
        super().__init__(
            f"Leaf index {index!r} is not in [0, {_leaf_count(levels)}), the leaves of a quad tree of "
            f"{levels} levels. Use a valid index or a tree of more levels."
        )


class TreeLevelsError(ZkRollupError):
    """A number of levels is no positive int."""

    def __init__(self, levels: object) -> None:
        self.levels = levels
        super().__init__(f"A quad tree has 1 level or more, not {levels!r}; 4 levels hold 256 leaves.")


class PathError(ZkRollupError):
    """A Merkle path does not consist of three siblings a level."""

    def __init__(self, level: int, siblings: object) -> None:
        self.level = level
        self.siblings = siblings
        super().__init__(f"Level {level} of a quad tree path has {siblings!r}, not three sibling hashes.")


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A subtree with at least one leaf. A child is a leaf, a node, or None if empty."""

    hash: int
    children: "tuple[_Node | int | None, ...]"


@cache
def empty_hashes(levels: int) -> tuple[int, ...]:
    """Return the hash of an empty subtree of height 0 (a leaf), 1, ..., `levels`."""
    hashes = [EMPTY_LEAF]
    for _ in range(levels):
        hashes.append(poseidon([hashes[-1]] * ARITY))
    return tuple(hashes)


@dataclass(frozen=True, slots=True, eq=False)
class QuadTree:
    """A tree of 4^levels leaves, field elements, all 0 at first.

    Changes return a new tree that shares the unchanged rest. Trees are equal if their levels and roots are.

    Raises:
        TreeLevelsError: `levels` is no positive int.
    """

    levels: int
    _top: _Node | None = field(default=None, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not is_integer(self.levels) or self.levels < 1:
            raise TreeLevelsError(self.levels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuadTree):
            return NotImplemented
        return (self.levels, self.root) == (other.levels, other.root)

    def __hash__(self) -> int:
        return hash((self.levels, self.root))

    @property
    def capacity(self) -> int:
        """The number of leaves, empty ones included."""
        return _leaf_count(self.levels)

    @property
    def root(self) -> int:
        """The hash of the whole tree."""
        return _hash_of(self._top, self.levels)

    def get(self, index: int) -> int:
        """Return a leaf; 0 if it was never set.

        Raises:
            LeafIndexError: the index is outside the tree.
        """
        node: _Node | int | None = self._top
        for level in reversed(range(_checked(index, self.levels))):
            if not isinstance(node, _Node):
                return EMPTY_LEAF
            node = node.children[_position(index, level)]
        return node if isinstance(node, int) else EMPTY_LEAF

    def set(self, index: int, leaf: int) -> Self:
        """Return the tree with one leaf replaced; `levels` hashes. A leaf of 0 empties its place.

        Raises:
            LeafIndexError: the index is outside the tree.
            FieldRangeError: the leaf is not in [0, R).
        """
        return self.with_leaves([(index, leaf)])

    def with_leaves(self, leaves: Iterable[tuple[int, int]]) -> Self:
        """Return the tree with (index, leaf) pairs set in order; each node above them is hashed once.

        Raises:
            LeafIndexError: an index is outside the tree.
            FieldRangeError: a leaf is not in [0, R).
        """
        changes: dict[int, int] = {}
        for index, leaf in leaves:
            _checked(index, self.levels)
            changes[index] = require_field(f"leaf {index}", leaf)
        if not changes:
            return self
        top = _updated(self._top, self.levels, changes)
        return type(self)(self.levels, _top=top if isinstance(top, _Node) else None)

    def path(self, index: int) -> Path:
        """Return the siblings of a leaf, set or empty: see `Path`.

        Raises:
            LeafIndexError: the index is outside the tree.
        """
        path: list[Siblings] = []
        node: _Node | int | None = self._top
        for level in reversed(range(_checked(index, self.levels))):
            children = node.children if isinstance(node, _Node) else (None,) * ARITY
            position = _position(index, level)
            a, b, c = (_hash_of(child, level) for i, child in enumerate(children) if i != position)
            path.append((a, b, c))
            node = children[position]
        return tuple(reversed(path))

    def leaves(self) -> Iterator[tuple[int, int]]:
        """Yield (index, leaf) for every leaf that is not empty, in order."""
        yield from _walk(self._top, self.levels, 0)


def root_from_path(leaf: int, index: int, path: Sequence[Siblings]) -> int:
    """Return the root of the tree of `len(path)` levels that has `leaf` at `index` and these siblings.

    Raises:
        LeafIndexError: the index is outside such a tree.
        PathError: a level has not three siblings.
        FieldRangeError: the leaf or a sibling is not in [0, R).
    """
    current = require_field("leaf", leaf)
    for level in range(_checked(index, len(path))):
        children = list(path[level])
        if len(children) != ARITY - 1:
            raise PathError(level, path[level])
        children.insert(_position(index, level), current)
        current = poseidon(children)
    return current


def _leaf_count(levels: int) -> int:
    return 1 << 2 * levels


def _checked(index: int, levels: int) -> int:
    """Return `levels` for a valid index, so that a descent starts with the check."""
    if not is_integer(index) or not 0 <= index < _leaf_count(levels):
        raise LeafIndexError(index, levels)
    return levels


def _position(index: int, level: int) -> int:
    return (index >> 2 * level) & 3


def _hash_of(node: _Node | int | None, level: int) -> int:
    if isinstance(node, _Node):
        return node.hash
    return empty_hashes(level)[level] if node is None else node


def _updated(node: _Node | int | None, level: int, changes: Mapping[int, int]) -> _Node | int | None:
    """Return the subtree of height `level` with leaves replaced; indices count within the subtree."""
    if level == 0:
        return changes[0] or None
    children: list[_Node | int | None] = list(node.children) if isinstance(node, _Node) else [None] * ARITY
    width = _leaf_count(level - 1)
    by_child: dict[int, dict[int, int]] = {}
    for index, leaf in changes.items():
        by_child.setdefault(index // width, {})[index % width] = leaf
    for position, below in by_child.items():
        children[position] = _updated(children[position], level - 1, below)
    # Emptied subtrees become None again, so that a tree's shape depends on its leaves only.
    if all(child is None for child in children):
        return None
    return _Node(poseidon([_hash_of(child, level - 1) for child in children]), tuple(children))


def _walk(node: _Node | int | None, level: int, first: int) -> Iterator[tuple[int, int]]:
    if isinstance(node, int):
        yield first, node
    elif isinstance(node, _Node):
        for position, child in enumerate(node.children):
            yield from _walk(child, level - 1, first + position * _leaf_count(level - 1))
