"""A token of one's own in the reference rollup: one that takes a fee of each transfer, in and out."""

import pytest

from pytest_zkrollup import reverts

FEE_DIVISOR = 50


@pytest.fixture
def points(project, accounts, alice):
    points = project.Points.deploy(sender=accounts[7])
    points.give(alice, 5_000, sender=accounts[7])
    return points


def test_what_has_arrived_is_credited(rollup, points, alice):
    rollup.deposit(points, 1_000, sender=alice)
    rollup.settle()
    arrived = 1_000 - 1_000 // FEE_DIVISOR
    assert alice.l2_balance(points) == rollup.mint(points).balanceOf(alice) == arrived
    assert points.balanceOf(rollup.lock) == rollup.lock.locked(points) == arrived


def test_on_layer_2_it_moves_without_a_fee(rollup, points, alice, bob):
    rollup.deposit(points, 1_000, sender=alice)
    rollup.transfer(points, 400, sender=alice, to=bob)
    rollup.settle()
    assert bob.l2_balance(points) == 400
    assert points.totalSupply() == 4_980


def test_the_fee_of_a_payout_is_the_recipients(rollup, points, alice, bob):
    rollup.deposit(points, 1_000, sender=alice)
    exit_ = rollup.withdraw(points, 300, sender=alice, recipient=bob)
    rollup.settle()
    exit_.claim(sender=alice)
    assert points.balanceOf(bob) == 294
    assert points.balanceOf(rollup.lock) == rollup.lock.locked(points) == 680


def test_more_than_one_has_is_not_locked(rollup, points, alice, bob):
    with reverts("TokenTransferFailed"):
        rollup.deposit(points, 5_001, sender=alice)
    with reverts("TokenTransferFailed"):
        rollup.deposit(points, 1, sender=bob)
    assert points.balanceOf(rollup.lock) == rollup.contract.queueLength() == 0


def test_only_the_shop_gives_points(points, accounts, alice):
    with reverts("NotShop", caller=alice):
        points.give(alice, 1, sender=alice)
    points.give(alice, 1, sender=accounts[7])
    assert points.balanceOf(alice) == 5_001
