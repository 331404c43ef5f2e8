"""Groth16 over BN254 in three functions: TEST key, proof, verification."""

from zkrollup.snark.prover import prove
from zkrollup.snark.trusted_setup import setup
from zkrollup.snark.verifier import verify

__all__ = ["prove", "setup", "verify"]
