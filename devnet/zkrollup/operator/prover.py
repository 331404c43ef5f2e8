"""Makes proofs: circuits with their keys, and how long each proof took. Knows no chain."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zkrollup import kernels
from zkrollup.circuits.batch import BatchSize, batch_circuit
from zkrollup.circuits.cache import cached_circuit
from zkrollup.circuits.claim import claim_circuit
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.ledger.transition import Exit
from zkrollup.operator.stages import ProvenBatch, ProvenClaim, SealedBatch
from zkrollup.operator.witness import batch_inputs, claim_inputs
from zkrollup.snark import groth16
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.keys import Proof, ProvingKey, VerificationKey
from zkrollup.snark.satisfaction import Provable
from zkrollup.snark.store import proving_key
from zkrollup.storage import Waiting, ignore_waiting

OnProof = Callable[[str, float], None]


def ignore_proof(circuit: str, seconds: float) -> None:
    """Proves in silence."""


@dataclass(frozen=True, slots=True)
class KeyedCircuit:
    """A circuit that can be proved.

    Attributes:
        circuit: Constraints and witness making.
        key: A TEST key, made locally by a single party, unless it was read from a ceremony's .zkey.
    """

    circuit: Provable
    key: ProvingKey

    @property
    def vk(self) -> VerificationKey:
        """What a verifier needs."""
        return self.key.vk

    def prove(self, inputs: Mapping[str, Any]) -> Proof:
        """A proof that was verified before it is returned.

        Raises:
            InputError: ``inputs`` are not the circuit's.
            UnsatisfiedConstraint: No proof exists; it names the rule that the inputs break.
        """
        witness = self.circuit.witness(inputs)
        self.circuit.check(witness)
        return groth16.prove(self.key, self.circuit.r1cs, witness)


@dataclass(frozen=True, slots=True)
class Prover:
    """Both circuits of a rollup, with keys.

    Attributes:
        size: Of the batch circuit.
        batch: Proves batches.
        claim: Proves claims.
        on_proof: Told of each proof: "batch" or "claim", and its seconds.
    """

    size: BatchSize
    batch: KeyedCircuit
    claim: KeyedCircuit
    on_proof: OnProof = ignore_proof

    @classmethod
    def prepare(
        cls,
        size: BatchSize,
        *,
        progress: Progress = ignore_progress,
        waiting: Waiting = ignore_waiting,
        on_proof: OnProof = ignore_proof,
    ) -> "Prover":
        """Compiles kernels, describes the circuits and makes their keys, each only where the cache lacks it.

        ``waiting`` is called when another process is compiling or making the same key.
        """

        def keyed(name: str, describe: Callable[[], Circuit]) -> KeyedCircuit:
            circuit = cached_circuit(name, lambda: _described(describe, progress))
            key = proving_key(circuit.digest, circuit.r1cs, progress=progress, waiting=waiting)
            return KeyedCircuit(circuit, key)

        kernels.load(progress=progress, waiting=waiting)
        batch = keyed(f"batch-{size.slots}x{size.levels}", lambda: batch_circuit(size))
        return cls(size, batch, keyed("claim", claim_circuit), on_proof)

    def prove_batch(self, batch: SealedBatch) -> ProvenBatch:
        """Proves a sealed batch.

        Raises:
            UnsatisfiedConstraint: The ledger executed what the circuit refuses; its label names the rule.
        """
        proof, seconds = self._timed("batch", self.batch, batch_inputs(batch).named())
        return ProvenBatch(batch, proof, seconds)

    def prove_claim(self, burned: Exit, exit_tree: QuadTree, domain: int) -> ProvenClaim:
        """Proves that an exit stands in a batch's exit tree.

        Raises:
            UnsatisfiedConstraint: It does not.
        """
        inputs = claim_inputs(burned, exit_tree, domain)
        proof, seconds = self._timed("claim", self.claim, inputs.named())
        return ProvenClaim(burned, inputs.nullifier, proof, seconds)

    def _timed(self, kind: str, keyed: KeyedCircuit, inputs: dict[str, int]) -> tuple[Proof, float]:
        start = time.perf_counter()
        proof = keyed.prove(inputs)
        seconds = time.perf_counter() - start
        self.on_proof(kind, seconds)
        return proof, seconds


def _described(describe: Callable[[], Circuit], progress: Progress) -> Circuit:
    progress("build circuits", 0.0)
    circuit = describe()
    progress("build circuits", 1.0)
    return circuit
