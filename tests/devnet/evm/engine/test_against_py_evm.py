"""Our blocks on py-evm's own chain: with exact roots, it executes each to the same hash."""

from dataclasses import replace

import pytest
from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.vm.forks.cancun.constants import BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CONTRACT_CODE
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlock, PragueBlockHeader
from eth.vm.forks.prague.constants import HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CONTRACT_CODE
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_utils import ValidationError
from tests.devnet.evm.engine.support import (
    ACCOUNTS,
    ALICE,
    BOB,
    CAROL,
    COUNTER,
    ETHER,
    STRANGER,
    deploy,
    make_engine,
)

from zkrollup.evm.engine.blocks import Block
from zkrollup.evm.engine.rules import CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE
from zkrollup.evm.engine.transactions import Authorization, CallFields

SYSTEM = {
    BEACON_ROOTS_ADDRESS: BEACON_ROOTS_CONTRACT_CODE,
    HISTORY_STORAGE_ADDRESS: HISTORY_STORAGE_CONTRACT_CODE,
    CREATE2_DEPLOYER: CREATE2_DEPLOYER_CODE,
}


class Reference(MiningChain):
    chain_id = 31337
    vm_configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))


@pytest.fixture
def reference():
    header = {
        "difficulty": POST_MERGE_DIFFICULTY,
        "mix_hash": POST_MERGE_MIX_HASH,
        "nonce": POST_MERGE_NONCE,
        "gas_limit": 30_000_000,
        "timestamp": 1_767_225_600,
    }
    rich = {"balance": 10_000 * ETHER, "nonce": 0, "code": b"", "storage": {}}
    state = dict.fromkeys((ALICE, BOB, CAROL), rich)
    state |= {a: {"balance": 0, "nonce": 1, "code": code, "storage": {}} for a, code in SYSTEM.items()}
    return Reference.from_genesis(AtomicDB(), header, state)


def story(engine):
    """Transactions of every type, alone and together, that succeed, revert, halt and log."""
    counter = deploy(engine, COUNTER)
    reverter = deploy(engine, "5f5ffd")
    blob = b"\x01" + b"\x11" * 31
    signed = ACCOUNTS[2].sign_authorization({"chainId": 31337, "address": "0x" + counter.hex(), "nonce": 0})
    delegation = Authorization(31337, counter, 0, signed.y_parity, signed.r, signed.s)
    engine.automine = False
    batches = [
        [CallFields(ALICE, counter, gas=100_000), CallFields(BOB, counter, gas=100_000, gas_price=10**10)],
        [CallFields(BOB, reverter, gas=50_000, value=5), CallFields(ALICE, STRANGER, gas=21_000, value=7)],
        [CallFields(ALICE, counter, gas=26_000, access_list=((counter, (0,)),), gas_price=10**10)],
        [CallFields(BOB, STRANGER, gas=30_000, blob_versioned_hashes=(blob,) * 9)],
        [CallFields(ALICE, CAROL, gas=200_000, authorization_list=(delegation,))],
        [CallFields(BOB, data=b"\xfe", gas=90_000, max_fee_per_gas=10**10, max_priority_fee_per_gas=3)],
        [],
        [CallFields(BOB, STRANGER, gas=30_000, blob_versioned_hashes=(blob,) * 3, data=b"\x05" * 9)],
    ]
    for batch in batches:
        for fields in batch:
            engine.send(engine.sign(fields))
        engine.mine()


def as_theirs(block):
    values = [getattr(block.header, name) for name in block.header.__dataclass_fields__]
    names = [name for name, _ in PragueBlockHeader._meta.fields]
    transactions = [PragueTransactionBuilder.decode(m.transaction.encoded) for m in block.transactions]
    header = PragueBlockHeader(**dict(zip(names, values, strict=True)))
    return PragueBlock(header, transactions=transactions, uncles=[], withdrawals=[])


def test_with_exact_roots_py_evm_executes_every_block_to_the_same_hash(reference):
    engine = make_engine(exact_roots=True)
    assert engine.head.hash == reference.get_canonical_head().hash
    story(engine)
    mined = [m for number in range(len(engine.blocks)) for m in engine.block(number).transactions]
    assert {m.transaction.type_id for m in mined} == {0, 1, 2, 3, 4}
    assert {m.status for m in mined} == {0, 1}
    for number in range(1, len(engine.blocks)):
        block = engine.block(number)
        # Executes and validates: roots, bloom, gas, base fee, blob gas.
        imported = reference.import_block(as_theirs(block)).imported_block
        assert imported.hash == block.hash
        receipts = imported.get_receipts(reference.chaindb)
        assert [r.gas_used for r in receipts] == [m.cumulative_gas for m in block.transactions]
    assert reference.get_canonical_head().hash == engine.head.hash


def test_py_evm_refuses_a_block_with_a_stand_in_root(reference):
    engine = make_engine()
    assert engine.head.hash != reference.get_canonical_head().hash
    exact = make_engine(exact_roots=True)
    for one in (engine, exact):
        one.mine()
    foreign = replace(exact.head.header, state_root=engine.head.header.state_root)
    with pytest.raises(ValidationError, match="state_root"):
        reference.import_block(as_theirs(Block(foreign, ())))
    reference.import_block(as_theirs(exact.head))
