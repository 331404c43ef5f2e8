"""Blocks: when they come, what time and fees they have, what stands in them."""

from dataclasses import replace

import pytest
from tests.devnet.evm.engine.support import (
    ALICE,
    BOB,
    CAROL,
    ETHER,
    STRANGER,
    deploy,
    make_engine,
    pay,
    resign,
)

from zkrollup.evm.engine.cheating import OutOfRange
from zkrollup.evm.engine.engine import UnknownSigner
from zkrollup.evm.engine.rules import created_address
from zkrollup.evm.engine.schedule import InvalidTime
from zkrollup.evm.engine.sealing import Draft
from zkrollup.evm.engine.transactions import CallFields, InvalidTransaction

START = 1_767_225_600


# --- when


def test_under_automine_each_transaction_has_a_block_of_its_own(engine):
    for value in (3, 5):
        engine.send(pay(engine, value=value))
    assert [len(engine.block(n).transactions) for n in (0, 1, 2)] == [0, 1, 1]
    assert engine.balance(STRANGER) == 8


def test_a_tick_mines_only_while_an_interval_is_set(engine):
    engine.automine, engine.interval = False, 12
    engine.send(pay(engine))
    assert len(engine.tick().transactions) == 1
    engine.interval = None
    assert engine.tick() is None
    assert engine.head.number == 1


def test_a_block_that_fails_midway_leaves_nothing(engine, monkeypatch):
    def fail(self, root, mocks):
        raise KeyboardInterrupt

    transaction, before = pay(engine), engine.balance(ALICE)
    monkeypatch.setattr(Draft, "seal", fail)
    with pytest.raises(KeyboardInterrupt):
        engine.send(transaction)
    monkeypatch.undo()
    assert (engine.head.number, engine.balance(ALICE), engine.nonce(ALICE)) == (0, before, 0)
    assert engine.block(engine.mine()[0].hash).transactions == ()


# --- time


def test_blocks_come_a_step_apart(engine):
    assert engine.head.timestamp == START
    engine.mine(3)
    assert [engine.block(n).timestamp - START for n in range(4)] == [0, 1, 2, 3]
    assert engine.next_timestamp == START + 4
    assert make_engine(timestamp=1_009).head.timestamp == 1_009


def test_the_next_blocks_time_can_be_set_once(engine):
    engine.set_next_block_timestamp(START + 500)
    assert engine.next_timestamp == START + 500
    engine.mine(2)
    assert [engine.block(n).timestamp - START for n in (1, 2)] == [500, 501]


def test_time_moves_by_the_sum_of_all_increases(engine):
    assert engine.increase_time(30) == 30
    assert engine.increase_time(7) == engine.time_offset == 37
    engine.mine(2)
    assert [engine.block(n).timestamp - START for n in (1, 2)] == [38, 39]
    engine.set_next_block_timestamp(START + 100)
    engine.increase_time(11)
    assert engine.mine()[0].timestamp == START + 111


def test_a_series_of_blocks_has_its_own_step(engine):
    blocks = engine.mine(3, timestamp=START + 50, step=12)
    assert [b.timestamp - START for b in blocks] == [50, 62, 74]
    assert [b.timestamp - START for b in engine.mine(2, step=5)] == [75, 80]


@pytest.mark.parametrize("offset", [0, -1])
def test_time_does_not_stand_still_or_go_back(engine, offset):
    for act in (engine.set_next_block_timestamp, lambda t: engine.mine(timestamp=t)):
        with pytest.raises(InvalidTime, match="must be later") as caught:
            act(START + offset)
        assert (caught.value.timestamp, caught.value.head) == (START + offset, START)
    with pytest.raises(InvalidTime):
        engine.increase_time(-1)
    assert engine.head.number == 0
    assert engine.mine()[0].timestamp == START + 1


# --- fees


def test_the_base_fee_can_be_set_for_the_next_block_alone(engine):
    engine.schedule = replace(engine.schedule, base_fee=80, prev_randao=b"\x05" * 32, coinbase=CAROL)
    assert engine.next_base_fee == 80
    first, second = engine.mine(2)
    assert (first.header.base_fee, first.header.prev_randao) == (80, b"\x05" * 32)
    assert (second.header.base_fee, second.header.prev_randao) != (80, b"\x05" * 32)
    assert first.header.coinbase == second.header.coinbase == CAROL


def test_the_coinbase_gets_the_tip_and_nobody_the_base_fee(engine):
    engine.schedule = replace(engine.schedule, coinbase=CAROL)
    sent = engine.send(pay(engine, max_fee_per_gas=10**10, max_priority_fee_per_gas=7))
    mined, base_fee = engine.transaction(sent), engine.head.header.base_fee
    assert mined.effective_gas_price == base_fee + 7
    assert engine.balance(CAROL) == 10_000 * ETHER + 21_000 * 7
    assert engine.balance(ALICE) == 10_000 * ETHER - 501 - 21_000 * (base_fee + 7)


def test_a_managed_sender_pays_the_base_fee_and_no_tip_unless_told(engine):
    transaction, fee = pay(engine), engine.next_base_fee
    assert (transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas) == (2 * fee, 0)
    assert engine.transaction(engine.send(transaction)).effective_gas_price == fee
    assert pay(engine, max_priority_fee_per_gas=7).max_fee_per_gas == 2 * engine.next_base_fee + 7


# --- who sends


def test_nobody_without_a_key_sends_unless_impersonated(engine):
    with pytest.raises(UnknownSigner, match="no key") as caught:
        pay(engine, STRANGER, BOB, value=0)
    assert caught.value.address == STRANGER
    engine.impersonate(STRANGER)
    mined = engine.transaction(engine.send(pay(engine, STRANGER, BOB, value=0)))
    assert (mined.sender, mined.effective_gas_price, mined.status) == (STRANGER, 0, 1)
    engine.stop_impersonating(STRANGER)
    assert not engine.can_send(STRANGER)
    with pytest.raises(UnknownSigner):
        pay(engine, STRANGER, BOB, value=0)


def test_a_key_is_learnt_with_its_address(engine):
    key = b"\x07" * 32
    address = engine.add_key(key)
    assert engine.can_send(address)
    engine.set_balance(address, ETHER)
    assert engine.transaction(engine.send(pay(engine, address))).sender == address


@pytest.mark.parametrize(
    ("act", "value"),
    [
        (lambda e, v: e.set_balance(STRANGER, v), 2**256),
        (lambda e, v: e.set_nonce(STRANGER, v), 2**64),
        (lambda e, v: e.set_storage(STRANGER, v, 1), 2**256),
        (lambda e, v: e.set_storage(STRANGER, 1, v), 2**256),
    ],
    ids=["balance", "nonce", "slot", "value"],
)
def test_a_cheat_writes_only_what_the_state_can_hold(engine, act, value):
    for wrong in (value, -1):
        with pytest.raises(OutOfRange, match=f"is {wrong}, it must be") as caught:
            act(engine, wrong)
        assert caught.value.value == wrong
    act(engine, value - 1)
    assert engine.mine()[0].number == 1


# --- what a block cannot hold


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"nonce": 3}, "^nonce too high: 3 of 0x.* is not the next, which is 0"),
        ({"chain_id": 5}, "^invalid chain id for signer: .* chain 5, this is chain 31337"),
        ({"gas": 20_999}, "^intrinsic gas too low: gas limit 20999, at least 21000"),
        (
            {"gas": 25_000, "data": b"\xff" * 200},
            "^insufficient gas for floor data gas cost: gas limit 25000, at least 29000",
        ),
        ({"gas": 30_000_001}, "^intrinsic gas too high: gas limit 30000001 exceeds block gas limit 30000000"),
        ({"max_fee_per_gas": 5}, "^max fee per gas less than block base fee: 5, it is 875000000"),
        (
            {"max_priority_fee_per_gas": 2 * 10**10},
            "^max priority fee per gas higher than max fee per gas: 2",
        ),
        ({"value": 10**23}, "^insufficient funds for gas .* cannot afford"),
        ({"nonce": 2**64 - 1}, "^nonce has max value: .* no successor"),
        ({"to": b"", "data": bytes(49_153), "gas": 10**6}, "^max initcode size exceeded: 49153 bytes"),
        ({"type_id": 4}, "^EIP-7702 transaction with empty auth list: "),
        ({"type_id": 4, "to": b"", "gas": 60_000}, "^EIP-7702 transaction cannot be used to create contract"),
        ({"type_id": 3}, "^blob transaction missing blob hashes"),
        (
            {"type_id": 3, "blob_versioned_hashes": (b"\x01" * 32,) * 10},
            "^blob transaction has too many blobs: 10, the most is 9",
        ),
        (
            {"type_id": 3, "blob_versioned_hashes": (b"\x02" * 32,)},
            "^blob 0 has invalid hash version: 0x0202",
        ),
        (
            {"type_id": 3, "blob_versioned_hashes": (b"\x01" * 32,)},
            "^max fee per blob gas less than block blob gas fee: 0, it is 1",
        ),
        ({"type_id": 3, "to": b"", "gas": 60_000}, "^blob transaction of type create"),
    ],
)
def test_what_no_block_can_hold_changes_nothing(engine, changes, rule):
    before = engine.balance(ALICE)
    with pytest.raises(InvalidTransaction, match=rule):
        engine.send(resign(engine, pay(engine), **changes))
    assert (engine.head.number, engine.balance(ALICE), engine.nonce(ALICE)) == (0, before, 0)
    engine.send(resign(engine, pay(engine)))
    assert engine.head.number == 1


def test_a_contract_cannot_send_with_a_key_but_a_delegated_account_can(engine):
    engine.set_code(ALICE, b"\x60\x01")
    with pytest.raises(InvalidTransaction, match=r"^sender not an eoa: .*EIP-3607"):
        engine.send(pay(engine))
    engine.set_code(ALICE, b"\xef\x01\x00" + STRANGER)
    engine.send(pay(engine))
    engine.set_code(BOB, b"\x60\x01")
    del engine.keys[BOB]
    engine.impersonate(BOB)
    engine.send(pay(engine, BOB))
    assert engine.head.number == 2


# --- what stands in a block


def test_a_creation_names_its_address_also_when_it_fails(engine):
    for init, status in ((b"\x00", 1), (b"\xfe", 0)):
        nonce = engine.nonce(ALICE)
        mined = engine.transaction(engine.send(engine.sign(CallFields(ALICE, data=init, gas=100_000))))
        assert (mined.status, mined.contract_address) == (status, created_address(ALICE, nonce))
        assert mined.failure == (None if status else "InvalidInstruction")
    assert engine.transaction(engine.send(pay(engine))).contract_address is None


def test_blobs_are_paid_at_a_fee_that_rises_with_them(engine):
    contract = deploy(engine, "5f495f55" + "4a600155")  # sstore(0, blobhash(0)); sstore(1, blobbasefee)
    nine = tuple(b"\x01" + bytes([i]) * 31 for i in range(1, 10))
    fees = []
    for _ in range(20):
        before = engine.balance(ALICE)
        fields = CallFields(ALICE, contract, gas=100_000, blob_versioned_hashes=nine, max_fee_per_blob_gas=50)
        mined = engine.transaction(engine.send(engine.sign(fields)))
        header = engine.head.header
        assert (mined.status, mined.blob_gas_used, header.blob_gas_used) == (1, 9 * 2**17, 9 * 2**17)
        assert engine.storage(contract, 0) == int.from_bytes(nine[0], "big")
        assert mined.blob_gas_price == header.blob_base_fee == engine.storage(contract, 1)
        assert (
            before - engine.balance(ALICE)
            == mined.gas_used * mined.effective_gas_price + 9 * 2**17 * mined.blob_gas_price
        )
        fees.append(mined.blob_gas_price)
    assert fees[0] == 1
    assert fees[-1] == engine.blocks.head.header.blob_base_fee == 4
    assert fees == sorted(fees)
    engine.mine(30)
    assert engine.next_blob_base_fee == 1


def test_a_block_holds_nine_blobs_at_most(engine):
    engine.automine = False
    five = tuple(b"\x01" + bytes([i]) * 31 for i in range(5))
    for sender in (ALICE, BOB):
        fields = CallFields(sender, STRANGER, gas=21_000, blob_versioned_hashes=five)
        engine.send(engine.sign(fields))
    assert [len(b.transactions) for b in engine.mine(2)] == [1, 1]


def test_the_beacon_root_contract_answers_for_past_blocks_and_no_other_time(engine):
    address = bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02")
    engine.mine(3)
    stamp = engine.block(2).timestamp.to_bytes(32, "big")
    outcome = engine.call(CallFields(ALICE, address, data=stamp))
    assert outcome.output == engine.block(2).header.parent_beacon_root
    assert engine.call(CallFields(ALICE, address, data=bytes(31) + b"\x05")).failure == "Revert"


def test_the_history_contract_gives_parent_hashes(engine):
    address = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
    engine.mine(3)
    for number in (0, 1, 2):
        outcome = engine.call(CallFields(ALICE, address, data=number.to_bytes(32, "big")))
        assert outcome.output == engine.block(number).hash
    assert engine.call(CallFields(ALICE, address, data=(3).to_bytes(32, "big"))).failure == "Revert"


def test_a_replaced_system_contract_is_left_alone(engine):
    address = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
    engine.set_code(address, b"\x00")
    engine.mine()
    assert engine.storage(address, 0) == 0


def test_blockhash_sees_256_blocks_back(engine):
    contract = deploy(engine, "5f354060005260205ff3")  # return blockhash(calldata[0])
    engine.mine(260)

    def seen(number):
        return engine.call(CallFields(ALICE, contract, data=number.to_bytes(32, "big"))).output

    head = engine.head.number
    assert seen(head - 1) == engine.block(head - 1).hash
    assert seen(head - 256) == engine.block(head - 256).hash
    assert seen(head - 257) == seen(head) == seen(head + 1) == bytes(32)


def test_stand_in_roots_differ_with_every_change_of_the_state(engine):
    twin = make_engine()
    assert twin.mine()[0].header.state_root == engine.mine()[0].header.state_root
    roots = {engine.head.header.state_root}
    for change in (
        lambda e: e.set_balance(STRANGER, 7),
        lambda e: e.set_balance(STRANGER, 8),
        lambda e: e.set_nonce(STRANGER, 3),
        lambda e: e.set_code(STRANGER, b"\x01"),
        lambda e: e.set_storage(STRANGER, 1, 2),
        lambda e: e.set_storage(STRANGER, 1, 3),
        lambda e: e.set_storage(STRANGER, 2, 3),
    ):
        number = twin.snapshot()
        change(twin)
        roots.add(twin.mine()[0].header.state_root)
        twin.revert(number)
    roots.add(twin.mine()[0].header.state_root)
    assert len(roots) == 9
