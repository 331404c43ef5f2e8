"""What goes wrong with caches, done to real ones by programs in processes of their own."""

import os
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
        env={**os.environ, "ZK_CACHE_DIR": str(cache), "PYTHONWARNINGS": "always", **environment},
        cwd="/",
        preexec_fn=before,
        capture_output=True,
        text=True,
        timeout=300,
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
