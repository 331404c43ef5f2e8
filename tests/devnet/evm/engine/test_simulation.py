"""Calls, estimates and access lists: executed, not kept."""

import pytest
from tests.devnet.evm.engine.support import ALICE, BOB, COUNTER, ETHER, STRANGER, deploy, pay

from zkrollup.evm.engine.rules import created_address
from zkrollup.evm.engine.simulation import Override
from zkrollup.evm.engine.transactions import CallFields, InvalidTransaction


@pytest.fixture
def counter(engine):
    return deploy(engine, COUNTER)


def fingerprint(engine):
    return engine.world.mark(), engine.head.hash, engine.balance(ALICE), engine.nonce(ALICE)


def test_a_call_shows_effects_and_keeps_none(engine, counter):
    before = fingerprint(engine)
    outcome = engine.call(CallFields(STRANGER, counter))
    assert (outcome.output[-1], outcome.failure) == (1, None)
    assert [(log.address, log.index) for log in outcome.logs] == [(counter, 0)]
    assert 30_000_000 > outcome.gas_used > 21_000
    assert fingerprint(engine) == before
    assert engine.storage(counter, 0) == 0


def test_a_call_needs_the_value_and_the_fees_it_names_but_no_others(engine, counter):
    assert engine.call(CallFields(STRANGER, counter)).failure is None
    with pytest.raises(InvalidTransaction, match="cannot afford"):
        engine.call(CallFields(STRANGER, counter, value=1))
    with pytest.raises(InvalidTransaction, match="cannot afford"):
        engine.call(CallFields(STRANGER, counter, gas_price=10**9))
    with pytest.raises(InvalidTransaction, match="base fee"):
        engine.call(CallFields(ALICE, counter, gas_price=5))
    with pytest.raises(InvalidTransaction, match="intrinsic"):
        engine.call(CallFields(ALICE, counter, gas=20_999))
    priced = deploy(engine, "3a5f5260205ff3")  # return gasprice
    output = engine.call(CallFields(ALICE, priced, gas_price=10**9 + 7)).output
    assert int.from_bytes(output, "big") == 10**9 + 7


def test_a_failing_call_has_its_data_and_its_reason(engine):
    reverting, halting = deploy(engine, "60055f5260205ffd"), deploy(engine, "fe")
    outcome = engine.call(CallFields(ALICE, reverting))
    assert (outcome.failure, outcome.output[-1], outcome.logs) == ("Revert", 5, ())
    assert engine.call(CallFields(ALICE, halting, gas=50_000)).gas_used == 50_000
    assert engine.call(CallFields(ALICE, halting)).failure == "InvalidInstruction"


def test_a_transaction_after_a_call_finds_nothing_warm(engine, counter):
    used = engine.call(CallFields(ALICE, counter)).gas_used
    engine.call(CallFields(ALICE, counter))
    sent = engine.send(engine.sign(CallFields(ALICE, counter, gas=100_000)))
    assert engine.transaction(sent).gas_used == used


@pytest.mark.parametrize(
    ("override", "runtime", "word"),
    [
        (Override(balance=77), "47", 77),
        (Override(storage={0: 5}), "5f54", 5),
        (Override(storage={}), "600154", 0),
        (Override(storage_diff={0: 5}), "600154", 11),
        (Override(storage_diff={1: 5}), "600154", 5),
        (Override(code=bytes.fromhex("602a5f5260205ff3")), "5f", 42),
    ],
)
def test_a_call_sees_what_is_overridden_and_nothing_stays(engine, override, runtime, word):
    contract = deploy(engine, runtime + "5f5260205ff3")
    engine.set_storage(contract, 1, 11)
    before = fingerprint(engine)
    outcome = engine.call(CallFields(ALICE, contract), overrides={contract: override})
    assert int.from_bytes(outcome.output, "big") == word
    assert fingerprint(engine) == before
    assert engine.storage(contract, 1) == 11


def test_a_nonce_is_overridden(engine):
    # create(0, 0, 0), return the address
    contract = deploy(engine, "5f5f5ff05f5260205ff3")
    outcome = engine.call(CallFields(ALICE, contract), overrides={contract: Override(nonce=9)})
    assert outcome.output[12:] == created_address(contract, 9)


def test_an_override_is_original_for_gas(engine, counter):
    fresh = engine.call(CallFields(ALICE, counter)).gas_used
    set_before = engine.call(CallFields(ALICE, counter), overrides={counter: Override(storage={0: 3})})
    assert set_before.gas_used == fresh - 17_100


def test_an_estimate_suffices_and_two_per_cent_less_does_not(engine, counter):
    outcome, gas = engine.estimate(CallFields(ALICE, counter))
    assert outcome.failure is None
    assert outcome.gas_used <= gas <= outcome.gas_used * 1.02
    snapshot = engine.snapshot()
    assert engine.transaction(engine.send(engine.sign(CallFields(ALICE, counter, gas=gas)))).status == 1
    engine.revert(snapshot)
    less = engine.sign(CallFields(ALICE, counter, gas=gas * 98 // 100))
    assert engine.transaction(engine.send(less)).failure == "OutOfGas"


def test_an_estimate_covers_the_63_64ths_that_a_call_keeps_back(engine, counter):
    # call(gas, counter, 0, 0, 0, 0, 0), revert if it failed
    relay = deploy(engine, "5f5f5f5f5f73" + counter.hex() + "5af16022575f5ffd5b00")
    outcome, gas = engine.estimate(CallFields(ALICE, relay))
    assert outcome.failure is None
    mined = engine.transaction(engine.send(engine.sign(CallFields(ALICE, relay, gas=gas))))
    assert mined.status == 1
    assert engine.storage(counter, 0) == 1


def test_an_estimate_of_what_always_fails_is_its_failure(engine):
    outcome, gas = engine.estimate(CallFields(ALICE, deploy(engine, "60055f5260205ffd")))
    assert (outcome.failure, outcome.output[-1], gas) == ("Revert", 5, 30_000_000)
    with pytest.raises(InvalidTransaction, match="cannot afford"):
        engine.estimate(CallFields(STRANGER, BOB, value=1))
    assert engine.estimate(CallFields(ALICE, BOB, value=1))[1] == 21_000


def test_an_estimate_searches_below_the_gas_that_is_named(engine, counter):
    outcome, gas = engine.estimate(CallFields(ALICE, counter, gas=30_000))
    assert (outcome.failure, gas) == ("OutOfGas", 30_000)
    assert engine.estimate(CallFields(ALICE, counter, gas=60_000))[1] < 60_000


def test_an_estimate_asks_for_no_more_gas_than_the_sender_can_pay(engine, counter):
    used = engine.estimate(CallFields(ALICE, counter))[1]
    engine.set_balance(STRANGER, (used + 10) * 10**9)
    assert engine.estimate(CallFields(STRANGER, counter, gas_price=10**9))[1] <= used + 10
    engine.set_balance(STRANGER, (used - 1_000) * 10**9)
    assert engine.estimate(CallFields(STRANGER, counter, max_fee_per_gas=10**9))[0].failure == "OutOfGas"
    engine.set_balance(STRANGER, 20_999 * 10**9)
    with pytest.raises(InvalidTransaction, match="gas limit 20999"):
        engine.estimate(CallFields(STRANGER, counter, gas_price=10**9))


def test_an_access_list_names_slots_and_strangers_and_costs_what_it_says(engine, counter):
    # sload(7); balance(0xde..); return
    reader = deploy(engine, "60075450" + "73" + STRANGER.hex() + "3150" + "00")
    listed, outcome = engine.access_list(CallFields(ALICE, reader))
    assert listed == ((STRANGER, ()), (reader, (7,)))
    fields = CallFields(ALICE, reader, gas=100_000, access_list=listed)
    assert engine.transaction(engine.send(engine.sign(fields))).gas_used == outcome.gas_used
    assert engine.access_list(CallFields(ALICE, BOB))[0] == ()


def test_pending_calls_see_what_waits(engine):
    engine.automine = False
    engine.send(pay(engine, value=3 * ETHER))
    assert engine.call(CallFields(STRANGER, BOB, value=2 * ETHER), at="pending").failure is None
    with pytest.raises(InvalidTransaction, match="cannot afford"):
        engine.call(CallFields(STRANGER, BOB, value=2 * ETHER))
