"""Proofs on the workers of a dask.distributed scheduler. The only importer of Dask.

Owns how circuits and keys get there: as a plugin, which Dask hands to each worker once, and to one that joins
later before its first task. Scattered data would not do: Dask's memory manager drops all copies but one, and
what only a lost worker had cannot be recovered. A lost worker's proofs Dask itself gives to others.
"""

import uuid
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from threading import Lock
from typing import Any, Final

from distributed import Client, KilledWorker, Worker, WorkerPlugin, get_worker

from zkrollup import forks
from zkrollup.errors import ZkRollupError
from zkrollup.kernels.jit import Progress
from zkrollup.snark.engine import WorkerFailed, awaited, prove_unit, verified, writable
from zkrollup.snark.keys import Proof, ProvingKey, VerificationKey
from zkrollup.snark.r1cs import R1CS, Limbs
from zkrollup.snark.satisfaction import Provable

PATIENCE: Final = 10.0
"""Seconds that a scheduler has to answer, and a first worker to join."""


class UnreachableScheduler(ZkRollupError):
    """There is no scheduler at an address, or it has no worker.

    Attributes:
        address: Where it should be.
        reason: What was found instead.
    """

    def __init__(self, address: str, reason: str) -> None:
        self.address, self.reason = address, reason
        super().__init__(
            f"cannot prove at {address}: {reason}; start `dask scheduler`, and `dask worker {address}` where "
            "this package is installed"
        )


class ProofLost(ZkRollupError):
    """A cluster took a proof and did not bring it back."""

    def __init__(self, address: str, reason: str) -> None:
        self.address, self.reason = address, reason
        super().__init__(f"{address} lost a proof: {reason}; look at its logs, for lack of memory first")


class Keyed(WorkerPlugin):
    """A circuit's constraints and key in a worker's memory."""

    def __init__(self, name: str, key: ProvingKey, r1cs: R1CS) -> None:
        self.name, self.key, self.r1cs = name, key, r1cs

    def setup(self, worker: Worker) -> None:  # noqa: ARG002  # Dask's signature
        """Called by Dask in each worker. What comes in a message is read-only, which kernels do not take."""
        self.key, self.r1cs = writable(self.key), writable(self.r1cs)


def prove_keyed(name: str, witness: Limbs) -> bytes:
    """The work itself, in a worker that has the plugin ``name``."""
    keyed: Any = get_worker().plugins[name]
    return prove_unit(keyed.key, keyed.r1cs, witness)


class Connection:
    """A connection to one scheduler, and what its workers have been sent over it."""

    def __init__(self, address: str) -> None:
        """Connects.

        Raises:
            UnreachableScheduler: No scheduler answers there.
        """
        self.address = address
        try:
            self.client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UnreachableScheduler(address, "no scheduler answers") from error
        self._scheduler = self._answering_scheduler()
        self._executor = self.client.get_executor(pure=False)
        self._names: dict[tuple[str, VerificationKey], str] = {}

    @property
    def is_alive(self) -> bool:
        """Whether the scheduler that it was made to is still there, and not another one at its address."""
        try:
            return self._answering_scheduler() == self._scheduler
        except (OSError, AttributeError):  # Dask's client forgets its scheduler when it gives up on it
            return False

    def _answering_scheduler(self) -> object:
        return self.client.scheduler_info()["id"] if self.client.status == "running" else None

    def submit(self, circuit: Provable, key: ProvingKey, witness: Limbs) -> "Future[bytes]":
        """Has a proof made by a worker, which is sent circuit and key before.

        Raises:
            UnreachableScheduler: It has no worker, or the scheduler went away.
        """
        try:
            self.client.wait_for_workers(1, timeout=PATIENCE)
            return self._executor.submit(prove_keyed, self._ship(circuit, key), witness)  # type: ignore[no-any-return]
        except TimeoutError as error:
            raise UnreachableScheduler(self.address, "it has no worker") from error
        except (OSError, AttributeError) as error:
            raise UnreachableScheduler(self.address, "its scheduler went away") from error

    def _ship(self, circuit: Provable, key: ProvingKey) -> str:
        """The name under which each worker has constraints and key."""
        keyed = circuit.digest, key.vk
        if keyed not in self._names:
            name = f"zkrollup-{circuit.name}-{uuid.uuid4().hex}"  # another client's is its to drop
            self.client.register_plugin(Keyed(name, key, circuit.r1cs))
            self._names[keyed] = name
        return self._names[keyed]

    def close(self) -> None:
        """Ends it; the workers drop what they were sent, if they are still there. Never raises."""
        with suppress(Exception):
            for name in self._names.values():
                self.client.unregister_worker_plugin(name)
        with suppress(Exception):
            self.client.close(timeout=PATIENCE)


class Cluster:
    """An engine whose proofs are made by workers; they need this package in the same version.

    Where the scheduler is another one than it was, what is wanted next connects anew.
    """

    def __init__(self, address: str) -> None:
        """Connects to the scheduler at ``address``, such as ``tcp://host:8786``.

        Raises:
            UnreachableScheduler: None answers there.
        """
        self._address = address
        self._lock = Lock()
        self._is_inherited = False
        self._connection = Connection(address)
        forks.renew_in_children(self)

    def after_fork(self) -> None:
        """In a forked child, gives it up: what keeps the connection alive are threads of the parent."""
        self._lock, self._is_inherited = Lock(), True

    @property
    def width(self) -> int:
        """One proof for each thread of its workers, and one that waits.

        Raises:
            UnreachableScheduler: The scheduler went away.
        """
        with self._lock:
            return 1 + sum(map(int, self._alive().client.nthreads().values()))

    def prove(self, circuit: Provable, key: ProvingKey, witness: Limbs, progress: Progress) -> Proof:
        """See ``Engine``. A proof that has begun there is not stopped; its result is dropped.

        Raises:
            UnreachableScheduler: There is no scheduler, or it has no worker.
            ProofLost: Workers died of it, or the scheduler went away.
            InvalidAnswer: The answer is no proof; ProofRejected where it is one of something else.
            WorkerFailed: The worker raised what is no error of this package.
        """
        with self._lock:
            future = self._alive().submit(circuit, key, witness)
        try:
            answer = awaited(future, progress)
        except CancelledError as error:
            raise ProofLost(self._address, "its scheduler went away") from error
        except WorkerFailed as error:
            if isinstance(error.cause, KilledWorker):
                raise ProofLost(self._address, f"workers died of it ({error.cause})") from error
            raise
        return verified(circuit, key, witness, answer)

    def close(self) -> None:
        """Ends the connection. Never raises, whatever became of the scheduler."""
        if not self._is_inherited:
            self._connection.close()

    def _alive(self) -> Connection:
        """The connection, or another one if its scheduler is gone."""
        if self._is_inherited:
            raise UnreachableScheduler(
                self._address, "this process was forked from the one that is connected"
            )
        if not self._connection.is_alive:
            self._connection.close()
            try:
                self._connection = Connection(self._address)
            except UnreachableScheduler as error:
                reason = "its scheduler went away, and no other one answers"
                raise UnreachableScheduler(self._address, reason) from error
        return self._connection
