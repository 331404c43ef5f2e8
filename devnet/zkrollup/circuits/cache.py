"""Described circuits kept from run to run: describing the default batch takes about a second, reading it 0.1.

Owns when a kept circuit is stale: as soon as any source that could shape it has changed. Owns how much room
all of them take: those that were used longest ago, such as those of former sources, make room for new ones.
"""

import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Final

from zkrollup import sources, storage
from zkrollup.snark import circuitfile
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.circuitfile import DamagedCircuitFile

MOST_BYTES: Final = 24 * 2**20
"""The circuits of the default size take 1.2 MB, a batch 0.2 MB a slot."""

_IN_USE_SECONDS: Final = 60
"""What was used within this time stays, or the circuits of one run could push each other out."""


class DamagedCircuitWarning(UserWarning):
    """A kept circuit could not be used, so it was described again."""


def cached_circuit(
    name: str, describe: Callable[[], Circuit], *, waiting: storage.Waiting = storage.ignore_waiting
) -> Circuit:
    """The circuit that ``describe`` builds, from the cache if the sources are the same.

    Args:
        name: Tells apart all circuits of these sources, sizes included.
        describe: Called by one process while the others wait.
        waiting: Called once if another process is describing the same circuit.
    """
    path = circuit_path(name)
    if path is None:
        return describe()
    circuit = _read(path)
    if circuit is not None:
        return circuit
    with storage.exclusive(f"build-circuits-{path.stem}", waiting):
        circuit = _read(path, warn=True)
        if circuit is None:
            circuit = describe()
            if storage.keep(path, partial(circuitfile.write, circuit, name=path.stem)):
                storage.make_room(path.parent, MOST_BYTES, idle=_IN_USE_SECONDS)
    return circuit


def circuit_path(name: str) -> Path | None:
    """Where the circuit is kept, or would be; None without a writable cache."""
    folder = storage.cache_dir("circuits")
    return None if folder is None else folder / f"{name}-{sources_fingerprint()}.circuit"


@cache
def sources_fingerprint() -> str:
    """Names everything that a description runs through."""
    return sources.digest(sources.CIRCUITS).hex()[:24]


def _read(path: Path, *, warn: bool = False) -> Circuit | None:
    """The kept circuit; None where there is none that is whole, of which it may warn."""
    try:
        storage.mark_used(path)  # first, so that no other process removes it meanwhile
        return circuitfile.read(path)
    except FileNotFoundError:
        return None
    except (DamagedCircuitFile, OSError) as error:
        if warn:
            warnings.warn(f"describing a circuit again: {error}", DamagedCircuitWarning, stacklevel=3)
        return None
