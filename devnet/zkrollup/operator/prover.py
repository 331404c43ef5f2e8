"""Makes proofs: circuits with their keys, and how long each proof took. Knows no chain."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zkrollup import kernels
from zkrollup.circuits.batch import BatchSize
from zkrollup.circuits.cache import cached_circuit
from zkrollup.circuits.descriptions import batch_description, claim_description, escape_description
from zkrollup.crypto.pairing import uses_kernels
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import Exit
from zkrollup.operator.explaining import meaning_for_batch, meaning_for_claim, meaning_for_escape
from zkrollup.operator.stages import ProvenBatch, ProvenClaim, ProvenEscape, SealedBatch
from zkrollup.operator.witness import batch_inputs, claim_inputs, escape_inputs
from zkrollup.snark.ceremony import read_key
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.engine import IN_PROCESS, Engine
from zkrollup.snark.keys import Proof, ProvingKey, VerificationKey
from zkrollup.snark.maker import REAL, MadeProof, ProofMaker
from zkrollup.snark.modes import ProofMode, ProofOrigin
from zkrollup.snark.prover import UnsatisfiedWitness
from zkrollup.snark.satisfaction import Inputs, Provable, UnsatisfiedConstraint
from zkrollup.snark.store import proving_key
from zkrollup.storage import Waiting, ignore_waiting

OnProof = Callable[[str, ProofOrigin, float], None]


def ignore_proof(circuit: str, origin: ProofOrigin, seconds: float) -> None:
    """Proves in silence."""


@dataclass(frozen=True, slots=True)
class KeyedCircuit:
    """A circuit that can be proved.

    Attributes:
        circuit: Constraints and witness making.
        key: A TEST key, made locally by a single party, unless it was read from a ceremony's .zkey.
        maker: How proofs come about.
    """

    circuit: Provable
    key: ProvingKey
    maker: ProofMaker = REAL

    def __repr__(self) -> str:
        return f"<KeyedCircuit {self.circuit.name}, {self.maker.mode.described}>"

    @property
    def vk(self) -> VerificationKey:
        """What a verifier needs."""
        return self.key.vk

    def prove(self, inputs: Inputs) -> Proof:
        """A proof that was verified before it is returned; in mock mode, what stands in its place.

        Raises:
            InputError: ``inputs`` are not the circuit's.
            UnsatisfiedConstraint: No proof exists; it names the rule that the inputs break.
        """
        return self.make(inputs).proof

    def make(self, inputs: Inputs, *, progress: Progress = ignore_progress) -> MadeProof:
        """The same, with where the proof came from. What ``progress`` raises ends the proof and comes out.

        Raises:
            InputError: As ``prove``.
            UnsatisfiedConstraint: As ``prove``.
        """
        witness = self.circuit.witness(inputs)
        try:
            return self.maker.make(self.circuit, self.key, witness, progress=progress)
        except UnsatisfiedWitness:
            self.circuit.check(witness)  # names the rule, which the prover does not know
            raise


@dataclass(frozen=True, slots=True)
class Ways:
    """How circuits get their keys; kernels, circuits and keys are made only where the cache lacks them.

    Attributes:
        maker: How their proofs will come about.
        progress: Told of slow work.
        waiting: Called when another process is compiling or making the same key.
        key_file: A .zkey whose key the circuit gets; None for the key that this machine keeps of it.
    """

    maker: ProofMaker = REAL
    progress: Progress = ignore_progress
    waiting: Waiting = ignore_waiting
    key_file: Path | None = None

    def keyed(self, name: str, describe: Callable[[], Circuit]) -> KeyedCircuit:
        """The circuit that ``describe`` makes, kept under ``name``.

        Raises:
            InvalidFile: ``key_file`` is no .zkey.
            KeyMismatch: It is of another circuit.
            CoefficientMismatch: The same.
        """
        kernels.load(pairing=uses_kernels(), progress=self.progress, waiting=self.waiting)
        circuit = cached_circuit(
            name, lambda: _described(describe, self.progress), code=describe, waiting=self.waiting
        )
        return KeyedCircuit(circuit, self._key(circuit), self.maker)

    def _key(self, circuit: Circuit) -> ProvingKey:
        if self.key_file is None:
            return proving_key(circuit.digest, circuit.r1cs, progress=self.progress, waiting=self.waiting)
        return read_key(self.key_file, circuit.r1cs).zkey.key

    def batch(self, size: BatchSize) -> KeyedCircuit:
        """The batch circuit of a size."""
        return self.keyed(*batch_description(size))

    def claim(self) -> KeyedCircuit:
        """The claim circuit, one for all sizes."""
        return self.keyed(*claim_description())

    def escape(self, levels: int) -> KeyedCircuit:
        """The escape circuit of trees of 4^levels accounts."""
        return self.keyed(*escape_description(levels))

    def named(self, name: str, size: BatchSize) -> KeyedCircuit:
        """One circuit of a rollup of this size, and no other: "batch", "claim" or "escape"."""
        match name:
            case "batch":
                return self.batch(size)
            case "claim":
                return self.claim()
            case "escape":
                return self.escape(size.levels)
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Prover:
    """The circuits of a rollup, with keys.

    Attributes:
        size: Of the batch circuit.
        batch: Proves batches.
        claim: Proves claims.
        escape: Proves escapes from the tree of ``size``.
        on_proof: Told of each proof: "batch", "claim" or "escape", where it came from, and its seconds.
    """

    size: BatchSize
    batch: KeyedCircuit
    claim: KeyedCircuit
    escape: KeyedCircuit
    on_proof: OnProof = ignore_proof

    @classmethod
    def prepare(
        cls,
        size: BatchSize,
        *,
        mode: ProofMode = ProofMode.REAL,
        engine: Engine = IN_PROCESS,
        progress: Progress = ignore_progress,
        waiting: Waiting = ignore_waiting,
        on_proof: OnProof = ignore_proof,
    ) -> "Prover":
        """Compiles kernels, describes the circuits and makes their keys, each only where the cache lacks it.

        ``waiting`` is called when another process is compiling or making the same key.
        """
        ways = Ways(ProofMaker(mode, engine), progress, waiting)
        return cls(size, ways.batch(size), ways.claim(), ways.escape(size.levels), on_proof)

    def __repr__(self) -> str:
        return f"<Prover of {self.batch.circuit.name}, {self.mode.described}>"

    @property
    def mode(self) -> ProofMode:
        """How proofs come about."""
        return self.batch.maker.mode

    @property
    def width(self) -> int:
        """How many proofs are worth having under way at once."""
        return self.batch.maker.engine.width

    def prove_batch(self, batch: SealedBatch) -> ProvenBatch:
        """Proves a sealed batch.

        Raises:
            UnsatisfiedConstraint: The ledger executed what the circuit refuses; its label names the rule.
        """
        return self.reported(self.make_batch(batch))

    def make_batch(self, batch: SealedBatch, *, progress: Progress = ignore_progress) -> ProvenBatch:
        """The same, told to nobody; on any thread. What ``progress`` raises ends the proof and comes out.

        Raises:
            UnsatisfiedConstraint: As ``prove_batch``.
        """
        try:
            made, seconds = _timed(self.batch, batch_inputs(batch).named(), progress)
        except UnsatisfiedConstraint as error:
            raise error.explained(meaning_for_batch(batch, error.label)) from None
        return ProvenBatch(batch, made.proof, seconds, made.origin)

    def reported(self, batch: ProvenBatch) -> ProvenBatch:
        """Tells ``on_proof`` of a batch's proof."""
        self.on_proof("batch", batch.origin, batch.seconds)
        return batch

    def prove_claim(self, burned: Exit, exit_tree: QuadTree, domain: int) -> ProvenClaim:
        """Proves that an exit stands in a batch's exit tree.

        Raises:
            UnsatisfiedConstraint: It does not.
        """
        claim = prove_claim(self.claim, burned, exit_tree, domain)
        self.on_proof("claim", claim.origin, claim.seconds)
        return claim

    def prove_escape(self, index: int, state: LedgerState, domain: int) -> ProvenEscape:
        """Proves what the account at ``index`` holds in ``state``.

        Raises:
            UnsatisfiedConstraint: No account is open there.
        """
        escape = prove_escape(self.escape, index, state, domain)
        self.on_proof("escape", escape.origin, escape.seconds)
        return escape


def prove_claim(keyed: KeyedCircuit, burned: Exit, exit_tree: QuadTree, domain: int) -> ProvenClaim:
    """``Prover.prove_claim`` where there is no circuit but ``keyed``, the claim's."""
    inputs = claim_inputs(burned, exit_tree, domain)
    try:
        made, seconds = _timed(keyed, inputs.named(), ignore_progress)
    except UnsatisfiedConstraint as error:
        raise error.explained(meaning_for_claim(burned, exit_tree.root, error.label)) from None
    return ProvenClaim(burned, inputs.nullifier, made.proof, seconds, made.origin)


def prove_escape(keyed: KeyedCircuit, index: int, state: LedgerState, domain: int) -> ProvenEscape:
    """``Prover.prove_escape`` where there is no circuit but ``keyed``, the escape's."""
    inputs = escape_inputs(index, state, domain)
    try:
        made, seconds = _timed(keyed, inputs.named(), ignore_progress)
    except UnsatisfiedConstraint as error:
        raise error.explained(meaning_for_escape(index, state.root, error.label)) from None
    return ProvenEscape(index, inputs.lane.account, inputs.nullifier, made.proof, seconds, made.origin)


def _timed(keyed: KeyedCircuit, inputs: dict[str, int], progress: Progress) -> tuple[MadeProof, float]:
    start = time.perf_counter()
    made = keyed.make(inputs, progress=progress)
    return made, time.perf_counter() - start


def _described(describe: Callable[[], Circuit], progress: Progress) -> Circuit:
    progress("build circuits", 0.0)
    circuit = describe()
    progress("build circuits", 1.0)
    return circuit
