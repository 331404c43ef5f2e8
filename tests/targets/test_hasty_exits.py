"""The suites over the reference with an L1 that pays a forced withdrawal which applied nothing."""

import pytest

from pytest_zkrollup.suites import leaving
from zkrollup import ETH_ADDRESS
from zkrollup.devnet.exits import NotApplied
from zkrollup.devnet.reference import ReferenceTarget


class Hasty(ReferenceTarget):
    """Pays what was asked, where the reference says that nothing was burned."""

    def claim(self, exit_, *, sender):
        try:
            return super().claim(exit_, sender=sender)
        except NotApplied:
            with self.l1.impersonate(self.contracts.rollup) as rollup:
                return self.contracts.lock.release(exit_.token, exit_.recipient, exit_.amount, sender=rollup)


@pytest.fixture
def zk_target(zk_target):
    ours = zk_target
    return Hasty(ours.contracts, ours.l1, ours.l2, ours.operator.prover, ours.tokens)


@pytest.mark.rollup(check_solvency=False)
def test_a_forced_withdrawal_that_is_paid_though_it_applied_nothing_is_noticed(rollup, alice, bob):
    with pytest.raises(AssertionError, match="more than there was, but nothing was refused"):
        leaving.test_a_forced_withdrawal_of_too_much_moves_nothing_and_stops_nobody(
            rollup, alice, bob, ETH_ADDRESS
        )
