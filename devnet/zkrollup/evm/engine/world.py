"""Accounts in dictionaries, with an undo log. Owns the state; knows nothing of blocks and transactions.

A position in the log is a snapshot: going back takes as long as the writes since. It has the names of
py-evm's AccountDatabaseAPI, which is how opcodes reach it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from eth_hash.auto import keccak

Mark: TypeAlias = int
"""A position in the undo log."""

NO_CODE: Final[bytes] = keccak(b"")

# Kinds of log entries: (kind, address, ...) says how to take a write back. From _WARM on they matter
# within one transaction only.
_CREATED, _DELETED, _NONCE, _BALANCE, _CODE, _STORAGE, _WIPED, _WARM, _WARM_SLOT, _TRANSIENT = range(10)
_Entry: TypeAlias = tuple[Any, ...]


class Account:
    """An account; absent slots are zero."""

    __slots__ = ("balance", "code", "code_hash", "nonce", "storage")

    def __init__(self) -> None:
        self.nonce = 0
        self.balance = 0
        self.code = b""
        self.code_hash = NO_CODE
        self.storage: dict[int, int] = {}


class World:
    """The state that all transactions share.

    Attributes:
        accounts: by address; read only, writes go through the methods.
    """

    def __init__(self) -> None:
        self.accounts: dict[bytes, Account] = {}
        self._log: list[_Entry] = []
        self._transaction_start = 0
        self._original: dict[tuple[bytes, int], int] = {}
        self._warm: set[bytes] = set()
        self._warm_slots: set[tuple[bytes, int]] = set()
        self._transient: dict[tuple[bytes, int], bytes] = {}

    # --- going back

    def mark(self) -> Mark:
        """Return the present position."""
        return len(self._log)

    def undo_to(self, mark: Mark) -> None:
        """Take back every write since the mark."""
        self._take_back(mark)

    def _take_back(self, mark: Mark) -> list[_Entry]:
        """Take back every write since the mark; returns what repeats them, the latest write first."""
        log, ahead = self._log, []
        while len(log) > mark:
            ahead.append(self._swap(log.pop()))
        self._transaction_start = min(self._transaction_start, mark)
        return ahead

    @contextmanager
    def rewound(self, mark: Mark) -> Iterator[None]:
        """Go back to the mark, and forward again at the end; writes in between are taken back.

        Between transactions only.
        """
        ahead = self._take_back(mark)
        try:
            yield
        finally:
            self.undo_to(mark)
            self.lock_changes()
            self._log.extend(self._swap(entry) for entry in reversed(ahead))
            self._transaction_start = len(self._log)

    def _swap(self, entry: _Entry) -> _Entry:
        """Take one write back, or repeat it; the answer does the opposite."""
        kind, address = entry[0], entry[1]
        if kind >= _WARM:
            return self._swap_transient(entry)
        if kind == _CREATED:
            return _DELETED, address, self.accounts.pop(address)
        if kind == _DELETED:
            self.accounts[address] = entry[2]
            return _CREATED, address
        account = self.accounts[address]
        if kind == _STORAGE:
            slot, now = entry[2], account.storage.get(entry[2], 0)
            _put(account.storage, slot, entry[3])
            return _STORAGE, address, slot, now
        if kind == _BALANCE:
            now, account.balance = account.balance, entry[2]
        elif kind == _NONCE:
            now, account.nonce = account.nonce, entry[2]
        elif kind == _CODE:
            code = account.code, account.code_hash
            account.code, account.code_hash = entry[2]
            return _CODE, address, code
        else:
            storage, account.storage = account.storage, entry[2]
            return _WIPED, address, storage
        return kind, address, now

    def _swap_transient(self, entry: _Entry) -> _Entry:
        kind, key = entry[0], entry[1]
        if kind == _TRANSIENT:
            now, self._transient[key] = self._transient[key], entry[2]
            return _TRANSIENT, key, now
        (self._warm if kind == _WARM else self._warm_slots).discard(key)
        return entry

    def changed_since(self, mark: Mark) -> Mapping[bytes, set[int]]:
        """Return the addresses written to since the mark, each with its written or wiped slots."""
        changed: dict[bytes, set[int]] = {}
        for entry in self._log[mark:]:
            if entry[0] >= _WARM:
                continue
            slots = changed.setdefault(entry[1], set())
            if entry[0] == _STORAGE:
                slots.add(entry[2])
            elif entry[0] == _WIPED:
                slots.update(entry[2])
            elif entry[0] == _DELETED:
                slots.update(entry[2].storage)
        return changed

    # --- the end of a transaction

    def lock_changes(self) -> None:
        """End a transaction: nothing is warm, transient storage is empty, values are original."""
        self._original.clear()
        self._warm.clear()
        self._warm_slots.clear()
        self._transient.clear()
        start = self._transaction_start
        self._log[start:] = [entry for entry in self._log[start:] if entry[0] < _WARM]
        self._transaction_start = len(self._log)

    # --- accounts

    def _writable(self, address: bytes) -> Account:
        account = self.accounts.get(address)
        if account is None:
            account = self.accounts[address] = Account()
            self._log.append((_CREATED, address))
        return account

    def account_exists(self, address: bytes) -> bool:
        """Tell whether there is an account, if only an empty one."""
        return address in self.accounts

    def account_has_code_or_nonce(self, address: bytes) -> bool:
        """Tell whether a contract cannot be created there: storage counts too (EIP-7610)."""
        account = self.accounts.get(address)
        return account is not None and bool(account.nonce or account.code_hash != NO_CODE or account.storage)

    def account_is_empty(self, address: bytes) -> bool:
        """Tell whether EIP-161 would clear it."""
        account = self.accounts.get(address)
        return account is None or not (account.nonce or account.balance or account.code_hash != NO_CODE)

    def touch_account(self, address: bytes) -> None:
        """Make an empty account where there is none."""
        self._writable(address)

    def delete_account(self, address: bytes) -> None:
        """Remove an account with all it has."""
        self.delete_storage(address)
        account = self.accounts.pop(address, None)
        if account is not None:
            self._log.append((_DELETED, address, account))

    # --- balance, nonce, code

    def get_balance(self, address: bytes) -> int:
        """Return wei."""
        account = self.accounts.get(address)
        return 0 if account is None else account.balance

    def set_balance(self, address: bytes, balance: int) -> None:
        """Set wei."""
        account = self._writable(address)
        self._log.append((_BALANCE, address, account.balance))
        account.balance = balance

    def get_nonce(self, address: bytes) -> int:
        """Return the number of transactions, or of contracts created."""
        account = self.accounts.get(address)
        return 0 if account is None else account.nonce

    def set_nonce(self, address: bytes, nonce: int) -> None:
        """Set the nonce."""
        account = self._writable(address)
        self._log.append((_NONCE, address, account.nonce))
        account.nonce = nonce

    def increment_nonce(self, address: bytes) -> None:
        """Add one to the nonce."""
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_code(self, address: bytes) -> bytes:
        """Return code, b"" where there is none."""
        account = self.accounts.get(address)
        return b"" if account is None else account.code

    def get_code_hash(self, address: bytes) -> bytes:
        """Return the hash of the code."""
        account = self.accounts.get(address)
        return NO_CODE if account is None else account.code_hash

    def code_of_hash(self, code_hash: bytes) -> bytes | None:
        """Return the code of that hash that some account has, None if none has it; looks at all accounts."""
        found = (account.code for account in self.accounts.values() if account.code_hash == code_hash)
        return next(found, None)

    def set_code(self, address: bytes, code: bytes) -> None:
        """Set the code."""
        account = self._writable(address)
        self._log.append((_CODE, address, (account.code, account.code_hash)))
        account.code, account.code_hash = code, bytes(keccak(code))

    def delete_code(self, address: bytes) -> None:
        """Leave no code."""
        self.set_code(address, b"")

    # --- storage

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:
        """Return a word: the present one, or without the journal that of the transaction's start."""
        if not from_journal and (address, slot) in self._original:
            return self._original[address, slot]
        account = self.accounts.get(address)
        return 0 if account is None else account.storage.get(slot, 0)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Set a word."""
        account = self._writable(address)
        old = account.storage.get(slot, 0)
        self._original.setdefault((address, slot), old)
        self._log.append((_STORAGE, address, slot, old))
        _put(account.storage, slot, value)

    def delete_storage(self, address: bytes) -> None:
        """Set all words to zero."""
        account = self.accounts.get(address)
        if account is None or not account.storage:
            return
        for slot, value in account.storage.items():
            self._original.setdefault((address, slot), value)
        self._log.append((_WIPED, address, account.storage))
        account.storage = {}

    # --- within a transaction

    def is_address_warm(self, address: bytes) -> bool:
        """Tell whether the transaction has accessed it (EIP-2929)."""
        return address in self._warm

    def mark_address_warm(self, address: bytes) -> None:
        """Remember an access."""
        if address not in self._warm:
            self._warm.add(address)
            self._log.append((_WARM, address))

    def is_storage_warm(self, address: bytes, slot: int) -> bool:
        """Tell whether the transaction has accessed it (EIP-2929)."""
        return (address, slot) in self._warm_slots

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        """Remember an access."""
        key = (address, slot)
        if key not in self._warm_slots:
            self._warm_slots.add(key)
            self._log.append((_WARM_SLOT, key))

    @property
    def warm(self) -> tuple[frozenset[bytes], frozenset[tuple[bytes, int]]]:
        """Addresses and slots that the transaction has accessed so far."""
        return frozenset(self._warm), frozenset(self._warm_slots)

    def get_transient(self, address: bytes, slot: int) -> bytes:
        """Return a word of transient storage (EIP-1153), b"" if never set."""
        return self._transient.get((address, slot), b"")

    def set_transient(self, address: bytes, slot: int, value: bytes) -> None:
        """Set a word of transient storage."""
        key = (address, slot)
        self._log.append((_TRANSIENT, key, self._transient.get(key, b"")))
        self._transient[key] = value


def _put(storage: dict[int, int], slot: int, value: int) -> None:
    if value:
        storage[slot] = value
    else:
        storage.pop(slot, None)
