"""What this machine has, and what a missing piece would be needed for."""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from zkrollup import storage


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: What.
        found: What is there, or why it is missing.
        ok: Whether it is there.
        needed_for: What does not work without it; empty if everything does.
        required: Whether the main job needs it.
    """

    name: str
    found: str
    ok: bool
    needed_for: str = ""
    required: bool = False


def examine() -> list[Finding]:
    """Looks at everything; changes nothing but the cache folder, which it creates."""
    from zkrollup.crypto import pairing
    from zkrollup.kernels.montgomery import CALLING_CONVENTION

    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    cache = storage.cache_dir()
    return [
        Finding("Python", platform.python_version(), supported, "3.11 to 3.13 is needed", required=True),
        Finding("platform", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores", ok=True),
        Finding("kernels", f"calling convention {CALLING_CONVENTION or 'C (portable)'}", ok=True),
        Finding(
            "cache folder",
            str(cache) if cache else "not writable",
            cache is not None,
            f"keeping machine code and keys between runs; set {storage.ENVIRONMENT_VARIABLE}",
        ),
        Finding("pairing", str(getattr(pairing.implementation(), "__name__", "available")), ok=True),
        Finding("keccak", "pysha3" if find_spec("sha3") else "pycryptodome", ok=True),
        _tool("Node", "node", "compiling contracts and the tests' oracles"),
        _tool("npm", "npm", "installing the compiler and the tests' oracles"),
        _solc(),
    ]


def _tool(name: str, command: str, needed_for: str) -> Finding:
    path = shutil.which(command)
    if path is None:
        return Finding(name, "not found", ok=False, needed_for=needed_for)
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  # found by which
    return Finding(name, done.stdout.strip() or path, done.returncode == 0, needed_for)


def _solc() -> Finding:
    needed_for = "compiling contracts (the shipped ones are compiled already)"
    for place in (os.environ.get("SOLC"), shutil.which("solc")):
        if place and Path(place).exists():
            return Finding("solc", place, ok=True)
    if Path("node_modules/solc").is_dir():
        return Finding("solc", "node_modules/solc", ok=True)
    return Finding("solc", "not found; npm ci in a checkout installs it", ok=False, needed_for=needed_for)
