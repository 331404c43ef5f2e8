"""``zkrollup keys``: this machine's proving keys as files, for those who prove without its operator.

Owns which keys are written and under what names. The format is snarkjs's, see ``snark.formats.zkey``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from zkrollup.cli.options import levels_option, slots_option

if TYPE_CHECKING:
    from zkrollup.operator.prover import KeyedCircuit

CIRCUITS: Final = ("batch", "claim", "escape")


@click.group()
def keys() -> None:
    """Publish the keys that proofs of a rollup are made with.

    A proving key is no secret, but it is not on L1 either. Without it nobody but the operator can prove a
    claim or an escape.
    """


@keys.command()
@click.argument("circuits", nargs=-1, type=click.Choice(CIRCUITS))
@slots_option
@levels_option
@click.option(
    "-o",
    "--output",
    default=".",
    show_default="this folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to.",
)
def export(circuits: tuple[str, ...], slots: int, levels: int, output: Path) -> None:
    """Write this machine's TEST keys as .zkey files, one for each of CIRCUITS.

    CIRCUITS are batch, claim and escape; claim and escape if none is given: with them users leave without the
    operator, by `zkrollup rebuild --claim` or `--escape` with `--key`.
    """
    from zkrollup.circuits.batch import BatchSize
    from zkrollup.cli import terminal
    from zkrollup.cli.progress import progress_shown, warn_of_size
    from zkrollup.operator.prover import Ways

    console = terminal.console(stderr=True)
    size = BatchSize(slots, levels)
    if "batch" in circuits:
        warn_of_size(console, size)
    with progress_shown(console, size if "batch" in circuits else None) as progress:
        ways = Ways(progress=progress, waiting=console.print)
        wanted = [ways.named(name, size) for name in circuits or CIRCUITS[1:]]
    for keyed in wanted:
        path = _write(keyed, output)
        click.echo(f"{path}  {path.stat().st_size / 10**6:,.1f} MB, TEST key")


def _write(keyed: "KeyedCircuit", folder: Path) -> Path:
    from zkrollup import storage
    from zkrollup.snark.formats import zkey

    path = folder / f"{keyed.circuit.name}.zkey"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with storage.atomic_write(path) as file:
            zkey.write(keyed.key, keyed.circuit.r1cs, file)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error
    return path
