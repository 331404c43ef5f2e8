"""How the demo and its one-time work look in a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from zkrollup.cli.story import Step
from zkrollup.kernels.jit import Progress as Callback
from zkrollup.kernels.jit import ignore_progress

EXPECTED = {"compile kernels": "once a machine, about 20 s", "make keys": "once a circuit, about 3 s"}


@contextmanager
def progress_bars(console: Console) -> Iterator[Callback]:
    """A progress callback that draws a bar a label, where a terminal watches."""
    if not console.is_terminal:
        yield ignore_progress
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = {}

        def advance(label: str, fraction: float) -> None:
            if label not in tasks:
                hint = f" [dim]({EXPECTED[label]})[/dim]" if label in EXPECTED else ""
                tasks[label] = bars.add_task(f"{label}{hint}", total=1.0)
            bars.update(tasks[label], completed=fraction)

        yield advance


def print_facts(console: Console, title: str, facts: dict[str, object]) -> None:
    """Names and values, aligned."""
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(f"[dim]{name}[/dim]", f"{value:,}" if type(value) is int else str(value))
    console.print(f"[bold]{title}[/bold]")
    console.print(table)
    console.print()


def print_step(console: Console, number: int, step: Step) -> None:
    """A step: its sentence, its figures, and the balances that it changed."""
    console.print(f"[bold cyan]{number}. {step.title}[/bold cyan]")
    table = Table.grid(padding=(0, 2))
    for name, value in step.details.items():
        shown = f"{value:,}" if type(value) is int else _short(str(value))
        table.add_row(f"   [dim]{name}[/dim]", shown)
    console.print(table)
    changes = Table(box=None, padding=(0, 2))
    for heading in ("   who", "ledger", "before", "after", "change"):
        changes.add_column(
            heading, justify="left" if heading in ("   who", "ledger") else "right", style="dim"
        )
    for who, balances in step.after.items():
        for ledger, after in balances.items():
            before = step.before[who][ledger]
            if after != before:
                changes.add_row(
                    f"   {who}", ledger, _amount(before), _amount(after), _amount(after - before, "+")
                )
    console.print(changes if changes.row_count else "   [dim]no balance moved[/dim]")
    console.print()


def _amount(value: int, sign: str = "") -> str:
    """Exact below 10^12; above, millionths of 10^18 are enough to see what moved."""
    return f"{value:{sign},}" if abs(value) < 10**12 else f"{value / 10**18:{sign},.6f}e18"


def _short(text: str) -> str:
    return f"{text[:18]}…{text[-6:]}" if text.startswith("0x") and len(text) > 42 else text
