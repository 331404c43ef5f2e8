"""Options, ini keys and the marker: what they take, and what they say to the rest."""

import pytest

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
        ("--zk-proofs=mock", "proofs = 'mock' is not 'real', the only mode there is"),
    ],
)
def test_a_bad_option_stops_the_run_and_names_value_and_rule(run, option, named):
    result = run(ONE_TEST, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{named}*"])


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


def test_the_marker_is_registered(run):
    result = run("import pytest\n@pytest.mark.rollup(slots=2)\ndef test_marked(): pass", "--strict-markers")
    result.assert_outcomes(passed=1)


HEAVY = ("web3", "eth", "eth_tester", "eth_account", "numpy", "numba", "rich", "py_ecc", "zksnake")


def test_a_run_that_uses_none_of_it_loads_nothing_heavy(run):
    # Hypothesis and xdist look at what is installed, so the run goes without other plugins.
    result = run(
        f"import sys\ndef test_light(): assert not {set(HEAVY)!r} & set(sys.modules)",
        "-p", "no:hypothesispytest", "-p", "no:benchmark",
    )  # fmt: skip
    result.assert_outcomes(passed=1)


def test_importing_the_helpers_loads_nothing_heavy(run):
    result = run(
        "import sys\nfrom pytest_zkrollup import ETH, ZkConfig, refuses, reverts\n"
        f"def test_light(): assert not {set(HEAVY)!r} & set(sys.modules)",
        "-p", "no:hypothesispytest", "-p", "no:benchmark",
    )  # fmt: skip
    result.assert_outcomes(passed=1)
