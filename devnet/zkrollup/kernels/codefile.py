"""A kernel's machine code in one file, never run unless it is what was written.

Owns the format. Does not decide where files are or when they are stale: see ``jit``.

    magic line      names the format and its version
    32 bytes        SHA-256 of what the code is of, and of the code
    code            as Numba serialises a compiled function, which is a pickle

What the code is of, ``identity``, stands in no file: whoever reads knows it. So a file under another name, or
in another version's folder, is as damaged as one with a flipped bit. The digest protects from accidents, not
from whoever may write the file.
"""

import hashlib
import os
from pathlib import Path
from typing import IO, Final

from zkrollup import storage
from zkrollup.errors import ZkRollupError
from zkrollup.permissions import distrust

MAGIC: Final = b"zkrollup machine code, format 1\n"
MOST_BYTES: Final = 64 * 2**20
"""Of one kernel's code, of which all together have a few megabytes."""

_START: Final = len(MAGIC) + 32


class DamagedCodeFile(ZkRollupError):
    """A file that does not hold the machine code that was asked for."""

    def __init__(self, path: Path, rule: str) -> None:
        self.path, self.rule = path, rule
        super().__init__(f"kernel file {path}: {rule}")


def write(file: IO[bytes], identity: bytes, code: bytes) -> None:
    """Write serialised machine code to an open file."""
    file.write(MAGIC + _digest(identity, code) + code)


def read(path: Path, identity: bytes, *, most: int = MOST_BYTES) -> bytes:
    """The serialised machine code of a file, whole.

    Args:
        path: The file.
        identity: What the code is of.
        most: Bytes that the file may have.

    Raises:
        FileNotFoundError: There is none.
        DamagedCodeFile: It cannot be read, is too large, truncated, altered, of another format or of
            something else, or others may write it.
    """
    try:
        with storage.opened(path, most) as file:
            reason, content = distrust(os.fstat(file.fileno())), file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedCodeFile(path, f"it cannot be read ({error.strerror})") from error
    if reason is not None:
        raise DamagedCodeFile(path, f"it {reason}")
    if content[: len(MAGIC)] != MAGIC:
        raise DamagedCodeFile(path, "it has another format" if content else "it is empty")
    code = content[_START:]
    if content[len(MAGIC) : _START] != _digest(identity, code):
        raise DamagedCodeFile(path, "its checksum does not match")
    return code


def _digest(identity: bytes, code: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(identity).digest() + code).digest()
