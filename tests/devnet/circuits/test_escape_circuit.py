from dataclasses import replace

import pytest
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB_ETH,
    CAROL_TOKEN,
    DOMAIN,
    FREE,
    FULL,
    OWNERS,
    TOKEN,
    account,
    escape,
    escape_of,
    populated,
)
from tests.soundness.attacks import broken_labels, labels_with, overwritten

from zkrollup.circuits.encoding import claim_nullifier, escape_nullifier
from zkrollup.circuits.escape import PUBLIC_INPUTS, escape_circuit
from zkrollup.circuits.inputs import Account
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.quadtree import root_from_path
from zkrollup.ledger.state import LedgerState

LEVELS = 2
PATH_BITS = {f"index.bit[{i}]" for i in range(2 * LEVELS)}


@pytest.fixture
def state():
    return populated(LEVELS)


@pytest.fixture
def honest(state):
    return escape_of(state, CAROL_TOKEN)


def accepts(circuit, inputs):
    witness = circuit.witness(inputs.named())
    circuit.check(witness)
    assert circuit.public_values(witness) == tuple(getattr(inputs, name) for name in PUBLIC_INPUTS)


def broken(inputs):
    return labels_with(escape(LEVELS), inputs.named())


def holding(honest, **fields):
    """The escape of an account with these fields, from a tree that really holds it."""
    told = replace(honest.lane.account, **fields)
    leaf = poseidon([told.key_x, told.key_y, told.owner, told.token, told.balance, told.nonce])
    return replace(
        honest,
        state_root=root_from_path(leaf, honest.lane.index, honest.lane.path),
        owner=told.owner,
        token=told.token,
        amount=told.balance,
        lane=replace(honest.lane, account=told),
    )


def test_every_open_account_can_escape_with_all_that_it_holds(state):
    for index in state.accounts:
        accepts(escape(LEVELS), escape_of(state, index))


@pytest.mark.parametrize("index", [0, 255])
def test_the_first_and_the_last_account_of_the_default_tree_can_escape(index):
    state = populated(4).replaced(index, account(ALICE, TOKEN, FULL, 1 << 32))
    accepts(escape(4), escape_of(state, index))


EXPECTED = {
    "state_root": ["state_root"],
    "nullifier": ["nullifier"],
    "owner": ["state_root"],
    "token": ["state_root"],
    "amount": ["state_root"],
    "domain": ["nullifier"],
}


@pytest.mark.parametrize("name", PUBLIC_INPUTS)
def test_each_public_input_is_bound(honest, name):
    lied = {name: getattr(honest, name) ^ 1}
    assert broken(replace(honest, **lied)) == EXPECTED[name]
    assert broken_labels(escape(LEVELS), overwritten(escape(LEVELS), _witness(honest), lied))


def _witness(inputs):
    return escape(LEVELS).witness(inputs.named())


@pytest.mark.parametrize("name", ["key_x", "key_y", "nonce"])
def test_each_field_of_the_leaf_is_bound(honest, name):
    told = replace(honest.lane.account, **{name: getattr(honest.lane.account, name) ^ 1})
    assert broken(replace(honest, lane=replace(honest.lane, account=told))) == ["state_root"]


@pytest.mark.parametrize("level", range(LEVELS))
@pytest.mark.parametrize("place", range(3))
def test_each_sibling_of_the_path_counts(honest, level, place):
    siblings = [list(three) for three in honest.lane.path]
    siblings[level][place] ^= 1
    lane = replace(honest.lane, path=tuple(map(tuple, siblings)))
    assert broken(replace(honest, lane=lane)) == ["state_root"]


def test_an_account_cannot_escape_from_an_older_state(state, honest):
    later = state.replaced(CAROL_TOKEN, replace(state.account(CAROL_TOKEN), balance=3))
    assert broken(replace(honest, state_root=later.root)) == ["state_root"]


def test_an_account_has_one_nullifier_and_the_path_proves_for_which(honest):
    """Another index leads to another nullifier, but then the leaf is not where the path says."""
    other = replace(honest, nullifier=escape_nullifier(BOB_ETH, DOMAIN))
    assert broken(other) == ["nullifier"]
    moved = replace(other, lane=replace(honest.lane, index=BOB_ETH))
    assert broken(moved) == ["state_root"]


@pytest.mark.parametrize("alias", [4**LEVELS, 2 * 4**LEVELS, 1 << 128, R - 4**LEVELS])
def test_an_index_has_no_alias_with_the_same_path(honest, alias):
    """It would be a second nullifier for the same leaf: the bits that the path reads are all of it."""
    index = (honest.lane.index + alias) % R
    lied = replace(honest, nullifier=escape_nullifier(index, DOMAIN), lane=replace(honest.lane, index=index))
    labels = set(broken(lied))
    assert labels & PATH_BITS
    assert labels <= PATH_BITS | {"state_root"}


def test_a_claims_nullifier_is_none_of_an_escape(honest):
    assert broken(replace(honest, nullifier=claim_nullifier(CAROL_TOKEN, DOMAIN))) == ["nullifier"]
    assert broken(replace(honest, nullifier=poseidon([2, DOMAIN, CAROL_TOKEN]))) == ["nullifier"]


def test_an_escape_is_for_one_rollup(honest):
    assert broken(replace(honest, domain=DOMAIN + 1)) == ["nullifier"]
    assert broken(replace(honest, nullifier=escape_nullifier(CAROL_TOKEN, DOMAIN + 1))) == ["nullifier"]


def test_nothing_escapes_from_an_empty_place(state):
    assert state.account(FREE).is_empty
    assert broken(escape_of(state, FREE)) == ["state_root"]
    for told in (Account(), Account(0, 0, OWNERS[ALICE], 0, 5, 0), account(ALICE, 0, 0, 0)):
        lied = escape_of(state.replaced(FREE, told), FREE)
        assert broken(replace(lied, state_root=state.root)) == ["state_root"]


def test_nothing_escapes_from_the_empty_tree():
    genesis = LedgerState.genesis(LEVELS)
    assert broken(escape_of(genesis, ALICE_ETH)) == ["state_root"]


@pytest.mark.parametrize("owner", [1 << 160, (1 << 160) + OWNERS[ALICE], R - 1])
def test_an_owner_of_more_than_160_bits_is_refused(honest, owner):
    accepts(escape(LEVELS), holding(honest, owner=(1 << 160) - 1))
    labels = broken(holding(honest, owner=owner))
    assert labels
    assert all(label.startswith("owner.bit[") for label in labels)


@pytest.mark.parametrize("amount", [1 << 128, R - 67])
def test_an_amount_of_more_than_128_bits_is_refused(honest, amount):
    accepts(escape(LEVELS), holding(honest, balance=FULL))
    labels = broken(holding(honest, balance=amount))
    assert labels
    assert all(label.startswith("amount.bit[") for label in labels)


def test_a_part_of_what_an_account_holds_is_no_escape(honest):
    assert broken(replace(honest, amount=honest.amount - 1)) == ["state_root"]


def test_trees_of_other_sizes_have_other_circuits_and_keys():
    assert escape(2).digest != escape(4).digest != escape_circuit(1).digest
