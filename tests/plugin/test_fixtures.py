"""The fixtures, as a user's test file meets them."""

LIFECYCLE = """
import pytest
from pytest_zkrollup import ETH, reverts

@pytest.mark.rollup(slots=3)
def test_deposit_transfer_withdraw(rollup, alice, bob):
    rollup.deposit(ETH, 501, sender=alice)
    rollup.settle()
    rollup.transfer(ETH, 207, sender=alice, to=bob)
    exit_ = rollup.withdraw(ETH, 103, sender=bob, recipient=bob.address)
    batch = rollup.settle()
    assert rollup.contract.stateRoot() == batch.root_after
    before = bob.l1_balance(ETH)
    exit_.claim(sender=alice)
    assert bob.l1_balance(ETH) == before + 103
    with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        exit_.claim(sender=alice)
"""


def test_the_whole_lifecycle_runs_and_the_summary_counts_its_proofs(run):
    result = run(LIFECYCLE, "--zk-proofs=fresh")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["zkrollup: 4 real proofs made (2 batch, 2 claim) in * s, 0 from the store, 2 batches settled on L1"]
    )


def test_each_test_starts_from_the_same_state(run):
    result = run(
        """
        import pytest
        from pytest_zkrollup import ETH

        seen = []

        @pytest.mark.parametrize("amount", [501, 207, 311])
        def test_spends(rollup, alice, make_user, amount):
            state = rollup.operator.state
            seen.append((rollup.l1.block_number, rollup.l2.block_number, rollup.l1.timestamp, id(state)))
            assert set(seen) == {seen[0]}
            assert alice.l1_balance(ETH) == 10_000 * 10**18
            assert alice.l2_balance(ETH) == 0
            assert rollup.contract.queueLength() == 0
            rollup.deposit(ETH, amount, sender=alice)
            carol = make_user("carol")
            rollup.transfer(ETH, 103, sender=alice, to=carol)
            rollup.settle()
            rollup.l1.travel(1000)
            assert rollup.mint(ETH).balanceOf(carol) == 103
            assert amount != 207, "a test that fails is undone, too"
        """
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*a test that fails is undone, too"])


def test_chain_web3_and_accounts_are_the_rollups_own_layer_1(run):
    run(
        """
        def test_same(rollup, chain, w3, accounts):
            assert rollup.l1 is chain
            assert w3.eth.block_number == chain.block_number
            assert accounts == chain.accounts
            assert w3.eth.get_code(rollup.contract.address)
        """
    ).assert_outcomes(passed=1)


def test_without_a_rollup_the_chain_is_a_plain_one(run):
    run(
        """
        import sys, pytest
        from hypothesis import given, settings, strategies as st

        @pytest.mark.parametrize("wei", [11, 13])
        def test_plain(chain, w3, accounts, wei):
            assert chain.balance(accounts[3]) == 10_000 * 10**18
            chain.transact(sender=accounts[0], to=accounts[3], value=wei)
            assert chain.block_number == w3.eth.block_number == 1
            assert "numba" not in sys.modules

        @settings(max_examples=7, deadline=None)
        @given(wei=st.integers(1, 100))
        def test_examples_are_isolated(chain, accounts, wei):
            assert chain.block_number == 0
            chain.transact(sender=accounts[0], to=accounts[3], value=wei)
        """
    ).assert_outcomes(passed=3)


def test_a_rollup_asked_for_at_run_time_is_on_the_layer_1_that_the_test_has(run):
    run(
        """
        from pytest_zkrollup import ETH

        def test_before_the_chain(request):
            rollup = request.getfixturevalue("rollup")
            assert request.getfixturevalue("chain") is rollup.l1

        def test_after_the_chain(chain, accounts, request):
            chain.transact(sender=accounts[3], to=accounts[4], value=17)
            rollup, alice = (request.getfixturevalue(name) for name in ("rollup", "alice"))
            assert rollup.l1 is chain
            rollup.deposit(ETH, 19, sender=alice)
            assert rollup.settle().number == 1

        def test_afterwards_it_is_gone(chain):
            assert chain.block_number == 0

        def test_after_that(rollup, chain):
            assert rollup.l1 is chain
            assert rollup.contract.provenBatches() == 0
        """
    ).assert_outcomes(passed=4)


def test_a_users_own_fixtures_may_shadow_every_public_one(run):
    run(
        """
        import pytest
        from pytest_zkrollup import ETH

        @pytest.fixture
        def alice(): return "alice"
        @pytest.fixture
        def bob(): return "bob"
        @pytest.fixture
        def make_user(): return "make_user"
        @pytest.fixture
        def chain(): return "chain"
        @pytest.fixture
        def w3(): return "w3"
        @pytest.fixture
        def accounts(): return "accounts"

        def test_works(rollup, alice, bob, make_user, chain, w3, accounts):
            shadowed = [alice, bob, make_user, chain, w3, accounts]
            assert shadowed == ["alice", "bob", "make_user", "chain", "w3", "accounts"]
            assert rollup.contract.provenBatches() == 0
            assert rollup.l1.balance(rollup.l1.accounts[0]) > 0

        class TestOthers:
            @pytest.fixture
            def make_user(self, _zk_prepared): return _zk_prepared.testbed.user

            def test_users(self, rollup, make_user):
                dave = make_user("dave")
                rollup.deposit(ETH, 5, sender=dave)
                assert dave.l2_balance(ETH) == 5
        """
    ).assert_outcomes(passed=2)


def test_users_work_where_rollup_is_shadowed(run):
    run(
        """
        import pytest
        from pytest_zkrollup import ETH

        @pytest.fixture
        def rollup(): return None

        def test_works(rollup, alice, make_user):
            assert rollup is None
            assert alice.l1_balance(ETH) == make_user("carol").l1_balance(ETH) > 0
        """
    ).assert_outcomes(passed=1)


def test_a_users_fixture_may_extend_one_of_ours_under_its_name(run):
    run(
        """
        import pytest
        from pytest_zkrollup import ETH

        @pytest.fixture
        def alice(alice, rollup):
            rollup.deposit(ETH, 501, sender=alice)
            return alice

        def test_works(alice, bob):
            assert (alice.l2_balance(ETH), bob.l2_balance(ETH)) == (501, 0)
        """
    ).assert_outcomes(passed=1)


def test_zk_config_is_the_override_point_and_the_marker_has_the_last_word(run):
    run(
        """
        import pytest
        from pytest_zkrollup import ZkConfig

        @pytest.fixture(scope="session")
        def zk_config(): return ZkConfig(slots=1, levels=2)

        def test_overridden(rollup):
            assert (rollup.contract.slotCount(), rollup.contract.accountCapacity()) == (1, 16)

        @pytest.mark.rollup(levels=1)
        class TestMarked:
            def test_marked(self, rollup):
                assert (rollup.contract.slotCount(), rollup.contract.accountCapacity()) == (1, 4)

            @pytest.mark.rollup(slots=2)
            def test_marked_twice(self, rollup):
                assert (rollup.contract.slotCount(), rollup.contract.accountCapacity()) == (2, 4)
        """
    ).assert_outcomes(passed=3)


def test_a_config_that_is_none_is_refused_by_name(run):
    result = run(
        """
        import pytest

        @pytest.fixture
        def zk_config(): return {"slots": 1}

        def test_overridden(rollup): pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*the fixture zk_config must return a ZkConfig, but it returned {'slots': 1}*"]
    )


PROPERTIES = """
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pytest_zkrollup import ETH

@pytest.fixture
def mine(): return []

@settings(max_examples=7, deadline=None)
@given(amount=st.integers(1, 10**18))
def test_ours(rollup, alice, amount):
    assert alice.l2_balance(ETH) == 0
    rollup.deposit(ETH, amount, sender=alice)
    assert alice.l2_balance(ETH) == amount

@pytest.mark.parametrize("start", [3, 5])
@given(amount=st.integers(1, 7))
def test_parametrized(rollup, alice, start, amount):
    assert rollup.contract.queueLength() == 0
    rollup.deposit(ETH, start + amount, sender=alice)

class TestMethods:
    @given(amount=st.integers(1, 7))
    def test_method(self, rollup, alice, amount):
        assert rollup.contract.queueLength() == 0
        rollup.deposit(ETH, amount, sender=alice)

@given(amount=st.integers(1, 7))
def test_others(rollup, mine, amount): pass

@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=st.integers(1, 7))
def test_others_excused(rollup, alice, mine, amount):
    assert rollup.contract.queueLength() == 0
    rollup.deposit(ETH, amount, sender=alice)

@given(amount=st.integers(1, 7))
def test_without_ours(mine, amount): pass
"""


def test_each_hypothesis_example_is_isolated_and_other_fixtures_are_still_complained_about(run):
    result = run(PROPERTIES)
    result.assert_outcomes(passed=5, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*the fixture 'mine' has function scope*",
            "*FailedHealthCheck: *uses a function-scoped fixture 'mine'*",
            "FAILED *::test_others*",
            "FAILED *::test_without_ours*",
        ]
    )


def test_workers_share_keys_and_the_summary_counts_all_their_proofs(run):
    result = run(
        """
        import pytest
        from pytest_zkrollup import ETH

        @pytest.mark.parametrize("amount", [11, 13, 17, 19])
        def test_settles(rollup, alice, amount):
            rollup.deposit(ETH, amount, sender=alice)
            rollup.settle()
            assert rollup.mint(ETH).balanceOf(alice) == amount
        """,
        "-n2",
        "--zk-proofs=fresh",
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        ["zkrollup: 4 real proofs made (4 batch) in * s*, 0 from the store, 4 batches settled on L1"]
    )
