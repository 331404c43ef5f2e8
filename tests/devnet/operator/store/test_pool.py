"""What a store has of operations that wait or were given up: all of it, and no more, after each restart."""

from contextlib import closing

import pytest
from tests.devnet.operator.store.working import SIGNATURE, Working, load, opened

from zkrollup.ledger.operations import Transfer
from zkrollup.operator.mempool import Pooled, Unsealable
from zkrollup.operator.store import OperatorStore


@pytest.fixture
def file(tmp_path):
    return tmp_path / "operator.sqlite"


def transfer(amount, nonce):
    return Transfer(0, 1, amount, nonce, SIGNATURE)


def arrived(state):
    return {each.operation.amount: each.arrival for each in state.sequencer.pool.operations.values()}


def test_after_a_restart_operations_are_numbered_on_from_all_that_ever_arrived(file):
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        for nonce, amount in enumerate((103, 107, 109)):
            life.submitted(transfer(amount, nonce))
        pool = life.state.sequencer.pool
        life.resequence(pool=pool.without([pool.operations[0, 0], pool.operations[0, 1]]))
    with closing(OperatorStore(file)) as store:
        life = Working(store)
        assert life.state.sequencer.pool.arrivals == 3
        life.submitted(transfer(113, 3))
    assert arrived(load(file)) == {109: 2, 113: 3}


def given_up(*amounts):
    return tuple(
        Unsealable(Pooled(transfer(amount, 0), arrival), "nonce", f"{amount} was late")
        for arrival, amount in enumerate(amounts)
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [((127,), (131,)), ((127, 131), (127, 137)), ((127, 131, 137), (131, 137, 139)), ((127, 131), (131,))],
)
def test_what_was_given_up_is_what_a_restart_finds(file, before, after):
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        life.resequence(evicted=given_up(*before))
        life.resequence(evicted=given_up(*after))
    assert load(file).sequencer.evicted == given_up(*after)
