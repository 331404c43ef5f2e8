"""Merkle-Patricia tries beside those of py-trie, which also verifies their proofs."""

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie
from trie.exceptions import BadTrieProof

from zkrollup.evm.engine.encoding import EMPTY_ROOT
from zkrollup.evm.engine.tries import Trie, list_root, secure

# Keys of two bytes from few nibbles: paths share beginnings, and deletions undo branches and extensions.
KEYS = st.tuples(*[st.sampled_from((0x00, 0x01, 0x10, 0x11, 0xF0))] * 3).map(bytes)
VALUES = st.one_of(st.binary(min_size=1, max_size=3), st.binary(min_size=30, max_size=60))
WRITES = st.lists(st.tuples(KEYS, st.one_of(VALUES, st.just(b""))), max_size=30)


def reference(contents):
    trie = HexaryTrie({})
    for key, value in contents.items():
        trie[key] = value
    return trie


def proven(root, key, proof):
    return HexaryTrie.get_from_proof(root, key, [rlp.decode(node) for node in proof])


# --- roots


def test_an_empty_trie_has_the_well_known_root():
    assert Trie().root.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


def test_the_published_accounts_have_the_published_root():
    # ethereum/tests, TrieTests/hex_encoded_securetrie_test.json, test1.
    no_code = "a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    no_words = "a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    accounts = {
        "a94f5374fce5edbc8e2a8697c15331677e6ebf0b": f"f848018405f446a7{no_words}{no_code}",
        "095e7baea6a6c7c4c2dfeb977efac326af552d87": f"f8440101{no_words}"
        "a004bccc5d94f4d1f99aab44369a910179931772f2a5c001c3229f57831c102769",
        "d2571607e241ecf590ed94b12d87c94babe36db6": "f8440180"
        f"a0ba4b47865c55a341a4a78759bb913cd15c3ee8eaf30a62fa8d1c8863113d84e8{no_code}",
        "62c01474f089b07dae603491675dc5b5748f7049": f"f8448080{no_words}{no_code}",
        "2adc25665018aa1fe0e6bc666dac8fc2697ff9ba": f"f8478083019a59{no_words}{no_code}",
    }
    changes = {secure(bytes.fromhex(address)): bytes.fromhex(data) for address, data in accounts.items()}
    root = Trie().updated(changes).root
    assert root.hex() == "730a444e08ab4b8dee147c9b232fc52d34a223d600031c1e9d25bfc985cbd797"


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 128, 129, 300])
def test_a_list_has_the_root_of_its_items_by_their_encoded_positions(count):
    items = [bytes([index % 251 + 1]) * (index % 50 + 1) for index in range(count)]
    assert list_root(items) == reference({rlp.encode(i): item for i, item in enumerate(items)}).root_hash


def test_the_root_of_a_list_depends_on_its_order():
    assert list_root([b"one", b"two"]) != list_root([b"two", b"one"])


# --- changes


@settings(max_examples=300, deadline=None)
@given(st.lists(WRITES, max_size=4))
def test_after_any_changes_root_and_values_are_those_of_py_trie(batches):
    trie, contents = Trie(), {}
    for batch in batches:
        trie = trie.updated(dict(batch))
        contents |= dict(batch)
        present = {key: value for key, value in contents.items() if value}
        assert trie.root == reference(present).root_hash
        assert all(trie.get(key) == value for key, value in contents.items())


def test_a_changed_trie_leaves_the_one_before_as_it_was():
    before = Trie().updated({b"\x11\x22": b"old", b"\x11\x33": b"kept"})
    after = before.updated({b"\x11\x22": b"new", b"\x11\x33": b""})
    assert (before.get(b"\x11\x22"), before.get(b"\x11\x33")) == (b"old", b"kept")
    assert (after.get(b"\x11\x22"), after.get(b"\x11\x33")) == (b"new", b"")
    assert before.root == reference({b"\x11\x22": b"old", b"\x11\x33": b"kept"}).root_hash


def test_removing_what_is_absent_gives_the_same_trie():
    trie = Trie().updated({b"\x11\x22": b"one", b"\x11\x33": b"two"})
    for absent in (b"\x11\x23", b"\x11\x44", b"\x12\x22", b"\x21\x22"):
        assert trie.updated({absent: b""}) is trie


def test_a_trie_that_lost_all_its_keys_is_empty():
    trie = Trie().updated({b"\x11\x22": b"one", b"\x11\x33": b"two"})
    assert trie.updated({b"\x11\x22": b"", b"\x11\x33": b""}).root == EMPTY_ROOT


# --- proofs


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1), KEYS)
def test_a_proof_shows_a_value_or_its_absence(contents, key):
    trie = Trie().updated(contents)
    assert proven(trie.root, key, trie.proof(key)) == contents.get(key, b"")
    for present, value in contents.items():
        assert proven(trie.root, present, trie.proof(present)) == value


def test_a_proof_holds_against_its_own_root_only():
    trie = Trie().updated({secure(bytes([i])): bytes([i]) * 40 for i in range(1, 60)})
    key, proof = secure(b"\x07"), trie.proof(secure(b"\x07"))
    assert len(proof) > 2
    assert proven(trie.root, key, proof) == b"\x07" * 40
    other = trie.updated({key: b"another"})
    with pytest.raises(BadTrieProof):
        proven(other.root, key, proof)
    with pytest.raises(BadTrieProof):
        proven(trie.root, key, proof[:-1])


def test_a_node_inside_its_parent_is_not_listed_in_a_proof():
    trie = Trie().updated({b"\x11\x22": b"a", b"\x11\x33": b"b"})
    proof = trie.proof(b"\x11\x22")
    assert [keccak(node) for node in proof] == [trie.root]
    assert proven(trie.root, b"\x11\x22", proof) == b"a"


def test_an_empty_trie_proves_absence_without_a_node():
    assert Trie().proof(secure(b"\x01")) == ()
