"""What the suites accept as a refusal: who refused, under which name, and that nothing moved."""

from types import SimpleNamespace

import pytest

from pytest_zkrollup.suites.refusing import (
    ANYBODY,
    L1,
    PROOF_OR_L1,
    STRANGER,
    is_taken,
    refused,
    refused_each,
)
from pytest_zkrollup.suites.steps import custody
from zkrollup import (
    ETH,
    ETH_ADDRESS,
    Capability,
    Refusal,
    RefusedBy,
    Target,
    ZkRollupError,
    aliased_calls,
    artifacts,
)
from zkrollup.arguments import WrongArgumentType
from zkrollup.evm import Reverted


class Misgiving(ZkRollupError):
    """Of an adapter."""


class Contradiction(ZkRollupError):
    """As of a circuit."""

    refused_by = RefusedBy.CIRCUIT


class Posting(Target):
    """Has a root that anything may move."""

    capabilities = frozenset({Capability.POST})
    refusals = {Refusal.USURPED: ("NotUpdater", "NotOperator"), Refusal.ALTERED: "wrong path"}  # noqa: RUF012

    def post(self, batch):
        self.state = batch.root_after

    posted_root = property(lambda self: self.state)


@pytest.fixture
def zk_target(chain):
    return Posting(chain, address="0x" + "ad" * 20, tokens=[ETH], state=1009)


def reverted(name="", **fields):
    return Reverted(name, fields, b"\x01")


def test_each_error_says_who_refused():
    assert (Misgiving().refused_by, Contradiction().refused_by, reverted().refused_by) == (
        "adapter",
        "circuit",
        "L1",
    )


def test_what_l1_refuses_and_leaves_alone_passes(rollup):
    with refused(rollup, Refusal.PAID_ALREADY, ETH_ADDRESS):
        raise reverted("Whatever")


def test_what_nobody_refuses_fails(rollup):
    with (
        pytest.raises(
            AssertionError, match="Posting must refuse to pay an exit twice, but nothing was refused"
        ),
        refused(rollup, Refusal.PAID_ALREADY, ETH_ADDRESS),
    ):
        pass


@pytest.mark.parametrize("error", [Misgiving("no"), Contradiction("no")], ids=["adapter", "circuit"])
def test_what_only_another_than_l1_refuses_fails(rollup, error):
    with (
        pytest.raises(AssertionError, match="L1 must refuse"),
        refused(rollup, Refusal.PAID_ALREADY, ETH_ADDRESS, by=L1),
    ):
        raise error


def test_a_circuit_s_refusal_is_none_of_the_adapter_s(rollup):
    with refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS, by=PROOF_OR_L1):
        raise Contradiction
    with refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS, by=ANYBODY):
        raise Misgiving
    with (
        pytest.raises(AssertionError, match=r"Posting's own Python did .* which a thief leaves out"),
        refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS, by=PROOF_OR_L1),
    ):
        raise Misgiving


@pytest.mark.parametrize("error", [reverted("NotOperator"), reverted("NotUpdater")], ids=lambda e: e.name)
def test_a_refusal_has_one_of_the_names_that_its_target_gives(rollup, error):
    with refused(rollup, Refusal.USURPED, ETH_ADDRESS):
        raise error


def test_a_refusal_by_another_name_fails(rollup):
    with (
        pytest.raises(AssertionError, match="with NotUpdater or NotOperator, but got Paused"),
        refused(rollup, Refusal.USURPED, ETH_ADDRESS),
    ):
        raise reverted("Paused")


def test_a_revert_string_is_a_name(rollup):
    with refused(rollup, Refusal.ALTERED, ETH_ADDRESS):
        raise reverted("Error", message="wrong path")
    for other in ("paused", "path", "wrong path of a leaf"):  # nor is a part of it, or more than it
        with (
            pytest.raises(AssertionError, match=f"but got {other}:"),
            refused(rollup, Refusal.ALTERED, ETH_ADDRESS),
        ):
            raise reverted("Error", message=other)


def test_a_refusal_that_moved_a_root_fails(rollup, zk_target):
    def move_and_refuse():
        zk_target.state = 1013
        raise reverted()

    moved = pytest.raises(AssertionError, match="but moved posted_root from 1009 to 1013")
    with moved, refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS):
        move_and_refuse()


def test_a_refusal_that_paid_somebody_fails(rollup, chain):
    def pay_and_refuse():
        chain.set_balance(STRANGER, 7)
        raise reverted()

    moved = pytest.raises(AssertionError, match="but moved the balance of 0xc3")
    with moved, refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS):
        pay_and_refuse()


@pytest.mark.parametrize("wei", [1, 17])
def test_a_refusal_that_left_a_funded_account_more_ether_fails(rollup, chain, accounts, wei):
    def pay_and_refuse():
        chain.set_balance(accounts[1], chain.balance(accounts[1]) + wei)
        raise reverted()

    moved = pytest.raises(AssertionError, match=f"moved the ETH of {accounts[1].address} from .* up to ")
    with moved, refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS):
        pay_and_refuse()


def test_a_refusal_may_cost_a_funded_account_gas(rollup, chain, accounts):
    with refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS):
        chain.set_balance(accounts[1], chain.balance(accounts[1]) - 1)
        raise reverted()


@pytest.mark.parametrize("wei", [1, -1])
def test_a_refusal_that_moved_one_wei_of_whoever_pays_no_gas_fails(rollup, chain, wei):
    chain.set_balance(STRANGER, 19)
    moved = pytest.raises(AssertionError, match=f"but moved the balance of .* from 19 to {19 + wei}")
    with moved, refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS):
        chain.set_balance(STRANGER, 19 + wei)
        raise reverted()


def test_a_refusal_that_moved_a_token_which_the_target_does_not_name_fails(rollup, chain, accounts):
    compiled = artifacts.load("TestToken")
    token = chain.deploy(compiled.abi, compiled.bytecode, "Unnamed", "UNN", 18, sender=accounts[0])

    def mint_and_refuse():
        token.mint(accounts[1], 13, sender=accounts[0])
        raise reverted()

    moved = pytest.raises(
        AssertionError, match=f"but moved the balance of .* in {token.address} from 0 to 13"
    )
    with moved, refused(rollup, Refusal.NO_EXIT, token.address):
        mint_and_refuse()


def test_a_mistake_in_the_call_is_no_refusal(rollup, alice):
    with pytest.raises(WrongArgumentType), refused(rollup, Refusal.NO_EXIT, ETH_ADDRESS, by=ANYBODY):
        rollup.deposit(ETH, "11", sender=alice)


def test_each_of_several_attempts_must_be_refused_and_is_named(rollup):
    def refuse():
        raise reverted()

    refused_each(rollup, Refusal.ALIASED, ETH_ADDRESS, {"first": refuse, "second": refuse})
    with pytest.raises(AssertionError, match=r"nothing was refused \(second\)"):
        refused_each(rollup, Refusal.ALIASED, ETH_ADDRESS, {"first": refuse, "second": lambda: None})


@pytest.mark.parametrize("error", [Misgiving, Contradiction])
def test_each_of_several_attempts_must_be_refused_by_l1(rollup, error):
    def refuse():
        raise error

    with pytest.raises(AssertionError, match=r"L1 must refuse .* did .*\(second\)$"):
        refused_each(rollup, Refusal.ALIASED, ETH_ADDRESS, {"second": refuse})


class Keeping(Posting):
    """Says what it has in custody, which its custodian may not hold."""

    capabilities = Posting.capabilities | {Capability.BOOKS}
    custodians = ("0x" + "ad" * 20,)

    def custody(self, token):
        return 17

    def owed(self, token):
        return {}


def test_custody_is_what_the_custodians_hold(chain):
    keeping = Keeping(chain, address=Keeping.custodians[0], tokens=[ETH], state=1009)
    rollup = SimpleNamespace(target=keeping)
    with pytest.raises(AssertionError, match="Keeping says custody is 17, its custodians hold 0"):
        custody(rollup, ETH_ADDRESS)
    chain.set_balance(keeping.address, 17)
    assert custody(rollup, ETH_ADDRESS) == 17


def test_what_may_be_taken_is_told_from_what_is_refused(rollup, zk_target):
    def refuse(*, root=1009):
        zk_target.state = root
        raise reverted()

    assert is_taken(rollup, Refusal.ODD_DEPOSIT, ETH_ADDRESS, lambda: None)
    assert not is_taken(rollup, Refusal.ODD_DEPOSIT, ETH_ADDRESS, refuse)
    with pytest.raises(AssertionError, match="but moved posted_root"):
        is_taken(rollup, Refusal.ODD_DEPOSIT, ETH_ADDRESS, lambda: refuse(root=1019))


def test_aliased_calls_add_to_one_word_each(chain, accounts):
    compiled = artifacts.load("TestToken")
    token = chain.deploy(compiled.abi, compiled.bytecode, "Plain", "PLN", 18, sender=accounts[0])
    attempts = aliased_calls(
        token, "mint", accounts[1], 11, sender=accounts[0], added=(1, 1 << 200, 2**256 - 1)
    )
    assert list(attempts) == [
        "mint with 0x1 added to word 0",
        f"mint with {1 << 200:#x} added to word 0",
        "mint with 0x1 added to word 1",
        f"mint with {1 << 200:#x} added to word 1",
    ]
    attempts["mint with 0x1 added to word 1"]()
    assert token.balanceOf(accounts[1]) == 12
    with pytest.raises(Reverted):
        attempts[f"mint with {1 << 200:#x} added to word 0"]()  # no address has so many bits


def test_what_a_target_needs_is_in_the_package():
    import zkrollup

    assert [name for name in zkrollup.__all__ if not hasattr(zkrollup, name)] == []
    assert ETH_ADDRESS == "0x" + "00" * 20
