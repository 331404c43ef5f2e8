"""Blocks that might come are those that do."""

import pytest
from tests.devnet.evm.engine.support import ALICE, BOB, COUNTER, STRANGER, deploy, make_engine

from zkrollup.evm.engine.ahead import OutOfOrder, Planned
from zkrollup.evm.engine.simulation import Override
from zkrollup.evm.engine.transactions import CallFields


@pytest.fixture
def engine():
    return make_engine(exact_roots=True)


def test_a_simulated_block_has_the_state_root_of_the_mined_one(engine):
    counter = deploy(engine, COUNTER)
    fields = [
        CallFields(BOB, STRANGER, gas=21_000, value=307, gas_price=2 * 10**9),
        CallFields(ALICE, counter, gas=100_000, max_fee_per_gas=3 * 10**9, max_priority_fee_per_gas=7),
    ]
    (simulated,) = engine.simulate([Planned(tuple(fields))], validate=True)
    engine.automine = False
    for one in fields:
        engine.send(engine.sign(one))
    (mined,) = engine.mine()
    assert simulated.header.state_root == mined.header.state_root
    assert simulated.header.receipts_root == mined.header.receipts_root
    assert simulated.header.gas_used == mined.header.gas_used


def test_what_is_simulated_can_be_mined_afterwards_as_if_it_had_not_been(engine):
    other = make_engine(exact_roots=True)
    engine.simulate([Planned((CallFields(ALICE, STRANGER, value=5),), {BOB: Override(balance=7)})] * 3)
    assert engine.mine()[0].hash == other.mine()[0].hash


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"block_number": 0}, "number"), ({"timestamp": 3}, "time"), ({"block_number": 300}, "count")],
)
def test_a_block_out_of_order_is_refused_and_leaves_nothing(engine, settings, name):
    before = engine.balance(STRANGER)
    first = Planned((CallFields(ALICE, STRANGER, value=5),))
    with pytest.raises(OutOfOrder) as refusal:
        engine.simulate([first, Planned(settings=settings)])
    assert (refusal.value.name, engine.balance(STRANGER)) == (name, before)
