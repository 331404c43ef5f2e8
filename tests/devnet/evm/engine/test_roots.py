"""Exact state roots beside py-evm's, and EIP-1186 proofs before py-trie's verifier."""

import pytest
import rlp
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from zkrollup.evm.engine.encoding import EMPTY_ROOT
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.roots import NO_ROOT, ExactRoots, InexactRoots
from zkrollup.evm.engine.transactions import CallFields
from zkrollup.evm.engine.world import NO_CODE, World

KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
ALICE = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
BOB, STRANGER = b"\xb0" * 20, b"\x5a" * 20
# Stores the second word of its calldata in the slot that the first names.
STORE = bytes.fromhex("602035600035550000")


@pytest.fixture
def engine():
    engine = Engine(1009, {ALICE: 10**20, BOB: 503}, exact_roots=True)
    engine.add_key(KEY)
    return engine


def send(engine, **fields):
    transaction = engine.sign(CallFields(ALICE, **fields))
    return engine.transaction(engine.send(transaction))


def store(engine, contract, slot, word):
    return send(engine, to=contract, data=slot.to_bytes(32, "big") + word.to_bytes(32, "big"), gas=100_000)


def proven(root, key, nodes):
    return HexaryTrie.get_from_proof(root, keccak(key), [rlp.decode(node) for node in nodes])


def list_reference(items):
    trie = HexaryTrie({})
    for index, item in enumerate(items):
        trie[rlp.encode(index)] = item
    return trie.root_hash


def verified(root, proof):
    """What a proof shows: the account's fields as RLP, and its words."""
    account = proven(root, proof.address, proof.nodes)
    words = [proven(proof.storage_root, each.slot.to_bytes(32, "big"), each.nodes) for each in proof.slots]
    return account, [int.from_bytes(rlp.decode(word), "big") if word else 0 for word in words]


# --- roots

ADDRESSES = st.sampled_from([bytes([n]) * 20 for n in (0x11, 0x1F, 0xA0)])
SLOTS, AMOUNTS = st.sampled_from((0, 1, 2**255)), st.sampled_from((0, 1, 127, 128, 2**200))
WRITES = st.one_of(
    st.tuples(st.just("set_balance"), ADDRESSES, AMOUNTS),
    st.tuples(st.just("set_nonce"), ADDRESSES, st.integers(0, 300)),
    st.tuples(st.just("set_code"), ADDRESSES, st.binary(max_size=40)),
    st.tuples(st.just("set_storage"), ADDRESSES, SLOTS, AMOUNTS),
    st.tuples(st.just("delete_storage"), ADDRESSES),
    st.tuples(st.just("delete_account"), ADDRESSES),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(WRITES, max_size=8), min_size=1, max_size=4))
def test_after_any_writes_the_root_is_py_evms(blocks):
    world, roots, root, theirs = World(), ExactRoots(), NO_ROOT, AccountDB(AtomicDB())
    for writes in blocks:
        start = world.mark()
        for name, address, *arguments in writes:
            for state in (world, theirs):
                # Only an account that exists has words.
                if name.endswith("_storage"):
                    state.touch_account(address)
                getattr(state, name)(address, *arguments)
        world.lock_changes()
        theirs.lock_changes()
        root = roots.after(root, world, world.changed_since(start))
        assert root == theirs.make_state_root()
        theirs.persist()


def test_a_block_without_changes_keeps_the_root():
    world, roots = World(), ExactRoots()
    world.set_balance(BOB, 1)
    root = roots.after(NO_ROOT, world, world.changed_since(0))
    assert roots.after(root, world, {}) == root != EMPTY_ROOT


def test_blocks_with_one_state_have_one_root_and_others_another(engine):
    contract = b"\xc0" * 20
    engine.set_code(contract, STORE)
    base = engine.snapshot()
    store(engine, contract, 5, 7)
    seven = engine.head.header.state_root
    engine.revert(base, keep=True)
    store(engine, contract, 5, 8)
    eight = engine.head.header.state_root
    engine.revert(base)
    store(engine, contract, 5, 7)
    assert engine.head.header.state_root == seven != eight


def test_roots_of_a_block_are_those_of_its_transactions_and_receipts(engine):
    engine.automine = False
    for value in (3, 5, 8):
        engine.send(engine.sign(CallFields(ALICE, to=BOB, value=value, gas=21_000)))
    (block,) = engine.mine()
    encoded = [mined.transaction.encoded for mined in block.transactions]
    assert len(encoded) == 3
    assert block.header.transactions_root == list_reference(encoded)
    receipts = [b"\x02" + rlp.encode([b"\x01", 21_000 * (i + 1), bytes(256), []]) for i in range(3)]
    assert block.header.receipts_root == list_reference(receipts)
    assert block.header.withdrawals_root == list_reference([])


# --- proofs


def test_a_proof_shows_an_account_and_its_words(engine):
    contract = b"\xc0" * 20
    engine.set_code(contract, STORE)
    engine.set_balance(contract, 811)
    for slot in range(12):
        store(engine, contract, slot, 1000 + slot)
    proof = engine.proof(contract, [3, 77, 11])
    assert (proof.nonce, proof.balance, proof.code_hash) == (0, 811, keccak(STORE))
    assert [(each.slot, each.value) for each in proof.slots] == [(3, 1003), (77, 0), (11, 1011)]
    account, words = verified(engine.head.header.state_root, proof)
    assert account == rlp.encode([0, 811, proof.storage_root, keccak(STORE)])
    assert words == [1003, 0, 1011]


def test_a_proof_shows_that_there_is_no_account(engine):
    engine.mine()
    proof = engine.proof(STRANGER, [9])
    assert (proof.nonce, proof.balance, proof.code_hash, proof.storage_root) == (0, 0, NO_CODE, EMPTY_ROOT)
    assert verified(engine.head.header.state_root, proof) == (b"", [0])


def test_a_proof_of_an_older_block_shows_what_was_then(engine):
    send(engine, to=BOB, value=17, gas=21_000)
    send(engine, to=BOB, value=1000, gas=21_000)
    for number, balance in enumerate((503, 520, 1520)):
        proof = engine.proof(BOB, at=number)
        assert proof.balance == balance
        account, _ = verified(engine.block(number).header.state_root, proof)
        assert account == rlp.encode([0, balance, EMPTY_ROOT, NO_CODE])


def test_a_word_that_was_set_to_zero_is_proven_absent(engine):
    contract = b"\xc0" * 20
    engine.set_code(contract, STORE)
    store(engine, contract, 2, 41)
    store(engine, contract, 4, 43)
    store(engine, contract, 2, 0)
    proof = engine.proof(contract, [2, 4])
    assert verified(engine.head.header.state_root, proof)[1] == [0, 43]


def test_what_a_block_had_is_forgotten_once_another_follows_its_parent():
    world, roots = World(), ExactRoots()
    world.set_balance(BOB, 1)
    base, start = roots.after(NO_ROOT, world, {BOB: set()}), world.mark()
    world.set_storage(BOB, 5, 7)
    dropped = roots.after(base, world, {BOB: {5}})
    assert roots.proof(dropped, BOB, [5]).slots[0].value == 7
    world.undo_to(start)
    assert roots.proof(base, BOB, [5]).slots[0].value == 0
    world.set_storage(BOB, 5, 8)
    added = roots.after(base, world, {BOB: {5}})
    with pytest.raises(KeyError):
        roots.proof(dropped, BOB, [5])
    assert [roots.proof(root, BOB, [5]).slots[0].value for root in (base, added)] == [0, 8]


def test_a_look_at_the_pending_block_leaves_proofs_of_mined_ones(engine):
    contract = b"\xc0" * 20
    engine.set_code(contract, STORE)
    store(engine, contract, 5, 7)
    engine.automine = False
    store_later = engine.sign(
        CallFields(ALICE, contract, data=(5).to_bytes(32, "big") + b"\1" * 32, gas=100_000)
    )
    engine.send(store_later)
    for _ in range(2):
        assert engine.block("pending").header.state_root != engine.head.header.state_root
        assert engine.proof(contract, [5]).slots[0].value == 7
    engine.mine()
    proof = engine.proof(contract, [5])
    assert verified(engine.head.header.state_root, proof)[1] == [int.from_bytes(b"\1" * 32, "big")]


def test_stand_in_roots_prove_nothing():
    engine = Engine(1009, {ALICE: 10**20})
    with pytest.raises(InexactRoots, match="use exact_roots=True"):
        engine.proof(ALICE)
