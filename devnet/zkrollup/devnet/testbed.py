"""A rollup under test on its grounds, with users. Owns snapshots of the whole, and what fits together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkrollup import arguments
from zkrollup.devnet.capabilities import require_complete
from zkrollup.devnet.contents import Contents, contents_within
from zkrollup.devnet.grounds import Grounds, GroundsSnapshot
from zkrollup.devnet.rollup import Rollup
from zkrollup.devnet.target import Target
from zkrollup.devnet.users import User
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract
from zkrollup.locking import Lock, locked

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


class TargetElsewhere(ZkRollupError):
    """A target is on another chain than the accounts, snapshots and tokens that its tests use."""

    def __init__(self, target: Target, l1: Chain) -> None:
        """``l1`` is where it should be."""
        self.target, self.l1 = target, l1
        super().__init__(
            f"{target.name} is on {target.l1}, which is not the L1 of its tests, {l1}, and would not be put "
            "back after them; deploy it on the fixture chain"
        )


@dataclass(frozen=True, slots=True)
class TestbedSnapshot:
    """Both chains and the target's off-chain state at one moment."""

    __test__ = False  # pytest collects by name

    grounds: GroundsSnapshot
    state: Any
    attributes: tuple[dict[str, Any], ...]
    contents: tuple[Contents, ...]


class Testbed:
    """A target on its grounds.

    Attributes:
        grounds: Chains and accounts.
        rollup: What users talk to.
    """

    __test__ = False

    def __init__(self, grounds: Grounds, target: Target) -> None:
        """Checks the target.

        Raises:
            TargetElsewhere: It is on another chain.
            IncompleteTarget: It does not define what it declares.
        """
        if target.l1 is not grounds.l1:
            raise TargetElsewhere(target, grounds.l1)
        require_complete(target)
        self.grounds = grounds
        self.rollup = Rollup(grounds, target)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.target}>"

    @property
    def exclusive(self) -> Lock:
        """What threads take turns by: L1's."""
        return self.grounds.exclusive

    @property
    def target(self) -> Target:
        """The rollup under test."""
        return self.rollup.target

    @property
    def l1(self) -> Chain:
        """Layer 1's chain."""
        return self.grounds.l1

    @property
    def l2(self) -> Chain:
        """Layer 2's chain."""
        return self.grounds.l2

    @property
    def token(self) -> Contract:
        """An ERC-20 on L1 that anybody may mint."""
        return self.grounds.token

    # Users

    @locked
    def user(self, name: str) -> User:
        """A new user with 10,000 ETH and a million TestTokens on L1, and what the target gives.

        Raises:
            WrongArgument: The name is no text, does not print, or is somebody's already.
            NoAccountsLeft: All accounts but the operator's are taken.
        """
        return self.user_of(self.grounds.take_account(arguments.name(name)), name)

    @locked
    def user_of(self, account: "LocalAccount", name: str) -> User:
        """The user of an account that was taken; a new one for this target."""
        self.target.fund(account)
        return User(name, account, self.target.derive_key(account), self.rollup)

    # Snapshots

    @locked
    def snapshot(self) -> TestbedSnapshot:
        """Remembers both chains, the target's state, and what was set on target and rollup, together.

        Also what lists, dicts and sets among these hold: a target may append to its own.
        """
        attributes, state = tuple(map(_attributes, self._objects())), self.target.state
        contents = contents_within(attributes, state)
        return TestbedSnapshot(self.grounds.snapshot(), state, attributes, contents)

    @locked
    def revert(self, snapshot: TestbedSnapshot) -> None:
        """Brings everything back to ``snapshot``, as often as needed.

        Raises:
            UnknownSnapshot: It was taken after a state that was itself reverted to.
        """
        self.grounds.revert(snapshot.grounds)
        for each, attributes in zip(self._objects(), snapshot.attributes, strict=True):
            for name in _attributes(each).keys() - attributes:
                del vars(each)[name]
            vars(each).update(attributes)
        for container in snapshot.contents:
            container.put_back()
        self.target.state = snapshot.state

    @contextmanager
    def anchor(self) -> Iterator[TestbedSnapshot]:
        """Undoes on leaving whatever happens inside."""
        snapshot = self.snapshot()
        try:
            yield snapshot
        finally:
            self.revert(snapshot)

    def _objects(self) -> tuple[object, ...]:
        """What a test may set attributes on."""
        return (self.rollup, self.target, *self.target.parts)


def _attributes(of: object) -> dict[str, Any]:
    """All but the state, which goes back by itself."""
    return {name: value for name, value in vars(of).items() if name not in ("state", "_state")}
