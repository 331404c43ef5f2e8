"""Proofs on the workers of a Dask scheduler, some of which die."""

import os
import signal
import threading
import time

import dask
import pytest
from distributed import Client, LocalCluster

from zkrollup.crypto.field import R
from zkrollup.kernels.jit import ignore_progress
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.cluster import Cluster, ProofLost, UnreachableScheduler
from zkrollup.snark.places import engine_at
from zkrollup.snark.prover import UnsatisfiedWitness

pytestmark = pytest.mark.slow

PATIENCE = 120


def power(name, length):
    """Knows a number whose square, squared ``length`` times, is public."""
    builder = Builder(name)
    result = builder.public("result")
    value = builder.private("x")
    for i in range(length):
        value = builder.multiply(value, value, f"square[{i}]")
    builder.enforce_equal(value, result, "result")
    return builder.build()


def witness_of(circuit, length, x):
    return circuit.witness({"x": x, "result": pow(x, pow(2, length, R - 1), R)})


LENGTH = 40_000  # about a second, so that a worker can die in the middle


@pytest.fixture(scope="module")
def circuit():
    return power("power", LENGTH)


@pytest.fixture(scope="module")
def key(circuit):
    return groth16.setup(circuit.r1cs)


@pytest.fixture
def workers():
    """Two worker processes; yields the scheduler's place, and a client to look at it."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield cluster.scheduler_address.replace("tcp://", "dask://"), client


def sent(dask_worker):
    """What a worker has of ours; Dask fills in the worker."""
    return sorted(name for name in dask_worker.plugins if name.startswith("zkrollup-"))


def busy_worker(client):
    """The worker that has a proof, as soon as one does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for address, tasks in client.processing().items():
            if tasks:
                return address
        time.sleep(0.005)
    return pytest.fail("no worker got a proof")


def test_a_proof_whose_worker_is_killed_is_made_by_another(workers, circuit, key):
    place, client = workers
    pids, killed = client.run(os.getpid), []
    with engine_at(place) as engine:
        # Once in peace, so that the workers have what they need and memory managers have tidied up.
        engine.prove(circuit, key, witness_of(circuit, LENGTH, 3), ignore_progress)

        def kill():
            address = busy_worker(client)
            time.sleep(0.1)
            os.kill(pids[address], signal.SIGKILL)
            killed.append(address)

        killer = threading.Thread(target=kill)
        killer.start()
        witness = witness_of(circuit, LENGTH, 5)
        proof = engine.prove(circuit, key, witness, ignore_progress)
        killer.join(PATIENCE)
    assert len(killed) == 1
    assert groth16.verify(key.vk, circuit.public_values(witness), proof)
    assert not groth16.verify(key.vk, circuit.public_values(witness_of(circuit, LENGTH, 3)), proof)


def test_a_proof_that_kills_its_workers_is_given_up(circuit, key):
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        (pid,) = client.run(os.getpid).values()
        killer = threading.Thread(target=lambda: (busy_worker(client), os.kill(pid, signal.SIGKILL)))
        with engine_at(cluster.scheduler_address.replace("tcp://", "dask://")) as engine:
            killer.start()
            with pytest.raises(ProofLost, match="lost a proof") as refusal:
                engine.prove(circuit, key, witness_of(circuit, LENGTH, 3), ignore_progress)
            killer.join(PATIENCE)
        assert refusal.value.address == cluster.scheduler_address


def test_a_worker_that_joins_later_has_the_keys_too(workers, circuit, key):
    place, client = workers
    with engine_at(place) as engine:
        engine.prove(circuit, key, witness_of(circuit, LENGTH, 3), ignore_progress)
        for pid in client.run(os.getpid).values():  # their nannies start others
            os.kill(pid, signal.SIGKILL)
        witness = witness_of(circuit, LENGTH, 7)
        proof = engine.prove(circuit, key, witness, ignore_progress)
    assert groth16.verify(key.vk, circuit.public_values(witness), proof)


def test_keys_are_sent_once_and_dropped_at_the_end(workers):
    place, client = workers
    small, other = power("small", 3), power("other", 5)
    keys = {circuit.digest: groth16.setup(circuit.r1cs) for circuit in (small, other)}
    with engine_at(place) as engine:
        for circuit, length in ((small, 3), (other, 5), (small, 3)):
            engine.prove(circuit, keys[circuit.digest], witness_of(circuit, length, 11), ignore_progress)
        held = client.run(
            lambda dask_worker: sorted(name for name in dask_worker.plugins if "zkroll" in name)
        )
        assert [[name.rpartition("-")[0] for name in names] for names in held.values()] == [
            ["zkrollup-other", "zkrollup-small"]
        ] * 2
        assert engine.width == 3
    assert list(client.run(sent).values()) == [[], []]


def test_another_key_of_the_same_circuit_is_sent_too(workers):
    place, _ = workers
    circuit = power("small", 3)
    witness = witness_of(circuit, 3, 11)
    with engine_at(place) as engine:
        for key in (groth16.setup(circuit.r1cs), groth16.setup(circuit.r1cs)):
            proof = engine.prove(circuit, key, witness, ignore_progress)
            assert groth16.verify(key.vk, circuit.public_values(witness), proof)


def test_an_error_of_the_proof_itself_comes_back_and_kills_no_worker(workers):
    place, client = workers
    circuit = power("small", 3)
    key, wrong = groth16.setup(circuit.r1cs), witness_of(circuit, 3, 11)
    wrong[1, 0] += 1
    with engine_at(place) as engine, pytest.raises(UnsatisfiedWitness) as refusal:
        engine.prove(circuit, key, wrong, ignore_progress)
    assert isinstance(refusal.value.constraint, int)
    assert len(client.nthreads()) == 2


def test_a_scheduler_without_workers_is_named(monkeypatch):
    monkeypatch.setattr("zkrollup.snark.cluster.PATIENCE", 1.0)
    circuit = power("small", 3)
    with LocalCluster(n_workers=0, dashboard_address=None) as cluster:
        engine = Cluster(cluster.scheduler_address)
        with pytest.raises(UnreachableScheduler, match="it has no worker") as refusal:
            engine.prove(
                circuit, groth16.setup(circuit.r1cs), witness_of(circuit, 3, 11), ignore_progress
            )  # fmt: skip
        assert refusal.value.address == cluster.scheduler_address
        engine.close()


def test_a_scheduler_that_goes_away_is_named_and_can_be_closed(monkeypatch):
    monkeypatch.setattr("zkrollup.snark.cluster.PATIENCE", 1.0)
    circuit = power("small", 3)
    key = groth16.setup(circuit.r1cs)
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        engine = Cluster(cluster.scheduler_address)
        engine.prove(circuit, key, witness_of(circuit, 3, 11), ignore_progress)
    with pytest.raises(UnreachableScheduler, match="its scheduler went away"):
        engine.prove(circuit, key, witness_of(circuit, 3, 13), ignore_progress)
    engine.close()
