"""Layer 2's state: accounts by index, and the tree that commits to them. Immutable.

Owns reading and replacing accounts. Which changes are allowed is ``transition``'s matter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from zkrollup.circuits.encoding import account_leaf
from zkrollup.circuits.inputs import Account, LaneInputs
from zkrollup.crypto.quadtree import QuadTree

EMPTY = Account()


@dataclass(frozen=True, slots=True)
class LedgerState:
    """A snapshot of all accounts; keeping one costs nothing.

    Attributes:
        tree: Commits to the accounts; leaf i is account i's hash, or 0.
        accounts: Those that are open, by index.
    """

    tree: QuadTree
    accounts: Mapping[int, Account] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def genesis(cls, levels: int) -> "LedgerState":
        """No account, room for 4^levels."""
        return cls(QuadTree(levels))

    @property
    def root(self) -> int:
        """The state root."""
        return self.tree.root

    def account(self, index: int) -> Account:
        """The account at ``index``, or the empty one."""
        return self.accounts.get(index, EMPTY)

    def lane(self, index: int) -> LaneInputs:
        """The account with its path, as a circuit reads it."""
        return LaneInputs(index, self.account(index), self.tree.path(index))

    def replaced(self, index: int, account: Account) -> "LedgerState":
        """The state with ``account`` at ``index``.

        Raises:
            LeafIndexError: The tree has no such index.
        """
        return self.with_accounts({index: account})

    def with_accounts(self, changed: Mapping[int, Account]) -> "LedgerState":
        """The state with several accounts replaced; what they share of the tree is hashed once.

        Raises:
            LeafIndexError: The tree has no such index.
        """
        tree = self.tree.with_leaves((index, _leaf(account)) for index, account in changed.items())
        return LedgerState(tree, MappingProxyType({**self.accounts, **changed}))

    def owned_by(self, owner: int) -> Iterator[tuple[int, Account]]:
        """The accounts that belong to an L1 address."""
        return ((index, account) for index, account in self.accounts.items() if account.owner == owner)

    def balance_of(self, owner: int, token: int) -> int:
        """The sum over all accounts that ``owner`` has in ``token``."""
        return sum(account.balance for _, account in self.owned_by(owner) if account.token == token)

    def supply_of(self, token: int) -> int:
        """The sum over all accounts in ``token``."""
        return sum(account.balance for account in self.accounts.values() if account.token == token)


def _leaf(account: Account) -> int:
    return account_leaf(account.key, account.owner, account.token, account.balance, account.nonce)
