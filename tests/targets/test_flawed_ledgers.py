"""The suites over a bridge whose other side counts amounts in fewer bits than it takes: L1 cannot tell."""

import pytest
from tests.targets.bridge import DEPOSIT, EXIT, TRANSFER, BridgeRefusal, BridgeTarget, tree

from pytest_zkrollup.suites import exits, lifecycle
from zkrollup import artifacts

pytestmark = pytest.mark.node


class Cutting(BridgeTarget):
    """Balances of operations of which each loses the amount's upper bits to the payer, the payee, or both."""

    kind, bits, sides = TRANSFER, 40, ("payer", "payee")

    def balance(self, token, user):
        whole = super().balance(token, user)
        lost = 0
        for each in self.state.operations:
            if (each.kind, each.token) == (self.kind, token):
                upper = each.amount >> self.bits << self.bits
                lost += upper * ("payee" in self.sides and each.payee == user.address and each.kind != EXIT)
                lost -= upper * ("payer" in self.sides and each.payer == user.address)
        return whole - lost


@pytest.fixture
def zk_target(chain, bridge_compiled, flaw):
    updater, token = chain.accounts[-1], artifacts.load("TestToken")
    usd = chain.deploy(token.abi, token.bytecode, "Bridged Dollar", "USDB", 6, sender=updater)
    genesis = tree([])[-1][0]
    contract = chain.deploy(bridge_compiled.abi, bridge_compiled.bytecode, genesis, sender=updater)
    return type("CuttingBridge", (Cutting,), flaw)(contract, usd)


@pytest.mark.parametrize(
    "flaw",
    [{}, {"bits": 64, "sides": ("payee",)}, {"bits": 72, "sides": ("payer",)}],
    ids=["both by 40 bits", "what arrives by 64", "what is paid by 72"],
)
def test_a_transfer_of_fewer_bits_is_noticed(rollup, zk_target, alice, bob):
    with pytest.raises(AssertionError, match="1050"):
        lifecycle.test_a_large_transfer_moves_whole(rollup, alice, bob, zk_target.tokens[0])


@pytest.mark.parametrize("flaw", [{"kind": EXIT, "bits": 48}])
def test_a_burn_of_fewer_bits_is_noticed(rollup, zk_target, alice, bob):
    with pytest.raises(AssertionError, match="1050"):
        exits.test_a_large_amount_comes_in_and_goes_out_whole(rollup, alice, bob, zk_target.tokens[0])


@pytest.mark.parametrize("flaw", [{"kind": DEPOSIT, "bits": 56}])
def test_a_credit_of_fewer_bits_is_noticed(rollup, zk_target, alice, bob):
    with pytest.raises(BridgeRefusal, match="alice holds less than"):
        exits.test_a_large_amount_comes_in_and_goes_out_whole(rollup, alice, bob, zk_target.tokens[0])


@pytest.mark.parametrize("flaw", [{"bits": 256}], ids=["none"])
def test_a_bridge_that_cuts_nothing_passes(rollup, zk_target, alice, bob):
    lifecycle.test_a_large_transfer_moves_whole(rollup, alice, bob, zk_target.tokens[0])
