"""The suites over rollups whose circuits do not look at all balances: the contract alone cannot tell."""

import pytest
from tests.targets.tiny import TinyTarget
from tests.targets.tiny_circuit import tiny_circuit

from pytest_zkrollup.suites import attacks
from zkrollup.devnet import Capability

pytestmark = pytest.mark.node

OVERSPENDING = attacks.test_more_than_there_is_is_not_paid_past_the_sequencer


@pytest.fixture
def zk_target(chain, zk, tiny_compiled, checked):
    return TinyTarget.deploy(chain, zk, tiny_compiled, tiny_circuit(checked))


@pytest.mark.parametrize(
    ("checked", "way"),
    [
        ("nothing", Capability.WITHDRAW),
        ("nothing", Capability.TRANSFER),
        ("transfers", Capability.WITHDRAW),
        ("withdrawals", Capability.TRANSFER),
    ],
)
def test_spending_more_than_there_is_is_noticed(rollup, zk_target, alice, bob, way):
    with pytest.raises(AssertionError, match=r"must refuse to spend more .* but nothing was refused"):
        OVERSPENDING(rollup, alice, bob, zk_target.tokens[0], way)
    assert rollup.proven_root == rollup.committed_root != rollup.state_root


@pytest.mark.parametrize(
    ("checked", "way"), [("transfers", Capability.TRANSFER), ("withdrawals", Capability.WITHDRAW)]
)
def test_spending_that_a_circuit_looks_at_is_refused(rollup, zk_target, alice, bob, way):
    OVERSPENDING(rollup, alice, bob, zk_target.tokens[0], way)
