"""Described circuits kept from run to run: describing the default batch takes about a second, reading it 0.1.

Owns when a kept circuit is stale: as soon as any source that could shape it has changed. Owns how much room
all of them take: those that were used longest ago, such as those of former sources, make room for new ones.
"""

import hashlib
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from zkrollup import storage
from zkrollup.snark import circuitfile
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.circuitfile import DamagedCircuitFile

MOST_BYTES: Final = 24 * 2**20
"""The circuits of the default size take 1.2 MB, a batch 0.2 MB a slot."""

_IN_USE_SECONDS: Final = 60
"""What was used within this time stays, or the circuits of one run could push each other out."""


class DamagedCircuitWarning(UserWarning):
    """A kept circuit could not be used, so it was described again."""


def cached_circuit(name: str, describe: Callable[[], Circuit]) -> Circuit:
    """The circuit that ``describe`` builds, from the cache if the sources are the same.

    ``name`` must tell apart all circuits of these sources, sizes included.
    """
    path = circuit_path(name)
    if path is None:
        return describe()
    try:
        storage.mark_used(path)  # first, so that no other process removes it meanwhile
        return circuitfile.read(path)
    except FileNotFoundError:
        pass
    except DamagedCircuitFile as error:
        warnings.warn(str(error), DamagedCircuitWarning, stacklevel=2)
    circuit = describe()
    with storage.atomic_write(path) as file:
        circuitfile.write(circuit, file)
    storage.make_room(path.parent, MOST_BYTES, idle=_IN_USE_SECONDS)
    return circuit


def circuit_path(name: str) -> Path | None:
    """Where the circuit is kept, or would be; None without a writable cache."""
    folder = storage.cache_dir("circuits")
    return None if folder is None else folder / f"{name}-{sources_fingerprint()}.circuit"


@cache
def sources_fingerprint() -> str:
    """Names everything that a description runs through: this package, snark and crypto."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for folder in ("circuits", "snark", "crypto"):
        for source in sorted((package / folder).rglob("*.py")):
            digest.update(str(source.relative_to(package)).encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:24]
