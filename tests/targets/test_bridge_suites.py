"""The suites over a bridge without a circuit."""

import pytest
from tests.targets.bridge import tree
from tests.targets.bridge_attacks import AttackedBridge

from pytest_zkrollup.suites.attacks import *  # noqa: F403
from pytest_zkrollup.suites.lifecycle import *  # noqa: F403
from zkrollup import artifacts

pytestmark = pytest.mark.node


@pytest.fixture
def zk_target(chain, bridge_compiled):
    updater, token = chain.accounts[-1], artifacts.load("TestToken")
    usd = chain.deploy(token.abi, token.bytecode, "Bridged Dollar", "USDB", 6, sender=updater)
    genesis = tree([])[-1][0]
    return AttackedBridge(
        chain.deploy(bridge_compiled.abi, bridge_compiled.bytecode, genesis, sender=updater), usd
    )
