"""One measurement of ``scaling``: ``make FOLDER LOG STARTED``, or ``prove FOLDER LOG STARTED``.

Prints one line of JSON. STARTED is when the process was asked for, as ``time.time()`` has it.
"""

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.chain import chain, link, links_for
from benchmarks.statement import Statement

from zkrollup import kernels
from zkrollup.kernels.jit import ignore_progress
from zkrollup.snark import groth16
from zkrollup.storage import ignore_waiting


def peak_bytes() -> int:
    """Linux counts in kilobytes, macOS in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def make(folder: Path, log: int) -> dict[str, object]:
    r1cs, witness = chain(links_for(log, link().n_constraints))
    start = time.perf_counter()
    key = groth16.setup(r1cs)
    seconds = time.perf_counter() - start
    used = peak_bytes()
    Statement(r1cs, key, witness).write(folder)
    return {"constraints": r1cs.n_constraints, "seconds": seconds, "bytes": used}


def prove(folder: Path, started: float) -> dict[str, object]:
    statement = Statement.read(folder)

    def proof() -> None:
        groth16.prove(statement.key, statement.r1cs, statement.witness)

    proof()
    first = time.time() - started
    start = time.perf_counter()
    proof()
    return {"first": first, "seconds": time.perf_counter() - start, "bytes": peak_bytes()}


task, place, size, asked = sys.argv[1:]
kernels.load(pairing=False, progress=ignore_progress, waiting=ignore_waiting)
print(json.dumps(make(Path(place), int(size)) if task == "make" else prove(Path(place), float(asked))))
