"""Described circuits kept from run to run: describing the default batch takes about a second, reading it 0.1.

Owns when a kept circuit is stale: as soon as any source that could shape it has changed.
"""

import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from zkrollup import sources, storage
from zkrollup.snark import circuitfile
from zkrollup.snark.circuit import Circuit


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
    with storage.exclusive(f"build-circuits-{path.parent.name}-{name}", waiting):
        circuit = _read(path, warn=True)
        if circuit is None:
            circuit = describe()
            storage.keep(path, partial(circuitfile.write, circuit))
    return circuit


def circuit_path(name: str) -> Path | None:
    """Where the circuit is kept, or would be; None without a writable cache."""
    folder = storage.cache_dir("circuits", sources_fingerprint())
    return None if folder is None else folder / f"{name}.npz"


@cache
def sources_fingerprint() -> str:
    """Names everything that a description runs through."""
    return sources.digest(sources.CIRCUITS).hex()[:24]


def _read(path: Path, *, warn: bool = False) -> Circuit | None:
    """The kept circuit; None where there is none that is whole, of which it may warn."""
    try:
        return circuitfile.read(path)
    except FileNotFoundError:
        return None
    except Exception as error:  # the parsers of a damaged file fail in more ways than its format names
        if warn:
            message = f"describing again what {path} does not hold: {error}"
            warnings.warn(message, DamagedCircuitWarning, stacklevel=3)
        return None
