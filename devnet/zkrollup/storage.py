"""What outlives a process: the cache folder, locks between processes, writes that never show half a file.

Owns where things are kept, how several processes share it, and how room is made. Does not own what is kept:
see ``kernels.jit`` for machine code and ``snark.store`` for keys. Nor whom the folder may belong to: see
``permissions``.

Nothing here ends a run. A cache that can only be read is read; what cannot be written is used and not kept;
a folder that others may write is not used at all. One warning for each folder says so, with the path.
"""

import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import IO, Final

import platformdirs
from filelock import FileLock, Timeout

from zkrollup.permissions import distrust, modes_in

ENVIRONMENT_VARIABLE = "ZK_CACHE_DIR"

Waiting = Callable[[str], None]
"""Called once, with a sentence, when a lock is held by another process."""

BLOCK: Final = 4096
"""What a small file takes on a disk, and what each counts for."""

_NO_ROOT: Final = f"neither {ENVIRONMENT_VARIABLE} nor a home directory tells where the cache is"
_DAY: Final = 24 * 3600
_TEMPORARY: Final = re.compile(r"\..+\.[0-9a-f]{16}")
"""The names that :func:`atomic_write` gives."""

# A pipe in a file's place is opened at once, and not when somebody writes to it.
_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class UncachedWarning(UserWarning):
    """Something could not be kept in the cache folder, so that it is made anew in each process."""


class UntrustedCacheWarning(UncachedWarning):
    """Others may write to the cache folder, so it is not used: they could run code as this user."""


class _Untrusted(Exception):
    """A folder of the cache that others may write."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} {reason}")
        self.folder = folder


@dataclass(frozen=True, slots=True)
class _Notice:
    """A warning, equal to others of the same cache, kind and folder: what fails once fails for all there."""

    root: Path | None
    category: type[UncachedWarning]
    folder: Path
    message: str = field(compare=False)


def ignore_waiting(message: str) -> None:
    """Wait in silence."""


def cache_dir(*parts: str) -> Path | None:
    """A folder in the cache to read from, created if need be; None without one, which a warning explains.

    Whether it can be written is found out by :func:`keep`. The root is the environment variable
    ``ZK_CACHE_DIR``, else the user's cache folder as the platform defines it.
    """
    place = root()
    if place is None:
        message = (
            f"no cache is used, so that machine code and keys are made anew in each process: {_NO_ROOT}; "
            f"set {ENVIRONMENT_VARIABLE} to a folder that can be written"
        )
        _warn_once(_Notice(None, UncachedWarning, Path(), message))
        return None
    try:
        return _made(place, parts)
    except _Untrusted as error:
        message = (
            f"cache folder not used, so that machine code and keys are made anew in each process: {error}, "
            f"or set {ENVIRONMENT_VARIABLE} to a folder of your own"
        )
        _warn_once(_Notice(place, UntrustedCacheWarning, error.folder, message))
    except OSError as error:
        path = place.joinpath(*parts)
        _warn_uncached(path, Path(error.filename or path).parent, error)
    return None


def existing(*parts: str) -> Path | None:
    """The folder that :func:`cache_dir` would give, if it is there. Makes nothing and warns of nothing."""
    place = root()
    if place is None:
        return None
    folders = list(accumulate(parts, lambda above, name: above / name, initial=place))
    try:
        usable = all(each.is_dir() and distrust(each.stat()) is None for each in folders)
    except OSError:  # such as a folder above that is not ours to look into
        return None
    return folders[-1] if usable else None


def fault() -> str | None:
    """Why nothing can be kept in the cache folder, found out by writing a block; None if all is well.

    Makes no folder: where there is none yet, the block is written where it would be made.
    """
    place = root()
    return _NO_ROOT if place is None else _fault(place)


def faults() -> list[str]:
    """Why something cannot be kept: the fault of the cache folder, else of each folder in it that has one."""
    place, first = root(), fault()
    if place is None or first is not None:
        return [first or _NO_ROOT]
    if not place.exists():
        return []
    with suppress(OSError):
        folders = sorted(each for each in place.iterdir() if each.is_dir())
        return [found for each in folders if (found := _fault(each)) is not None]
    return [f"cannot list {place}"]


def _fault(folder: Path) -> str | None:
    try:
        place = next(each for each in (folder, *folder.parents) if each.exists())
        reason = distrust(place.stat()) if place == folder else None
        if reason is not None:
            return f"{place} {reason}"
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(secrets.token_bytes(BLOCK))
    except OSError as error:
        return f"cannot write to {folder}: {_said(error)}"
    return None


def root() -> Path | None:
    """The cache folder, absolute, whether it is there or not.

    None where nothing tells, as for a user without a name and a home directory.
    """
    given = os.environ.get(ENVIRONMENT_VARIABLE)
    try:
        if given:
            return _absolute(given)
        path = platformdirs.user_cache_path("zkrollup", appauthor=False)
    except (RuntimeError, OSError):  # no home directory; no current one
        return None
    return path if path.is_absolute() else None  # it begins with a ~ that stands for nothing


@cache
def _absolute(given: str) -> Path:
    """A relative path as seen from where it was first used, so that a process that moves keeps its cache."""
    return Path(given).absolute()


def _made(top: Path, parts: tuple[str, ...]) -> Path:
    """The folder, after each one from the root down was made if need be, and found to be ours alone.

    Raises:
        _Untrusted: Others may write to one of them.
        OSError: One cannot be made.
    """
    folder = top
    for folder in accumulate(parts, lambda above, name: above / name, initial=top):
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(modes_in(folder.parent.stat()).folder, exist_ok=True)
        reason = distrust(folder.stat())
        if reason is not None:
            raise _Untrusted(folder, reason)
    return folder


@contextmanager
def exclusive(
    name: str, waiting: Waiting = ignore_waiting, *, doing: str = "uses the cache"
) -> Iterator[None]:
    """Hold the lock ``name`` against all other processes that share the cache.

    The operating system releases the lock when its holder dies. Where no lock can be written, none is held:
    the same may then be made twice, which harms nobody.

    Args:
        name: a file name's stem.
        waiting: called once if another process holds the lock.
        doing: what its holder does, as the end of a sentence.
    """
    lock = _acquired(name, lambda: waiting(f"waiting while another process {doing}"))
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _acquired(name: str, wait: Callable[[], None]) -> FileLock | None:
    top = root()
    if top is None:
        return None
    try:
        folder = _made(top, ("locks",))
        lock = FileLock(folder / f"{name}.lock", mode=modes_in(folder.stat()).file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            wait()
            lock.acquire()
    except (_Untrusted, OSError, NotImplementedError):
        # Others may write there, it is not ours to write, the disk is full, or has no locks.
        return None
    return lock


def opened(path: Path, most: int) -> IO[bytes]:
    """Open a file of the cache to read it, if it can be one that was written there.

    Args:
        path: Links are followed.
        most: Bytes that it may have.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read, is no regular file, or is larger; ``strerror`` says which.
    """
    descriptor = os.open(path, _READ)
    try:
        _require_file(path, os.fstat(descriptor), most)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _require_file(path: Path, known: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(known.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    if known.st_size > most:
        raise OSError(errno.EFBIG, f"it has {known.st_size} bytes, of at most {most}", str(path))


def read(path: Path, most: int) -> bytes:
    """The content of a file of the cache; see :func:`opened` for arguments and errors."""
    with opened(path, most) as file:
        return file.read(most)


def keep(path: Path, write: Callable[[IO[bytes]], object]) -> bool:
    """Write a file of the cache; where it cannot be written, one warning says so and nothing is left of it.

    Removes what killed writers have left in the folder more than a day ago.

    Args:
        path: In a folder of :func:`cache_dir`.
        write: Called with an open file.

    Returns:
        Whether it was written.
    """
    try:
        with atomic_write(path) as file:
            write(file)
        _remove_leftovers(path.parent)
    except FileNotFoundError:  # another process emptied the cache, or took this for old when it made room
        return False
    except OSError as error:
        _warn_uncached(path, path.parent, error)
        return False
    return True


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces ``path`` once the block ends without an error.

    Its mode follows the umask, so that others may read what the umask lets them.
    """
    mode = modes_in(path.parent.stat()).file
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, _NEW, mode), "wb") as file:
            yield file
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _remove_leftovers(folder: Path) -> None:
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if _TEMPORARY.fullmatch(entry.name):
                with suppress(OSError):  # gone, or not ours
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY:
                        Path(entry.path).unlink(missing_ok=True)


def _warn_uncached(path: Path, folder: Path, error: OSError) -> None:
    message = (
        f"cannot write to the cache, {path}: {_said(error)}. What was made is used now and made anew in each "
        f"process; free some space, or set {ENVIRONMENT_VARIABLE} to a folder that can be written"
    )
    _warn_once(_Notice(root(), UncachedWarning, folder, message))


def _said(error: OSError) -> str:
    return error.strerror or str(error)


_TOLD: Final[set[_Notice]] = set()


def _warn_once(notice: _Notice) -> None:
    if notice not in _TOLD:
        _TOLD.add(notice)  # first: a warning may be made an error, which is told once too
        warnings.warn(notice.message, notice.category, stacklevel=4)


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
