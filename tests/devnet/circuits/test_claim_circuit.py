from dataclasses import replace

import pytest
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    CAROL,
    CAROL_TOKEN,
    DOMAIN,
    claim,
    claim_of,
    populated,
    run,
    withdrawal,
)
from tests.soundness.attacks import broken_labels, labels_with, overwritten

from zkrollup.circuits.claim import PUBLIC_INPUTS
from zkrollup.circuits.encoding import EXIT_LEVELS, claim_nullifier, exit_id, exit_leaf
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.quadtree import QuadTree, root_from_path


@pytest.fixture(scope="module")
def trace():
    state = populated(2)
    operations = [
        withdrawal(state, ALICE_ETH, 0xBEEF, 113, key=ALICE),
        withdrawal(state, CAROL_TOKEN, 0xFACE, 67, key=CAROL),
    ]
    return run(state, *operations, slots=3)[1]


@pytest.fixture(scope="module")
def honest(trace):
    return claim_of(trace, slot=1)


@pytest.mark.parametrize("slot", [0, 1])
def test_every_exit_of_a_batch_can_be_claimed(trace, slot):
    claimed = claim_of(trace, slot=slot)
    witness = claim().witness(claimed.named())
    claim().check(witness)
    assert claim().public_values(witness) == tuple(getattr(claimed, name) for name in PUBLIC_INPUTS)


@pytest.mark.parametrize("slot", [0, 3, 77, 255])
def test_an_exit_at_any_slot_can_be_claimed(honest, slot):
    identifier = exit_id(41, slot)
    tree = QuadTree(EXIT_LEVELS).with_leaves(
        [(slot, exit_leaf(identifier, 0xFACE, 5, 67)), (slot ^ 1, 12), (slot ^ 128, 13)]
    )
    claimed = replace(
        honest,
        exit_root=tree.root,
        nullifier=claim_nullifier(identifier, DOMAIN),
        token=5,
        exit_id=identifier,
        slot=slot,
        path=tree.path(slot),
    )
    claim().check(claim().witness(claimed.named()))
    assert "exit_root" in labels_with(claim(), replace(claimed, slot=slot ^ 2).named())


EXPECTED = {
    "exit_root": ["exit_root"],
    "nullifier": ["nullifier"],
    "recipient": ["exit_root"],
    "token": ["exit_root"],
    "amount": ["exit_root"],
    "domain": ["nullifier"],
}


@pytest.mark.parametrize("name", PUBLIC_INPUTS)
def test_each_public_input_is_bound(honest, name):
    assert (
        labels_with(claim(), replace(honest, **{name: getattr(honest, name) ^ 1}).named()) == EXPECTED[name]
    )
    witness = overwritten(claim(), claim().witness(honest.named()), {name: getattr(honest, name) ^ 1})
    assert broken_labels(claim(), witness)


def relocated(honest, **changes):
    """The claim of an exit that has these values, in a tree that really holds it."""
    changed = replace(honest, **changes)
    leaf = exit_leaf(changed.exit_id, changed.recipient, changed.token, changed.amount)
    return replace(changed, exit_root=root_from_path(leaf, changed.slot, changed.path))


@pytest.mark.parametrize("recipient", [1 << 160, (1 << 160) + 0xFACE, R - 1])
def test_a_recipient_of_more_than_160_bits_is_refused(honest, recipient):
    claim().check(claim().witness(relocated(honest, recipient=(1 << 160) - 1).named()))
    broken = labels_with(claim(), relocated(honest, recipient=recipient).named())
    assert broken
    assert all(label.startswith("recipient.bit[") for label in broken)


@pytest.mark.parametrize("amount", [1 << 128, R - 67])
def test_an_amount_of_more_than_128_bits_is_refused(honest, amount):
    claim().check(claim().witness(relocated(honest, amount=(1 << 128) - 1).named()))
    broken = labels_with(claim(), relocated(honest, amount=amount).named())
    assert broken
    assert all(label.startswith("amount.bit[") for label in broken)


@pytest.mark.parametrize("level", range(EXIT_LEVELS))
@pytest.mark.parametrize("place", range(3))
def test_each_sibling_of_the_path_counts(honest, level, place):
    siblings = [list(three) for three in honest.path]
    siblings[level][place] ^= 1
    wrong = replace(honest, path=tuple(map(tuple, siblings)))
    assert labels_with(claim(), wrong.named()) == ["exit_root"]


def test_a_slot_beyond_the_tree_is_refused(honest):
    broken = labels_with(claim(), replace(honest, slot=honest.slot + 256).named())
    assert broken[0] == "slot.bit[0]"  # the lowest bit is what remains of the slot, and 257 is no bit


@pytest.mark.parametrize(
    "nullifier",
    [
        lambda c: claim_nullifier(c.exit_id + 1, DOMAIN),
        lambda c: claim_nullifier(c.exit_id, DOMAIN + 1),
        lambda c: poseidon([2, c.exit_id, DOMAIN]),
        lambda c: poseidon([1, DOMAIN, c.exit_id]),
        lambda c: 0,
    ],
    ids=["another exit", "another domain", "the tag of escapes", "swapped", "zero"],
)
def test_an_exit_has_one_nullifier(honest, nullifier):
    assert labels_with(claim(), replace(honest, nullifier=nullifier(honest)).named()) == ["nullifier"]


def test_an_exit_cannot_be_claimed_under_another_id(honest):
    other = replace(honest, exit_id=honest.exit_id + 1, nullifier=claim_nullifier(honest.exit_id + 1, DOMAIN))
    assert labels_with(claim(), other.named()) == ["exit_root"]


def test_an_empty_place_holds_no_exit(trace, honest):
    empty = replace(honest, slot=2, path=trace.exit_tree.path(2), exit_id=exit_id(trace.number, 2))
    empty = replace(empty, nullifier=claim_nullifier(empty.exit_id, DOMAIN), amount=0, recipient=0, token=0)
    assert labels_with(claim(), empty.named()) == ["exit_root"]
