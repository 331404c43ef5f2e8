"""Proofs in the background: that of one batch is made while the next ones are sequenced.

Owns which proofs are under way, how an error finds its batch, and how a proof ends that nobody wants any
more. Where the work is done is the engine's matter; it never waits for the threads here. Whoever asks and
cancels holds the operator's lock; nobody has to hold it while waiting for a proof.
"""

import weakref
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

from zkrollup import forks
from zkrollup.circuits.encoding import BatchInstance
from zkrollup.errors import RefusedBy, ZkRollupError
from zkrollup.operator.prover import Prover
from zkrollup.operator.stages import ProvenBatch, SealedBatch


class ProofFailed(ZkRollupError):
    """There is no proof of a batch; the next request tries again.

    Attributes:
        number: The batch.
        cause: What stopped it, and so who refused.
    """

    def __init__(self, number: int, cause: Exception) -> None:
        self.number, self.cause = number, cause
        self.refused_by = cause.refused_by if isinstance(cause, ZkRollupError) else RefusedBy.ADAPTER
        super().__init__(f"batch {number} has no proof: {cause}")


class _Stopped(Exception):
    """Ends a proof that nobody wants any more, from inside its progress reports."""


@dataclass(frozen=True, slots=True)
class _Job:
    future: Future[ProvenBatch]
    unwanted: Event

    def cancel(self) -> None:
        """It never begins, or stops at its next progress report."""
        self.unwanted.set()
        self.future.cancel()


class ProverPool:
    """Proofs of sealed batches that are under way or done."""

    def __init__(self, prover: Prover) -> None:
        """Starts no thread until there is something to prove."""
        self._prover = prover
        self._width = prover.width
        self._threads: ThreadPoolExecutor | None = None
        # By public inputs: they name a batch, and a number names another one after a rollback.
        self._jobs: dict[BatchInstance, _Job] = {}
        weakref.finalize(self, _cancel, self._jobs)
        forks.renew_in_children(self)

    def after_fork(self) -> None:
        """In a forked child, begins anew when asked: the threads that proved are its parent's."""
        self._threads = None
        self._jobs.clear()

    def start(self, batch: SealedBatch) -> Future[ProvenBatch]:
        """Begins a batch's proof in the background, once; returns what tells when it is done."""
        if batch.instance not in self._jobs:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._width, thread_name_prefix="zkrollup-prover")
            unwanted = Event()
            future = self._threads.submit(_prove, self._prover, batch, unwanted)
            self._jobs[batch.instance] = _Job(future, unwanted)
        return self._jobs[batch.instance].future

    def result(self, batch: SealedBatch) -> ProvenBatch:
        """A batch's proof, begun now if it was not, and waited for.

        Raises:
            ProofFailed: With the error that stopped it, ``UnsatisfiedConstraint`` for one.
        """
        self.start(batch)
        future = self._jobs[batch.instance].future
        error = future.exception()
        if isinstance(error, Exception):
            del self._jobs[batch.instance]
            # Without the executor's own frame, which says nothing about the proof.
            frames = error.__traceback__ and error.__traceback__.tb_next
            raise ProofFailed(batch.number, error) from error.with_traceback(frames)
        return self._prover.reported(replace(future.result(), sealed=batch))

    def retain(self, batches: Iterable[SealedBatch]) -> None:
        """Cancels all proofs but those of ``batches``."""
        _cancel(self._jobs, keep={batch.instance for batch in batches})


def _cancel(jobs: dict[BatchInstance, _Job], keep: Iterable[BatchInstance] = ()) -> None:
    for instance in jobs.keys() - keep:
        jobs.pop(instance).cancel()


def _prove(prover: Prover, batch: SealedBatch, unwanted: Event) -> ProvenBatch:
    def go_on(_label: str, _fraction: float) -> None:
        if unwanted.is_set():
            raise _Stopped

    return prover.make_batch(batch, progress=go_on)
