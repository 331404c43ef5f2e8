"""How long proofs take: setup, witness, proof and check of the default batch, the claim and the escape.

Run by ``make bench``. Keys come from the store and kernels are compiled before anything is timed; setup is
timed apart. Prints medians with minimum and maximum, and writes the same as JSON where asked to.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from zkrollup.circuits.batch import BatchSize
from zkrollup.devnet import ETH, Devnet
from zkrollup.operator.prover import KeyedCircuit, Prover
from zkrollup.operator.witness import batch_inputs, claim_inputs, escape_inputs
from zkrollup.snark import groth16
from zkrollup.snark.modes import ProofMode


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds over all runs of one step."""

    circuit: str
    constraints: int
    step: str
    median: float
    lowest: float
    highest: float
    runs: int


def timed(keyed: KeyedCircuit, step: str, run: Callable[[], Any], runs: int) -> tuple[Timing, Any]:
    """Times ``run`` and keeps its last result."""
    seconds = []
    result = None
    for _ in range(runs):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    circuit = keyed.circuit
    timing = Timing(
        circuit.name,
        circuit.n_constraints,
        step,
        statistics.median(seconds),
        min(seconds),
        max(seconds),
        runs,
    )
    return timing, result


def measure(keyed: KeyedCircuit, inputs: dict[str, int], runs: int) -> list[Timing]:
    """All steps of one circuit, in the order in which a prover takes them."""
    circuit, key = keyed.circuit, keyed.key
    setup, _ = timed(keyed, "setup", lambda: groth16.setup(circuit.r1cs), max(1, runs // 3))
    witness, values = timed(keyed, "witness", lambda: circuit.witness(inputs), runs)
    check, _ = timed(keyed, "constraint check", lambda: circuit.check(values), runs)
    proof, made = timed(keyed, "proof", lambda: groth16.prove(key, circuit.r1cs, values), runs)
    public = circuit.public_values(values)
    verify, _ = timed(keyed, "verification", lambda: groth16.verify(key.vk, public, made), runs)
    whole, _ = timed(keyed, "witness to proof", lambda: keyed.prove(inputs), runs)
    return [setup, witness, check, proof, verify, whole]


def workload(prover: Prover) -> list[tuple[KeyedCircuit, dict[str, int]]]:
    """Inputs of a batch with a deposit, a transfer and a withdrawal, of its exit's claim, of an escape."""
    devnet = Devnet(prover)
    rollup, alice, bob = devnet.rollup, devnet.user("alice"), devnet.user("bob")
    rollup.deposit(ETH, 501, sender=alice)
    rollup.open_account(ETH, bob)
    rollup.settle()
    rollup.deposit(ETH, 17, sender=bob)
    rollup.transfer(ETH, 207, sender=alice, to=bob)
    rollup.withdraw(ETH, 103, sender=bob)
    (sealed,) = rollup.operator.state.sealed
    domain = rollup.operator.domain
    claim = claim_inputs(sealed.exits[0], sealed.trace.exit_tree, domain)
    escape = escape_inputs(rollup.account_index(ETH, alice), sealed.trace.before, domain)
    return [
        (prover.batch, batch_inputs(sealed).named()),
        (prover.claim, claim.named()),
        (prover.escape, escape.named()),
    ]


@click.command()
@click.option("--runs", default=9, show_default=True, help="Runs of each step.")
@click.option("--slots", default=3, show_default=True)
@click.option("--levels", default=4, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write the timings here.")
def main(runs: int, slots: int, levels: int, json_path: Path | None) -> None:
    """Measure setup, witness, proof and verification."""
    prover = Prover.prepare(BatchSize(slots, levels), mode=ProofMode.FRESH)
    timings = [timing for keyed, inputs in workload(prover) for timing in measure(keyed, inputs, runs)]

    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    table = Table(title=f"Proofs on {machine}")
    for heading in ("circuit", "constraints", "step", "median ms", "min", "max", "runs"):
        table.add_column(heading, justify="left" if heading in ("circuit", "step") else "right")
    for t in timings:
        milliseconds = (f"{1000 * seconds:.1f}" for seconds in (t.median, t.lowest, t.highest))
        table.add_row(t.circuit, f"{t.constraints:,}", t.step, *milliseconds, str(t.runs))
    Console().print(table)
    if json_path is not None:
        json_path.write_text(
            json.dumps({"machine": machine, "timings": [asdict(t) for t in timings]}, indent=2)
        )


if __name__ == "__main__":
    main()
