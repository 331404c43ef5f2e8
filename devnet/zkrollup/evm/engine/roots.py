"""State roots: stand-ins by default, exact ones on demand. Owns what a block's state root is.

A stand-in root is a hash over its parent's root and all values written since: it differs whenever the
state was written differently, but is no Merkle root, so nothing can be proven against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from eth_hash.auto import keccak
from rlp import decode

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.encoding import EMPTY_ROOT, Item, rlp
from zkrollup.evm.engine.tries import Trie, secure
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
    """Merkle-Patricia roots (yellow paper, appendix D). The tries of all blocks are kept, by root.

    Those of blocks that are gone, and of drafts, are forgotten as another block follows their parent.
    """

    def __init__(self) -> None:
        self._tries = {EMPTY_ROOT: Trie()}
        # Of each block: its root, and the roots that no block before had.
        self._blocks: list[tuple[bytes, list[bytes]]] = []

    def after(self, parent: bytes, world: World, changed: Mapping[bytes, set[int]]) -> bytes:
        """Return the root of the trie of accounts."""
        self._forget_after(parent)
        accounts = self._tries[EMPTY_ROOT if parent == NO_ROOT else parent]
        changes, new = {}, list[bytes]()
        for address, slots in changed.items():
            account, key = world.accounts.get(address), secure(address)
            changes[key] = b"" if account is None else self._account(accounts.get(key), account, slots, new)
        root = self._keep(accounts.updated(changes), new)
        self._blocks.append((root, new))
        return root

    def _forget_after(self, parent: bytes) -> None:
        while self._blocks and self._blocks[-1][0] != parent:
            for root in self._blocks.pop()[1]:
                del self._tries[root]

    def _account(self, old: bytes, account: Account, slots: set[int], new: list[bytes]) -> bytes:
        # The last two fields are 32 bytes each, behind a prefix of one.
        root = old[-65:-33] or EMPTY_ROOT
        if slots:
            words = {slot: account.storage.get(slot, 0) for slot in slots}
            changes = {_slot_key(slot): rlp(word) if word else b"" for slot, word in words.items()}
            root = self._keep(self._tries[root].updated(changes), new)
        return rlp([account.nonce, account.balance, root, account.code_hash])

    def _keep(self, trie: Trie, new: list[bytes]) -> bytes:
        if trie.root not in self._tries:
            self._tries[trie.root] = trie
            new.append(trie.root)
        return trie.root

    def proof(self, root: bytes, address: bytes, slots: Sequence[int]) -> AccountProof:
        """Return the proof of an account, or of its absence."""
        accounts, key = self._tries[root], secure(address)
        nonce, balance, storage_root, code_hash = _fields(accounts.get(key))
        storage = self._tries[storage_root]
        return AccountProof(
            address,
            int.from_bytes(nonce, "big"),
            int.from_bytes(balance, "big"),
            code_hash,
            storage_root,
            accounts.proof(key),
            tuple(_slot_proof(storage, slot) for slot in slots),
        )


def _fields(account: bytes) -> Sequence[bytes]:
    """Nonce, balance, storage root and code hash of an account as encoded; b"" for none."""
    return decode(account) if account else (b"", b"", EMPTY_ROOT, NO_CODE)


def _slot_proof(storage: Trie, slot: int) -> SlotProof:
    key = _slot_key(slot)
    word = storage.get(key)
    return SlotProof(slot, int.from_bytes(decode(word), "big") if word else 0, storage.proof(key))


def _slot_key(slot: int) -> bytes:
    return secure(slot.to_bytes(32, "big"))
