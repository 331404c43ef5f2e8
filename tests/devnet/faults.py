"""What goes wrong with caches and processes, done to real ones by programs in processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

NOBODY = 65534

AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    # An interpreter below /root could not be started otherwise. It can still write nothing but its own.
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
"""Runs a command as another user than root."""

CHOICES = frozenset({"ZK_CACHE_SHARED", "ZK_KERNELS", "ZK_PAIRING"})
"""Variables of whoever runs the tests that would change what the programs here do."""


def run(
    program: str,
    cache: Path,
    *,
    before: Callable[[], object] | None = None,
    under: Sequence[str] = (),
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run a program with a cache folder, under a command; ``before`` is called in its process first."""
    return subprocess.run(
        [*under, sys.executable, "-c", program],
        env={**_inherited(), "ZK_CACHE_DIR": str(cache), "PYTHONWARNINGS": "always", **environment},
        cwd="/",
        preexec_fn=before,
        capture_output=True,
        text=True,
        timeout=300,
    )


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in CHOICES}


def start_interruptible(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start this interpreter so that a SIGINT sent to it, and to nobody else, interrupts it.

    A shell has its background jobs ignore SIGINT, their children inherit that, and a run of the tests may be
    such a job.
    """
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**_inherited(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def share() -> None:
    """Have the umask of users who share folders through their group."""
    os.umask(0o002)


def fill_the_disk(room: int = 4096) -> None:
    """Let no file grow beyond ``room`` bytes: writing more fails, as on a full disk, with an OSError."""
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))


def warnings_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of its warnings; what else it wrote to standard error is a failure."""
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    told = [line for line in lines if "Warning: " in line]
    assert not [line for line in lines if line not in told and not line.startswith("  ")], done.stderr
    return told


def leftovers(cache: Path) -> list[Path]:
    """Temporary files that no writer owns any more."""
    return [path for path in cache.rglob(".*") if path.is_file()]
