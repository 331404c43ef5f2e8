"""The state: undo, rewinding, what a transaction's end clears."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkrollup.evm.engine.world import NO_CODE, World

A, B = b"\xaa" * 20, b"\xbb" * 20


def fingerprint(world):
    return {
        address: (a.nonce, a.balance, a.code, a.code_hash, dict(a.storage))
        for address, a in world.accounts.items()
    }


WRITES = {
    "balance": lambda w: w.set_balance(A, 31),
    "nonce": lambda w: w.set_nonce(A, 7),
    "increment": lambda w: w.increment_nonce(A),
    "code": lambda w: w.set_code(A, b"\x60\x01"),
    "no code": lambda w: w.delete_code(A),
    "storage": lambda w: w.set_storage(A, 3, 41),
    "storage to zero": lambda w: w.set_storage(A, 1, 0),
    "wiped storage": lambda w: w.delete_storage(A),
    "deleted account": lambda w: w.delete_account(A),
    "new account": lambda w: w.touch_account(B),
    "new account's storage": lambda w: w.set_storage(B, 5, 43),
}


@pytest.fixture
def world():
    world = World()
    world.set_balance(A, 11)
    world.set_nonce(A, 2)
    world.set_code(A, b"\x00\x01")
    world.set_storage(A, 1, 13)
    world.set_storage(A, 2, 17)
    world.lock_changes()
    return world


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_write_is_undone_and_comes_back_after_rewinding(world, write):
    before, mark = fingerprint(world), world.mark()
    write(world)
    after = fingerprint(world)
    assert after != before
    with world.rewound(mark):
        assert fingerprint(world) == before
        world.delete_account(A)
        world.set_balance(B, 99)
    assert fingerprint(world) == after
    world.undo_to(mark)
    assert fingerprint(world) == before


def test_all_writes_together_are_undone_in_order(world):
    before, mark = fingerprint(world), world.mark()
    for write in [*WRITES.values(), *reversed(WRITES.values())]:
        write(world)
    after = fingerprint(world)
    with world.rewound(mark):
        assert fingerprint(world) == before
    assert fingerprint(world) == after
    world.undo_to(mark)
    assert fingerprint(world) == before


def test_rewinding_puts_the_state_back_also_after_an_error(world):
    mark = world.mark()
    world.set_balance(A, 31)

    def fail():
        with world.rewound(mark):
            world.set_balance(A, 77)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert world.get_balance(A) == 31
    world.undo_to(mark)
    assert world.get_balance(A) == 11


def test_rewinding_nests(world):
    first = world.mark()
    world.set_balance(A, 31)
    second = world.mark()
    world.set_balance(A, 37)
    with world.rewound(second):
        assert world.get_balance(A) == 31
        with world.rewound(first):
            assert world.get_balance(A) == 11
        assert world.get_balance(A) == 31
    assert world.get_balance(A) == 37


def test_an_absent_account_reads_as_empty_and_reading_makes_none(world):
    assert (world.get_balance(B), world.get_nonce(B), world.get_code(B)) == (0, 0, b"")
    assert (world.get_code_hash(B), world.get_storage(B, 1)) == (NO_CODE, 0)
    assert world.account_is_empty(B)
    assert not world.account_exists(B)
    assert not world.account_has_code_or_nonce(B)
    world.touch_account(B)
    assert world.account_exists(B)
    assert world.account_is_empty(B)


def test_deleting_and_wiping_what_is_not_there_does_nothing(world):
    mark = world.mark()
    world.delete_account(B)
    world.delete_storage(B)
    assert world.mark() == mark


def test_the_original_of_a_slot_is_that_of_the_transactions_start(world):
    world.set_storage(A, 1, 19)
    world.set_storage(A, 1, 23)
    assert world.get_storage(A, 1) == 23
    assert world.get_storage(A, 1, from_journal=False) == 13
    world.delete_account(A)
    assert [world.get_storage(A, slot, from_journal=False) for slot in (1, 2, 3)] == [13, 17, 0]
    world.lock_changes()
    assert world.get_storage(A, 1, from_journal=False) == 0


def test_warmth_and_transient_storage_are_undone_and_end_with_the_transaction(world):
    world.mark_address_warm(A)
    world.set_transient(A, 1, b"\x05")
    mark = world.mark()
    world.mark_address_warm(B)
    world.mark_storage_warm(A, 1)
    world.set_transient(A, 1, b"\x07")
    assert world.warm == ({A, B}, {(A, 1)})
    world.undo_to(mark)
    assert world.warm == ({A}, frozenset())
    assert world.get_transient(A, 1) == b"\x05"
    world.lock_changes()
    assert world.warm == (frozenset(), frozenset())
    assert world.get_transient(A, 1) == b""


def test_the_log_keeps_nothing_that_mattered_within_a_transaction_only(world):
    mark = world.mark()
    world.mark_address_warm(A)
    world.set_balance(A, 31)
    world.mark_storage_warm(A, 1)
    world.set_transient(A, 1, b"\x05")
    world.lock_changes()
    assert world.mark() == mark + 1
    world.undo_to(mark)
    assert world.get_balance(A) == 11


def test_the_log_is_as_clean_after_going_back(world):
    def transact():
        world.mark_address_warm(A)
        world.set_balance(A, 31)
        world.lock_changes()

    mark = world.mark()
    for _ in range(3):
        transact()
    with world.rewound(mark):
        transact()
        assert world.mark() == mark + 1
    assert world.mark() == mark + 3
    world.undo_to(mark)
    transact()
    assert world.mark() == mark + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(WRITES)), st.booleans()), max_size=30), st.data())
def test_any_writes_are_rewound_and_undone_to_any_point(steps, data):
    world = World()
    history = [(world.mark(), fingerprint(world))]
    for name, ends in steps:
        WRITES[name](world)
        if ends:
            world.lock_changes()
            history.append((world.mark(), fingerprint(world)))
    world.lock_changes()
    latest = fingerprint(world)
    mark, then = data.draw(st.sampled_from(history))
    with world.rewound(mark):
        assert fingerprint(world) == then
        WRITES[data.draw(st.sampled_from(sorted(WRITES)))](world)
    assert fingerprint(world) == latest
    for mark, then in reversed(history):
        world.undo_to(mark)
        assert fingerprint(world) == then


def test_changes_name_addresses_and_slots_also_wiped_ones(world):
    mark = world.mark()
    world.set_balance(B, 5)
    assert world.changed_since(mark) == {B: set()}
    world.set_storage(B, 9, 1)
    world.delete_account(A)
    assert world.changed_since(mark) == {A: {1, 2}, B: {9}}
    assert world.changed_since(world.mark()) == {}
