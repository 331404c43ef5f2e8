"""Merkle-Patricia tries: roots, and proofs against them (yellow paper, appendix D). Knows no accounts.

A trie is immutable; changing one makes another that shares all untouched nodes, so that the tries of
all blocks stay at hand. A node is hashed once, when a root or proof first asks for it.

No key is a prefix of another: keys are all of one length, or RLP of numbers. So a branch has no value.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from eth_hash.auto import keccak

from zkrollup.evm.engine.encoding import EMPTY_ROOT, rlp, rlp_list

Path: TypeAlias = str
"""Nibbles, as hex digits."""

_DIGITS: Final = {digit: index for index, digit in enumerate("0123456789abcdef")}
_EMPTY: Final = rlp(b"")
_NO_CHILDREN: Final = (None,) * 16


class _Node(ABC):
    """What all nodes have: an encoding, and what a parent holds of them."""

    __slots__ = ("_reference",)
    _reference: bytes | None

    @abstractmethod
    def encode(self) -> bytes:
        """Return the node's RLP."""

    @property
    def reference(self) -> bytes:
        """RLP of the hash, or of the node itself where that is shorter."""
        if self._reference is None:
            encoded = self.encode()
            self._reference = encoded if len(encoded) < 32 else rlp(keccak(encoded))
        return self._reference


class _Leaf(_Node):
    __slots__ = ("path", "value")

    def __init__(self, path: Path, value: bytes) -> None:
        self._reference, self.path, self.value = None, path, value

    def encode(self) -> bytes:
        return rlp_list((rlp(_compact(self.path, 2)), rlp(self.value)))


class _Extension(_Node):
    __slots__ = ("child", "path")

    def __init__(self, path: Path, child: "_Branch") -> None:
        self._reference, self.path, self.child = None, path, child

    def encode(self) -> bytes:
        return rlp_list((rlp(_compact(self.path, 0)), self.child.reference))


class _Branch(_Node):
    __slots__ = ("children",)

    def __init__(self, children: Sequence["_Any | None"]) -> None:
        self._reference, self.children = None, children

    def encode(self) -> bytes:
        return rlp_list([*[_EMPTY if child is None else child.reference for child in self.children], _EMPTY])

    def with_child(self, digit: str, child: "_Any | None") -> "_Branch":
        children = list(self.children)
        children[_DIGITS[digit]] = child
        return _Branch(children)


_Any: TypeAlias = _Leaf | _Extension | _Branch


class Trie:
    """An immutable trie.

    Attributes:
        root: its hash, 32 bytes.
    """

    __slots__ = ("_top", "root")

    def __init__(self, top: _Any | None = None) -> None:
        self._top = top
        self.root: bytes = EMPTY_ROOT if top is None else keccak(top.encode())

    def get(self, key: bytes) -> bytes:
        """Return the value at a key, b"" where there is none."""
        for node, path in _walk(self._top, key.hex()):
            if isinstance(node, _Leaf) and node.path == path:
                return node.value
        return b""

    def updated(self, changes: Mapping[bytes, bytes]) -> "Trie":
        """Return the trie with other values at some keys; b"" removes a key."""
        top = self._top
        for key, value in changes.items():
            top = _put(top, key.hex(), value) if value else _remove(top, key.hex())
        return self if top is self._top else Trie(top)

    def proof(self, key: bytes) -> tuple[bytes, ...]:
        """Return RLP of the nodes from the root to a key, or to where it is seen to be absent.

        A node that its parent holds whole is not listed, as geth has it; an empty trie gives none.
        """
        encoded = (node.encode() for node, _ in _walk(self._top, key.hex()))
        return tuple(each for depth, each in enumerate(encoded) if depth == 0 or len(each) >= 32)


def list_root(items: Sequence[bytes]) -> bytes:
    """Return the root of a list: of a block's transactions, receipts or withdrawals, encoded each."""
    return Trie().updated({rlp(index): item for index, item in enumerate(items)}).root


@lru_cache(maxsize=2**16)
def secure(key: bytes) -> bytes:
    """Return the key under which accounts, by address, and words, by slot in 32 bytes, are in a trie."""
    return bytes(keccak(key))


def _walk(node: _Any | None, path: Path) -> Iterable[tuple[_Any, Path]]:
    """Yield the nodes towards a path, each with what is left of the path there."""
    while node is not None:
        yield node, path
        if isinstance(node, _Branch):
            node, path = node.children[_DIGITS[path[0]]], path[1:]
        elif isinstance(node, _Extension) and path.startswith(node.path):
            path, node = path[len(node.path) :], node.child
        else:
            return


def _put(node: _Any | None, path: Path, value: bytes) -> _Any:
    if node is None:
        return _Leaf(path, value)
    if isinstance(node, _Branch):
        child = node.children[_DIGITS[path[0]]]
        return node.with_child(path[0], _put(child, path[1:], value))
    if node.path == path and isinstance(node, _Leaf):
        return node if node.value == value else _Leaf(path, value)
    shared = _shared(node.path, path)
    if isinstance(node, _Extension) and shared == len(node.path):
        return _prefixed(node.path, _put(node.child, path[shared:], value))
    fork = _split(node, shared).with_child(path[shared], _Leaf(path[shared + 1 :], value))
    return _prefixed(path[:shared], fork)


def _split(node: _Leaf | _Extension, depth: int) -> _Branch:
    """The branch that a path forks off from a node at some depth of the node's path."""
    rest = node.path[depth + 1 :]
    below = _Leaf(rest, node.value) if isinstance(node, _Leaf) else _prefixed(rest, node.child)
    return _Branch(_NO_CHILDREN).with_child(node.path[depth], below)


def _shared(left: Path, right: Path) -> int:
    """How many nibbles two paths begin with alike."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))


def _remove(node: _Any | None, path: Path) -> _Any | None:
    """The node without a path; the very same where the path was absent."""
    if node is None or (isinstance(node, _Leaf) and node.path == path):
        return None
    if isinstance(node, _Branch):
        return _without(node, path)
    if isinstance(node, _Leaf) or not path.startswith(node.path):
        return node
    child = _without(node.child, path[len(node.path) :])
    return node if child is node.child else _prefixed(node.path, child)


def _without(branch: _Branch, path: Path) -> _Any:
    """A branch without a path; where one child is left, that child in its place."""
    old = branch.children[_DIGITS[path[0]]]
    child = _remove(old, path[1:])
    if child is old:
        return branch
    rest = branch.with_child(path[0], child)
    left = [(digit, each) for digit, each in zip(_DIGITS, rest.children, strict=True) if each is not None]
    return _prefixed(*left[0]) if len(left) == 1 else rest


def _prefixed(path: Path, node: _Any) -> _Any:
    """A node under a longer path, as one node if it can be."""
    if isinstance(node, _Leaf):
        return _Leaf(path + node.path, node.value)
    if isinstance(node, _Extension):
        return _Extension(path + node.path, node.child)
    return _Extension(path, node) if path else node


def _compact(path: Path, flag: int) -> bytes:
    """Hex-prefix encoding; the flag is 2 for a leaf."""
    odd = len(path) % 2
    return bytes.fromhex(f"{flag + odd}{'' if odd else '0'}{path}")
