"""The override point ``zk_target``, as a user's test file meets it."""

from pytest_zkrollup.suites import attacks, leaving, lifecycle

REPLACED = """
import pytest
from hypothesis import given, settings, strategies as st
from pytest_zkrollup import ETH
from zkrollup import artifacts

made = []

@pytest.fixture
def zk_target(zk_target, chain):
    lock = artifacts.load("Lock")
    made.append(zk_target)
    address = zk_target.next_rollup_address
    return zk_target.replace(lock=chain.deploy(lock.abi, lock.bytecode, address))

@pytest.mark.parametrize("amount", [501, 207])
def test_it_is_tested_in_place_of_ours(rollup, zk_target, chain, alice, make_user, amount):
    assert rollup.target is zk_target
    assert rollup.contract.address == zk_target.address != made[-1].address
    assert rollup.l1 is chain
    assert rollup.contract.queueLength() == alice.l2_balance(ETH) == 0
    rollup.deposit(ETH, amount, sender=alice)
    carol = make_user("carol")
    rollup.transfer(ETH, 103, sender=alice, to=carol)
    rollup.settle()
    assert (carol.l2_balance(ETH), made[-1].settled) == (103, 0)

@settings(max_examples=5, deadline=None)
@given(amount=st.integers(1, 10**18))
def test_examples_are_isolated(rollup, alice, amount):
    assert alice.l2_balance(ETH) == rollup.contract.queueLength() == 0
    rollup.deposit(ETH, amount, sender=alice)
    assert alice.l2_balance(ETH) == amount

@settings(max_examples=5, deadline=None)
@given(amount=st.integers(1, 10**18))
def test_examples_of_the_target_alone_are_isolated(zk_target, accounts, amount):
    lock, key = zk_target.contracts.lock, zk_target.derive_key(accounts[0]).public
    assert lock.locked("0x" + "00" * 20) == zk_target.waiting == 0
    lock.depositETH(accounts[0], *key, value=amount, sender=accounts[0])
    assert zk_target.waiting == 1

def test_ours_was_deployed_once():
    assert len(made) == 4
    assert len({id(each) for each in made}) == 1
"""


def test_contracts_in_place_of_ours_are_tested_and_ours_is_deployed_once(run):
    result = run(REPLACED, "--zk-proofs=fresh")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["zkrollup: 2 real proofs made (2 batch) in * s, *, 2 batches settled on L1"])


FOREIGN = """
import sys
import pytest
from pytest_zkrollup import Capability, Target

class Bank(Target):
    capabilities = frozenset({Capability.DEPOSIT, Capability.BALANCE})

    def deposit(self, token, amount, *, sender, to):
        self.state = {**self.state, to.address: amount}

    def balance(self, token, user):
        return self.state.get(user.address, 0)

@pytest.fixture
def zk_target(chain):
    assert chain.block_number < 9  # a token and two users, and no rollup of ours
    token = "0x" + "70" * 20
    return Bank(chain, address="0x" + "ad" * 20, tokens=[token], state={})
"""


def test_a_rollup_of_ones_own_stands_on_the_same_chain_without_ours(run):
    result = run(
        FOREIGN
        + """
from hypothesis import given, settings, strategies as st
from pytest_zkrollup import ETH

def test_users(rollup, chain, alice, bob, make_user):
    rollup.deposit(rollup.tokens[0], 17, sender=alice)
    carol = make_user("carol")
    assert [user.l2_balance(ETH) for user in (alice, bob, carol)] == [17, 0, 0]
    assert len({alice.address, bob.address, carol.address, chain.accounts[-1].address}) == 4
    assert alice.l1_balance(ETH) == carol.l1_balance(ETH) == 10_000 * 10**18
    assert bob.l1_balance(rollup.token) == 10**24

@settings(max_examples=5, deadline=None)
@given(amount=st.integers(1, 9))
def test_examples(rollup, alice, amount):
    assert alice.l2_balance(ETH) == 0
    rollup.deposit(ETH, amount, sender=alice)

def test_no_key_of_ours_was_made(rollup, pytestconfig):
    from pytest_zkrollup.session import SESSION
    assert not pytestconfig.stash[SESSION]._references
    assert not hasattr(rollup, "lock")
"""
    )
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*settled on L1*")


NOTHING = """
import pytest
from pytest_zkrollup import Target
from pytest_zkrollup.suites.attacks import *
from pytest_zkrollup.suites.leaving import *
from pytest_zkrollup.suites.lifecycle import *

class Nothing(Target): pass

@pytest.fixture
def zk_target(chain): return Nothing(chain, address="0x" + "ad" * 20, tokens=["0x" + "70" * 20])
"""


def test_the_suites_skip_what_is_not_declared_by_name(run):
    result = run(NOTHING, "-rs")
    outcomes = result.parseoutcomes()
    assert outcomes.keys() == {"skipped"}
    names = {name for suite in (attacks, leaving, lifecycle) for name in suite.__all__ if name[:5] == "test_"}
    assert outcomes["skipped"] >= len(names)
    result.stdout.fnmatch_lines(["SKIPPED * Nothing does not declare DEPOSIT, BALANCE, BATCH, BOOKS"])


def test_a_suites_failure_shows_the_values(run):
    result = run(
        FOREIGN
        + """
from pytest_zkrollup.suites.lifecycle import test_a_deposit_is_in_custody_at_once_and_credited_once_settled
from pytest_zkrollup.suites.lifecycle import each_lifecycle_token

class Broken(Bank):
    capabilities = Bank.capabilities | {Capability.BATCH, Capability.BOOKS}
    waiting = sealed_root = property(lambda self: 0)
    def seal(self): pass
    def custody(self, token): return 1008
    custodians = property(lambda self: [self.address])
    def owed(self, token): return {}
    def l1_balance(self, token, account): return 1008

@pytest.fixture
def zk_target(chain): return Broken(chain, address="0x" + "ad" * 20, tokens=["0x" + "70" * 20], state={})
"""
    )
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["E *assert 1008 == 1009"])


CUSTODIAN = """
from pytest_zkrollup.suites.steps import custody
from zkrollup import ETH_ADDRESS

class Keeper(Bank):
    capabilities = Bank.capabilities | {Capability.BOOKS}
    custodians = property(lambda self: ["0x" + "ca" * 20, "0x" + "fe" * 20, "0x" + "ca" * 20])
    def custody(self, token): return 1008
    def owed(self, token): return {}

@pytest.fixture
def zk_target(chain): return Keeper(chain, address="0x" + "ad" * 20, tokens=[], state={})

@pytest.mark.parametrize("held", [1000, 1001])
def test_custody(rollup, chain, held):
    chain.set_balance("0x" + "ca" * 20, held)
    chain.set_balance("0x" + "fe" * 20, 8)
    assert custody(rollup, ETH_ADDRESS) == 1008
"""


def test_custody_that_the_custodians_do_not_hold_fails(run):
    result = run(FOREIGN + CUSTODIAN)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *Keeper says custody is 1008, its custodians hold 1009*"])


FORGETTING = """
class TestForeign:
    @pytest.fixture
    def zk_target(self, chain):
        bank = Bank(chain, address="0x" + "ad" * 20, tokens=["0x" + "70" * 20], state={})
        yield bank
        assert bank.state == {}

    @pytest.mark.parametrize("amount", [19, 23])
    def test_it(self, rollup, alice, amount):
        rollup.deposit(rollup.tokens[0], amount, sender=alice)
        assert rollup.target.state == {alice.address: amount}
        assert amount == 19
"""

FORGETTING_OURS = """
import pytest

@pytest.fixture
def zk_target(zk_target):
    replaced = zk_target.replace()
    before = replaced.state
    yield replaced
    assert replaced.state == before

def test_it(rollup, alice):
    before = rollup.target.state
    rollup.deposit(rollup.token, 29, sender=alice)
    rollup.withdraw(rollup.token, 13, sender=alice)
    assert rollup.target.state != before
"""


def test_a_target_has_forgotten_its_test_when_its_own_fixture_ends(run):
    run(FOREIGN + FORGETTING).assert_outcomes(passed=1, failed=1)


def test_so_has_one_with_contracts_in_place_of_ours(run):
    run(FORGETTING_OURS).assert_outcomes(passed=1)


def test_what_is_no_target_or_no_whole_one_is_refused_by_name(run):
    result = run(
        FOREIGN
        + """
class TestNone:
    @pytest.fixture
    def zk_target(self): return None
    def test_it(self, rollup): pass

class TestIncomplete:
    @pytest.fixture
    def zk_target(self, chain):
        class Mine(Bank): capabilities = Bank.capabilities | {Capability.ESCAPE}
        return Mine(chain, address="0x" + "ad" * 20, tokens=[])
    def test_it(self, rollup): pass

class TestElsewhere:
    @pytest.fixture
    def zk_target(self):
        from pytest_zkrollup import Chain
        return Bank(Chain(7), address="0x" + "ad" * 20, tokens=[])
    def test_it(self, rollup): pass
"""
    )
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "*the fixture zk_target must return a Target, but it returned None*",
            "E *Mine declares Capability.ESCAPE but has no escape(self, token: str, *, sender: User)*",
            "E *TargetElsewhere: Bank is on <Chain 7 at block 0>*",
        ]
    )


def test_a_configuration_and_a_target_go_together(run):
    run(
        """
        import pytest
        from pytest_zkrollup import ZkConfig

        @pytest.fixture
        def zk_config(): return ZkConfig(slots=1, levels=2)

        @pytest.fixture
        def zk_target(zk_target): return zk_target.replace()

        def test_sizes(rollup): assert rollup.contract.accountCapacity() == 16

        @pytest.mark.rollup(levels=1)
        def test_marked(rollup, zk_target):
            assert rollup.contract.accountCapacity() == zk_target.contracts.rollup.accountCapacity() == 4
        """
    ).assert_outcomes(passed=2)
