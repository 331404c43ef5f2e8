"""The ``zkrollup`` command. Imports what a subcommand needs when it runs, so that ``--help`` is instant."""

import json
import sys
from dataclasses import asdict
from typing import Any

import click

from zkrollup import __version__
from zkrollup.errors import ZkRollupError


class _Group(click.Group):
    """Shows an error of ours as a sentence, not as a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ZkRollupError as error:
            if context.params.get("traceback"):
                raise
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group)
@click.version_option(__version__)
@click.option("--traceback", is_flag=True, help="Show tracebacks of errors.")
def main(traceback: bool) -> None:
    """A ZK-rollup devnet in one process, with real Groth16 proofs."""


@main.command()
@click.option("--slots", default=3, show_default=True, type=click.IntRange(1, 256), help="Batch size.")
@click.option(
    "--levels", default=4, show_default=True, type=click.IntRange(1, 16), help="4^LEVELS accounts fit."
)
@click.option("--json", "as_json", is_flag=True, help="Print constraints, addresses and steps as JSON.")
def demo(slots: int, levels: int, as_json: bool) -> None:
    """Lock, mint, transfer, prove, burn, prove, unlock: the main job, step by step.

    Keys are TEST keys, made here by a single party. Nothing in this project is audited.
    """
    from rich.console import Console

    from zkrollup.circuits.batch import BatchSize
    from zkrollup.cli.render import print_facts, print_step, progress_bars
    from zkrollup.cli.story import tell
    from zkrollup.devnet import Devnet

    console = Console(stderr=as_json)
    with progress_bars(console) as progress:
        devnet = Devnet.start(BatchSize(slots, levels), progress=progress)
    if as_json:
        click.echo(json.dumps(asdict(tell(devnet)), indent=2))
        return
    console.print(f"[bold]zkrollup {__version__}[/bold]: real Groth16 proofs, TEST keys, not audited\n")
    shown = iter(range(1, sys.maxsize))
    story = tell(devnet, lambda step: print_step(console, next(shown), step))
    print_facts(console, "Constraints", dict(story.constraints))
    print_facts(console, "Addresses", dict(story.addresses))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
def doctor(as_json: bool) -> None:
    """Show what this machine has, and what is missing for what."""
    from zkrollup.cli.doctor import examine

    findings = examine()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            mark = "ok     " if finding.ok else "MISSING"
            needed = f"  (needed for {finding.needed_for})" if not finding.ok else ""
            click.echo(f"{mark}  {finding.name:<13} {finding.found}{needed}")
    if any(finding.required and not finding.ok for finding in findings):
        sys.exit(1)
