"""Described circuits kept from run to run: describing the default batch takes about a second, reading it 0.1.

Owns when a kept circuit is stale: as soon as any source that could shape it has changed, or the code in this
process is another, as where a test patched a gadget. Such a circuit is used and never stands in for the sound
one: it has a file of its own, and none where its constraints are not those that ship under its name.

Owns how much room all of them take: those that were used longest ago, such as those of former sources, make
room for new ones.
"""

import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Final

from zkrollup import sources, storage
from zkrollup.circuits import live
from zkrollup.circuits.shipped import digest_of
from zkrollup.snark import circuitfile
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.circuitfile import DamagedCircuitFile

MOST_BYTES: Final = 24 * 2**20
"""The circuits of the default size take 1.2 MB, a batch 0.2 MB a slot."""

_IN_USE_SECONDS: Final = 60
"""What was used within this time stays, or the circuits of one run could push each other out."""


class DamagedCircuitWarning(UserWarning):
    """A kept circuit could not be used, so it was described again."""


class ChangedCircuitWarning(UserWarning):
    """A circuit is not the one that ships under its name. It is used, and not kept."""


def cached_circuit(
    name: str,
    describe: Callable[[], Circuit],
    *,
    code: Callable[..., object] | None = None,
    waiting: storage.Waiting = storage.ignore_waiting,
) -> Circuit:
    """The circuit that ``describe`` builds, from the cache if sources and live code are the same.

    Args:
        name: Tells apart all circuits of these sources, sizes included.
        describe: Called by one process while the others wait.
        code: What the circuit depends on, all that it calls included; ``describe`` itself by default.
        waiting: Called once if another process is describing the same circuit.
    """
    path = circuit_path(name, code or describe)
    if path is None:
        return _described(name, describe)[0]
    circuit, _ = _read(path, name)
    if circuit is not None:
        return circuit
    with storage.exclusive(f"build-circuits-{path.stem}", waiting, doing="builds circuits"):
        circuit, problem = _read(path, name)
        if circuit is None:
            live.forget(code or describe)
            circuit, ships = _described(name, describe)
            if ships and storage.keep(path, partial(circuitfile.write, circuit, name=path.stem)):
                storage.make_room(path.parent, MOST_BYTES, idle=_IN_USE_SECONDS)
    if problem:  # told once it is mended, since a warning may be made an error
        warnings.warn(f"describing a circuit again: {problem}", DamagedCircuitWarning, stacklevel=2)
    return circuit


def circuit_path(name: str, code: Callable[..., object]) -> Path | None:
    """Where the circuit that ``code`` makes is kept, or would be.

    None without a writable cache, and where patches in ``code`` cannot be told apart.
    """
    fingerprint = live.fingerprint(code)
    folder = None if fingerprint is None else storage.cache_dir("circuits")
    if folder is None or fingerprint is None:
        return None
    return folder / f"{name}-{sources_fingerprint()}-{fingerprint[:24]}.circuit"


def damaged() -> list[str]:
    """What is wrong with the circuits in the cache that these sources would use."""
    folder = storage.existing("circuits")
    files = sorted(folder.glob(f"*-{sources_fingerprint()}-*.circuit")) if folder is not None else ()
    found = []
    for path in files:
        try:
            _whole(path, path.name.partition(f"-{sources_fingerprint()}-")[0])
        except FileNotFoundError:
            continue
        except (DamagedCircuitFile, OSError) as error:
            found.append(str(error))
    return found


def _described(name: str, describe: Callable[[], Circuit]) -> tuple[Circuit, bool]:
    """The circuit, and whether it may be kept: what ships under its name has the same constraints, if any."""
    circuit = describe()
    shipped = digest_of(name)
    if shipped in (None, circuit.digest):
        return circuit, True
    warnings.warn(
        f"circuit {name} has constraints of digest {circuit.digest[:16]}, not {shipped[:16]}, which ships "
        "under this name: what describes it was patched or edited. It is used now and not kept; after a "
        "meant edit, run make circuits",
        ChangedCircuitWarning,
        stacklevel=4,
    )
    return circuit, False


@cache
def sources_fingerprint() -> str:
    """Names everything that a description runs through."""
    return sources.digest(sources.CIRCUITS).hex()[:24]


def _read(path: Path, name: str) -> tuple[Circuit | None, str]:
    """The kept circuit; None where there is none that is whole and ships, and what is wrong with another."""
    try:
        storage.mark_used(path)  # first, so that no other process removes it meanwhile
        return _whole(path, name), ""
    except FileNotFoundError:
        return None, ""
    except (DamagedCircuitFile, OSError) as error:
        return None, str(error)


def _whole(path: Path, name: str) -> Circuit:
    """The circuit in a file.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read.
        DamagedCircuitFile: It is damaged, or holds another circuit than the one that ships under its name.
    """
    circuit = circuitfile.read(path)
    if digest_of(name) not in (None, circuit.digest):
        raise DamagedCircuitFile(path, "it holds another circuit than the one that ships under its name")
    return circuit
