"""Proving keys in one file, mapped into memory when read.

Owns the file format. Does not decide where files are: see ``store``.

    magic line                  names the format and its version
    64 hex digits, newline      SHA-256 of the file's name, without its ending, and of all that follows
    JSON line                   verification key, sizes, and name, type, shape of each array; padded with
                                spaces so that the arrays begin at a multiple of 64
    arrays                      one after another, each padded to a multiple of 64

The name says which circuit a key is for. It is part of the digest, so a key under another name is damaged.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from zkrollup import jsontext, storage
from zkrollup.errors import ZkRollupError
from zkrollup.snark.formats.snarkjs_json import dump_verification_key, load_verification_key
from zkrollup.snark.keys import ProvingKey

_NAME: Final = b"zkrollup groth16 test key, format "
MAGIC = _NAME + b"3\n"
MOST_BYTES: Final = 2**36
"""Of a file; a larger one is not read."""

_ALIGNMENT = 64
_ARRAYS: Mapping[str, tuple[str, int]] = {
    "a_wires": ("<u4", 0),
    "b_wires": ("<u4", 0),
    "a": ("<u8", 8),
    "b1": ("<u8", 8),
    "b2": ("<u8", 16),
    "c": ("<u8", 8),
}
"""Each array's type and words a row; 0 for an array of one dimension."""


class DamagedKeyFile(ZkRollupError):
    """A file that does not hold a whole proving key of this format."""

    def __init__(self, path: Path, rule: str) -> None:
        self.path, self.rule = path, rule
        super().__init__(f"key file {path}: {rule}")


class OtherKeyFormat(DamagedKeyFile):
    """A key file that another version of this package has written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "it has another format, of another version of pytest-zkrollup")


def write(key: ProvingKey, file: IO[bytes], name: str) -> None:
    """Write a key to an open file, which will be called ``name`` without its ending."""
    arrays = [np.ascontiguousarray(getattr(key, name), dtype=kind) for name, (kind, _) in _ARRAYS.items()]
    header: dict[str, Any] = {
        "vk": json.loads(dump_verification_key(key.vk)),
        "n_wires": key.n_wires,
        "log_size": key.log_size,
        "rows": [len(array) for array in arrays],
    }
    before = len(MAGIC) + 65
    text = json.dumps(header).encode()
    text += b" " * (-(before + len(text) + 1) % _ALIGNMENT) + b"\n"
    parts: list[bytes | memoryview] = [text]
    for array in arrays:
        parts += [array.data.cast("B"), bytes(-array.nbytes % _ALIGNMENT)]
    digest = _named(name)
    for part in parts:
        digest.update(part)
    file.write(MAGIC + digest.hexdigest().encode() + b"\n")
    for part in parts:
        file.write(part)


def read(path: Path) -> ProvingKey:
    """Map a key file into memory and check it.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read, is no regular file, or too large.
        OtherKeyFormat: another version of this package wrote it.
        DamagedKeyFile: it is no key file, truncated, altered, or renamed.
        InvalidKey: the verification key is not sound.
    """
    with storage.opened(path, MOST_BYTES) as file:
        if not file.read(1):  # which cannot be mapped
            raise DamagedKeyFile(path, "it is empty")
        # Copy on write: kernels take writable arrays, the file never changes.
        data = np.memmap(file, np.uint8, mode="c").view(np.ndarray)
    start = len(MAGIC) + 65
    if data[: len(MAGIC)].tobytes() != MAGIC:
        other = data[: len(_NAME)].tobytes() == _NAME
        raise OtherKeyFormat(path) if other else DamagedKeyFile(path, "it has another format")
    digest = _named(path.stem)
    digest.update(data[start:].data)
    if digest.hexdigest().encode() != data[len(MAGIC) : start - 1].tobytes():
        raise DamagedKeyFile(path, "its checksum does not match")
    # From here on the contents are those that write() wrote.
    end = start + int(np.argmax(data[start:] == ord("\n"))) + 1
    header = jsontext.loads(data[start:end].tobytes())
    vk = load_verification_key(json.dumps(header["vk"]))
    vk.check()
    arrays = dict(_arrays(data[end:], header["rows"]))
    return ProvingKey(vk, header["n_wires"], header["log_size"], **arrays)


def _named(name: str) -> "hashlib._Hash":
    return hashlib.sha256(hashlib.sha256(name.encode()).digest())


def _arrays(data: NDArray[np.uint8], rows: list[int]) -> Iterator[tuple[str, NDArray[Any]]]:
    position = 0
    for (name, (kind, width)), count in zip(_ARRAYS.items(), rows, strict=True):
        stored = np.dtype(kind)
        size = stored.itemsize * max(width, 1) * count
        array = data[position : position + size].view(stored).astype(stored.newbyteorder("="), copy=False)
        yield name, array.reshape(count, width) if width else array
        position += size + -size % _ALIGNMENT
