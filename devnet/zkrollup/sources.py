"""Which sources cached results depend on, and one digest over them.

Owns the lists. Does not own what else a result depends on: see ``kernels.jit`` and ``circuits.cache``.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from zkrollup.errors import ZkRollupError

KERNELS: Final = ("kernels",)
"""Packages that machine code comes from."""
CIRCUITS: Final = ("circuits", "crypto", "kernels", "snark")
"""Packages that the description of a circuit runs through."""

_PACKAGE: Final = Path(__file__).parent


class MissingSources(ZkRollupError):
    """A package whose sources decide what is stale has none here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"{folder} holds no Python sources, so that nobody can tell whether cached results are stale; "
            "install zkrollup with its sources"
        )


@cache
def digest(packages: tuple[str, ...], root: Path = _PACKAGE) -> bytes:
    """SHA-256 over all sources of some packages, at any depth: paths below ``root``, and contents.

    Raises:
        MissingSources: One of the packages is not there, or has no sources.
    """
    whole = hashlib.sha256()
    for package in packages:
        sources = sorted((root / package).rglob("*.py"))
        if not sources:
            raise MissingSources(root / package)
        for source in sources:
            whole.update(source.relative_to(root).as_posix().encode() + b"\0")
            whole.update(hashlib.sha256(source.read_bytes()).digest())
    return whole.digest()
