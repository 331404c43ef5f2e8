"""Where proofs are computed: what comes from elsewhere is verified here."""

import multiprocessing
import os
import signal
import threading
import unittest
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from zkrollup.kernels import limbs
from zkrollup.kernels.jit import ignore_progress
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.engine import (
    IN_PROCESS,
    MOST_BYTES,
    InvalidAnswer,
    OnExecutor,
    WorkerFailed,
    awaited,
    writable,
)
from zkrollup.snark.formats.snarkjs_json import dump_proof
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

    def __init__(self, answer=None, *, raised=None):
        self.answer, self.raised = answer, raised

    def submit(self, function, /, *args):
        future = Future()
        if self.raised is not None:
            future.set_exception(self.raised)
        else:
            future.set_result(self.answer)
        return future


def written(proof):
    return dump_proof(proof).encode()


class Pretender:
    """Says of itself that it is what was asked for."""

    __class__ = bytes

    def __init__(self):
        self.asked = []

    def __getattribute__(self, name):
        if name != "asked" and not name.startswith("__"):
            self.asked.append(name)
        return object.__getattribute__(self, name)


class OtherBytes(bytes):
    def decode(self):
        return pytest.fail("a method of a foreign type was called")


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
        OnExecutor(Liar(written(other))).prove(circuit, key, WITNESS, ignore_progress)
    assert refusal.value.public == (143,)
    mine = groth16.prove(key, circuit.r1cs, WITNESS)
    assert OnExecutor(Liar(written(mine))).prove(circuit, key, WITNESS, ignore_progress) == mine


def test_points_off_the_curve_are_not_believed(circuit, key):
    mine = groth16.prove(key, circuit.r1cs, WITNESS)
    with pytest.raises(ProofRejected):
        OnExecutor(Liar(written(Proof((3, 5), mine.b, mine.c)))).prove(circuit, key, WITNESS, ignore_progress)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "type NoneType"),
        ("a proof", "type str"),
        (bytearray(b"{}"), "type bytearray"),
        (OtherBytes(b"{}"), "type OtherBytes"),
        (Proof((3, 5), ((7, 11), (13, 17)), (19, 23)), "type Proof"),
        (ValueError("a proof"), "type ValueError"),
        (b" " * (MOST_BYTES + 1), "2,049 bytes"),
        (b"", "JSON"),
        (b"\xff\xfe", "decode"),
        (b'{"pi_a": []}', "pi_b|protocol|pi_a"),
    ],
    ids=str,
)
def test_an_answer_that_is_no_proof_is_refused_by_name(circuit, key, answer, reason):
    with pytest.raises(InvalidAnswer, match=reason):
        OnExecutor(Liar(answer)).prove(circuit, key, WITNESS, ignore_progress)


def test_an_object_that_pretends_to_be_bytes_is_asked_nothing(circuit, key):
    pretender = Pretender()
    with pytest.raises(InvalidAnswer, match="type Pretender"):
        OnExecutor(Liar(pretender)).prove(circuit, key, WITNESS, ignore_progress)
    assert pretender.asked == []


@pytest.mark.parametrize(
    "raised",
    [
        SystemExit(0),
        KeyboardInterrupt(),
        pytest.skip.Exception("nothing"),
        unittest.SkipTest("x"),
        OSError(5),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_an_exception_of_a_workers_neither_skips_a_test_nor_ends_a_run(circuit, key, raised):
    with pytest.raises(WorkerFailed, match=type(raised).__name__) as refusal:
        OnExecutor(Liar(raised=raised)).prove(circuit, key, WITNESS, ignore_progress)
    assert refusal.value.__cause__ is refusal.value.cause is raised


def answer_none(*_):
    return None


def lie():
    """Runs in a worker when it starts: what the owner of its machine could do."""
    import zkrollup.snark.engine as engine

    engine.prove_unit = answer_none


@pytest.mark.slow
def test_a_lying_process_costs_an_error_and_the_next_one_proves(circuit, key):
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=context, initializer=lie) as liar,
        pytest.raises(InvalidAnswer, match="NoneType"),
    ):
        OnExecutor(liar).prove(circuit, key, WITNESS, ignore_progress)
    with ThreadPoolExecutor(1) as honest:
        proof = OnExecutor(honest).prove(circuit, key, WITNESS, ignore_progress)
    assert groth16.verify(key.vk, [143], proof)


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
