"""Snapshots of a devnet: both chains, the operator and the users go back together."""

from collections import Counter, OrderedDict, deque
from copy import deepcopy

import pytest

from pytest_zkrollup import reverts
from zkrollup.arguments import WrongArgument
from zkrollup.devnet import ETH, Grounds, Target, Testbed
from zkrollup.devnet.exits import NotSealed
from zkrollup.evm import UnknownSnapshot
from zkrollup.operator.mirror import NoMint
from zkrollup.operator.misconduct import Censored, OperatorStopped


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


def left_open(actors, name):
    """A context of the operator's that begins, and outlives what a snapshot takes back."""
    operator, alice = actors.rollup.operator, actors.alice
    one = {"stopped": operator.stopped, "gathering": operator.gathering}
    context = operator.censoring(alice) if name == "censoring" else one[name]()
    context.__enter__()
    return context


OPEN = ["stopped", "gathering", "censoring"]


@pytest.mark.parametrize("name", OPEN)
def test_a_context_that_outlives_a_snapshot_goes_back_with_it(actors, name):
    rollup = actors.rollup
    with actors.devnet.anchor():
        left = left_open(actors, name)
    for amount in (11, 13, 17):  # they fill a batch, which is sealed at once
        rollup.deposit(ETH, amount, sender=actors.alice)
    assert len(rollup.operator.state.sealed) == 1
    rollup.withdraw(ETH, 3, sender=actors.alice)
    left.__exit__(None, None, None)
    assert len(rollup.operator.state.sealed) == 1


@pytest.mark.parametrize("name", OPEN)
def test_one_of_a_later_test_still_holds_when_an_earlier_one_ends_late(actors, name):
    rollup = actors.rollup
    rollup.deposit(ETH, 1009, sender=actors.alice)
    rollup.settle()
    with actors.devnet.anchor():
        left = left_open(actors, name)
    later = left_open(actors, name)
    left.__exit__(None, None, None)
    if name == "gathering":
        for amount in (3, 5, 7):
            rollup.withdraw(ETH, amount, sender=actors.alice)
        assert not rollup.operator.state.sealed
    else:
        with pytest.raises(OperatorStopped if name == "stopped" else Censored):
            rollup.withdraw(ETH, 3, sender=actors.alice)
    later.__exit__(None, None, None)
    rollup.withdraw(ETH, 3, sender=actors.alice)


CHANGED_IN_PLACE = {
    "a list": ([2, 3], lambda each: each.append(5)),
    "an order": ([2, 3], lambda each: each.reverse()),
    "a dict": ({"a": 2}, lambda each: each.update(a=3, b=5)),
    "a dict's order": (OrderedDict(a=2, b=3), lambda each: each.move_to_end("a")),
    "counts": (Counter("abb"), lambda each: each.update("a")),
    "a set": ({2, 3}, lambda each: each.remove(2)),
    "a queue": (deque([2, 3], maxlen=2), lambda each: each.append(5)),
    "bytes": (bytearray(b"ab"), lambda each: each.append(99)),
    "a list in a dict": ({"a": [2]}, lambda each: each["a"].append(3)),
    "a list in a tuple": (([2], 3), lambda each: each[0].clear()),
    "a list that was taken out": ([[2]], lambda each: each.pop().append(3)),
}


@pytest.mark.parametrize("name", ["state", "seen"])
@pytest.mark.parametrize(("value", "change"), CHANGED_IN_PLACE.values(), ids=CHANGED_IN_PLACE)
def test_what_a_target_changes_in_place_goes_back(value, change, name):
    grounds = Grounds.fresh()
    target = Target(grounds.l1, address="0x" + "ad" * 20, tokens=[])
    setattr(target, name, value)
    testbed, before = Testbed(grounds, target), deepcopy(value)
    with testbed.anchor():
        change(value)
        assert value != before
    assert getattr(target, name) is value
    assert value == before


class Frozen(dict):
    """Cannot be changed."""

    def clear(self):
        raise TypeError("frozen")


def test_what_did_not_change_is_not_touched():
    grounds = Grounds.fresh()
    target = Target(grounds.l1, address="0x" + "ad" * 20, tokens=[], state=Frozen(a=[2]))
    with Testbed(grounds, target).anchor():
        target.state["a"].append(3)
    assert target.state == {"a": [2]}


def test_a_list_that_holds_itself_goes_back():
    grounds = Grounds.fresh()
    knot = [2]
    knot.append(knot)
    target = Target(grounds.l1, address="0x" + "ad" * 20, tokens=[], state=knot)
    with Testbed(grounds, target).anchor():
        knot.append(3)
    assert knot[:1] == [2]
    assert knot[1] is knot
    assert len(knot) == 2
