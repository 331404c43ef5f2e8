"""What a benchmark ran on, so that its figures can be compared with others."""

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from zkrollup.compilers.errors import NodeNotFound
from zkrollup.compilers.node import find_node

ROOT = Path(__file__).parents[1]
FLAGS = ("adx", "bmi2", "avx2", "avx512f", "avx512ifma")
BUSY = 0.5
"""Processes waiting or running, over the last minute, from which on figures say little."""
PACKAGES = (
    "pytest-zkrollup",
    "numba",
    "llvmlite",
    "numpy",
    "zksnake",
    "py-ecc",
    "groth16py",
    "web3",
    "eth-tester",
    "py-evm",
)


def machine() -> Mapping[str, Any]:
    """Processor, cores, memory, versions."""
    fields = _cpu_fields()
    present = fields.get("flags", "").split()
    return {
        "processor": fields.get("model name", platform.processor() or platform.machine()),
        "cores": os.cpu_count(),
        "flags": [flag for flag in FLAGS if flag in present],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": _versions(),
        "commit": _first_line("git", "describe", "--always", "--dirty"),
        "load_before": os.getloadavg()[0],
    }


def summary(about: Mapping[str, Any]) -> str:
    """One line."""
    flags = ", ".join(about["flags"]) or "no flags of interest"
    return f"{about['processor']}, {about['cores']} cores ({flags}), Python {about['python']}"


def is_busy(about: Mapping[str, Any]) -> bool:
    """Whether other work was running, which slows provers with many threads more than those with one."""
    return bool(about["load_before"] > BUSY)


def _cpu_fields() -> dict[str, str]:
    """Of the first processor, where Linux tells."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    parts = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in parts}


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    with suppress(NodeNotFound):
        found["node"] = find_node().version
    return found


def _first_line(command: str, *arguments: str) -> str | None:
    path = shutil.which(command)
    if path is None:
        return None
    done = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip().partition("\n")[0] or None
