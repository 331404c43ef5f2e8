"""The protocol's rules in plain words: L1's queue and layer 2's accounts as dictionaries of numbers.

Independent on purpose of the ledger, the circuits and the contracts: no tree, no hash, no signature.
"""

from dataclasses import dataclass, field

FULL = (1 << 128) - 1
LAST_NONCE = 1 << 32


class Refused(Exception):
    """What was asked for breaks a rule."""


@dataclass
class PlainQueue:
    """What L1 accepts: who gets which index, and how much of each token is locked."""

    capacity: int
    indices: dict = field(default_factory=dict)
    locked: dict = field(default_factory=dict)

    def deposit(self, key, owner, token, amount):
        """The index that a deposit is queued for."""
        identity = (key, owner, token)
        if self.locked.get(token, 0) + amount > FULL:
            raise Refused("LockedTotalTooLarge")
        if identity not in self.indices and len(self.indices) == self.capacity:
            raise Refused("TreeFull")
        self.locked[token] = self.locked.get(token, 0) + amount
        return self.indices.setdefault(identity, len(self.indices))

    def force(self, index, amount):
        """Whether a forced withdrawal is queued depends on nothing that layer 2 holds."""
        if index >= self.capacity or amount > FULL:
            raise Refused("NoSuchAccount")


@dataclass
class PlainAccounts:
    """Layer 2: by index, what an account is and holds. One batch's fees wait in ``fees``."""

    fee_account: int
    accounts: dict = field(default_factory=dict)
    fees: int = 0

    def deposit(self, index, key, owner, token, amount):
        """Never refused: the queue sees to it."""
        fresh = {"key": key, "owner": owner, "token": token, "balance": 0, "nonce": 0}
        self.accounts.setdefault(index, fresh)["balance"] += amount

    def force(self, index, requester, amount):
        """Never refused. Returns what leaves, as (recipient, token, amount), or None."""
        payer = self.accounts.get(index)
        if payer is None or payer["owner"] != requester or payer["balance"] < amount:
            return None
        payer["balance"] -= amount
        return requester, payer["token"], amount

    def transfer(self, sender, receiver, amount, nonce, fee):
        """Moves money from one account to another, and a fee to whom it is due."""
        payer, payee = self._payer(sender, amount, nonce, fee), self.accounts.get(receiver)
        if payee is None or payee["token"] != payer["token"]:
            raise Refused("receiver")
        self._pay(payer, amount, fee)
        payee["balance"] += amount

    def withdraw(self, sender, recipient, amount, nonce, fee):
        """Returns what leaves, as (recipient, token, amount)."""
        payer = self._payer(sender, amount, nonce, fee)
        self._pay(payer, amount, fee)
        return recipient, payer["token"], amount

    def end_batch(self):
        """Pays the fees out."""
        if self.fees:
            self.accounts[self.fee_account]["balance"] += self.fees
        paid, self.fees = self.fees, 0
        return paid

    def _payer(self, index, amount, nonce, fee):
        payer, taker = self.accounts.get(index), self.accounts.get(self.fee_account)
        if payer is None or nonce != payer["nonce"] or nonce >= LAST_NONCE:
            raise Refused("sender")
        if payer["balance"] < amount + fee:
            raise Refused("balance")
        if fee and (taker is None or taker["token"] != payer["token"]):
            raise Refused("fee")
        return payer

    def _pay(self, payer, amount, fee):
        payer["balance"] -= amount + fee
        payer["nonce"] += 1
        self.fees += fee
