"""Proofs on the workers of a dask.distributed scheduler. The only importer of Dask.

Owns how circuits and keys get there: as a plugin, which Dask hands to each worker once, and to one that joins
later before its first task. Scattered data would not do: Dask's memory manager drops all copies but one, and
what only a lost worker had cannot be recovered. A lost worker's proofs Dask itself gives to others.
"""

import uuid
from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Lock
from typing import Any, Final

from distributed import Client, KilledWorker, Worker, WorkerPlugin, get_worker

from zkrollup.errors import ZkRollupError
from zkrollup.kernels.jit import Progress
from zkrollup.snark import groth16
from zkrollup.snark.engine import awaited, verified, writable
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


def prove_keyed(name: str, witness: Limbs) -> Proof:
    """The work itself, in a worker that has the plugin ``name``."""
    keyed: Any = get_worker().plugins[name]
    proof: Proof = groth16.prove(keyed.key, keyed.r1cs, writable(witness))
    return proof


class Cluster:
    """An engine whose proofs are made by workers; they need this package in the same version."""

    def __init__(self, address: str) -> None:
        """Connects to the scheduler at ``address``, such as ``tcp://host:8786``.

        Raises:
            UnreachableScheduler: None answers there.
        """
        self._address = address
        try:
            self._client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UnreachableScheduler(address, "no scheduler answers") from error
        self._executor = self._client.get_executor(pure=False)
        self._names: dict[tuple[str, VerificationKey], str] = {}
        self._shipping = Lock()

    @property
    def width(self) -> int:
        """One proof for each thread of its workers, and one that waits."""
        return 1 + sum(map(int, self._client.nthreads().values()))

    def prove(self, circuit: Provable, key: ProvingKey, witness: Limbs, progress: Progress) -> Proof:
        """See ``Engine``. A proof that has begun there is not stopped; its result is dropped.

        Raises:
            UnreachableScheduler: It has no worker, or the scheduler went away.
            ProofLost: Workers died of it, or the scheduler went away.
        """
        future = self._executor.submit(prove_keyed, self._ship(circuit, key), witness)
        try:
            proof = awaited(future, progress)
        except KilledWorker as error:
            raise ProofLost(self._address, f"workers died of it ({error})") from error
        except CancelledError as error:
            raise ProofLost(self._address, "its scheduler went away") from error
        return verified(circuit, key, witness, proof)

    def close(self) -> None:
        """Ends the connection; the workers drop what they were sent, if they are still there."""
        with suppress(OSError):
            for name in self._names.values():
                self._client.unregister_worker_plugin(name)
        self._client.close()

    def _ship(self, circuit: Provable, key: ProvingKey) -> str:
        """The name under which each worker has constraints and key."""
        keyed = circuit.digest, key.vk
        with self._shipping:
            try:
                self._client.wait_for_workers(1, timeout=PATIENCE)
                if keyed not in self._names:
                    name = f"zkrollup-{circuit.name}-{uuid.uuid4().hex}"  # another client's is its to drop
                    self._client.register_plugin(Keyed(name, key, circuit.r1cs))
                    self._names[keyed] = name
            except TimeoutError as error:
                raise UnreachableScheduler(self._address, "it has no worker") from error
            except OSError as error:
                raise UnreachableScheduler(self._address, "its scheduler went away") from error
            return self._names[keyed]
