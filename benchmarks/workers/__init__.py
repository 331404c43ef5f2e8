"""Processes that a benchmark starts, each a prover or one measurement.

A prover gets a folder as its argument, loads what it needs, and prints a line of JSON that says so. For each
line that it then reads it makes a proof, and prints its seconds and the proof as snarkjs's JSON has it.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def serve(prove: Callable[[], Any], to_json: Callable[[Any], str], **about: object) -> None:
    """Answers each line on standard input with a timed proof."""
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        proof = prove()
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "proof": json.loads(to_json(proof))}), flush=True)
