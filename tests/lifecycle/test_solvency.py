"""The books that are kept of every token: they balance through everything, and show when somebody cheats."""

from dataclasses import astuple

import pytest

from zkrollup.devnet import ETH
from zkrollup.operator.solvency import Insolvent, OutOfStep, books_of, check_books

DEPOSIT, TOKENS, OUT = 1009, 2003, 103


def owed(actors, token=ETH):
    """(locked, proven, sealed) of a token, each as its parts in order: ledger, exits, queued, credits."""
    books = books_of(actors.operator, token)
    return books.locked, astuple(books.proven), astuple(books.sealed)


def test_books_follow_a_token_from_the_queue_through_the_ledger_and_out(actors):
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, DEPOSIT, sender=alice)
    assert owed(actors) == (DEPOSIT, (0, 0, DEPOSIT, 0), (0, 0, DEPOSIT, 0))
    handle = rollup.withdraw(ETH, OUT, sender=alice)
    batch = rollup.seal()
    assert owed(actors) == (DEPOSIT, (0, 0, DEPOSIT, 0), (DEPOSIT - OUT, OUT, 0, 0))
    rollup.commit(batch)
    rollup.prove(batch)
    assert owed(actors) == (DEPOSIT, (DEPOSIT - OUT, OUT, 0, 0), (DEPOSIT - OUT, OUT, 0, 0))
    handle.claim(sender=alice)
    assert owed(actors) == (DEPOSIT - OUT, (DEPOSIT - OUT, 0, 0, 0), (DEPOSIT - OUT, 0, 0, 0))


def test_books_are_kept_of_every_token_that_came_in(actors):
    actors.rollup.deposit(ETH, DEPOSIT, sender=actors.alice)
    actors.rollup.deposit(actors.token, TOKENS, sender=actors.bob)
    books = check_books(actors.operator)
    assert [(each.token, each.locked) for each in books] == [
        (ETH, DEPOSIT),
        (int(actors.token.address, 16), TOKENS),
    ]


def test_a_unit_that_lock_does_not_count_is_missed(actors):
    actors.rollup.deposit(ETH, DEPOSIT, sender=actors.alice)
    lock, l1 = actors.rollup.lock, actors.l1
    with l1.impersonate(actors.rollup.contract) as rollup:
        lock.release("0x" + "00" * 20, actors.carol.address, 1, sender=rollup)
    with pytest.raises(Insolvent, match=r"locked 1,008.*owed as proven 1,009") as failure:
        check_books(actors.operator)
    assert (failure.value.books.locked, failure.value.books.proven.queued) == (DEPOSIT - 1, DEPOSIT)


def test_ether_that_lock_counts_and_does_not_have_is_missed(actors):
    actors.rollup.deposit(ETH, DEPOSIT, sender=actors.alice)
    actors.l1.set_balance(actors.rollup.lock.address, DEPOSIT - 1)
    with pytest.raises(Insolvent, match=r"locked 1,009, held 1,008"):
        check_books(actors.operator)


def test_a_gift_to_lock_is_nobodys_debt(actors):
    actors.rollup.deposit(ETH, DEPOSIT, sender=actors.alice)
    actors.l1.set_balance(actors.rollup.lock.address, DEPOSIT + 7)
    check_books(actors.operator)


def test_tokens_that_lock_counts_and_does_not_have_are_missed(actors):
    actors.rollup.deposit(actors.token, TOKENS, sender=actors.bob)
    rob(actors, 1)
    with pytest.raises(Insolvent, match=r"locked 2,003, held 2,002"):
        check_books(actors.operator)


def rob(actors, amount):
    """TestTokens leave Lock behind its back, as they do where an exit is paid twice."""
    with actors.l1.impersonate(actors.rollup.lock) as lock:
        actors.token.transfer(actors.carol, amount, sender=lock)


def test_a_token_that_takes_back_what_it_gave_is_named_by_the_test(actors):
    actors.rollup.deposit(actors.token, TOKENS, sender=actors.bob)
    rob(actors, 7)
    with pytest.raises(Insolvent, match=r"rollup.allow_rebasing\(token\)"):
        actors.rollup.check_solvency()
    actors.rollup.allow_rebasing(actors.token)
    actors.rollup.check_solvency()


def test_naming_one_token_excuses_no_other_and_no_miscount(actors):
    actors.rollup.deposit(actors.token, TOKENS, sender=actors.bob)
    actors.rollup.deposit(ETH, DEPOSIT, sender=actors.alice)
    rob(actors, 7)
    actors.rollup.allow_rebasing("0x" + "e1" * 20)
    with pytest.raises(Insolvent, match="held 1,996"):
        actors.rollup.check_solvency()
    actors.rollup.allow_rebasing(actors.token)
    with actors.l1.impersonate(actors.rollup.contract) as rollup:
        actors.rollup.lock.release(actors.token, actors.carol.address, 3, sender=rollup)
    with pytest.raises(Insolvent, match="locked 2,000"):
        actors.rollup.check_solvency()


def test_what_one_test_allows_the_next_one_does_not(actors):
    with actors.devnet.anchor():
        actors.rollup.allow_rebasing(actors.token)
    actors.rollup.deposit(actors.token, TOKENS, sender=actors.bob)
    rob(actors, 7)
    with pytest.raises(Insolvent):
        actors.rollup.check_solvency()


def test_what_l1_has_proven_past_the_operator_is_read_from_l1(actors):
    actors.rollup.deposit(ETH, DEPOSIT, sender=actors.alice)
    before = actors.operator.state
    actors.rollup.withdraw(ETH, OUT, sender=actors.alice)
    actors.rollup.settle()
    actors.operator.restore(before)
    parts = (DEPOSIT - OUT, OUT, 0, 0)
    assert owed(actors) == (DEPOSIT, parts, parts)
    with actors.l1.impersonate(actors.rollup.contract) as rollup:
        actors.rollup.lock.release("0x" + "00" * 20, actors.carol.address, 1, sender=rollup)
    with pytest.raises(Insolvent, match=r"owed as proven 1,009"):
        check_books(actors.operator)


def test_a_root_that_no_data_leads_to_is_out_of_step(actors):
    actors.rollup.deposit(ETH, DEPOSIT, sender=actors.alice)
    actors.rollup.settle()
    contract = actors.rollup.contract
    root = contract.stateRoot()
    for slot in range(40):
        if actors.l1.storage(contract, slot) == root:
            actors.l1.set_storage(contract, slot, 12345)
    with pytest.raises(OutOfStep, match="check_solvency=False") as failure:
        check_books(actors.operator)
    assert (failure.value.batches, failure.value.root) == (1, 12345)
