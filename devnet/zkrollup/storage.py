"""What outlives a process: the cache folder, locks between processes, writes that never show half a file.

Owns where things are kept, how several processes share it, and how room is made. Does not own what is kept:
see ``kernels.jit`` for machine code and ``snark.store`` for keys.

Without a writable cache everything runs uncached: :func:`cache_dir` gives None, :func:`exclusive`
holds nothing, and one warning says so.
"""

import os
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Final

import platformdirs
from filelock import FileLock, Timeout

ENVIRONMENT_VARIABLE = "ZK_CACHE_DIR"

Waiting = Callable[[str], None]
"""Called once, with a sentence, when a lock is held by another process."""

BLOCK: Final = 4096
"""What a small file takes on a disk, and what each counts for."""


class UncachedWarning(UserWarning):
    """There is no writable cache folder, so keys and machine code are made anew in each process."""


def ignore_waiting(message: str) -> None:
    """Wait in silence."""


def cache_dir(*parts: str) -> Path | None:
    """A folder in the cache, created if need be; None without a writable cache.

    The root is the environment variable ``ZK_CACHE_DIR``, else the user's cache folder as the
    platform defines it.
    """
    given = os.environ.get(ENVIRONMENT_VARIABLE)
    root = Path(given) if given else platformdirs.user_cache_path("zkrollup", appauthor=False)
    folder = root.joinpath(*parts)
    if not (_writable(root) and _writable(folder)):
        return None
    folder.mkdir(parents=True, exist_ok=True)  # again: it may have been deleted since
    return folder


@cache  # one probe and one warning for each folder
def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:
        warnings.warn(
            f"cannot write to the cache folder {folder} ({error}): running uncached, which compiles kernels "
            f"and makes keys anew in each process; set {ENVIRONMENT_VARIABLE} to a writable folder",
            UncachedWarning,
            stacklevel=3,
        )
        return False


@contextmanager
def exclusive(name: str, waiting: Waiting = ignore_waiting) -> Iterator[None]:
    """Hold the lock ``name`` against all other processes that share the cache.

    The operating system releases the lock when its holder dies. Without a cache there is nothing
    to share and nothing is held.

    Args:
        name: a file name's stem.
        waiting: called once if another process holds the lock.
    """
    folder = cache_dir("locks")
    if folder is None:
        yield
        return
    lock = FileLock(folder / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting(f"waiting for another process: {name}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces ``path`` once the block ends without an error."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def mark_used(path: Path) -> None:
    """Have a file count as used just now by :func:`make_room`."""
    try:
        os.utime(path)
    except OSError:  # gone, or not ours: it will look unused
        return


def make_room(folder: Path, most: int) -> None:
    """Where a folder holds more than ``most`` bytes, remove what was used longest ago.

    Leaves seven eighths of ``most``. Counts whole blocks of 4 KiB. Readers take a file that vanishes
    for one that never was.
    """
    if sum(size for _, size, _ in _files(folder)) <= most:
        return
    with exclusive(f"room-{folder.name}"):
        files = sorted(_files(folder))
        excess = sum(size for _, size, _ in files) - most
        if excess <= 0:  # another process was here first
            return
        excess += most // 8  # so that the next ones find room
        for _, size, path in files:
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file was last used, what it takes, and where it is; also what a killed writer has left."""
    with os.scandir(folder) as found:
        for entry in found:
            try:
                known = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not stat.S_ISDIR(known.st_mode):
                yield known.st_mtime, -(-known.st_size // BLOCK) * BLOCK or BLOCK, Path(entry.path)
