"""How a proof comes about in each mode: from the store, from an engine, or as a mock.

Owns the choice. The witness has been made by then; in every mode a false one is refused.
"""

from dataclasses import dataclass
from typing import Final

from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.snark import proofstore
from zkrollup.snark.engine import IN_PROCESS, Engine
from zkrollup.snark.keys import Proof, ProvingKey
from zkrollup.snark.mock import mock_proof
from zkrollup.snark.modes import ProofMode, ProofOrigin
from zkrollup.snark.r1cs import Limbs
from zkrollup.snark.satisfaction import NoConstraints, Provable


@dataclass(frozen=True, slots=True)
class MadeProof:
    """A proof, what it is of, and where it came from.

    Attributes:
        public: The public inputs in order.
        proof: Verified, unless ``origin`` is MOCKED.
        origin: How it came about.
    """

    public: tuple[int, ...]
    proof: Proof
    origin: ProofOrigin


@dataclass(frozen=True, slots=True)
class ProofMaker:
    """Gives proofs.

    Attributes:
        mode: How.
        engine: Where those are computed that have to be.
    """

    mode: ProofMode = ProofMode.REAL
    engine: Engine = IN_PROCESS

    def __post_init__(self) -> None:
        """Takes a mode by its name, too. Raises WrongArgumentValue for any other."""
        object.__setattr__(self, "mode", ProofMode(self.mode))

    def make(
        self, circuit: Provable, key: ProvingKey, witness: Limbs, *, progress: Progress = ignore_progress
    ) -> MadeProof:
        """A proof that a witness satisfies the circuit.

        Args:
            circuit: the constraints.
            key: the circuit's.
            witness: canonical, (n_wires, 4).
            progress: called with "prove"; what it raises ends the proof and comes out.

        Raises:
            UnsatisfiedWitness: It does not, so there is no proof.
            UnsatisfiedConstraint: The same, in mock mode, where no prover looks at it.
            ProofRejected: The same, of a circuit without C.
            NoConstraints: There is no C, in mock mode: nothing would tell a false witness.
        """
        public = circuit.public_values(witness)
        if self.mode is ProofMode.MOCK:
            if circuit.r1cs.lacks_c:
                raise NoConstraints(f"a mock proof of circuit {circuit.name!r}")
            circuit.check(witness)
            return MadeProof(public, mock_proof(public, circuit.name), ProofOrigin.MOCKED)
        if self.mode is ProofMode.FRESH:
            return MadeProof(public, self.engine.prove(circuit, key, witness, progress), ProofOrigin.MADE)
        statement = proofstore.Statement(circuit, key.vk, witness)
        kept = proofstore.find(statement)
        if kept is not None:
            return MadeProof(public, kept, ProofOrigin.STORED)
        proof = self.engine.prove(circuit, key, witness, progress)
        proofstore.keep(statement, proof)
        return MadeProof(public, proof, ProofOrigin.MADE)


REAL: Final = ProofMaker()
"""Proves in this process, and keeps what it has proved."""
