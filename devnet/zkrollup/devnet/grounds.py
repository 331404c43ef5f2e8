"""What a rollup under test stands on: two chains, funded accounts, an ERC-20. Knows no rollup."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from zkrollup.arguments import WrongArgumentValue
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, SnapshotId
from zkrollup.locking import Lock, locked
from zkrollup.operator import mocked
from zkrollup.operator.deployment import deploy_shipped

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

L1_CHAIN_ID = 31337
L2_CHAIN_ID = 31338
USER_TOKENS = 1_000_000 * 10**18
"""TestToken units that each new user gets on L1."""


class NoAccountsLeft(ZkRollupError):
    """More users were asked for than the chain has funded accounts."""

    def __init__(self, accounts: int) -> None:
        """``accounts`` is how many there are for users."""
        self.accounts = accounts
        more = 2 * (accounts + 1)
        super().__init__(
            f"all {accounts} funded accounts for users are taken, one is the operator's; ask for more: "
            f"--zk-accounts {more}, zk_accounts = {more} in the ini file, ZkConfig(accounts={more}), "
            f"@pytest.mark.rollup(accounts={more}), or Devnet.start(accounts={more})"
        )


@dataclass(frozen=True, slots=True)
class GroundsSnapshot:
    """Both chains at one moment, and how many accounts were taken."""

    l1: SnapshotId
    l2: SnapshotId
    taken: int


class Grounds:
    """Two chains. The last funded account is the operator; users take theirs from the front.

    Attributes:
        l1: Layer 1's chain.
        l2: Layer 2's chain.
        token: An ERC-20 on L1 that anybody may mint.
        taken: How many accounts have users.
    """

    def __init__(self, l1: Chain, l2: Chain) -> None:
        """Deploys the token."""
        self.l1, self.l2 = l1, l2
        mocked.watch()
        self.token: Contract = deploy_shipped(l1, "TestToken", "Test Token", "TEST", 18, sender=self.operator)
        l1.label(self.token, "TestToken")
        for chain in (l1, l2):
            chain.label(self.operator, "operator")
        self.taken = 0

    def __repr__(self) -> str:
        return f"<Grounds {self.l1} and {self.l2}>"

    @classmethod
    def fresh(cls, *, accounts: int = 10) -> Self:
        """Two new chains with that many funded accounts."""
        return cls.around(Chain(L1_CHAIN_ID, accounts=accounts))

    @classmethod
    def around(cls, l1: Chain) -> Self:
        """A chain that is there, and a new one beside it."""
        return cls(l1, Chain(L2_CHAIN_ID, accounts=len(l1.accounts), lock=l1.exclusive))

    @property
    def exclusive(self) -> Lock:
        """What threads take turns by: L1's, which a new layer 2 shares."""
        return self.l1.exclusive

    @property
    def operator(self) -> "LocalAccount":
        """Who runs the rollup."""
        return self.l1.accounts[-1]

    @locked
    def take_account(self, name: str) -> "LocalAccount":
        """The next account, with a million TestTokens beside its 10,000 ETH.

        Raises:
            NoAccountsLeft: All but the operator's are taken.
            WrongArgument: Reports call somebody so already.
        """
        if name in self.l1.knowledge.labels.values():
            raise WrongArgumentValue("name", name, "somebody is called that already; pass another name")
        if self.taken >= len(self.l1.accounts) - 1:
            raise NoAccountsLeft(len(self.l1.accounts) - 1)
        account = self.l1.accounts[self.taken]
        self.token.mint(account, USER_TOKENS, sender=self.operator)
        self.taken += 1
        for chain in (self.l1, self.l2):
            chain.label(account, name)
        return account

    @locked
    def snapshot(self) -> GroundsSnapshot:
        """Remembers both chains."""
        return GroundsSnapshot(self.l1.snapshot(), self.l2.snapshot(), self.taken)

    @locked
    def revert(self, snapshot: GroundsSnapshot) -> None:
        """Brings both chains back to ``snapshot``, as often as needed.

        Raises:
            UnknownSnapshot: It was taken after a state that was itself reverted to.
        """
        self.l1.revert(snapshot.l1)
        self.l2.revert(snapshot.l2)
        self.taken = snapshot.taken

    @contextmanager
    def anchor(self) -> Iterator[GroundsSnapshot]:
        """Undoes on leaving whatever happens on the chains inside."""
        snapshot = self.snapshot()
        try:
            yield snapshot
        finally:
            self.revert(snapshot)
