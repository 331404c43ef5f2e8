"""Options, ini keys and the marker: what they take, and what they say to the rest."""

import pytest

from pytest_zkrollup import InvalidConfig, ZkConfig

ONE_TEST = "def test_nothing(): pass"


def test_the_header_states_mode_sizes_and_test_keys(run):
    result = run(ONE_TEST)
    result.stdout.fnmatch_lines(
        ["zkrollup *: real Groth16 proofs, batches of 3 slots over 256 accounts, TEST keys"]
    )


def test_options_change_the_sizes(run):
    run(ONE_TEST, "--zk-slots=5", "--zk-levels=6").stdout.fnmatch_lines(
        ["zkrollup *: real Groth16 proofs, batches of 5 slots over 4,096 accounts, TEST keys"]
    )


def test_ini_keys_change_the_sizes(run, pytester):
    pytester.makeini("[pytest]\nzk_slots = 1\nzk_levels = 2\n")
    run(ONE_TEST).stdout.fnmatch_lines(["*batches of 1 slot over 16 accounts*"])


def test_an_option_wins_over_the_ini_key(run, pytester):
    pytester.makeini("[pytest]\nzk_slots = 7\n")
    run(ONE_TEST, "--zk-slots=11").stdout.fnmatch_lines(["*batches of 11 slots*"])


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("--zk-slots=0", "slots = 0 is not a whole number from 1 to 256"),
        ("--zk-slots=257", "slots = 257 is not"),
        ("--zk-slots=many", "slots = 'many' is not"),
        ("--zk-levels=17", "levels = 17 is not a whole number from 1 to 16"),
        ("--zk-slots=", "slots = '' is not"),
        ("--zk-accounts=2", "accounts = 2 is not a whole number from 3 to 1000"),
        ("--zk-accounts=1001", "accounts = 1001 is not"),
        ("--zk-accounts=many", "accounts = 'many' is not"),
        ("--zk-slots=-3", "slots = '-3' is not"),
        ("--zk-proofs=none", "proofs = 'none' is not 'real' (Groth16 proofs*), 'fresh' (*) or 'mock' (*)"),
        ("--zk-proofs=MOCK", "proofs = 'MOCK' is not 'real'"),
        ("--zk-proofs=", "proofs = '' is not 'real'"),
    ],
)
def test_a_bad_option_stops_the_run_and_names_value_and_rule(run, option, named):
    result = run(ONE_TEST, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{named}*"])


def test_a_bad_ini_key_stops_the_run_and_names_value_and_rule(run, pytester):
    pytester.makeini("[pytest]\nzk_levels = deep\n")
    result = run(ONE_TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*zk_levels: levels = 'deep' is not a whole number from 1 to 16*"])


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("ZK_CACHE_SHARED", "maybe", "ZK_CACHE_SHARED = 'maybe' is neither '1', *, nor '0'"),
        ("ZK_PROOF_STORE_BYTES", "64M", "ZK_PROOF_STORE_BYTES = '64M' is not a whole number of bytes"),
    ],
)
def test_a_bad_word_of_the_environment_stops_the_run_though_no_test_needs_it(
    run, monkeypatch, variable, value, named
):
    monkeypatch.setenv(variable, value)
    result = run(ONE_TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{named}*"])


@pytest.mark.parametrize(
    ("marker", "named"),
    [
        ("rollup(slot=3)", "does not take slot; it takes the keywords slots and levels"),
        ("rollup(3)", "does not take 3"),
        ("rollup(slots=0)", "slots = 0 is not"),
        ("rollup(slots='3')", "slots = '3' is not"),
        ("rollup(accounts=2)", "accounts = 2 is not a whole number from 3 to 1000"),
        ("rollup(accounts=11.0)", "accounts = 11.0 is not"),
    ],
)
def test_a_bad_marker_fails_its_test_before_anything_is_set_up(run, marker, named):
    result = run(f"import pytest\n@pytest.mark.{marker}\ndef test_marked(): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{named}*"])


ACCOUNTS = """
import pytest
from pytest_zkrollup import ZkConfig
from zkrollup.devnet.grounds import NoAccountsLeft

def test_rollup(rollup, make_user, accounts):
    assert len(accounts) == WANTED == len(rollup.l2.accounts)
    users = [make_user(f"user {number}") for number in range(WANTED - 3)]  # beside alice, bob, the operator
    assert len({user.address for user in users}) == WANTED - 3
    with pytest.raises(NoAccountsLeft) as refusal:
        make_user("one too many")
    for remedy in ("--zk-accounts", "zk_accounts = ", "rollup(accounts=", "ZkConfig(accounts="):
        assert remedy in str(refusal.value)

def test_chain(chain, accounts):
    assert len(accounts) == WANTED
    assert chain.balance(accounts[-1]) == 10_000 * 10**18

@pytest.mark.rollup(accounts=5)
def test_marked(accounts): assert len(accounts) == 5

class TestConfig:
    @pytest.fixture
    def zk_config(self): return ZkConfig(accounts=6)

    def test_chain(self, accounts): assert len(accounts) == 6

    @pytest.mark.rollup(accounts=4)
    def test_chain_again(self, accounts): assert len(accounts) == 4

def test_late(chain, accounts, request):
    assert len(request.getfixturevalue("rollup").l1.accounts) == len(accounts) == WANTED
"""


@pytest.mark.parametrize(
    ("wanted", "ini", "options"),
    [(13, "zk_accounts = 13", ()), (12, "zk_accounts = 13", ("--zk-accounts", "12"))],
    ids=["ini", "option"],
)
def test_there_are_as_many_accounts_as_asked_for_and_the_closest_wins(run, pytester, wanted, ini, options):
    pytester.makeini(f"[pytest]\n{ini}\n")
    small = ("--zk-slots=1", "--zk-levels=1", "--zk-proofs=mock")
    run(ACCOUNTS.replace("WANTED", str(wanted)), *small, *options).assert_outcomes(passed=6)


def test_a_bad_marker_leaves_other_tests_alone(run):
    run(
        "import pytest\n@pytest.mark.rollup(slots=0)\ndef test_marked(): pass\ndef test_other(): pass"
    ).assert_outcomes(passed=1, errors=1)


def test_the_marker_is_registered(run):
    result = run("import pytest\n@pytest.mark.rollup(slots=2)\ndef test_marked(): pass", "--strict-markers")
    result.assert_outcomes(passed=1)


def test_a_config_of_the_users_own_is_checked_in_the_same_words():
    with pytest.raises(InvalidConfig, match="slots = True is not a whole number from 1 to 256"):
        ZkConfig(slots=True)
    with pytest.raises(InvalidConfig, match=r"levels = 4\.0 is not"):
        ZkConfig(levels=4.0)
    assert str(ZkConfig(slots=5, levels=3)).startswith("real Groth16 proofs, batches of 5 slots over 64")
