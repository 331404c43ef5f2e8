"""A scheduler that goes away and comes back at its address: proofs go on there, and closing never raises."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from tests.devnet.snark.test_cluster import power, witness_of

from zkrollup.kernels.jit import ignore_progress
from zkrollup.snark import cluster, groth16
from zkrollup.snark.cluster import Cluster, UnreachableScheduler

pytestmark = pytest.mark.slow

PATIENCE = 120
LENGTH = 3


class Machines:
    """A scheduler and a worker, each a process of its own, at one address."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._running = []

    def start(self):
        options = ["--host", "127.0.0.1", "--no-dashboard"]
        self._run("dask_scheduler", *options, "--port", str(self.port))
        options += ["--no-nanny", "--nthreads", "1", "--death-timeout", str(PATIENCE)]
        self._run("dask_worker", self.address, *options)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("no scheduler came up")

    def _run(self, module, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        self._running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def kill(self):
        for process in self._running:
            process.kill()
        for process in self._running:
            process.wait(PATIENCE)
        self._running.clear()


@pytest.fixture
def machines():
    machines = Machines()
    machines.start()
    try:
        yield machines
    finally:
        machines.kill()


@pytest.fixture(scope="module")
def circuit():
    return power("small", LENGTH)


@pytest.fixture(scope="module")
def key(circuit):
    return groth16.setup(circuit.r1cs)


@pytest.fixture
def prove(circuit, key):
    def prove(engine, x):
        witness = witness_of(circuit, LENGTH, x)
        proof = engine.prove(circuit, key, witness, ignore_progress)
        return groth16.verify(key.vk, circuit.public_values(witness), proof)

    return prove


@pytest.fixture
def engine(machines, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 30.0)  # for a worker that starts, on a busy machine
    engine = Cluster(machines.address)
    try:
        yield engine
    finally:
        engine.close()


def test_a_scheduler_that_was_replaced_at_its_address_proves(machines, engine, prove):
    assert prove(engine, 3)
    machines.kill()
    machines.start()
    assert prove(engine, 5)
    assert engine.width == 2


def test_a_scheduler_that_is_gone_is_named_until_there_is_another_one(machines, engine, prove, monkeypatch):
    assert prove(engine, 3)
    machines.kill()
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    for _ in range(2):
        with pytest.raises(UnreachableScheduler, match=str(machines.port)):
            prove(engine, 5)
        with pytest.raises(UnreachableScheduler):
            _ = engine.width
    monkeypatch.setattr(cluster, "PATIENCE", 30.0)
    machines.start()
    assert prove(engine, 7)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork; run it on Linux or macOS")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_is_told_that_the_connection_is_its_parents(engine, prove):
    assert prove(engine, 3)
    child = os.fork()
    if child == 0:
        code = 3  # where another error comes; without an end, the alarm
        try:
            signal.alarm(PATIENCE)
            engine.close()  # does nothing, or it would wait for the parent's threads
            prove(engine, 5)
        except UnreachableScheduler as refusal:
            code = 0 if "forked" in str(refusal) else 4
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert prove(engine, 7)


def test_closing_never_raises_whatever_became_of_the_scheduler(machines, prove):
    replaced, gone = Cluster(machines.address), Cluster(machines.address)
    assert prove(replaced, 3)
    machines.kill()
    gone.close()
    machines.start()
    replaced.close()
    replaced.close()
