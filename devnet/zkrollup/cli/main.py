"""The ``zkrollup`` command. Imports what a subcommand needs when it runs, so that ``--help`` is instant."""

import errno
import json
import os
import shutil
import sys
import warnings
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final

import click

from zkrollup import __version__
from zkrollup.cli.commands import Commands
from zkrollup.cli.entry import INTERRUPTED
from zkrollup.cli.init import init
from zkrollup.cli.keys import keys
from zkrollup.cli.options import levels_option, slots_option
from zkrollup.cli.rebuild import rebuild
from zkrollup.cli.verifier import verifier
from zkrollup.cli.warmup import warmup
from zkrollup.errors import ZkRollupError
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.places import RULE as PLACES
from zkrollup.snark.places import THREADS

_UNWRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What standard output fails with; a pipe that nobody reads is click's matter."""


class _Main(Commands):
    """Shows warnings, errors of ours and of files, Ctrl-C and a full disk in sentences, without traceback."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            return super().main(*args, **options)
        except OSError as error:
            if error.errno not in _UNWRITABLE or error.filename is not None:
                raise
            click.echo(f"Error: the output cannot be written: {error.strerror}", err=True)
            with suppress(OSError, ValueError):  # what is left in it must not fail once more at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)

    def invoke(self, context: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                if not context.params.get("traceback"):
                    warnings.showwarning = _show_warning
                return super().invoke(context)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            context.exit(INTERRUPTED)
        except ZkRollupError as error:
            if context.params.get("traceback"):
                raise
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None or context.params.get("traceback"):
                raise
            raise click.FileError(str(error.filename), error.strerror) from error


def _show_warning(message: Warning | str, *_place: Any, **_more: Any) -> None:
    click.echo(f"Warning: {message}", err=True)


@click.group(cls=_Main)
@click.version_option(__version__)
@click.option("--traceback", is_flag=True, help="Show tracebacks of errors.")
def main(traceback: bool) -> None:
    """A ZK-rollup devnet in one process, with real Groth16 proofs unless mocks are asked for."""


main.add_command(init)
main.add_command(keys)
main.add_command(rebuild)
main.add_command(verifier)
main.add_command(warmup)


@main.command()
@slots_option
@levels_option
@click.option(
    "--proofs",
    default=ProofMode.FRESH.value,
    show_default=True,
    type=click.Choice([mode.value for mode in ProofMode]),
    help="Take proofs from the store where it has them, make all anew, or make none.",
)
@click.option("--prover", default=THREADS, show_default=True, help=f"Where proofs are computed: {PLACES}.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as one JSON document.")
def demo(slots: int, levels: int, proofs: str, prover: str, as_json: bool) -> None:
    """Lock, mint, transfer, prove, burn, prove, unlock: the main job, step by step.

    Keys are TEST keys, made here by a single party. Nothing in this project is audited.

    The keys of the JSON document are explained in docs/reference/cli.md.
    """
    from zkrollup.circuits.batch import BatchSize
    from zkrollup.cli import terminal
    from zkrollup.cli.document import document
    from zkrollup.cli.progress import progress_shown, waiting_shown, warn_of_size
    from zkrollup.cli.render import print_closing, print_opening, print_steps
    from zkrollup.cli.story import Story
    from zkrollup.devnet import Devnet
    from zkrollup.operator.prover import Prover
    from zkrollup.snark.places import engine_at
    from zkrollup.snark.timed import TimedEngine
    from zkrollup.stopwatch import Stopwatch

    # With --json, standard output has the document and nothing else.
    console = terminal.console(stderr=as_json)
    size = BatchSize(slots, levels)
    warn_of_size(console, size)
    with engine_at(prover) as engine:
        timed = TimedEngine(engine, Stopwatch())
        with progress_shown(console, size) as progress:
            prepared = Prover.prepare(
                size, mode=ProofMode(proofs), engine=timed, progress=progress, waiting=waiting_shown(console)
            )
            story = Story(Devnet(prepared, progress=progress))
        if as_json:
            click.echo(json.dumps(document(__version__, story.opening, story.steps()), indent=2))
            return
        print_opening(console, __version__, story.opening)
        steps = print_steps(console, story.steps())
        print_closing(console, story.opening, steps, timed.watch.seconds)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the same as one JSON document.")
def doctor(as_json: bool) -> None:
    """Show what this machine has, and what is missing for what.

    Exits with 1 if something is missing that the main job needs.
    """
    from zkrollup.cli.doctor import examine
    from zkrollup.cli.findings import print_findings

    findings = examine()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print_findings(findings, shutil.get_terminal_size().columns)
    if any(finding.required and not finding.ok for finding in findings):
        sys.exit(1)
