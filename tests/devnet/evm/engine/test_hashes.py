"""With exact roots, blocks have the hashes that eth-tester's own chain gives the same blocks."""

from dataclasses import replace

import pytest
import rlp
from eth_tester.backends.pyevm.main import setup_tester_chain
from eth_utils import ValidationError
from tests.devnet.evm.engine.support import ALICE, BOB, COUNTER, STRANGER, deploy, make_engine, pay

from zkrollup.evm.engine.transactions import CallFields

CHAIN_ID = 131277322940537


@pytest.fixture
def engine():
    return make_engine(chain_id=CHAIN_ID, exact_roots=True)


def their_chain(engine):
    """eth-tester's chain with our genesis, the system contracts that py-evm forgets included."""
    header = engine.block(0).header
    parameters = {
        "coinbase": header.coinbase,
        "difficulty": 0,
        "extra_data": b"",
        "gas_limit": header.gas_limit,
        "mix_hash": header.prev_randao,
        "nonce": header.nonce,
        "timestamp": header.timestamp,
    }
    state = {
        address: {name: getattr(account, name) for name in ("balance", "nonce", "code", "storage")}
        for address, account in engine.world.accounts.items()
    }
    _, chain = setup_tester_chain(parameters, state, 1)
    return chain


def imported(chain, block):
    """The hash of the block that our block's transactions make there; py-evm checks each header field."""
    encoded = [mined.transaction.encoded for mined in block.transactions]
    transactions = [each if each[0] < 0xC0 else rlp.decode(each) for each in encoded]
    raw = rlp.encode([rlp.decode(block.header.encoded), transactions, [], []])
    theirs = rlp.decode(raw, sedes=chain.get_vm().get_block_class())
    return chain.import_block(theirs).imported_block.hash


def test_genesis_has_the_hash_that_eth_tester_gives_it(engine):
    assert their_chain(engine).get_canonical_block_by_number(0).hash == engine.head.hash


def test_blocks_have_the_hashes_that_eth_tester_gives_them(engine):
    chain = their_chain(engine)
    engine.send(pay(engine, value=501))
    counter = deploy(engine, COUNTER)
    for sender in (ALICE, BOB):
        engine.send(engine.sign(CallFields(sender, counter, gas=100_000)))
    engine.mine()
    engine.send(engine.sign(CallFields(BOB, STRANGER, value=7, gas=30_000, gas_price=10**9)))
    for number in range(1, engine.head.number + 1):
        assert imported(chain, engine.block(number)) == engine.block(number).hash
    assert engine.head.number == 6


def test_a_block_of_several_transactions_has_the_hash_that_eth_tester_gives_it(engine):
    chain = their_chain(engine)
    engine.automine = False
    for sender, value in ((ALICE, 3), (BOB, 5), (ALICE, 8)):
        engine.send(pay(engine, sender, value=value))
    (block,) = engine.mine()
    assert len(block.transactions) == 3
    assert imported(chain, block) == block.hash


def test_stand_in_roots_give_other_hashes(engine):
    assert make_engine(chain_id=CHAIN_ID, exact_roots=True).head.hash == engine.head.hash
    assert make_engine(chain_id=CHAIN_ID).head.hash != engine.head.hash


def test_eth_tester_refuses_a_block_with_another_state_root(engine):
    chain = their_chain(engine)
    engine.send(pay(engine, value=501))
    block = engine.head
    with pytest.raises(ValidationError):
        imported(chain, replace(block, header=replace(block.header, state_root=bytes(32))))
    assert imported(chain, block) == block.hash
