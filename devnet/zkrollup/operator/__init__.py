"""Sequencer, witness, prover and bridge, and the operator that wires them."""
