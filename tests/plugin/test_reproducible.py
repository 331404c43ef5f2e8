"""A warm store answers a whole suite, in any order and on any worker: each run proves the same."""

import re

import pytest

ORDERS = """
import random

def pytest_addoption(parser):
    parser.addoption("--order", default="given")

def pytest_collection_modifyitems(config, items):
    order = config.getoption("--order")
    if order == "reversed":
        items.reverse()
    elif order != "given":
        random.Random(order).shuffle(items)
"""

SUITE = """
import pytest
from hypothesis import given, settings, strategies as st
from pytest_zkrollup import ETH, ZkConfig, reverts
from zkrollup import artifacts

@pytest.mark.parametrize("amount", [501, 307])
def test_withdraws(rollup, alice, bob, amount):
    rollup.deposit(ETH, amount, sender=alice)
    rollup.transfer(ETH, 103, sender=alice, to=bob)
    exit_ = rollup.withdraw(ETH, 11, sender=bob)
    rollup.settle()
    exit_.claim(sender=alice)
    with reverts("AlreadyClaimed"):
        exit_.claim(sender=alice)

def test_makes_users(rollup, make_user):
    carol, dave = make_user("carol"), make_user("dave")
    rollup.deposit(rollup.token, 17, sender=dave)
    rollup.transfer(rollup.token, 5, sender=dave, to=carol)
    rollup.settle()
    rollup.withdraw(rollup.token, 3, sender=carol, recipient=dave)
    assert len(rollup.settle().exits) == 1

def test_moves_time_and_deploys_first(rollup, chain, accounts, alice):
    chain.travel(100_000)
    compiled = artifacts.load("TestToken")
    chain.deploy(compiled.abi, compiled.bytecode, "Mine", "MINE", 6, sender=accounts[3])
    rollup.deposit(ETH, 19, sender=alice)
    exit_ = rollup.withdraw(ETH, 19, sender=alice)
    rollup.settle()
    exit_.claim(sender=alice)

def test_sends_a_stranger_first(rollup, alice, bob):
    rollup.deposit(ETH, 23, sender=bob)
    rollup.deposit(ETH, 29, sender=alice)
    for batch in rollup.operator.state.sealed:
        rollup.commit(batch)
        assert rollup.prove(batch).root_after == batch.root_after

@settings(max_examples=3, deadline=None, derandomize=True)
@given(amount=st.integers(1, 10**18))
def test_holds_for_all(rollup, alice, amount):
    rollup.deposit(ETH, amount, sender=alice)
    rollup.settle()
    assert rollup.mint(ETH).balanceOf(alice) == amount

class TestOtherSize:
    @pytest.fixture
    def zk_config(self): return ZkConfig(slots=2, levels=1)

    def test_settles(self, rollup, alice, bob):
        for amount in (31, 37, 41):
            rollup.deposit(ETH, amount, sender=bob)
        assert rollup.settle().number == 2
"""


def counts(result):
    """Proofs that were made, and that came from the store."""
    (line,) = [line for line in result.outlines if line.endswith("settled on L1")]
    found = re.match(r"zkrollup: (\d+) real proofs? made.*?, (\d+) from the store", line)
    return int(found[1]), int(found[2])


@pytest.mark.slow
def test_nothing_is_proved_twice_whatever_the_order_and_the_worker(own_store, pytester):
    pytester.makeconftest(ORDERS)
    size = ("--zk-slots=1", "--zk-levels=2")
    cold = own_store(SUITE, *size)
    cold.assert_outcomes(passed=7)
    made, stored = counts(cold)
    assert made > 20
    for options in ((), ("--order=reversed",), ("--order=7",), ("-n2",), ("-n2", "--order=11")):
        warm = own_store(SUITE, *size, *options)
        warm.assert_outcomes(passed=7)
        assert counts(warm) == (0, made + stored), options


@pytest.mark.slow
def test_another_amount_is_proved_anew(own_store):
    test = "from pytest_zkrollup import ETH\ndef test_it(rollup, alice):\n    {}; rollup.settle()\n"
    first = test.format("rollup.deposit(ETH, 501, sender=alice)")
    size = ("--zk-slots=1", "--zk-levels=1")
    assert counts(own_store(first, *size)) == (1, 0)
    assert counts(own_store(first.replace("501", "502"), *size)) == (1, 0)
    assert counts(own_store(first, *size)) == (0, 1)
