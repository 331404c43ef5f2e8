"""Batches and claims that were proved once, for many tests to change."""

from dataclasses import dataclass

from tests.lifecycle.support import STRANGER, Cast, cast

from zkrollup.devnet import ETH, Devnet, ExitHandle
from zkrollup.operator.stages import ProvenBatch


@dataclass(frozen=True)
class Scene:
    """A rollup with one settled batch and three more that are proved and not committed.

    Attributes:
        actors: Devnet and users.
        settled: Batch 1: alice gets 1009 wei, bob an account, and 53 wei are burned for STRANGER.
        exit: Of those.
        mixed: Batch 2: bob's deposit of 907 tokens, a transfer of 207 wei, a burn of 103 wei for STRANGER.
        mixed_exit: Of those.
        rival: Another batch 2: the deposit alone.
        queued: Batch 3, after ``mixed``: two deposits, of 11 and 13 wei.
    """

    actors: Cast
    settled: ProvenBatch
    exit: ExitHandle
    mixed: ProvenBatch
    mixed_exit: ExitHandle
    rival: ProvenBatch
    queued: ProvenBatch


def set_up(devnet: Devnet) -> Scene:
    actors = cast(devnet)
    rollup, operator, alice, bob = actors.rollup, actors.operator, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.open_account(ETH, bob)
    exit_ = rollup.withdraw(ETH, 53, sender=alice, recipient=STRANGER)
    rollup.settle()

    rollup.deposit(devnet.token, 907, sender=bob)
    before = operator.state
    rival = operator.prove(rollup.seal())
    operator.state = before
    rollup.transfer(ETH, 207, sender=alice, to=bob)
    mixed_exit = rollup.withdraw(ETH, 103, sender=bob, recipient=STRANGER)
    mixed = operator.prove(operator.state.sealed[0])

    rollup.deposit(ETH, 11, sender=alice)
    rollup.deposit(ETH, 13, sender=bob)
    queued = operator.prove(rollup.seal())
    return Scene(actors, operator.state.proven[1], exit_, mixed, mixed_exit, rival, queued)
