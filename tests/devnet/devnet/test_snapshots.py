"""Snapshots of a devnet: both chains, the operator and the users go back together."""

import pytest

from pytest_zkrollup import reverts
from zkrollup.arguments import WrongArgument
from zkrollup.devnet import ETH
from zkrollup.devnet.exits import NotSealed
from zkrollup.evm import UnknownSnapshot
from zkrollup.operator.mirror import NoMint


def state(actors):
    rollup, devnet = actors.rollup, actors.devnet
    return {
        "l1": (
            rollup.contract.stateRoot(),
            rollup.contract.queueLength(),
            rollup.lock.locked("0x" + "00" * 20),
        ),
        "blocks": (devnet.l1.block_number, devnet.l2.block_number),
        "balances": [(user.l1_balance(ETH), user.l2_balance(ETH)) for user in (actors.alice, actors.bob)],
        "operator": rollup.operator.state,
        "mirror": rollup.operator.mirror.state,
        "users": devnet.grounds.taken,
    }


def a_whole_story(actors):
    rollup = actors.rollup
    rollup.deposit(ETH, 1009, sender=actors.alice)
    rollup.transfer(ETH, 407, sender=actors.alice, to=actors.bob)
    handle = rollup.withdraw(ETH, 103, sender=actors.bob)
    rollup.settle()
    handle.claim(sender=actors.alice)
    rollup.deposit(ETH, 11, sender=actors.bob)
    actors.devnet.user("dora")
    return handle


def test_a_snapshot_brings_everything_back_together_and_again(actors):
    before, snapshot = state(actors), actors.devnet.snapshot()
    roots = []
    for _ in range(2):
        handle = a_whole_story(actors)
        roots.append(actors.rollup.contract.stateRoot())
        assert state(actors) != before
        actors.devnet.revert(snapshot)
        assert state(actors) == before
        with pytest.raises(NotSealed):
            _ = handle.id
    assert roots[0] == roots[1] != before["l1"][0]


def test_snapshots_nest(actors):
    rollup, devnet = actors.rollup, actors.devnet
    outer = devnet.snapshot()
    rollup.deposit(ETH, 11, sender=actors.alice)
    inner, between = devnet.snapshot(), state(actors)
    rollup.deposit(ETH, 13, sender=actors.alice)
    devnet.revert(inner)
    assert state(actors) == between
    devnet.revert(outer)
    assert actors.alice.l2_balance(ETH) == 0
    with pytest.raises(UnknownSnapshot):
        devnet.revert(inner)
    assert actors.alice.l2_balance(ETH) == 0


def test_an_anchor_undoes_what_ends_in_an_error_too(actors):
    before = state(actors)
    with pytest.raises(WrongArgument), actors.devnet.anchor():
        _deposit_and_fail(actors)
    assert state(actors) == before


def _deposit_and_fail(actors):
    actors.rollup.deposit(ETH, 11, sender=actors.alice)
    actors.rollup.withdraw(ETH, 5, sender=actors.alice, recipient="nobody")


def test_what_was_sealed_and_waits_comes_back_too(actors):
    rollup, devnet = actors.rollup, actors.devnet
    rollup.deposit(ETH, 1009, sender=actors.alice)
    batch = rollup.seal()
    rollup.commit(batch)
    rollup.deposit(ETH, 11, sender=actors.bob)
    snapshot = devnet.snapshot()
    for _ in range(2):
        assert rollup.settle().number == 2
        assert rollup.mint(ETH).totalSupply() == 1020
        devnet.revert(snapshot)
        assert [b.number for b in rollup.operator.state.sealed] == [1]
        assert [entry.operation.amount for entry in rollup.sequencer.queue] == [11]
        with pytest.raises(NoMint):
            rollup.mint(ETH)


def test_a_claim_can_be_made_again_after_its_rollback(actors):
    rollup = actors.rollup
    rollup.deposit(ETH, 1009, sender=actors.alice)
    handle = rollup.withdraw(ETH, 103, sender=actors.alice)
    rollup.settle()
    snapshot = actors.devnet.snapshot()
    for _ in range(2):
        assert not handle.is_claimed
        handle.claim(sender=actors.bob)
        assert handle.is_claimed
        with reverts("AlreadyClaimed"):
            handle.claim(sender=actors.bob)
        actors.devnet.revert(snapshot)


SET = {
    "tokens": lambda devnet: setattr(devnet.target, "tokens", ()),
    "capabilities": lambda devnet: setattr(devnet.target, "capabilities", frozenset()),
    "an operation": lambda devnet: setattr(devnet.target, "deposit", print),
    "the facade": lambda devnet: setattr(devnet.rollup, "settle", print),
    "the operator": lambda devnet: setattr(devnet.target.operator, "finalize", print),
    "the mirror": lambda devnet: setattr(devnet.target.operator.mirror, "apply", print),
    "a lost attribute": lambda devnet: delattr(devnet.target, "address"),
}


@pytest.mark.parametrize("change", SET.values(), ids=SET)
def test_what_a_test_sets_on_the_rollup_goes_with_its_anchor(actors, change):
    devnet = actors.devnet
    operator = devnet.target.operator

    def seen():
        owners = (devnet.rollup, devnet.target, operator, operator.mirror)
        attributes = [{k: v for k, v in vars(each).items() if k != "_state"} for each in owners]
        return devnet.target.capabilities, attributes

    before = seen()
    with devnet.anchor():
        change(devnet)
        assert seen() != before
    assert seen() == before
