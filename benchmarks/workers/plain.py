"""Groth16's prover in plain Python, with py_ecc's curve: what the kernels are there to avoid."""

import sys
from pathlib import Path

from benchmarks.plain_groth16 import PlainProver
from benchmarks.statement import Statement
from benchmarks.workers import serve

from zkrollup.snark.formats.snarkjs_json import dump_proof

prover = PlainProver.of(Statement.read(Path(sys.argv[1])))
serve(prover.prove, dump_proof)
