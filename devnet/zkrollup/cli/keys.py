"""``zkrollup keys``: this machine's proving keys as files, for those who prove without its operator.

Owns which keys are written and under what names, and what is said of one that is verified. The format is
snarkjs's, see ``snark.formats.zkey``; the check is ``snark.keycheck``'s.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from zkrollup.cli.commands import Commands
from zkrollup.cli.options import levels_option, slots_option
from zkrollup.cli.outputs import force_option, require_free

if TYPE_CHECKING:
    from zkrollup.operator.prover import KeyedCircuit

CIRCUITS: Final = ("batch", "claim", "escape")


@click.group(cls=Commands)
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
@force_option
def export(circuits: tuple[str, ...], slots: int, levels: int, output: Path, force: bool) -> None:
    """Write this machine's TEST keys as .zkey files, one for each of CIRCUITS.

    CIRCUITS are batch, claim and escape; claim and escape if none is given: with them users leave without the
    operator, by `zkrollup rebuild --claim` or `--escape` with `--key`.
    """
    from zkrollup.circuits.batch import BatchSize
    from zkrollup.cli import terminal
    from zkrollup.cli.progress import progress_shown, waiting_shown, warn_of_size
    from zkrollup.operator.prover import Ways

    console = terminal.console(stderr=True)
    size = BatchSize(slots, levels)
    if "batch" in circuits:
        warn_of_size(console, size)
    with progress_shown(console, size if "batch" in circuits else None) as progress:
        ways = Ways(progress=progress, waiting=waiting_shown(console))
        wanted = [ways.named(name, size) for name in circuits or CIRCUITS[1:]]
    paths = [output / f"{keyed.circuit.name}.zkey" for keyed in wanted]
    require_free(*paths, force=force)
    for keyed, path in zip(wanted, paths, strict=True):
        _write(keyed, path)
        click.echo(f"{path}  {path.stat().st_size / 10**6:,.1f} MB, TEST key")


@keys.command()
@click.argument("r1cs", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("ptau", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("zkey", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(r1cs: Path, ptau: Path, zkey: Path) -> None:
    """Check all points of a ceremony's key against its circuit and powers of tau.

    R1CS, PTAU and ZKEY are given as to `snarkjs zkey verify`. Whether contributions follow from each other is
    not checked. Prints the SHA-256 of ZKEY, for zkey_sha256 of zk.circuit.
    """
    from zkrollup import kernels
    from zkrollup.cli import terminal
    from zkrollup.cli.progress import progress_shown, waiting_shown
    from zkrollup.crypto.pairing import uses_kernels
    from zkrollup.snark.ceremony import read_key
    from zkrollup.snark.formats import r1cs as r1cs_file

    console = terminal.console(stderr=True)
    with progress_shown(console) as progress:
        kernels.load(pairing=uses_kernels(), progress=progress, waiting=waiting_shown(console))
    found = read_key(zkey, r1cs_file.read(r1cs).constraints, ptau=ptau)
    click.echo(f"{zkey.name}: every point follows from {r1cs.name} and {ptau.name}")
    for number, each in enumerate(found.zkey.contributions, 1):
        click.echo(f"contribution {number}  {each.name}  {each.hash.hex()}")
    click.echo(f"SHA-256  {found.sha256}")


def _write(keyed: "KeyedCircuit", path: Path) -> None:
    from zkrollup import storage
    from zkrollup.snark.formats import zkey

    path.parent.mkdir(parents=True, exist_ok=True)
    with storage.atomic_write(path) as file:
        zkey.write(keyed.key, keyed.circuit.r1cs, file)
