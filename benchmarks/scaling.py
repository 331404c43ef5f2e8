"""How proofs grow with the circuit: seconds and memory from 2^13 rows on, each size in processes of its own.

Owns the measurements and the fit. The circuit is ``chain``.
"""

import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.contenders import ROOT


@dataclass(frozen=True, slots=True)
class Point:
    """One size.

    Attributes:
        log: log2 of the domain's size.
        constraints: The circuit's own.
        setup_seconds: Making the key, once.
        setup_bytes: Peak memory of the process that made it.
        first_seconds: From the start of a process, with machine code, key, circuit and witness in files, to
            its first proof.
        proof_seconds: Of each proof after the first.
        proof_bytes: Peak memory of the process that proved.
    """

    log: int
    constraints: int
    setup_seconds: float
    setup_bytes: int
    first_seconds: float
    proof_seconds: tuple[float, ...]
    proof_bytes: int


def measure(log: int, folder: Path, runs: int) -> Point:
    """One size, in two fresh processes: one makes the key, one proves."""
    made = _run("make", folder, log)
    proved = _run("prove", folder, runs)
    return Point(
        log,
        made["constraints"],
        made["seconds"],
        made["bytes"],
        proved["first"],
        tuple(proved["seconds"]),
        proved["bytes"],
    )


def exponent(points: Sequence[Point], medians: Sequence[float]) -> float:
    """The k of seconds = c * constraints^k that fits best."""
    sizes = [math.log(point.constraints) for point in points]
    slope, _ = np.polyfit(sizes, [math.log(each) for each in medians], 1)
    return float(slope)


def n_log_n(points: Sequence[Point], medians: Sequence[float]) -> list[float]:
    """Seconds at each size if they grew as n log n from the first."""
    costs = [point.constraints * math.log2(point.constraints) for point in points]
    return [medians[0] * cost / costs[0] for cost in costs]


def _run(task: str, folder: Path, number: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.workers.point", task, str(folder), str(number)]
    done = subprocess.run(
        [*command, repr(time.time())], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout))
