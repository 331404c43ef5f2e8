"""Our chain beside eth-tester and anvil, and how each slows as it grows. Run by ``make bench-evm``.

One run compares, since no two find a machine in the same mood: each operation is done on all chains in turns.
A first round is not counted. Prints medians and ratios to anvil over HTTP, and writes all figures as JSON.
"""

import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from benchmarks.machine import is_busy, machine, summary
from benchmarks.nodes import Client, EthTester, Node, Programs, compile_heavy, others, ours
from benchmarks.operations import Operation, growing, operations, proofs
from benchmarks.provers import squaring_statement
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from zkrollup.snark.verifier_contract import verifier_init_code

BASELINE = "anvil, HTTP"
WIDTH = 110
LOG_EVERY = 10
"""Every so many blocks of a growing chain hold a log."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: Of each operation on each chain.
        heights: Blocks at which a growing chain is measured.
    """

    rounds: int
    heights: Sequence[int]


QUICK = Plan(1, (8, 24))


def compare(
    nodes: Sequence[Node], programs: Programs, ops: Mapping[str, Operation], rounds: int
) -> list[Any]:
    """Each operation on all chains in turns, as data."""
    with ExitStack() as stack:
        clients = {node.name: stack.enter_context(node.start(programs)) for node in nodes}
        return [_rows(name, race(operation, clients, rounds)) for name, operation in ops.items()]


def race(operation: Operation, clients: Mapping[str, Client], rounds: int) -> dict[str, list[float]]:
    """Seconds of each chain, by name."""
    seconds: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(rounds + 1):
        for name, client in clients.items():
            took = timed(operation(client))
            if number > 0:
                seconds[name].append(took)
    return seconds


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _rows(operation: str, seconds: Mapping[str, list[float]]) -> dict[str, Any]:
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    baseline = medians.get(BASELINE)
    rows = [
        {
            "name": name,
            "median": medians[name],
            "lowest": min(each),
            "highest": max(each),
            "seconds": each,
            "times_as_fast": None if baseline is None else baseline / medians[name],
        }
        for name, each in seconds.items()
    ]
    return {"operation": operation, "rounds": len(rows[0]["seconds"]), "contenders": rows}


def growth(node: Node, programs: Programs, plan: Plan) -> dict[str, Any]:
    """One chain at several heights, as data."""
    with node.start(programs) as client:
        points, logged = [], 0
        for height in plan.heights:
            logged += fill(client, height)
            points.append({"height": client.block_number(), "medians": _medians(client, plan.rounds)})
        start = time.perf_counter()
        found = client.logs()
        logs = {"seconds": time.perf_counter() - start, "found": found, "at_least": logged}
    ratios = {name: points[-1]["medians"][name] / points[0]["medians"][name] for name in growing()}
    return {"name": node.name, "points": points, "ratios": ratios, "get_logs": logs}


def fill(client: Client, height: int) -> int:
    """Grow a chain by one transaction a block; returns how many of them the token logged."""
    missing = range(height - client.block_number())
    logged = 0
    for number in missing:
        if number % LOG_EVERY:
            client.transfer()
        else:
            client.token_transfer()
            logged += 1
    return logged


def _medians(client: Client, rounds: int) -> dict[str, float]:
    return {
        name: statistics.median([timed(operation(client)) for _ in range(rounds)])
        for name, operation in growing().items()
    }


def show_comparison(console: Console, results: Sequence[Mapping[str, Any]]) -> None:
    names = [row["name"] for row in results[0]["contenders"]]
    table = Table(
        Column("median ms", no_wrap=True),
        title=f"{results[0]['rounds']} rounds in turns",
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    for name in names:
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(result["operation"], *(_figure(row) for row in result["contenders"]))
    console.print(table)
    console.print("In brackets: how many times as fast as anvil over HTTP.")


def _figure(row: Mapping[str, Any]) -> str:
    shown = f"{1000 * row['median']:.3g}"
    return shown if row["times_as_fast"] is None else f"{shown} ({row['times_as_fast']:.2g})"


def show_growth(console: Console, results: Sequence[Mapping[str, Any]]) -> None:
    heights = [f"{point['height']:,}" for point in results[0]["points"]]
    title = f"From block {heights[0]} to block {heights[-1]}: median ms, and how it grew"
    table = Table(Column("operation", no_wrap=True), title=title, title_justify="left", box=SIMPLE_HEAD)
    for result in results:
        table.add_column(result["name"], justify="right")
    for name in growing():
        table.add_row(name, *(_grown(result, name) for result in results))
    table.add_row("get_logs over all", *(_logs(result["get_logs"]) for result in results))
    console.print(table)


def _grown(result: Mapping[str, Any], name: str) -> str:
    first, last = (1000 * result["points"][i]["medians"][name] for i in (0, -1))
    return f"{first:.3g} to {last:.3g} ({result['ratios'][name]:.2f})"


def _logs(figures: Mapping[str, Any]) -> str:
    """Time, or how few were found: eth-tester's filters lose some."""
    if figures["found"] < figures["at_least"]:
        return f"finds {figures['found']} of {figures['at_least']}"
    return f"{1000 * figures['seconds']:.3g}"


def prepare() -> tuple[Programs, Mapping[str, Operation]]:
    """What is deployed, and what is done with it."""
    statement = squaring_statement(3)
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(verifier_init_code(statement.key.vk), compile_heavy(Path(folder)))
    return programs, operations(proofs(statement), itertools.count(501), programs.heavy is not None)


def measured(nodes: Sequence[Node], plan: Plan, console: Console) -> Iterator[tuple[str, Any]]:
    """Comparison, then growth; eth-tester does not take part in that, its logs take hours."""
    programs, ops = prepare()
    results = compare(nodes, programs, ops, plan.rounds)
    show_comparison(console, results)
    yield "operations", results
    if plan.heights:
        grown = [growth(node, programs, plan) for node in nodes if not isinstance(node, EthTester)]
        show_growth(console, grown)
        yield "growth", grown


@click.command()
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(1), help="Of each operation.")
@click.option(
    "--blocks", default=5000, show_default=True, type=click.IntRange(51), help="That a chain grows to."
)
@click.option("--part", type=click.Choice(["all", "operations"]), default="all", show_default=True)
@click.option("--only-ours", is_flag=True, help="Leave out the chains that are not ours.")
@click.option("--quick", is_flag=True, help="One round, few blocks: only to see that all of it runs.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write all figures here.")
def main(rounds: int, blocks: int, part: str, only_ours: bool, quick: bool, json_path: Path | None) -> None:
    """Compare our chain with eth-tester and anvil, and measure how each slows as it grows."""
    plan = QUICK if quick else Plan(rounds, (50, blocks) if part == "all" else ())
    nodes = ours() + ([] if only_ours else others())
    console = Console(width=WIDTH)
    document: dict[str, Any] = {"machine": machine()}
    console.print(summary(document["machine"]))
    if is_busy(document["machine"]):
        console.print("Other work is running: compare ratios, not times.")
    if not only_ours and BASELINE not in [node.name for node in nodes]:
        console.print("anvil takes no part: npm has not installed @foundry-rs/anvil for this machine.")
    document |= dict(measured(nodes, plan, console))
    if json_path is not None:
        json_path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
