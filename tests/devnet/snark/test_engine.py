"""Where proofs are computed: what comes from elsewhere is verified here."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from zkrollup.kernels import limbs
from zkrollup.kernels.jit import ignore_progress
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.engine import IN_PROCESS, OnExecutor, awaited, writable
from zkrollup.snark.keys import Proof
from zkrollup.snark.prover import ProofRejected, UnsatisfiedWitness


@pytest.fixture(scope="module")
def circuit():
    builder = Builder("product")
    product = builder.public("product")
    builder.enforce(builder.private("x"), builder.private("y"), product, "product")
    return builder.build()


@pytest.fixture(scope="module")
def key(circuit):
    return groth16.setup(circuit.r1cs)


WITNESS = limbs.from_ints([1, 143, 11, 13])


class Liar(Executor):
    """Answers with something else than it was asked for."""

    def __init__(self, answer):
        self.answer = answer

    def submit(self, function, /, *args):
        future = Future()
        future.set_result(self.answer)
        return future


def test_an_executor_of_threads_proves(circuit, key):
    with ThreadPoolExecutor(1) as executor:
        proof = OnExecutor(executor).prove(circuit, key, WITNESS, ignore_progress)
    assert groth16.verify(key.vk, [143], proof)


@pytest.mark.slow
def test_an_executor_of_processes_proves_and_its_death_is_an_error(circuit, key):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        proof = OnExecutor(executor).prove(circuit, key, WITNESS, ignore_progress)
        assert groth16.verify(key.vk, [143], proof)
        pid = executor.submit(os.getpid).result()
        assert pid != os.getpid()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            OnExecutor(executor).prove(circuit, key, WITNESS, ignore_progress)


def test_a_proof_of_something_else_is_not_believed(circuit, key):
    other = groth16.prove(key, circuit.r1cs, limbs.from_ints([1, 187, 11, 17]))
    with pytest.raises(ProofRejected) as refusal:
        OnExecutor(Liar(other)).prove(circuit, key, WITNESS, ignore_progress)
    assert refusal.value.public == (143,)
    mine = groth16.prove(key, circuit.r1cs, WITNESS)
    assert OnExecutor(Liar(mine)).prove(circuit, key, WITNESS, ignore_progress) == mine


def test_points_that_are_none_are_not_believed(circuit, key):
    with pytest.raises(ProofRejected):
        OnExecutor(Liar(Proof((3, 5), None, None))).prove(circuit, key, WITNESS, ignore_progress)


@pytest.mark.parametrize("engine", ["in process", "elsewhere"])
def test_a_false_statement_has_no_proof(circuit, key, engine):
    with ThreadPoolExecutor(1) as executor:
        chosen = IN_PROCESS if engine == "in process" else OnExecutor(executor)
        with pytest.raises(UnsatisfiedWitness):
            chosen.prove(circuit, key, limbs.from_ints([1, 144, 11, 13]), ignore_progress)


def test_what_is_no_longer_wanted_is_not_waited_for():
    def stop(label, fraction):
        raise InterruptedError

    release = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        executor.submit(release.wait, 60)
        waiting = executor.submit(pow, 3, 5)
        with pytest.raises(InterruptedError):
            awaited(waiting, stop)
        assert waiting.cancelled()
        release.set()


def test_read_only_arrays_of_a_message_are_copied_at_any_depth(circuit, key):
    def frozen(array):
        array = array.copy()
        array.flags.writeable = False
        return array

    locked = np.frombuffer(WITNESS.tobytes(), np.uint64).reshape(-1, 4)
    assert not locked.flags.writeable
    assert writable(locked).flags.writeable
    assert writable(WITNESS) is WITNESS
    thawed = writable(circuit.r1cs)
    assert thawed.n_wires == circuit.r1cs.n_wires
    assert thawed.a.val.flags.writeable
    assert np.array_equal(writable(frozen(key.c)), key.c)
