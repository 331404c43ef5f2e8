"""How proofs come about, and what each one is worth. Imports nothing, so that options may name it.

Owns the words. What a mode does is in ``maker``; what it means on L1, in ``operator.deployment``.
"""

from enum import StrEnum


class ProofMode(StrEnum):
    """What a prover does when it is asked for a proof.

    In every mode the witness is made and all constraints are checked, so a broken rule is named.
    """

    REAL = "real"
    """Gives a proof that the store has of the same circuit, key and witness, else makes one."""

    FRESH = "fresh"
    """Makes every proof, and keeps none."""

    MOCK = "mock"
    """Makes no proof: what stands in its place attests nothing, and only a MockVerifier takes it."""

    @property
    def described(self) -> str:
        """As headers say it."""
        return {
            ProofMode.REAL: "real Groth16 proofs",
            ProofMode.FRESH: "real Groth16 proofs, all made anew",
            ProofMode.MOCK: "MOCK PROOFS, which attest nothing",
        }[self]


class ProofOrigin(StrEnum):
    """Where one proof came from."""

    MADE = "made"
    STORED = "stored"
    MOCKED = "mocked"

    @property
    def assurance(self) -> "Assurance":
        """What it is worth."""
        return Assurance.MOCK if self is ProofOrigin.MOCKED else Assurance.VALIDITY


class Assurance(StrEnum):
    """What a batch's or a claim's proof attests."""

    VALIDITY = "validity"
    """The circuit's rules hold."""

    MOCK = "mock"
    """Nothing."""
