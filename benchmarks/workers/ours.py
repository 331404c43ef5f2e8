"""Our prover. Each proof is verified before it is handed out, as always, and that is timed with it."""

import sys
from pathlib import Path

from benchmarks.statement import Statement
from benchmarks.workers import serve

from zkrollup import kernels
from zkrollup.kernels.jit import ignore_progress
from zkrollup.snark import groth16
from zkrollup.snark.formats.snarkjs_json import dump_proof
from zkrollup.storage import ignore_waiting

kernels.load(pairing=False, progress=ignore_progress, waiting=ignore_waiting)
statement = Statement.read(Path(sys.argv[1]))
serve(lambda: groth16.prove(statement.key, statement.r1cs, statement.witness), dump_proof)
