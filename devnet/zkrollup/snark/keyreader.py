"""Verification keys from files, whose kinds are told apart by their suffix.

Owns which suffix is read how. Does not own the formats, and does not decide whether a key is sound:
see ``VerificationKey.check``.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from zkrollup.errors import ZkRollupError
from zkrollup.snark.formats import zkey
from zkrollup.snark.formats.snarkjs_json import load_verification_key
from zkrollup.snark.keys import VerificationKey


class UnknownKeyFormat(ZkRollupError):
    """A file's suffix is that of no key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path}: suffix {path.suffix!r} is that of no key file; "
            f"keys are read from files that end in {' or '.join(_READERS)}, as snarkjs writes them"
        )


def read_verification_key(path: Path) -> tuple[VerificationKey, str]:
    """Return the verification key in a file, and the file's SHA-256 in hex.

    Raises:
        UnknownKeyFormat: its suffix says nothing that is known here.
        InvalidFormat: no verification key as snarkjs writes it.
        InvalidFile: no .zkey as snarkjs writes it.
        OSError: it cannot be read.
    """
    if path.suffix not in _READERS:
        raise UnknownKeyFormat(path)
    content = path.read_bytes()  # once: the file may be another one when it is opened again
    return _READERS[path.suffix](path, content), hashlib.sha256(content).hexdigest()


def _read_json(_path: Path, content: bytes) -> VerificationKey:
    # Bytes that are no text become characters that are no key.
    return load_verification_key(content.decode("utf-8", errors="replace"))


def _read_zkey(path: Path, content: bytes) -> VerificationKey:
    return zkey.read(path, content).key.vk


_READERS: Final[Mapping[str, Callable[[Path, bytes], VerificationKey]]] = {
    ".json": _read_json,
    ".zkey": _read_zkey,
}
