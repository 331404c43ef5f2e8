"""What anything costs does not depend on how long the chain is: work is counted, not timed."""

import pytest
from tests.calls import calls_of
from tests.devnet.evm.engine.support import ALICE, COUNTER, deploy, make_engine

from zkrollup.evm.engine.transactions import CallFields


def grown(length):
    engine = make_engine()
    contract = deploy(engine, COUNTER)
    for add in (engine.filters.add_block, engine.filters.add_pending, engine.filters.add_log):
        add()  # and nobody ever asks them
    for _ in range(length):
        engine.send(engine.sign(CallFields(ALICE, contract, gas=100_000)))
    return engine, contract


def send(engine, contract):
    engine.send(engine.sign(CallFields(ALICE, contract, gas=100_000)))


def snapshot_and_revert(engine, contract):
    number = engine.snapshot()
    send(engine, contract)
    assert engine.revert(number)


ACTS = {
    "transaction": send,
    "receipt": lambda e, c: e.transaction(e.block(2).transactions[0].hash),
    "call": lambda e, c: e.call(CallFields(ALICE, c)),
    "snapshot and revert": snapshot_and_revert,
    "estimate": lambda e, c: e.estimate(CallFields(ALICE, c)),
    "block": lambda e, c: e.block(1).hash,
    "pending block": lambda e, c: e.block("pending"),
    "reorganisation": lambda e, c: e.reorg(1),
    "the previous block's state": lambda e, c: e.storage(c, 0, at=e.head.number - 1),
    "the latest logs": lambda e, c: list(e.logs("latest")),
}


DESCENDS = "5f358015601757" + "600190035f52" + "5f5f60205f5f305af1" + "005b00"
"""Calls itself with one less than its first word, until that is 0."""


def test_a_call_of_twice_the_depth_takes_twice_the_calls_of():
    engine = make_engine()
    contract = deploy(engine, DESCENDS)

    def descend(depth):
        fields = CallFields(ALICE, contract, data=depth.to_bytes(32, "big"), gas=25_000_000)
        outcome = engine.call(fields)
        assert outcome.failure is None
        return outcome.gas_used

    deep, deeper = (calls_of(lambda depth=depth: descend(depth)) for depth in (100, 300))
    assert descend(300) - descend(100) > 200 * 150  # each level made its call
    assert deeper < 3.2 * deep


@pytest.fixture(scope="module")
def chains():
    return grown(10), grown(300)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_act_takes_as_much_work_on_a_long_chain_as_on_a_short_one(chains, act):
    costs = []
    for engine, contract in chains:
        number = engine.snapshot()
        act(engine, contract)  # fills caches
        engine.revert(number, keep=True)
        costs.append(calls_of(lambda e=engine, c=contract: act(e, c)))
        engine.revert(number)
    short, long = costs
    assert abs(long - short) <= short // 20


def test_the_count_sees_work_that_does_grow(chains):
    (short, contract), (long, _) = chains
    assert calls_of(lambda: long.storage(contract, 0, at=1)) > 10 * calls_of(
        lambda: short.storage(contract, 0, at=1)
    )
