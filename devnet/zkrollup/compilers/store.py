"""Compilers' outputs, kept from run to run under the content of what was compiled.

Owns when an output is read, made and dropped; not what goes into a key, nor what an output says. An entry
starts with the SHA-256 of its key and of the rest; one that does not is compiled again.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zkrollup import storage

MOST_BYTES: Final = 256 * 2**20
_FORMAT: Final = b"zkrollup compilation, format 2\n"
_DIGEST_BYTES: Final = 32


def key_of(*parts: str) -> str:
    """64 hex digits, others for other parts; no part can run into the next."""
    digest = hashlib.sha256(_FORMAT)
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()


def find(key: str) -> str | None:
    """The output kept under a key; None where there is none that is whole."""
    path = _path(key)
    try:
        content = storage.read(path, MOST_BYTES) if path is not None else b""
    except OSError:  # not there, not ours to read, or no file of ours
        return None
    digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if path is None or _digest(key, body) != digest:
        return None
    storage.mark_used(path)
    return body.decode()


def find_or_make(
    key: str, make: Callable[[], str], *, waiting: storage.Waiting = storage.ignore_waiting
) -> str:
    """The output kept under a key, made by one process while the others wait.

    What ``make`` raises is passed on. What cannot be written is given all the same, with a warning.

    Args:
        key: see :func:`key_of`.
        make: compiles.
        waiting: called once if another process is compiling the same.
    """
    # Few locks for all keys: a key changes with every edit, and a lock's file stays.
    with storage.exclusive(f"compile-contracts-{key[:2]}", waiting, doing="compiles contracts"):
        kept = find(key)
        if kept is not None:
            return kept
        output = make()
        _keep(key, output.encode())
    return output


def _keep(key: str, body: bytes) -> None:
    path = _path(key)
    entry = _digest(key, body) + body
    if path is not None and storage.keep(path, lambda file: file.write(entry)):
        storage.make_room(path.parent, MOST_BYTES)


def _digest(key: str, body: bytes) -> bytes:
    """Of another key, an output is damaged: a file that was moved or mixed up is no answer."""
    return hashlib.sha256(hashlib.sha256(key.encode()).digest() + body).digest()


def _path(key: str) -> Path | None:
    folder = storage.cache_dir("compilations")
    return None if folder is None else folder / key
