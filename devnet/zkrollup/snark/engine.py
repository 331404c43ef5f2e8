"""Where a proof is computed: on this process's threads, or by whatever an executor stands for.

Owns the way there and back. What comes from elsewhere is a proof.json as bytes, or nothing: it is read, and
verified in this process, before anybody gets it. An exception of a worker's neither skips a test nor ends a
run. That is as far as it goes: executors of processes, and Dask, unpickle an answer before anybody here can
look at it, so whoever owns a machine that proves can run code in this process.
"""

from concurrent.futures import BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from zkrollup.crypto.pairing import InvalidPoint
from zkrollup.errors import ZkRollupError
from zkrollup.kernels.jit import Progress
from zkrollup.snark import groth16
from zkrollup.snark.formats.snarkjs_json import InvalidFormat, dump_proof, load_proof
from zkrollup.snark.keys import Proof, ProvingKey
from zkrollup.snark.prover import ProofRejected
from zkrollup.snark.r1cs import R1CS, Limbs
from zkrollup.snark.satisfaction import Provable

POLL: Final = 0.05
"""Seconds between two looks at whether a proof that is made elsewhere is still wanted."""

MOST_BYTES: Final = 2048
"""Of an answer: eight numbers of 78 digits, and names."""

T = TypeVar("T")


class InvalidAnswer(ZkRollupError):
    """A machine that proves has answered something that is no proof.

    Attributes:
        reason: What is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"the answer of the machine that proves is no proof: {reason}; install the same version of this "
            "package there, and look who else can reach it"
        )


class WorkerFailed(ZkRollupError):
    """A machine that proves has raised what is no error of this package.

    Attributes:
        cause: What it raised.
    """

    def __init__(self, cause: BaseException) -> None:
        self.cause = cause
        super().__init__(
            f"the machine that proves has raised {type(cause).__name__}; its cause is above, and its log may "
            "say more"
        )


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
        """See ``Engine``. That an executor is broken comes out, as ``BrokenProcessPool`` for one.

        Raises:
            InvalidAnswer: The answer is no proof.
            ProofRejected: It is a proof of something else.
            WorkerFailed: The worker raised what is no error of this package.
        """
        future = self.executor.submit(prove_unit, key, circuit.r1cs, witness)
        return verified(circuit, key, witness, awaited(future, progress))


def prove_unit(key: ProvingKey, r1cs: R1CS, witness: Limbs) -> bytes:
    """The work itself, under a name that another process can import: a proof.json."""
    return dump_proof(groth16.prove(writable(key), writable(r1cs), writable(witness))).encode()


def awaited(future: Future[T], progress: Progress) -> T:
    """A result, once it is there. What ``progress`` raises meanwhile cancels it, if it has not begun.

    Raises:
        WorkerFailed: It is an exception that is neither of this package nor of the executor. pytest skips
            tests, and ends runs, by exceptions: a worker's say in that would be too much.
    """
    try:
        while not wait([future], POLL).done:
            progress("prove", 0.5)
    except BaseException:
        future.cancel()
        raise
    error = future.exception()
    if error is None or isinstance(error, (ZkRollupError, BrokenExecutor)):
        return future.result()
    raise WorkerFailed(error) from error


def verified(circuit: Provable, key: ProvingKey, witness: Limbs, answer: object) -> Proof:
    """The proof that another process made, if it holds.

    Raises:
        InvalidAnswer: It is none.
        ProofRejected: It does not hold.
    """
    public, proof = circuit.public_values(witness), _read(answer)
    try:
        holds = groth16.verify(key.vk, public, proof)
    except InvalidPoint as error:
        raise ProofRejected(public, proof) from error
    if not holds:
        raise ProofRejected(public, proof)
    return proof


def _read(answer: object) -> Proof:
    """A proof.json, of just this type: nothing is asked of an object of any other."""
    if type(answer) is not bytes:
        raise InvalidAnswer(f"it is of type {type(answer).__name__}, a proof.json as bytes is expected")
    if len(answer) > MOST_BYTES:
        raise InvalidAnswer(f"it has {len(answer):,} bytes, a proof.json has {MOST_BYTES:,} at most")
    try:
        return load_proof(answer.decode())
    except (InvalidFormat, UnicodeDecodeError) as error:
        raise InvalidAnswer(str(error)) from error


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
