"""The suites over rollups whose circuits do not look at all balances: the contract alone cannot tell."""

import pytest
from tests.targets.tiny import TinyTarget
from tests.targets.tiny_circuit import tiny_circuit

from pytest_zkrollup.suites import attacks

pytestmark = pytest.mark.node


@pytest.fixture(params=["transfers", "nothing"])
def zk_target(chain, zk, tiny_compiled, request):
    return TinyTarget.deploy(chain, zk, tiny_compiled, tiny_circuit(request.param))


def test_spending_more_than_there_is_is_noticed(rollup, zk_target, alice, bob):
    with pytest.raises(AssertionError, match=r"must refuse to spend more .* but nothing was refused"):
        attacks.test_more_than_there_is_is_not_paid_past_the_sequencer(
            rollup, alice, bob, zk_target.tokens[0]
        )
    assert rollup.proven_root == rollup.committed_root != rollup.state_root
