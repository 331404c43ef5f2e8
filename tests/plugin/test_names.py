"""A test may use the names of our public fixtures for fixtures of its own: the others go on working."""

import inspect
import json

import pytest

from pytest_zkrollup import fixtures

OVERRIDE_POINTS = {"zk_config", "zk_target"}

LIFECYCLE = """
import pytest
from pytest_zkrollup import ETH, fixtures

{shadows}

def test_the_whole_way(_zk_prepared, {requested}):
    # The plugin's own, whatever the test calls by the name.
    one, two = map(fixtures.make_user.__wrapped__(_zk_prepared), ("one", "two"))
    rollup = {rollup}
    rollup.deposit(ETH, 501, sender=one)
    rollup.transfer(ETH, 207, sender=one, to=two)
    exit_ = rollup.withdraw(ETH, 103, sender=two)
    rollup.settle()
    exit_.claim(sender=one)
    assert two.l2_balance(ETH) == 104
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
    rollup = "fixtures.rollup.__wrapped__(_zk_prepared)" if "rollup" in shadowed else "rollup"
    others = [name for name in SHADOWABLE if name not in shadowed]
    shadows = "".join(SHADOW.format(name=name) for name in shadowed)
    return LIFECYCLE.format(shadows=shadows, rollup=rollup, requested=", ".join(others))


@pytest.fixture
def run(run, pytester):
    """Runs in a folder that has contracts, for the fixture project."""
    code = {"object": "00"}
    contract = {"abi": [], "evm": {"bytecode": code, "deployedBytecode": code}}
    (pytester.path / "built.json").write_text(json.dumps({"contracts": {"Own.sol": {"Own": contract}}}))
    pytester.makeini("[pytest]\nzk_contracts = built.json\n")
    return run


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
