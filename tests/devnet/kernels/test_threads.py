"""The threads that kernels run on: shared by all proofs, rid of what was stopped, new in a forked child."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from zkrollup.cores import cores
from zkrollup.kernels import limbs, threads
from zkrollup.kernels.montgomery import R
from zkrollup.snark import groth16
from zkrollup.snark.r1cs import R1CS, SparseMatrix


def kernel_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("zkrollup-kernel")]


def occupied(pool, count):
    """As many tasks that run until the event is set, all of them running already."""
    release, running = threading.Event(), threading.Semaphore(0)

    def hold():
        running.release()
        release.wait(60)

    tasks = [pool.submit(hold) for _ in range(count)]
    for _ in range(count):
        assert running.acquire(timeout=60)
    return release, tasks


def test_results_come_back():
    with threads.pool() as pool:
        tasks = [pool.submit(pow, 3, exponent, 1009) for exponent in (5, 7)]
        assert [task.result() for task in tasks] == [243, 3**7 % 1009]


def test_leaving_drops_what_has_not_begun_and_waits_for_what_runs():
    begun = []
    with threads.pool() as pool:
        release, running = occupied(pool, cores())
        waiting = [pool.submit(begun.append, each) for each in range(20)]
        threading.Timer(0.2, release.set).start()
    assert all(task.done() and not task.cancelled() for task in running)
    assert all(task.cancelled() for task in waiting)
    assert begun == []


def test_leaving_leaves_the_tasks_of_others_alone():
    with threads.pool() as ours:
        release, _ = occupied(ours, cores())
        mine = ours.submit(pow, 3, 5)
        threading.Timer(0.2, release.set).start()
        with threads.pool() as theirs:
            dropped = theirs.submit(pow, 7, 2)
        assert dropped.cancelled()
        assert mine.result() == 243


def product():
    rows = [
        SparseMatrix(np.array([0, 1]), np.array([w], np.uint32), limbs.montgomery([1], R)) for w in (2, 3, 1)
    ]
    return R1CS(4, 1, *rows)


def test_proofs_at_once_share_as_many_threads_as_there_are_cores():
    circuit = product()
    key = groth16.setup(circuit)
    factors = range(13, 19)

    def proved(y):
        return groth16.prove(key, circuit, limbs.from_ints([1, 11 * y, 11, y]))

    with ThreadPoolExecutor(len(factors)) as several:
        proofs = list(several.map(proved, factors))
    assert all(groth16.verify(key.vk, [11 * y], proof) for y, proof in zip(factors, proofs, strict=True))
    assert 0 < len(kernel_threads()) <= cores()


def test_what_progress_raises_stops_a_proof():
    def stop(label, fraction):
        if fraction > 0:
            raise InterruptedError(fraction)

    circuit = product()
    with pytest.raises(InterruptedError):
        groth16.prove(groth16.setup(circuit), circuit, limbs.from_ints([1, 143, 11, 13]), progress=stop)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork; run it on Linux or macOS")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own():
    with threads.pool() as pool:
        assert pool.submit(pow, 3, 5).result() == 243
    child = os.fork()
    if child == 0:
        # The parent's threads are gone here; without new ones this would wait until the alarm.
        code = 3
        try:
            with threads.pool() as pool:
                code = 0 if pool.submit(pow, 7, 2).result(timeout=30) == 49 else 4
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
