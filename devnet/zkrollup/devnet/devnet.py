"""Two in-process chains with a rollup between them. Owns how it all starts, and snapshots of the whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkrollup import artifacts
from zkrollup.circuits.batch import BatchSize
from zkrollup.crypto.l2key import derive_for_account
from zkrollup.devnet.rollup import ETH, Rollup
from zkrollup.devnet.users import User
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, SnapshotId
from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.deployment import deploy
from zkrollup.operator.metadata import ETHER, TokenMetadata, token_metadata
from zkrollup.operator.mirror import Mirror, MirrorState
from zkrollup.operator.operator import Operator, OperatorState
from zkrollup.operator.prover import Prover
from zkrollup.operator.queue import to_address
from zkrollup.snark.modes import ProofMode

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

L1_CHAIN_ID = 31337
L2_CHAIN_ID = 31338
USER_TOKENS = 1_000_000 * 10**18
"""TestToken units that each new user gets on L1."""


class NoAccountsLeft(ZkRollupError):
    """More users were asked for than the chain has funded accounts."""

    def __init__(self, accounts: int) -> None:
        """``accounts`` is how many there are."""
        self.accounts = accounts
        super().__init__(f"all {accounts} funded accounts have users; start the devnet with more accounts")


@dataclass(frozen=True, slots=True)
class DevnetSnapshot:
    """Both chains and the operator at one moment."""

    l1: SnapshotId
    l2: SnapshotId
    operator: OperatorState
    mirror: MirrorState
    users: int


class Devnet:
    """A fresh rollup on two fresh chains.

    The last funded account is the operator; users take theirs from the front.

    Attributes:
        l1: Layer 1's chain.
        l2: Layer 2's chain.
        token: An ERC-20 on L1 that anybody may mint.
        rollup: What users talk to.
    """

    def __init__(self, prover: Prover, *, accounts: int = 10, progress: Progress = ignore_progress) -> None:
        """Deploys everything for ``prover``'s circuits."""
        progress("deploy", 0.0)
        self.l1 = Chain(L1_CHAIN_ID, accounts=accounts)
        self.l2 = Chain(L2_CHAIN_ID, accounts=accounts)
        self._operator_account: LocalAccount = self.l1.accounts[-1]
        contracts = deploy(
            self.l1,
            self._operator_account,
            prover.size,
            prover.batch.vk,
            prover.claim.vk,
            prover.escape.vk,
            mode=prover.mode,
        )
        progress("deploy", 0.8)
        for name, contract in contracts.labels.items():
            self.l1.label(contract, name)
        artifact = artifacts.load("TestToken")
        self.token = self.l1.deploy(
            artifact.abi, artifact.bytecode, "Test Token", "TEST", 18, sender=self._operator_account
        )
        self.l1.label(self.token, "TestToken")
        self.l1.label(self._operator_account, "operator")
        bridge = Bridge(self.l1, contracts, self._operator_account)
        mirror = Mirror(self.l2, self._operator_account, self._describe)
        self.rollup = Rollup(self, Operator(bridge, mirror, prover))
        self._users = 0
        progress("deploy", 1.0)

    @classmethod
    def start(
        cls,
        size: BatchSize | None = None,
        *,
        mode: ProofMode = ProofMode.REAL,
        accounts: int = 10,
        progress: Progress = ignore_progress,
    ) -> "Devnet":
        """Prepares circuits and keys for ``size``, the default one if None, and deploys."""
        prover = Prover.prepare(size or BatchSize(), mode=mode, progress=progress)
        return cls(prover, accounts=accounts, progress=progress)

    def user(self, name: str) -> User:
        """A new user with 10,000 ETH and a million TestTokens on L1.

        Raises:
            NoAccountsLeft: All accounts but the operator's are taken.
        """
        if self._users >= len(self.l1.accounts) - 1:
            raise NoAccountsLeft(len(self.l1.accounts) - 1)
        account = self.l1.accounts[self._users]
        key = derive_for_account(
            account, chain_id=self.l1.chain_id, rollup_address=self.rollup.contract.address
        )
        self.token.mint(account, USER_TOKENS, sender=self._operator_account)
        self._users += 1
        self.l1.label(account, name)
        return User(name, account, key, self.rollup)

    # Snapshots

    def snapshot(self) -> DevnetSnapshot:
        """Remembers both chains and the operator together."""
        operator = self.rollup.operator
        return DevnetSnapshot(
            self.l1.snapshot(), self.l2.snapshot(), operator.state, operator.mirror.state, self._users
        )

    def revert(self, snapshot: DevnetSnapshot) -> None:
        """Brings everything back to ``snapshot``, as often as needed.

        Raises:
            UnknownSnapshot: It was taken after a state that was itself reverted to.
        """
        self.l1.revert(snapshot.l1)
        self.l2.revert(snapshot.l2)
        self.rollup.operator.restore(snapshot.operator)
        self.rollup.operator.mirror.state = snapshot.mirror
        self._users = snapshot.users

    @contextmanager
    def anchor(self) -> Iterator[DevnetSnapshot]:
        """Undoes on leaving whatever happens inside."""
        snapshot = self.snapshot()
        try:
            yield snapshot
        finally:
            self.revert(snapshot)

    # Inside

    def _describe(self, token: int) -> TokenMetadata:
        return ETHER if token == ETH else token_metadata(self.l1, to_address(token))
