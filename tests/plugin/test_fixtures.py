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
    result = run(LIFECYCLE)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["zkrollup: 4 real proofs (2 batch, 2 claim) in * s, 2 batches settled on L1"]
    )


def test_each_test_starts_from_the_same_state(run):
    result = run(
        """
        import pytest
        from pytest_zkrollup import ETH

        @pytest.mark.parametrize("amount", [501, 207])
        def test_spends(rollup, alice, make_user, amount):
            assert rollup.l1.block_number == pytest.first_block if hasattr(pytest, "first_block") else True
            pytest.first_block = rollup.l1.block_number
            assert alice.l2_balance(ETH) == 0
            assert rollup.contract.queueLength() == 0
            rollup.deposit(ETH, amount, sender=alice)
            carol = make_user("carol")
            rollup.transfer(ETH, 103, sender=alice, to=carol)
            assert carol.l2_balance(ETH) == 103
        """
    )
    result.assert_outcomes(passed=2)


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

        @pytest.mark.parametrize("wei", [11, 13])
        def test_plain(chain, accounts, wei):
            assert chain.balance(accounts[3]) == 10_000 * 10**18
            chain.transact(sender=accounts[0], to=accounts[3], value=wei)
            assert chain.block_number == 1
            assert "numba" not in sys.modules
        """,
        "-p",
        "no:benchmark",
    ).assert_outcomes(passed=2)


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
            dave = rollup._devnet.user("dave")
            rollup.deposit(ETH, 5, sender=dave)
            assert dave.l2_balance(ETH) == 5
        """
    ).assert_outcomes(passed=1)


def test_users_work_where_rollup_is_shadowed(run):
    run(
        """
        import pytest
        from pytest_zkrollup import ETH

        @pytest.fixture
        def rollup(): return None

        def test_works(rollup, alice): assert alice.l1_balance(ETH) > 0
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
        def test_marked(rollup):
            assert (rollup.contract.slotCount(), rollup.contract.accountCapacity()) == (1, 4)
        """
    ).assert_outcomes(passed=2)


PROPERTY = """
from hypothesis import given, settings, strategies as st
from pytest_zkrollup import ETH

@settings(max_examples=7, deadline=None)
@given(amount=st.integers(1, 10**18))
def test_property({fixtures}, amount):
    assert alice.l2_balance(ETH) == 0
    alice._rollup.deposit(ETH, amount, sender=alice)
    assert alice.l2_balance(ETH) == amount
"""


def test_each_hypothesis_example_is_isolated(run):
    run(PROPERTY.format(fixtures="alice")).assert_outcomes(passed=1)


def test_hypothesis_still_complains_about_other_function_scoped_fixtures(run):
    text = "import pytest\n@pytest.fixture\ndef mine(): return []\n" + PROPERTY.format(fixtures="alice, mine")
    result = run(text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the fixture 'mine' has function scope*"])


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
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["zkrollup: 4 real proofs (4 batch) in * s, 4 batches settled on L1"])
