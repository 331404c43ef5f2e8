"""Deposits given back after a freeze: all that are due, whatever was given back before or is refused now."""

import pytest
from tests.lifecycle.support import assert_solvent, cast

from pytest_zkrollup import reverts
from zkrollup.devnet import ETH, Devnet
from zkrollup.operator.l1data import L1Data
from zkrollup.operator.rebuild import rebuild
from zkrollup.snark.modes import ProofMode

AMOUNTS = (307, 503, 701)


@pytest.fixture(scope="module")
def mocked():
    """Nothing here is proved: what L1's queue still holds is given back."""
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture
def actors(mocked):
    with mocked.anchor():
        yield cast(mocked)


@pytest.fixture
def frozen(actors):
    """Three deposits of alice's in TestTokens that no batch took, and one of bob's."""
    rollup = actors.rollup
    with actors.operator.stopped():
        for amount in AMOUNTS:
            rollup.deposit(actors.token, amount, sender=actors.alice)
        rollup.deposit(ETH, 11, sender=actors.bob)
        rollup.travel_past_deadline()
        rollup.freeze(sender=actors.carol)
        yield rollup


@pytest.fixture
def held(actors):
    start = actors.token.balanceOf(actors.alice)
    return lambda: actors.token.balanceOf(actors.alice) - start


def indices(receipts):
    return [receipt.event("Refunded").args["index"] for receipt in receipts]


@pytest.mark.parametrize("first", range(3))
def test_what_was_given_back_already_keeps_nobody_from_the_rest(actors, held, frozen, first):
    entry = actors.operator.bridge.queue(first)[0]
    actors.operator.bridge.refund(entry, sender=actors.carol)
    assert held() == AMOUNTS[first] - sum(AMOUNTS)
    assert indices(frozen.refund(sender=actors.alice)) == [i for i in range(3) if i != first]
    assert held() == 0
    with reverts("AlreadyRefunded"):
        frozen.refund(sender=actors.alice)
    assert_solvent(frozen, actors.token)


def test_after_a_reorganisation_took_some_back_the_rest_is_given_back(actors, held, frozen):
    assert indices(frozen.refund(sender=actors.alice)) == [0, 1, 2]
    actors.l1.reorg(2, transactions=lambda dropped: [])
    assert held() == -sum(AMOUNTS[1:])
    assert indices(frozen.refund(sender=actors.alice)) == [1, 2]
    assert held() == 0
    assert_solvent(frozen, actors.token)


def test_who_rebuilds_it_from_l1_knows_what_was_given_back(actors, frozen):
    def read():
        return rebuild(L1Data.read(actors.l1.w3, frozen.contract.address)).history

    assert read().refunded == set()
    actors.operator.bridge.refund(actors.operator.bridge.queue(1)[0], sender=actors.carol)
    assert read().refunded == {1}
    assert [entry.index for entry in read().queue] == [0, 1, 2, 3]


def test_a_token_that_does_not_pay_keeps_nobody_from_the_rest(actors, held, frozen):
    alice = actors.alice
    with (
        actors.l1.mock(actors.token.transfer, alice.address, AMOUNTS[0], reverts="paused"),
        reverts("TokenTransferFailed", amount=AMOUNTS[0]),
    ):
        frozen.refund(sender=alice)
    assert held() == -AMOUNTS[0]
    assert indices(frozen.refund(sender=alice)) == [0]
    assert held() == 0


def test_who_has_nothing_in_the_queue_is_given_nothing(actors, frozen):
    before = actors.l1.nonce(actors.carol)
    assert frozen.refund(sender=actors.carol) == ()
    assert actors.l1.nonce(actors.carol) == before


def test_a_rollup_that_runs_refuses_once(actors):
    with actors.operator.stopped():
        for amount in AMOUNTS:
            actors.rollup.deposit(actors.token, amount, sender=actors.alice)
    before = actors.l1.nonce(actors.alice)
    with reverts("NotFrozen"):
        actors.rollup.refund(sender=actors.alice)
    assert actors.l1.nonce(actors.alice) == before + 1
