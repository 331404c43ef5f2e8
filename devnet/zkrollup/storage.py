"""What outlives a process: the cache folder, locks between processes, writes that never show half a file.

Owns where things are kept, how several processes share it, and how room is made. Does not own what is kept:
see ``kernels.jit`` for machine code and ``snark.store`` for keys.

Without a writable cache everything runs uncached: :func:`cache_dir` gives None, :func:`exclusive`
holds nothing, and one warning says so.
"""

import os
import shutil
import stat
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    """Have a file or folder count as used just now by :func:`make_room`."""
    try:
        os.utime(path)
    except OSError:  # gone, or not ours: it will look unused
        return


def make_room(folder: Path, most: int, *, idle: float = 0) -> None:
    """Where a folder's entries take more than ``most`` bytes, remove those that were used longest ago.

    Leaves seven eighths of ``most``. Counts whole blocks of 4 KiB. A subfolder is one entry: it was used when
    it was last marked, or a file was last put into it, and it goes whole. Readers take an entry that vanishes
    for one that never was. What cannot be removed stays.

    Args:
        folder: Holds nothing but what may be removed.
        most: Bytes.
        idle: Spare entries that were used within this many seconds, even if too much then stays.
    """
    if sum(size for _, size, _ in _entries(folder)) <= most:
        return
    with exclusive(f"room-{folder.name}"):
        entries = sorted(_entries(folder))
        excess = sum(size for _, size, _ in entries) - most
        if excess <= 0:  # another process was here first
            return
        excess += most // 8  # so that the next ones find room
        now = time.time()
        for used, size, path in entries:
            if excess <= 0:
                return
            # What was used in the future was marked by a clock that was wrong: it must not stay for good.
            if not 0 <= now - used < idle and _removed(path):
                excess -= size


def taken(folder: Path) -> int:
    """The bytes that the files in a folder and below take, in whole blocks of 4 KiB."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # removed meanwhile
                total += _in_blocks(Path(parent, name).lstat())
    return total


def _entries(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each entry was last used, what it takes, and where it is; also what a killed writer has left."""
    with suppress(OSError), os.scandir(folder) as found:  # removed meanwhile, or not ours to read
        for entry in found:
            try:
                known = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            below = taken(Path(entry.path)) if stat.S_ISDIR(known.st_mode) else 0
            yield known.st_mtime, _in_blocks(known) + below, Path(entry.path)


def _in_blocks(known: os.stat_result) -> int:
    return -(-known.st_size // BLOCK) * BLOCK or BLOCK


def _removed(path: Path) -> bool:
    """Whether an entry could be removed; for readers, a folder goes at once."""
    try:
        if path.is_dir() and not path.is_symlink():
            hidden = path.with_name(f".{path.name}.{os.getpid()}")
            path.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    except OSError:  # not ours, or in use on Windows
        return False
    return True
