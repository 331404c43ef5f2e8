"""``zkrollup warmup``: all one-time work now, so that no test waits for it.

Owns what is said of it. The work is the plugin's own, called as a first test calls it; what was made is read
back from the cache folder, not believed.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkrollup.cli.options import LEVELS, SLOTS
from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.expectations import Progress
    from zkrollup.operator.prover import Prover


class NothingKept(ZkRollupError):
    """The cache cannot be written, so that what it lacks would be made and lost with this process."""

    def __init__(self, variable: str, fault: str) -> None:
        self.fault = fault
        super().__init__(f"nothing can be kept: {fault}; set {variable} to a folder that can be written")


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that later runs find.

    Attributes:
        name: What.
        path: Where: a file or a folder.
        made: Whether it was made now; else it was there already.
    """

    name: str
    path: str
    made: bool


@click.command()
@click.option(
    "--slots", "slots", default=[3], show_default=True, multiple=True, type=SLOTS, help="Batch size."
)
@click.option(
    "--levels",
    "levels",
    default=[4],
    show_default=True,
    multiple=True,
    type=LEVELS,
    help="4^LEVELS accounts fit.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the same as one JSON document.")
def warmup(slots: Sequence[int], levels: Sequence[int], as_json: bool) -> None:
    """Compile kernels, describe circuits and make TEST keys now, for all later runs on this machine.

    Repeat --slots and --levels for several sizes: the first of one goes with the first of the other, and a
    single one with all. What is there already is left as it is.

    Exits with 1 if something is missing and cannot be kept.
    """
    from zkrollup.circuits.batch import BatchSize
    from zkrollup.cli import terminal
    from zkrollup.cli.progress import progress_shown, waiting_shown, warn_of_size
    from zkrollup.operator.prover import Prover

    # With --json, standard output has the document and nothing else.
    console = terminal.console(stderr=as_json)
    started = time.monotonic()
    sizes = [BatchSize(*pair) for pair in paired(slots, levels)]
    cache, fault = _cache()
    before = _inodes(cache)
    for size in sizes:
        warn_of_size(console, size)
    provers, waiting = [], waiting_shown(console)
    for size in sizes:
        with progress_shown(console, size) as progress:
            kept_only = progress if fault is None else _refusing(fault, progress)
            provers.append(Prover.prepare(size, progress=kept_only, waiting=waiting))
    import zkrollup.devnet  # noqa: F401  # Python keeps the bytecode of all that a first test imports

    changed = {path for path, inode in _inodes(cache).items() if before.get(path) != inode}
    places = dict(place for prover in provers for place in _places(prover))
    kept = [
        Kept(name, str(path), any(path in (each, *each.parents) for each in changed))
        for name, path in places.items()
    ]
    _report(cache, kept, time.monotonic() - started, as_json)


def paired(slots: Sequence[int], levels: Sequence[int]) -> list[tuple[int, int]]:
    """Sizes from repeated options; a single value goes with all of the other's.

    Raises:
        UsageError: There are several of both, and not as many.
    """
    count = max(len(slots), len(levels))
    if {len(slots), len(levels)} - {1, count}:
        raise click.UsageError(
            f"{len(slots)} --slots and {len(levels)} --levels make no pairs; give as many of both, or one"
        )
    return list(zip(*(list(each) * (count // len(each)) for each in (slots, levels)), strict=True))


def _cache() -> tuple[Path, str | None]:
    """The cache folder, and why nothing can be written to it; then it serves if all is there."""
    from zkrollup import storage

    fault = storage.fault()
    if fault is not None and storage.existing() is None:
        raise NothingKept(storage.ENVIRONMENT_VARIABLE, fault)
    return _required(storage.cache_dir()), fault


def _refusing(fault: str, progress: "Progress") -> "Progress":
    """The same progress, of work that may only read the cache: it ends where something would be made."""
    from zkrollup import storage
    from zkrollup.expectations import EXPECTED

    def reading_only(label: str, fraction: float) -> None:
        if label in EXPECTED and EXPECTED[label].once:
            raise NothingKept(storage.ENVIRONMENT_VARIABLE, f"{label} is needed, and {fault}")
        progress(label, fraction)

    return reading_only


def _required(place: Path | None) -> Path:
    from zkrollup import storage

    if place is None:
        raise NothingKept(storage.ENVIRONMENT_VARIABLE, "a folder of the cache cannot be used")
    return place


def _inodes(cache: Path) -> Mapping[Path, int]:
    """All files, told apart from others of the same name: what is made anew replaces a file.

    Times would not do: using a kernel touches its mark.
    """
    found: dict[Path, int] = {}
    for path in cache.rglob("*"):
        with suppress(FileNotFoundError):  # other processes come and go
            if path.is_file():
                found[path] = path.stat().st_ino
    return found


def _places(prover: "Prover") -> Iterator[tuple[str, Path]]:
    """What a prover uses, by name, and where it is kept."""
    from zkrollup import storage
    from zkrollup.circuits.cache import circuit_path
    from zkrollup.circuits.descriptions import descriptions
    from zkrollup.kernels.jit import fingerprint
    from zkrollup.snark.store import key_path

    yield "kernels", _required(storage.cache_dir("kernels", fingerprint()))
    for name, describe in descriptions(prover.size):
        yield f"circuit {name}", _required(circuit_path(name, describe))
    for keyed in (prover.batch, prover.claim, prover.escape):
        yield f"TEST key {keyed.circuit.name}", _required(key_path(keyed.circuit.digest))


def _report(cache: Path, kept: Sequence[Kept], seconds: float, as_json: bool) -> None:
    idle = not any(each.made for each in kept)
    if as_json:
        document = {"cache": str(cache), "seconds": round(seconds, 3), "nothing_to_do": idle}
        click.echo(json.dumps({**document, "kept": [asdict(each) for each in kept]}, indent=2))
        return
    for each in kept:
        click.echo(f"{'made' if each.made else 'there':<6} {each.name:<20} {each.path}")
    made = f"Made in {seconds:.0f} s, for all runs on this machine that use {cache}."
    click.echo("Nothing to do: all of it was there." if idle else made)
