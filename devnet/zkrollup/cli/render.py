"""How the demo looks in a terminal. Owns no step and no figure; bars of one-time work are ``progress``'s."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from zkrollup.cli.story import DECIMALS, UNIT, Opening, Step
from zkrollup.cli.terminal import print_whole, width_of
from zkrollup.cli.views import Holding, Transaction, View
from zkrollup.snark.modes import Assurance, ProofOrigin

ORIGINS: Final[Mapping[ProofOrigin, str]] = {
    ProofOrigin.MADE: "",
    ProofOrigin.STORED: ", from the store",
    ProofOrigin.MOCKED: ", [bold red]MOCK[/bold red]",
}
TOKENS: Final[Mapping[str, Callable[[Holding], int]]] = {
    "ETH": lambda holding: holding.eth,
    "TEST": lambda holding: holding.test,
}
MARGIN = 2
ADDRESS_WIDTH = 42
SHOWN_DECIMALS = 6
SHOWN_DATA_BYTES = 94


def print_opening(console: Console, version: str, opening: Opening) -> None:
    """Sizes, addresses and deployment."""
    console.print(
        f"[bold]zkrollup {version}[/bold]: batches of {opening.slots} operations over "
        f"{opening.accounts:,} accounts, {opening.mode.described}"
    )
    _warn_of_mock(console, opening)
    console.print("[yellow]TEST keys, made on this machine by a single party. Not audited.[/yellow]\n")
    sizes = _grid()
    for circuit, count in opening.constraints.items():
        sizes.add_row(f"circuit {circuit}", f"{count:,} constraints")
    console.print(sizes)
    grid = _grid(least=max(map(len, opening.addresses)))
    gas = {each.contract: each.gas for each in opening.deployment}
    for name, address in opening.addresses.items():
        grid.add_row(name, f"{address}  [dim]{f'{gas[name]:,} gas' if name in gas else ''}[/dim]")
    print_whole(console, grid, wrap=True)


def print_steps(console: Console, steps: Iterator[Step]) -> list[Step]:
    """Each step when it is done, and that work goes on where a terminal watches."""
    told: list[Step] = []
    while True:
        with _working(console, len(told) + 1):
            step = next(steps, None)
        if step is None:
            return told
        told.append(step)
        print_step(console, len(told), step)


def print_step(console: Console, number: int, step: Step) -> None:
    """A step: what happened, what to see in it, and the figures."""
    console.print()
    console.print(Rule(f"[bold cyan]{number}  {step.name}[/bold cyan]", align="left", style="dim"))
    console.print(f"[bold]{step.title}.[/bold]")
    console.print(f"[dim]{step.lesson}[/dim]")
    for part in (_work(step), _transactions(step.transactions), _roots(step), *_balances(console, step)):
        if part.row_count:
            print_whole(console, Padding(part, (1, 0, 0, MARGIN)), wrap=not part.show_header)
    if step.refusal is not None:
        # The terminal breaks the line, so that who copies the numbers gets them whole.
        console.print()
        console.print(Text(f"  refused: {step.refusal}", style="red"), soft_wrap=True)
    if not _moved(step):
        console.print(Padding("[dim]No balance moves on either layer.[/dim]", (1, 0, 0, 2)))


@contextmanager
def _working(console: Console, number: int) -> Iterator[None]:
    """That work goes on, where a terminal watches."""
    if not console.is_interactive:
        yield
        return
    with console.status(f"[dim]step {number}[/dim]"):
        yield


def print_closing(console: Console, opening: Opening, steps: Sequence[Step], proving: float) -> None:
    """What it all cost, and where to go from here; ``proving`` is for how many seconds proofs were made."""
    proofs = [proof for step in steps for proof in step.proofs]
    console.print(Rule(style="dim"))
    console.print("[bold green]Locked, minted, moved, proved, burned, proved, unlocked.[/bold green]\n")
    _warn_of_mock(console, opening)
    grid = _grid()
    for circuit in opening.constraints:
        seconds = [proof.seconds for proof in proofs if proof.circuit == circuit]
        grid.add_row(f"proofs of {circuit}", f"{len(seconds)}, the longest {max(seconds, default=0):.2f} s")
    if proving:  # less than their sum, where proofs were made side by side
        grid.add_row("proofs in all", f"{len(proofs)}, made in {proving:.2f} s")
    spent: dict[str, int] = {}
    for each in (each for step in steps for each in step.transactions):
        spent[each.sender] = spent.get(each.sender, 0) + each.gas
    for sender, gas in spent.items():
        grid.add_row(f"gas paid by {sender}", f"{gas:,}")
    console.print(grid)
    console.print(
        "\nNext: write a test. pytest has the fixtures rollup, alice and bob; the README has a first test.\n"
        "[dim]All digits of this story: zkrollup demo --json. What this machine lacks: zkrollup doctor.[/dim]"
    )


def _warn_of_mock(console: Console, opening: Opening) -> None:
    if opening.assurance is Assurance.MOCK:
        console.print(
            "[bold white on red]MOCK PROOFS: nothing is proved, and what L1 accepts attests nothing.[/]"
        )


# Parts of a step


def _work(step: Step) -> Table:
    grid = _grid()
    for batch in step.batches:
        contents = [_count(batch.deposits, "deposit"), _count(batch.operations, "signed operation")]
        grid.add_row(f"batch {batch.number}", f"{batch.stage}: {', '.join(filter(None, contents))}")
        if batch.stage == "committed":
            grid.add_row(f"data, {len(batch.data)} bytes", _data(batch.data))
    for proof in step.proofs:
        figures = f"circuit {proof.circuit}, {proof.constraints:,} constraints, {proof.seconds:.2f} s"
        grid.add_row(f"proof of {proof.of}", figures + ORIGINS[proof.origin])
    return grid


def _transactions(transactions: Sequence[Transaction]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("L1 transaction")
    table.add_column("sender")
    table.add_column("gas", justify="right")
    for each in transactions:
        outcome = "" if each.succeeded else "  [red]reverted[/red]"
        table.add_row(f"{each.contract}.{each.function}{outcome}", each.sender, f"{each.gas:,}")
    return table


def _roots(step: Step) -> Table:
    before, after = step.before.roots, step.after.roots
    grid = _grid()
    for label, old, new in (
        ("L1 root, proven", before.l1_proven, after.l1_proven),
        ("L1 root, committed", before.l1_committed, after.l1_committed),
        ("L2 root, sealed", before.l2, after.l2),
    ):
        moved = f"{_short(old)} [green]->[/green] [green]{_short(new)}[/green]"
        grid.add_row(label, f"{_short(old)} [dim]unchanged[/dim]" if old == new else moved)
    old_block, new_block = step.before.l1_block, step.after.l1_block
    still = f"{old_block} [dim]unchanged[/dim]"
    grid.add_row("L1 block", still if old_block == new_block else f"{old_block} -> {new_block}")
    return grid


def _balances(console: Console, step: Step) -> list[Table]:
    """One table of both tokens, or one of each where a narrow terminal would cut digits."""
    if not _moved(step):
        return []
    both = _balances_of(step, *TOKENS)
    if MARGIN + width_of(console, both) <= console.width:
        return [both]
    return [_balances_of(step, token) for token in TOKENS]


def _balances_of(step: Step, *tokens: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("balances")
    for token in tokens:
        for heading in (f"{token} before", "after"):
            table.add_column(heading, justify="right")
    for holder in step.after.holdings:
        table.add_row(holder, *_cells(step.before, step.after, holder, tokens))
    return table


def _cells(before: View, after: View, holder: str, tokens: Sequence[str]) -> list[str]:
    cells = []
    for token in tokens:
        was, now = (TOKENS[token](view.holdings[holder]) for view in (before, after))
        style = "dim" if was == now else "bold green" if now > was else "bold red"
        cells += [f"[dim]{_amount(was)}[/dim]", f"[{style}]{_amount(now)}[/{style}]"]
    return cells


def _moved(step: Step) -> bool:
    return step.before.holdings != step.after.holdings


# Values


def _grid(least: int = 0) -> Table:
    """Labels of at least ``least`` columns, and what they stand for."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=least)
    grid.add_column()
    return grid


def _amount(value: int) -> str:
    """In whole tokens, rounded down to what a terminal has room for; --json has all digits."""
    kept = value // 10 ** (DECIMALS - SHOWN_DECIMALS)
    whole, part = divmod(kept, UNIT // 10 ** (DECIMALS - SHOWN_DECIMALS))
    return f"{whole:,}.{part:0{SHOWN_DECIMALS}}".rstrip("0").rstrip(".")


def _data(data: bytes) -> str:
    """In hex, as wide as an address."""
    lines = textwrap.wrap(data[:SHOWN_DATA_BYTES].hex(), ADDRESS_WIDTH) or ["none"]
    return "\n".join(lines) + ("…" if len(data) > SHOWN_DATA_BYTES else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _short(root: int) -> str:
    text = f"{root:064x}"
    return f"0x{text[:8]}…{text[-6:]}"
