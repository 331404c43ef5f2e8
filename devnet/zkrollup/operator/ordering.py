"""How the operator orders and what it charges: policy, limits, fees.

Owns the switches, which are part of the sequencer's state and roll back with it. What they do is the
sequencer's matter.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from zkrollup.arguments import WrongArgumentType, amount
from zkrollup.crypto.eddsa import PrivateKey
from zkrollup.crypto.l2key import derive_for_account
from zkrollup.ledger.moves import MoveKind
from zkrollup.locking import Lock, locked
from zkrollup.native import Ether
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.mempool import PoolLimits
from zkrollup.operator.policies import Policy
from zkrollup.operator.sequencer import Sequencer

if TYPE_CHECKING:
    from zkrollup.evm.parties import HasAddress
    from zkrollup.operator.state import OperatorState


_ADDRESSES: Final = 1 << 160


class Ordering:
    """The switches, mixed into ``Operator``.

    Attributes:
        bridge: L1.
        state: The sequencer's is in it.
    """

    bridge: Bridge
    state: "OperatorState"

    _gatherings: frozenset[object] = frozenset()

    if TYPE_CHECKING:  # Operator's

        @property
        def exclusive(self) -> Lock: ...  # noqa: D102

        @property
        def _is_stopped(self) -> bool: ...

        def sync(self) -> int: ...  # noqa: D102

        def _require_running(self, step: str) -> None: ...

        def _recover_from_reorg(self) -> bool: ...

        def _sequence(self, sequencer: Sequencer) -> None: ...

    @property
    def policy(self) -> Policy:
        """Orders signed operations; one that is set orders what waits already, too."""
        return self.state.sequencer.policy

    @policy.setter
    @locked
    def policy(self, policy: Policy) -> None:
        self.state = replace(self.state, sequencer=replace(self.state.sequencer, policy=policy))

    @property
    def limits(self) -> PoolLimits:
        """How many signed operations may wait. What waits already stays."""
        return self.state.sequencer.pool.limits

    @limits.setter
    @locked
    def limits(self, limits: PoolLimits) -> None:
        sequencer = self.state.sequencer
        pool = replace(sequencer.pool, limits=limits)
        self.state = replace(self.state, sequencer=replace(sequencer, pool=pool))

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Inside, a batch is not sealed as soon as it is full: the policy then chooses among all that came.

        ``seal`` and ``settle`` seal as ever. On leaving, what fills batches is sealed.
        """
        one = object()
        with self.exclusive:
            self._gatherings |= {one}
        try:
            yield
        finally:
            with self.exclusive:
                was_open = one in self._gatherings
                self._gatherings -= {one}
        if not was_open:  # what was gathered has been taken back, with the test that gathered it
            return
        with self.exclusive:
            if not self._is_stopped:
                self._recover_from_reorg()
            self._sequence(self.state.sequencer)

    @property
    def _is_gathering(self) -> bool:
        return bool(self._gatherings)

    # Fees

    @property
    def key(self) -> PrivateKey:
        """The operator's L2 key, derived from its L1 account as a user's is."""
        bridge = self.bridge
        return derive_for_account(
            bridge.operator,
            chain_id=bridge.l1.chain_id,
            rollup_address=bridge.contracts.rollup.address,
        )

    @property
    def fee_account(self) -> int | None:
        """Index of the account that fees go to; None if the operator takes none."""
        return self.state.sequencer.fee_account

    @property
    def fees_earned(self) -> Mapping[int, int]:
        """Fees of the batches that L1 has accepted, by token."""
        earned: Counter[int] = Counter()
        for batch in self.state.settled:
            for move in batch.sealed.trace.moves:
                if move.kind is MoveKind.FEE:
                    earned[move.token] += move.amount
        return dict(earned)

    @locked
    def collect_fees(self, token: "int | HasAddress", *, minimum: int = 0) -> int:
        """Takes fees in one token from now on, in place of another; opens an account for them if need be.

        Args:
            token: Its contract, or its address as a number, 0 for ETH.
            minimum: What each signed operation pays at least, in the token's smallest unit.

        Returns:
            The account's index.

        Raises:
            WrongArgument: ``minimum`` is no amount, or ``token`` none.
            Reverted: L1 refuses to open the account.
            OperatorStopped: It takes nobody's operations.
        """
        minimum = amount(minimum, "minimum")
        number = _token_number(token)
        self._require_running("collect fees")
        index = self.bridge.open_account(number, self.key.public)
        self.sync()
        self._sequence(self.state.sequencer.collecting(index, minimum=minimum))
        return index


def _token_number(token: "int | HasAddress") -> int:
    if isinstance(token, Ether):
        return int(token)
    if hasattr(token, "__index__"):
        return amount(token, "token", most=_ADDRESSES - 1)
    address = getattr(token, "address", None)
    if not isinstance(address, str):
        raise WrongArgumentType("token", token, "pass the token's contract, its address as a number, or ETH")
    return int(address, 16)
