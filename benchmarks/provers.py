"""Our prover beside others, and how it scales. Run by ``make bench-provers``.

One run compares, since no two find a machine in the same mood: all contenders prove the same circuit with the
same witness and key, in turns. Prints tables, and writes the same as JSON, and the curve as a picture.
"""

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from benchmarks import scaling
from benchmarks.chain import chain, link, links_for
from benchmarks.contenders import Contender, Measured, others, ours, plain, race
from benchmarks.machine import is_busy, machine, summary
from benchmarks.scaling import Point
from benchmarks.statement import Statement
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from zkrollup.crypto.field import R
from zkrollup.kernels.processor import KernelSet, kernel_set, supported
from zkrollup.snark.builder import Builder


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: Proofs of each contender, and of each size.
        kernels: Sets of kernels with which our prover takes part.
        circuit: What ``statement`` is of.
        statement: What all contenders prove.
        squarings: In the circuit that plain Python proves too; each is a constraint.
        logs: Sizes of the curve, log2 of rows.
        with_others: Whether provers take part that must be installed.
    """

    rounds: int
    kernels: Sequence[KernelSet]
    circuit: str
    statement: Callable[[], Statement]
    squarings: int
    logs: Sequence[int]
    with_others: bool

    @classmethod
    def full(cls, rounds: int, largest: int, with_others: bool) -> "Plan":
        """The default batch, the two fastest kernels, and sizes from 2^13 to 2^largest."""
        kernels, sizes = supported()[-2:], range(13, largest + 1)
        return cls(rounds, kernels, "batch-3x4", batch_statement, 60, sizes, with_others)

    @classmethod
    def quick(cls, with_others: bool) -> "Plan":
        """Tiny circuits, one round."""
        return cls(1, (kernel_set(),), "chain", lambda: chain_statement(9), 3, (9, 10), with_others)


def batch_statement() -> Statement:
    """The default batch, with a deposit, a transfer and a withdrawal, and this machine's key for it."""
    from benchmarks.proofs import workload

    from zkrollup.circuits.batch import BatchSize
    from zkrollup.operator.prover import Prover

    prover = Prover.prepare(BatchSize())
    inputs = workload(prover)[0][1]
    circuit = prover.batch.circuit
    return Statement(circuit.r1cs, prover.batch.key, circuit.witness(inputs))


def chain_statement(log: int) -> Statement:
    return Statement.of(*chain(links_for(log, link().n_constraints)))


def squaring_statement(count: int) -> Statement:
    """Of y that is x squared ``count`` times, for a private x."""
    b = Builder(f"squarings-{count}")
    y, x = b.public("y"), b.private("x")
    power = x
    for i in range(count):
        power = b.multiply(power, power, f"square[{i}]")
    b.enforce_equal(power, y, "y")
    circuit = b.build()
    return Statement.of(circuit.r1cs, circuit.witness({"y": pow(19, 2**count, R), "x": 19}))


def races(plan: Plan) -> Iterator[dict[str, Any]]:
    """All contenders on the plan's statement, then plain Python beside ours on one that it can prove."""
    mine = [ours(each) for each in plan.kernels]
    yield compare(plan.circuit, plan.statement(), [*mine, *(others() if plan.with_others else [])], plan)
    yield compare("squarings", squaring_statement(plan.squarings), [*mine, plain()], plan)


def compare(title: str, statement: Statement, contenders: Sequence[Contender], plan: Plan) -> dict[str, Any]:
    """One race, as data."""
    names = {ours(each).name for each in plan.kernels}
    with tempfile.TemporaryDirectory() as folder:
        statement.write(Path(folder))
        if plan.with_others:
            statement.write_for_others(Path(folder))
        results = race(contenders, statement, Path(folder), plan.rounds)
    best = min(statistics.median(each.seconds) for each in results if each.name in names)
    return {
        "circuit": title,
        "constraints": statement.r1cs.n_constraints,
        "rounds": plan.rounds,
        "contenders": [_row(each, best) for each in results],
    }


def _row(mine: Measured, best: float) -> dict[str, Any]:
    """A contender's figures; ``best`` is the fastest median of ours."""
    median = statistics.median(mine.seconds)
    return {
        "name": mine.name,
        "median": median,
        "lowest": min(mine.seconds),
        "highest": max(mine.seconds),
        "seconds": mine.seconds,
        "times_ours": median / best,
        "about": mine.about,
    }


def curve(plan: Plan) -> dict[str, Any]:
    """The scaling curve, as data."""
    with tempfile.TemporaryDirectory() as folder:
        points = scaling.measure(plan.logs, Path(folder), plan.rounds)
    medians = [statistics.median(point.proof_seconds) for point in points]
    return {
        "points": [_point(*each) for each in zip(points, medians, strict=True)],
        "exponent": scaling.exponent(points, medians),
        "n_log_n": scaling.n_log_n(points, medians),
    }


def _point(point: Point, median: float) -> dict[str, Any]:
    seconds = point.proof_seconds
    return {**asdict(point), "median": median, "lowest": min(seconds), "highest": max(seconds)}


def show_race(console: Console, result: Mapping[str, Any]) -> None:
    title = f"{result['circuit']}, {result['constraints']:,} constraints, {result['rounds']} rounds in turns"
    table = Table("prover", title=title, title_justify="left", box=SIMPLE_HEAD)
    for heading in ("median s", "lowest", "highest", "times ours"):
        table.add_column(heading, justify="right")
    for row in result["contenders"]:
        figures = (f"{row[name]:.3f}" for name in ("median", "lowest", "highest"))
        table.add_row(row["name"], *figures, f"{row['times_ours']:.2f}")
    console.print(table)


def show_curve(console: Console, result: Mapping[str, Any]) -> None:
    title = f"Chains of Poseidon hashes: seconds by size, growing as constraints^{result['exponent']:.2f}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    headings = ("constraints", "proof", "lowest", "highest", "n log n", "first", "setup", "MB")
    for heading in headings:
        table.add_column(heading, justify="right")
    for point, expected in zip(result["points"], result["n_log_n"], strict=True):
        seconds = (point["median"], point["lowest"], point["highest"], expected)
        table.add_row(
            f"{point['constraints']:,}",
            *(f"{each:.3f}" for each in seconds),
            f"{statistics.median(point['first_seconds']):.2f}",
            f"{point['setup_seconds']:.2f}",
            f"{point['proof_bytes'] / 10**6:,.0f}",
        )
    console.print(table)
    console.print("first: from the start of a new process, key and witness in files, to its first proof.")


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1), help="Proofs of each.")
@click.option("--only-ours", is_flag=True, help="Leave out the provers that must be installed.")
@click.option("--quick", is_flag=True, help="Tiny circuits, one round: only to see that all of it runs.")
@click.option("--part", type=click.Choice(["all", "race", "curve"]), default="all", show_default=True)
@click.option("--largest", default=19, show_default=True, help="Last size of the curve: 2^LARGEST rows.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write all figures here.")
@click.option("--plot", "plot_path", type=click.Path(path_type=Path), help="Also draw the curve, as SVG.")
def main(
    rounds: int,
    only_ours: bool,
    quick: bool,
    part: str,
    largest: int,
    json_path: Path | None,
    plot_path: Path | None,
) -> None:
    """Compare provers on one circuit and witness, and measure how ours scales."""
    plan = Plan.quick(not only_ours) if quick else Plan.full(rounds, largest, not only_ours)
    console = Console()
    document: dict[str, Any] = {"machine": machine()}
    console.print(summary(document["machine"]))
    if is_busy(document["machine"]):
        console.print("Other work is running: provers with many threads will look slower than they are.")
    if part != "curve":
        document["races"] = []
        for result in races(plan):
            show_race(console, result)
            document["races"].append(result)
    if part != "race":
        document["curve"] = curve(plan)
        show_curve(console, document["curve"])
    if json_path is not None:
        json_path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if plot_path is not None and "curve" in document:
        from benchmarks.plot import draw

        draw(document, plot_path)


if __name__ == "__main__":
    main()
