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
    ("marker", "named"),
    [
        ("rollup(slot=3)", "does not take slot; it takes the keywords slots and levels"),
        ("rollup(3)", "does not take 3"),
        ("rollup(slots=0)", "slots = 0 is not"),
        ("rollup(slots='3')", "slots = '3' is not"),
    ],
)
def test_a_bad_marker_fails_its_test_before_anything_is_set_up(run, marker, named):
    result = run(f"import pytest\n@pytest.mark.{marker}\ndef test_marked(): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{named}*"])


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
