"""Where proofs are computed, as options name it: ``threads``, or ``dask://HOST:PORT``.

Owns the words and what they open. Imports nothing heavy before a place is opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.snark.engine import Engine

THREADS: Final = "threads"
RULE: Final = "'threads' (of this process) or 'dask://HOST:PORT' (a scheduler of dask.distributed)"


class InvalidPlace(ZkRollupError):
    """Text that names no place to prove in."""

    def __init__(self, value: str) -> None:
        self.value = value
        super().__init__(f"prover = {value!r} is not {RULE}")


class MissingDask(ZkRollupError):
    """The package that talks to a scheduler is not installed."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(
            f"proving at {address} needs dask.distributed: pip install 'pytest-zkrollup[dask]', "
            "or prove on threads"
        )


def scheduler_address(place: str) -> str | None:
    """A scheduler's address as Dask writes it, ``tcp://HOST:PORT``; None for threads.

    Raises:
        InvalidPlace: ``place`` is neither.
    """
    if place == THREADS:
        return None
    try:
        parts = urlsplit(place)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is none, a bracket without its pair
        raise InvalidPlace(place) from None
    if parts.scheme != "dask" or not host or not port or place != f"dask://{parts.netloc}" or "@" in place:
        raise InvalidPlace(place)
    return f"tcp://{parts.netloc}"


@contextmanager
def engine_at(place: str) -> "Iterator[Engine]":
    """The engine there, until the block ends.

    Raises:
        InvalidPlace: There is no such place.
        MissingDask: dask.distributed is not installed.
        UnreachableScheduler: No scheduler answers at its address.
    """
    address = scheduler_address(place)
    if address is None:
        from zkrollup.snark.engine import IN_PROCESS

        yield IN_PROCESS
        return
    try:
        from zkrollup.snark.cluster import Cluster
    except ModuleNotFoundError as error:
        raise MissingDask(address) from error
    cluster = Cluster(address)
    try:
        yield cluster
    finally:
        cluster.close()
