"""The block store: look-ups, blooms, logs."""

import pytest
from eth_bloom import BloomFilter
from tests.devnet.evm.engine.support import ALICE, BOB, COUNTED, COUNTER, deploy, pay

from zkrollup.evm.engine import blocks
from zkrollup.evm.engine.blocks import LogQuery, UnknownBlock, bloom_bits, bloom_of
from zkrollup.evm.engine.transactions import CallFields


@pytest.fixture
def two(engine):
    """Two counters, counted in blocks 3 (first, by Alice), 4 (second, by Bob) and 6 (first, by Bob)."""
    first, second = deploy(engine, COUNTER), deploy(engine, COUNTER)
    count(engine, ALICE, first)
    count(engine, BOB, second)
    engine.mine()
    count(engine, BOB, first)
    return engine, first, second


def count(engine, sender, contract):
    return engine.send(engine.sign(CallFields(sender, contract, gas=100_000)))


def word(address):
    return address.rjust(32, b"\0")


# --- blocks


def test_a_block_is_found_by_number_hash_and_tag(engine):
    genesis = engine.head
    (block,) = engine.mine()
    assert engine.block(1) is engine.block(block.hash) is engine.block("latest") is block
    assert engine.block("safe") is engine.block("finalized") is block
    assert engine.block(0) is engine.block("earliest") is engine.block(genesis.hash) is genesis
    assert block.header.parent_hash == genesis.hash


@pytest.mark.parametrize("at", [2, -1, b"\x01" * 32, "newest"])
def test_a_block_that_is_not_there_is_refused(engine, at):
    engine.mine()
    with pytest.raises(UnknownBlock, match="the latest is 1") as caught:
        engine.block(at)
    assert caught.value.id == at


def test_a_transaction_is_found_by_hash_until_its_block_is_gone(engine):
    snapshot = engine.snapshot()
    sent = engine.send(pay(engine))
    mined = engine.transaction(sent)
    assert (mined.hash, mined.sender, mined.index, mined.block_number) == (sent, ALICE, 0, 1)
    assert mined.block_hash == engine.head.hash
    assert engine.revert(snapshot)
    assert engine.transaction(sent) is None
    with pytest.raises(UnknownBlock):
        engine.block(mined.block_hash)


# --- logs


def test_a_bloom_is_eth_blooms():
    address, topics = b"\xaa" * 20, [b"\x01" * 32, b"\x02" * 32]
    bloom = BloomFilter()
    for value in (address, *topics):
        bloom.add(value)
    assert bloom_of([(address, topics)]) == int(bloom)
    assert bloom_of([]) == 0
    assert bloom_bits(address) & int(bloom) == bloom_bits(address)


def test_header_and_receipt_carry_the_bloom_of_the_logs(two):
    engine, first, second = two
    block = engine.block(3)
    (mined,) = block.transactions
    assert block.header.bloom == mined.bloom == bloom_of([(first, [COUNTED, word(ALICE)])])
    assert engine.block(5).header.bloom == 0
    assert LogQuery.of([first]).may_be_in(block.header.bloom)
    assert not LogQuery.of([second]).may_be_in(block.header.bloom)


def test_logs_are_chosen_by_block_address_and_topics_by_position(two):
    engine, first, second = two

    def numbers(*args, **kwargs):
        return [log.block_number for log in engine.logs(*args, **kwargs)]

    assert numbers() == [3, 4, 6]
    assert numbers(4) == [4, 6]
    assert numbers(0, 4) == [3, 4]
    assert numbers("latest") == numbers("pending", "pending") == [6]
    assert numbers(engine.block(3).hash, engine.block(4).hash) == [3, 4]
    assert numbers(addresses=[first]) == [3, 6]
    assert numbers(addresses=[first, second]) == [3, 4, 6]
    assert numbers(topics=[[COUNTED]]) == [3, 4, 6]
    assert numbers(topics=[None, [word(BOB)]]) == [4, 6]
    assert numbers(topics=[[], [word(ALICE), word(BOB)]]) == [3, 4, 6]
    assert numbers(addresses=[first], topics=[[COUNTED], [word(BOB)]]) == [6]
    assert numbers(topics=[[word(BOB)]]) == []
    assert numbers(topics=[None, None, None]) == []
    assert numbers(-5, 99) == [3, 4, 6]
    assert numbers(5, 2) == []
    with pytest.raises(UnknownBlock):
        numbers(b"\x01" * 32)


def test_a_log_says_where_it_stands(two):
    engine, first, second = two
    engine.automine = False
    hashes = [count(engine, ALICE, first), count(engine, ALICE, second)]
    (block,) = engine.mine()
    logs = list(engine.logs(block.number))
    assert [log.transaction_hash for log in logs] == hashes
    assert [(log.address, log.transaction_index, log.index) for log in logs] == [
        (first, 0, 0),
        (second, 1, 1),
    ]
    assert {(log.block_hash, log.block_number, log.removed) for log in logs} == {(block.hash, 7, False)}
    assert [m.cumulative_gas for m in block.transactions] == [
        block.transactions[0].gas_used,
        block.header.gas_used,
    ]


def test_only_blocks_whose_bloom_admits_a_match_are_looked_into(engine, monkeypatch):
    contract = deploy(engine, COUNTER)
    count(engine, ALICE, contract)
    engine.mine(30)
    count(engine, BOB, contract)
    looked = []
    original = blocks.block_logs
    monkeypatch.setattr(blocks, "block_logs", lambda b, q: looked.append(b.number) or original(b, q))
    assert [log.block_number for log in engine.logs(topics=[None, [word(BOB)]])] == [33]
    assert looked == [33]
