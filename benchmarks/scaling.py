"""How proofs grow with the circuit: seconds and memory from 2^13 rows on, each size in processes of its own.

Owns the measurements and the fit. The circuit is ``chain``.
"""

import json
import math
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
            its first proof; of each sweep.
        proof_seconds: Of the proof after that; of each sweep.
        proof_bytes: Peak memory of a process that proved.
    """

    log: int
    constraints: int
    setup_seconds: float
    setup_bytes: int
    first_seconds: tuple[float, ...]
    proof_seconds: tuple[float, ...]
    proof_bytes: int


def measure(logs: Sequence[int], folder: Path, sweeps: int) -> list[Point]:
    """All sizes: keys are made once, then each sweep goes over all sizes, with a fresh process for each."""
    folders = {log: folder / str(log) for log in logs}
    made = {log: _run("make", folders[log], log) for log in logs}
    proved = [{log: _run("prove", folders[log], log) for log in logs} for _ in range(sweeps)]
    return [_point(log, made[log], [sweep[log] for sweep in proved]) for log in logs]


def _point(log: int, made: Mapping[str, Any], proved: Sequence[Mapping[str, Any]]) -> Point:
    first, seconds, used = (tuple(each[name] for each in proved) for name in ("first", "seconds", "bytes"))
    return Point(log, made["constraints"], made["seconds"], made["bytes"], first, seconds, max(used))


def exponent(points: Sequence[Point], medians: Sequence[float]) -> float:
    """The k of seconds = c * constraints^k that fits best."""
    sizes = [math.log(point.constraints) for point in points]
    slope, _ = np.polyfit(sizes, [math.log(each) for each in medians], 1)
    return float(slope)


def n_log_n(points: Sequence[Point], medians: Sequence[float]) -> list[float]:
    """Seconds at each size if they grew as n log n from the first."""
    costs = [point.constraints * math.log2(point.constraints) for point in points]
    return [medians[0] * cost / costs[0] for cost in costs]


def _run(task: str, folder: Path, log: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.workers.point", task, str(folder), str(log)]
    done = subprocess.run(
        [*command, repr(time.time())], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout))
