"""A test may use the names of our public fixtures for fixtures of its own: the others go on working."""

import inspect

import pytest

from pytest_zkrollup import fixtures

OVERRIDE_POINTS = {"zk_config", "zk_target"}

LIFECYCLE = """
import pytest
from pytest_zkrollup import ETH

{shadows}

def test_the_whole_way(_zk_prepared, {requested}):
    alice, bob, rollup = _zk_prepared.user(0, "alice"), _zk_prepared.user(1, "bob"), {rollup}
    rollup.deposit(ETH, 501, sender=alice)
    rollup.transfer(ETH, 207, sender=alice, to=bob)
    exit_ = rollup.withdraw(ETH, 103, sender=bob)
    rollup.settle()
    exit_.claim(sender=alice)
    assert bob.l2_balance(ETH) == 104
"""
SHADOW = """
@pytest.fixture
def {name}():
    return "nonsense"
"""


def public_fixtures():
    """Names of the plugin's fixtures, from the plugin: one that is added later is tested too."""
    names = {name for name, value in vars(fixtures).items() if _is_fixture(value)}
    return sorted(name for name in names if not name.startswith("_"))


def _is_fixture(value):
    return type(value).__name__ == "FixtureFunctionDefinition" or hasattr(value, "_pytestfixturefunction")


SHADOWABLE = [name for name in public_fixtures() if name not in OVERRIDE_POINTS]


def lifecycle(*shadowed):
    rollup = "_zk_prepared.testbed.rollup" if "rollup" in shadowed else "rollup"
    others = [name for name in SHADOWABLE if name not in shadowed]
    shadows = "".join(SHADOW.format(name=name) for name in shadowed)
    return LIFECYCLE.format(shadows=shadows, rollup=rollup, requested=", ".join(others))


def test_public_fixtures_are_found():
    assert {"rollup", "alice", "chain", "w3", "zk", "zk_config"} <= set(public_fixtures())


def test_each_name_and_all_of_them_can_be_taken_by_a_test(run, pytester):
    files = {f"test_{name}": lifecycle(name) for name in SHADOWABLE}
    files["test_all_but_rollup"] = lifecycle(*(name for name in SHADOWABLE if name != "rollup"))
    files["test_all"] = lifecycle(*SHADOWABLE)
    pytester.makepyfile(**files)
    run("", "--zk-proofs=mock").assert_outcomes(passed=len(files))


def test_a_fixture_that_depends_on_a_public_one_would_be_noticed(run):
    text = lifecycle("alice") + "\n\n@pytest.fixture\ndef rollup(alice):\n    return alice.rollup\n"
    result = run(text, "--zk-proofs=mock")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*'str' object has no attribute 'rollup'*"])


@pytest.mark.parametrize("name", public_fixtures())
def test_no_public_fixture_asks_for_another_but_an_override_point(name):
    function = inspect.unwrap(getattr(fixtures, name).__wrapped__)
    asked = set(inspect.signature(function).parameters)
    assert asked & set(public_fixtures()) <= OVERRIDE_POINTS
