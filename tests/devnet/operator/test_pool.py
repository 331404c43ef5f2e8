"""Proofs in the background: when they begin, what ends them, whose errors they are."""

import threading
from dataclasses import dataclass, field, replace

import pytest
from tests.lifecycle.support import assert_solvent, cast, shared_devnet

from zkrollup.devnet import ETH, Devnet
from zkrollup.operator.pool import ProofFailed
from zkrollup.snark.engine import IN_PROCESS
from zkrollup.snark.maker import ProofMaker
from zkrollup.snark.modes import ProofMode

PATIENCE = 120  # seconds before a test fails instead of hanging


@dataclass
class Gate:
    """Proves in this process, but lets each proof begin only when it is opened."""

    width: int = 2
    opened: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    begun: list[int] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)

    def prove(self, circuit, key, witness, progress):
        number = number_of(circuit, witness)
        self.begun.append(number)
        self.arrived.release()
        try:
            self.pass_through(number, progress)
            return IN_PROCESS.prove(circuit, key, witness, progress)
        except BaseException:
            self.stopped.append(number)
            raise
        finally:
            self.ended.release()

    def pass_through(self, number, progress):
        while not self.opened.wait(0.01):
            progress("prove", 0.0)
        if number in self.failing:
            raise OSError(f"the machine for batch {number} is gone")

    def wait_for_arrivals(self, count):
        for _ in range(count):
            assert self.arrived.acquire(timeout=PATIENCE)

    def wait_for_ends(self, count):
        for _ in range(count):
            assert self.ended.acquire(timeout=PATIENCE)


def number_of(circuit, witness):
    """The batch's number, from its witness."""
    return int(witness[circuit.inputs["number"], 0])


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def actors(gate):
    """Users of a devnet whose proofs wait at the gate."""
    prover = shared_devnet().rollup.prover
    batch = replace(prover.batch, maker=ProofMaker(ProofMode.FRESH, gate))
    return cast(Devnet(replace(prover, batch=batch)))


def deposit(actors, *amounts):
    for amount in amounts:
        actors.rollup.deposit(ETH, amount, sender=actors.alice)


def test_a_full_batchs_proof_begins_while_the_next_is_sequenced(actors, gate):
    deposit(actors, 11, 13, 17)
    gate.wait_for_arrivals(1)
    deposit(actors, 19, 23, 29)  # batch 1 is not proved yet: the gate is shut
    gate.wait_for_arrivals(1)
    assert (gate.begun, actors.operator.state.proven) == ([1, 2], {})
    gate.opened.set()
    assert actors.rollup.settle().number == 2
    assert gate.begun == [1, 2]
    assert_solvent(actors.rollup, ETH)


def test_sealing_by_hand_begins_no_proof(actors, gate):
    deposit(actors, 11)
    batch = actors.rollup.seal()
    actors.rollup.commit(batch)
    assert gate.begun == []
    gate.opened.set()
    assert actors.rollup.prove(batch).number == 1
    assert gate.begun == [1]


def test_settling_begins_all_proofs_before_it_waits_for_the_first(actors, gate):
    for amount in (11, 13):
        deposit(actors, amount)
        actors.rollup.seal()
    opener = threading.Thread(target=lambda: (gate.wait_for_arrivals(2), gate.opened.set()))
    opener.start()
    settled = actors.rollup.settle()  # would hang if the second proof waited for the first
    opener.join(PATIENCE)
    assert (settled.number, sorted(gate.begun)) == (2, [1, 2])


def test_no_more_proofs_begin_at_once_than_the_engine_is_wide(actors, gate):
    deposit(actors, *range(3, 15))  # four batches
    gate.wait_for_arrivals(gate.width)
    assert not gate.arrived.acquire(timeout=0.2)
    assert sorted(gate.begun) == [1, 2]
    gate.opened.set()
    assert actors.rollup.settle().number == 4
    assert sorted(gate.begun) == [1, 2, 3, 4]


# Ends


def test_a_rollback_stops_the_proofs_of_batches_that_are_gone(actors, gate):
    snapshot = actors.devnet.snapshot()
    deposit(actors, *range(3, 12))  # three batches, two of which begin
    gate.wait_for_arrivals(2)
    actors.devnet.revert(snapshot)
    gate.wait_for_ends(2)
    assert sorted(gate.stopped) == [1, 2]
    gate.opened.set()
    deposit(actors, 101)
    assert actors.rollup.settle().number == 1
    assert sorted(gate.begun) == [1, 1, 2]  # the third never began


def test_a_proof_under_way_at_the_snapshot_survives_the_rollback(actors, gate):
    deposit(actors, 11, 13, 17)
    gate.wait_for_arrivals(1)
    snapshot = actors.devnet.snapshot()
    deposit(actors, 19, 23, 29)
    gate.wait_for_arrivals(1)
    actors.devnet.revert(snapshot)
    gate.wait_for_ends(1)
    assert gate.stopped == [2]
    gate.opened.set()
    assert actors.rollup.settle().number == 1
    assert gate.begun == [1, 2]


def test_the_same_batch_after_a_rollback_is_proved_and_settled(actors, gate):
    gate.opened.set()
    snapshot, roots = actors.devnet.snapshot(), []
    for _ in range(2):
        deposit(actors, 11, 13, 17)
        roots.append(actors.rollup.settle().root_after)
        actors.devnet.revert(snapshot)
    assert roots[0] == roots[1]
    assert actors.rollup.contract.provenBatches() == 0


def test_settled_batches_leave_nothing_in_the_pool(actors, gate):
    gate.opened.set()
    deposit(actors, 11, 13, 17, 19)
    actors.rollup.settle()
    assert actors.operator.pool._jobs == {}


def test_a_pool_that_is_dropped_stops_its_proofs(actors, gate):
    deposit(actors, 11, 13, 17)
    gate.wait_for_arrivals(1)
    del actors.operator.pool
    gate.wait_for_ends(1)
    assert gate.stopped == [1]


# Errors


def test_an_error_comes_back_with_its_batch_and_those_before_it_are_settled(actors, gate):
    deposit(actors, *range(3, 12))
    gate.failing.add(2)
    gate.opened.set()
    with pytest.raises(ProofFailed, match="batch 2 has no proof: the machine for batch 2 is gone") as caught:
        actors.rollup.settle()
    assert (caught.value.number, type(caught.value.cause)) == (2, OSError)
    assert caught.value.__cause__ is caught.value.cause
    assert [batch.number for batch in actors.operator.state.settled] == [1]
    gate.failing.clear()
    assert actors.rollup.settle().number == 3
    assert sorted(gate.begun) == [1, 2, 2, 3]  # only what failed is tried again
    assert_solvent(actors.rollup, ETH)


def test_asking_for_the_proof_of_a_batch_shows_its_error(actors, gate):
    deposit(actors, 11, 13, 17)
    gate.failing.add(1)
    gate.opened.set()
    (batch,) = actors.operator.state.sealed
    with pytest.raises(ProofFailed) as caught:
        actors.operator.prove(batch)
    assert caught.value.number == 1


def test_proofs_are_reported_where_they_are_used_once_each(gate):
    prover, seen = shared_devnet().rollup.prover, []
    prover = replace(prover, on_proof=lambda *told: seen.append((*told[:2], threading.current_thread())))
    actors = cast(Devnet(prover))
    snapshot = actors.devnet.snapshot()
    deposit(actors, 11, 13, 17)
    actors.devnet.revert(snapshot)  # begun for nothing, and not counted
    deposit(actors, 19, 23, 29)
    actors.rollup.settle()
    assert [told[0] for told in seen] == ["batch"]
    assert seen[0][2] is threading.current_thread()
