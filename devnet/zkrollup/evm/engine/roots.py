"""State roots: stand-ins by default, exact ones on demand. Owns what a block's state root is.

A stand-in root is a hash over its parent's root and all values written since: it differs whenever the
state was written differently, but is no Merkle root, so nothing can be proven against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from eth_hash.auto import keccak
from rlp import decode, encode
from trie.hexary import HexaryTrie

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.encoding import EMPTY_ROOT, Item, rlp
from zkrollup.evm.engine.world import NO_CODE, Account, World


class InexactRoots(ZkRollupError):
    """A proof was asked of an engine whose state roots are stand-ins."""

    def __init__(self) -> None:
        super().__init__("state roots are stand-ins here, nothing proves against them: use exact_roots=True")


@dataclass(frozen=True, slots=True)
class SlotProof:
    """A word and the nodes from the account's storage root to it.

    Attributes:
        slot: of the word.
        value: of the word.
        nodes: RLP of each, the root first.
    """

    slot: int
    value: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AccountProof:
    """An account and the nodes from the state root to it (EIP-1186).

    Attributes:
        address: of the account.
        nonce: 0 where there is no account, as the rest is empty.
        balance: wei.
        code_hash: of its code.
        storage_root: of its words.
        nodes: RLP of each, the root first.
        slots: those asked for, in order.
    """

    address: bytes
    nonce: int
    balance: int
    code_hash: bytes
    storage_root: bytes
    nodes: tuple[bytes, ...]
    slots: tuple[SlotProof, ...]


class StateRoots(Protocol):
    """How a block's state root is made."""

    def after(self, parent: bytes, world: World, changed: Mapping[bytes, set[int]]) -> bytes:
        """Return the root of the world.

        Args:
            parent: the root before the changes; `NO_ROOT` at genesis.
            world: after the changes.
            changed: addresses written to since the parent's root, with their written or wiped slots.
        """

    def proof(self, root: bytes, address: bytes, slots: Sequence[int]) -> AccountProof:
        """Return the proof of an account against a root that `after` gave.

        Raises:
            InexactRoots: roots are stand-ins.
        """


NO_ROOT: Final = bytes(32)
"""Stands for the parent's root at genesis."""


class StandInRoots:
    """Hashes over what changed: as cheap as the block itself."""

    def after(self, parent: bytes, world: World, changed: Mapping[bytes, set[int]]) -> bytes:
        """Return a hash over the parent's root and the new values."""
        values = [
            _values(address, world.accounts.get(address), changed[address]) for address in sorted(changed)
        ]
        return bytes(keccak(rlp([parent, *values])))

    def proof(self, root: bytes, address: bytes, slots: Sequence[int]) -> AccountProof:  # noqa: ARG002
        """Refuse.

        Raises:
            InexactRoots: always.
        """
        raise InexactRoots


def _values(address: bytes, account: Account | None, slots: set[int]) -> Item:
    if account is None:
        return [address]
    words: list[Item] = [[slot, account.storage.get(slot, 0)] for slot in sorted(slots)]
    return [address, account.nonce, account.balance, account.code_hash, words]


class ExactRoots:
    """Merkle-Patricia roots (yellow paper, appendix D). Nodes of all blocks are kept, by hash."""

    def __init__(self) -> None:
        self._nodes: dict[bytes, bytes] = {}

    def after(self, parent: bytes, world: World, changed: Mapping[bytes, set[int]]) -> bytes:
        """Return the root of the trie of accounts."""
        accounts = self._trie(EMPTY_ROOT if parent == NO_ROOT else parent)
        for address, slots in changed.items():
            account, key = world.accounts.get(address), keccak(address)
            old = accounts[key]
            if account is None:
                accounts[key] = b""
                continue
            root = self._storage_root(decode(old)[2] if old else EMPTY_ROOT, account, slots)
            accounts[key] = rlp([account.nonce, account.balance, root, account.code_hash])
        return bytes(accounts.root_hash)

    def _storage_root(self, root: bytes, account: Account, slots: set[int]) -> bytes:
        trie = self._trie(root)
        for slot in slots:
            value = account.storage.get(slot, 0)
            trie[keccak(slot.to_bytes(32, "big"))] = rlp(value) if value else b""
        return bytes(trie.root_hash)

    def proof(self, root: bytes, address: bytes, slots: Sequence[int]) -> AccountProof:
        """Return the proof of an account, or of its absence."""
        accounts, key = self._trie(root), keccak(address)
        stored = accounts[key]
        fields = decode(stored) if stored else (b"", b"", EMPTY_ROOT, NO_CODE)
        nonce, balance, storage_root, code_hash = fields
        return AccountProof(
            address,
            int.from_bytes(nonce, "big"),
            int.from_bytes(balance, "big"),
            code_hash,
            storage_root,
            _nodes(accounts, key),
            tuple(self._slot_proof(storage_root, slot) for slot in slots),
        )

    def _slot_proof(self, storage_root: bytes, slot: int) -> SlotProof:
        trie, key = self._trie(storage_root), keccak(slot.to_bytes(32, "big"))
        stored = trie[key]
        value = int.from_bytes(decode(stored), "big") if stored else 0
        return SlotProof(slot, value, _nodes(trie, key))

    def _trie(self, root: bytes) -> Any:
        return HexaryTrie(self._nodes, root)


def _nodes(trie: Any, key: bytes) -> tuple[bytes, ...]:
    return tuple(encode(node) for node in trie.get_proof(key))
