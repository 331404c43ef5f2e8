"""An arm64 Debian in a folder, whose programs qemu runs. Needs no root rights and no binfmt.

Owns the folder, the tools that make and run it, and what its programs see of this machine. Knows no Python
package and no test: see ``check``.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TOOLS: Mapping[str, str] = {
    "mmdebstrap": "mmdebstrap",
    "proot": "proot",
    "qemu-aarch64-static": "qemu-user-static",
}
"""The programs that this machine needs, and the Debian package that brings each."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""Debian's keys, which Ubuntu does not have at first, in the package of the same name."""

SUITE = "bookworm"
PYTHON = "python3.11"
PACKAGES = (f"{PYTHON}-minimal", f"{PYTHON}-venv", "libgomp1", "libstdc++6")

SEEN = (
    "/dev",
    "/proc",
    "/sys",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/pip.conf",
    "/etc/resolv.conf",
    "/etc/ssl/certs",
    "/etc/xdg/pip",
)
"""What arm64 programs see of this machine, where it exists: devices, and how to reach package indexes."""

_PASSED = ("PIP_", "SSL_", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_HOME = "/home"
_VERSIONED = {"qemu": "qemu-aarch64-static", "proot": "proot"}


class MissingTools(Exception):
    """Programs, or Debian's keys, that this machine lacks."""

    def __init__(self, packages: Mapping[str, str]) -> None:
        """``packages`` bring each of what is missing."""
        install = " ".join(sorted(packages.values()))
        super().__init__(f"{', '.join(packages)}: not found; on Debian or Ubuntu: apt-get install {install}")


class ProgramFailed(Exception):
    """A program of the system ended with another exit status than 0."""

    def __init__(self, command: Sequence[str], status: int) -> None:
        super().__init__(f"{' '.join(command)} ended with {status}")


def require_tools() -> None:
    """Find all programs of ``TOOLS``, and Debian's keys.

    Raises:
        MissingTools: At least one is not there.
    """
    missing = {name: package for name, package in TOOLS.items() if shutil.which(name) is None}
    if not KEYRING.exists():
        missing[str(KEYRING)] = KEYRING.stem
    if missing:
        raise MissingTools(missing)


def versions() -> str:
    """The emulator, and the program that gives it a root folder."""
    return ", ".join(f"{name} {_version(program)}" for name, program in _VERSIONED.items())


def _version(program: str) -> str:
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else "of an unknown version"


@dataclass(frozen=True, slots=True)
class Arm64:
    """The arm64 system.

    Attributes:
        root: The folder that its programs see as ``/``.
    """

    root: Path

    def make(self) -> bool:
        """Unpack Debian's packages; False if that was done before."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        return once(self._marker("debian"), " ".join((SUITE, *PACKAGES)), self._unpack)

    def _unpack(self) -> None:
        if self.root.exists():
            shutil.rmtree(self.root)
        # Packages are unpacked and never configured, so nothing of arm64 runs and no rights are needed.
        options = ("--quiet", "--variant=extract", "--mode=chrootless", "--architectures=arm64")
        include = f"--include={','.join(PACKAGES)}"
        subprocess.run(["mmdebstrap", *options, include, SUITE, str(self.root)], check=True)
        (self.root / _HOME.lstrip("/")).mkdir(exist_ok=True)

    def once(self, name: str, key: str, make: Callable[[], None]) -> bool:
        """Run ``make`` unless it ran in this very root with the same key; False if it did."""
        return once(self._marker(name), f"{SUITE} {' '.join(PACKAGES)} {key}", make)

    def _marker(self, name: str) -> Path:
        return self.root.parent / f"{name}.made"

    def path(self, inside: str) -> Path:
        """Where a file of the system is on this machine."""
        return self.root / inside.lstrip("/")

    def run(
        self, *command: str, folder: str = "/", capture: bool = False, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the system in ``folder``.

        Args:
            command: The program's absolute path in the system, and its arguments.
            folder: Where it runs.
            capture: Keep what it writes to standard output, rather than show it.
            check: Raise if it fails.

        Raises:
            ProgramFailed: It failed.
        """
        seen = [option for each in SEEN if Path(each).exists() for option in ("-b", each)]
        emulator = ["proot", "-q", "qemu-aarch64-static", "-r", str(self.root)]
        done = subprocess.run(
            [*emulator, *seen, "-w", folder, *command],
            env=environment(os.environ),
            stdout=subprocess.PIPE if capture else None,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise ProgramFailed(command, done.returncode)
        return done


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What a program of the system gets of this process's environment: how to reach package indexes."""
    passed = {name: value for name, value in ours.items() if name.upper().startswith(_PASSED)}
    return {
        **passed,
        "HOME": _HOME,
        "LANG": "C.UTF-8",
        "PATH": "/venv/bin:/usr/bin",
        "PYTHONPYCACHEPREFIX": "/cache/bytecode",
        "ZK_CACHE_DIR": "/cache/zkrollup",
    }


def once(marker: Path, key: str, make: Callable[[], None]) -> bool:
    """Run ``make`` and write down its key, unless it is written there already; False if it is.

    What ``make`` left when it failed is made anew the next time.
    """
    if marker.exists() and marker.read_text(encoding="utf-8") == key:
        return False
    marker.unlink(missing_ok=True)
    make()
    marker.write_text(key, encoding="utf-8")
    return True
