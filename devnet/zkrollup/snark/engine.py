"""Where a proof is computed: on this process's threads, or by whatever an executor stands for.

Owns the way there and back. A proof that comes from elsewhere is verified here before anybody gets it, so
that a machine which computes wrongly, or lies, costs an error and nothing else.
"""

from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from zkrollup.crypto.pairing import InvalidPoint
from zkrollup.kernels.jit import Progress
from zkrollup.snark import groth16
from zkrollup.snark.keys import Proof, ProvingKey
from zkrollup.snark.prover import ProofRejected
from zkrollup.snark.r1cs import R1CS, Limbs
from zkrollup.snark.satisfaction import Provable

POLL: Final = 0.05
"""Seconds between two looks at whether a proof that is made elsewhere is still wanted."""

T = TypeVar("T")


class Engine(Protocol):
    """Makes proofs."""

    @property
    def width(self) -> int:
        """How many proofs are worth having under way at once, 1 or more."""

    def prove(self, circuit: Provable, key: ProvingKey, witness: Limbs, progress: Progress) -> Proof:
        """A proof that was verified in this process.

        Raises UnsatisfiedWitness for a false witness, of which there is none.

        ``progress`` is called with "prove" from time to time; what it raises ends the proof and comes out.
        """


@dataclass(frozen=True, slots=True)
class InProcess:
    """Proves on this process's kernel threads, which all proofs share."""

    @property
    def width(self) -> int:
        """Two: what one proof does on a single thread, another fills."""
        return 2

    def prove(self, circuit: Provable, key: ProvingKey, witness: Limbs, progress: Progress) -> Proof:
        """See ``Engine``."""
        return groth16.prove(key, circuit.r1cs, witness, progress=progress)


IN_PROCESS: Final = InProcess()


@dataclass(frozen=True, slots=True)
class OnExecutor:
    """Proves on any executor, of threads or of processes; the caller owns it and shuts it down.

    Each proof is sent circuit, key and witness. Where that is too much, see ``cluster``.

    Attributes:
        executor: Is given ``prove_unit``.
        width: How many proofs it makes at once.
    """

    executor: Executor
    width: int = 2

    def prove(self, circuit: Provable, key: ProvingKey, witness: Limbs, progress: Progress) -> Proof:
        """See ``Engine``. What the executor raises comes out, ``BrokenProcessPool`` for one."""
        future = self.executor.submit(prove_unit, key, circuit.r1cs, witness)
        return verified(circuit, key, witness, awaited(future, progress))


def prove_unit(key: ProvingKey, r1cs: R1CS, witness: Limbs) -> Proof:
    """The work itself, under a name that another process can import."""
    return groth16.prove(writable(key), writable(r1cs), witness)


def awaited(future: Future[T], progress: Progress) -> T:
    """A result, once it is there. What ``progress`` raises meanwhile cancels it, if it has not begun."""
    try:
        while not wait([future], POLL).done:
            progress("prove", 0.5)
    except BaseException:
        future.cancel()
        raise
    return future.result()


def verified(circuit: Provable, key: ProvingKey, witness: Limbs, proof: Proof) -> Proof:
    """A proof that another process made, if it holds.

    Raises:
        ProofRejected: It does not.
    """
    public = circuit.public_values(witness)
    try:
        holds = groth16.verify(key.vk, public, proof)
    except InvalidPoint as error:
        raise ProofRejected(public, proof) from error
    if not holds:
        raise ProofRejected(public, proof)
    return proof


def writable(value: T) -> T:
    """The same with all arrays writable and contiguous, at any depth of dataclasses; copies only what is not.

    What arrives in a message may be read-only, which kernels do not take.
    """
    if isinstance(value, np.ndarray):
        return np.require(value, requirements=["C_CONTIGUOUS", "WRITEABLE"])
    if is_dataclass(value) and not isinstance(value, type):
        parts: dict[str, Any] = {each.name: writable(getattr(value, each.name)) for each in fields(value)}
        return replace(value, **parts)
    return value
