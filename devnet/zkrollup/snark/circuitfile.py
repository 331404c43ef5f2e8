"""A described circuit in one file, so that a later process need not describe it again.

Owns the file's digest and compression. Does not own what is compressed (``packing``), nor where files are and
when they are stale (``circuits.cache``).

    magic line                  names the format and its version
    64 hex digits, newline      SHA-256 of the file's name, without its ending, and of all that follows
    uint64, little-endian       how many bytes the rest takes once inflated
    zlib stream                 the circuit as ``packing`` writes it

The name says which circuit of which sources it is. It is part of the digest, so a circuit under another name
is damaged.
"""

import hashlib
import zlib
from pathlib import Path
from typing import IO, Final

from zkrollup import storage
from zkrollup.errors import ZkRollupError
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.compile import constraints_digest
from zkrollup.snark.packing import InvalidPacking, pack, unpack

MAGIC: Final = b"zkrollup circuit, format 2\n"
MOST_INFLATED: Final = 2**32
"""Bytes; a file that claims more is refused before anything is inflated. The largest batch takes half."""

MOST_BYTES: Final = 2**30
"""Of a file; a larger one is not read."""

_BODY: Final = len(MAGIC) + 65
_LENGTH_BYTES: Final = 8
_LEVEL: Final = 1
"""zlib's fastest: the highest takes ten times as long for a sixth less."""


class DamagedCircuitFile(ZkRollupError):
    """A file that does not hold a whole circuit."""

    def __init__(self, path: Path, rule: str) -> None:
        """``rule`` says what is wrong with it."""
        self.path, self.rule = path, rule
        super().__init__(f"circuit file {path}: {rule}")


def write(circuit: Circuit, file: IO[bytes], name: str) -> None:
    """Write a circuit to an open file, which will be called ``name`` without its ending."""
    packed = pack(circuit)
    body = len(packed).to_bytes(_LENGTH_BYTES, "little") + zlib.compress(packed, _LEVEL)
    file.write(MAGIC + _digest_line(name, body) + body)


def read(path: Path) -> Circuit:
    """Read a circuit, check the file against its digest and the constraints against theirs.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read, is no regular file, or too large.
        DamagedCircuitFile: It is truncated, altered, renamed, of another format, or holds what is no circuit.
    """
    try:
        circuit = unpack(_packed(path.stem, storage.read(path, MOST_BYTES)))
    except InvalidPacking as error:
        raise DamagedCircuitFile(path, str(error)) from error
    if constraints_digest(circuit.r1cs) != circuit.digest:
        raise DamagedCircuitFile(path, "its constraints are not those that it names")
    return circuit


def _packed(name: str, data: bytes) -> bytes:
    """What ``pack`` has made, never more than the file claims."""
    body = data[_BODY:]
    if not data.startswith(MAGIC):
        raise InvalidPacking("it has another format")
    if data[len(MAGIC) : _BODY] != _digest_line(name, body):
        raise InvalidPacking("its checksum does not match")
    length = int.from_bytes(body[:_LENGTH_BYTES], "little")
    if length > MOST_INFLATED:
        raise InvalidPacking(f"it claims to hold {length} bytes, which is more than {MOST_INFLATED}")
    stream = zlib.decompressobj()
    try:
        packed = stream.decompress(body[_LENGTH_BYTES:], length + 1)
    except zlib.error as error:
        raise InvalidPacking(f"it cannot be inflated ({error})") from error
    if len(packed) != length or not stream.eof or stream.unused_data:
        raise InvalidPacking(f"it does not hold the {length} bytes that it claims")
    return packed


def _digest_line(name: str, body: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(name.encode()).digest() + body).hexdigest().encode() + b"\n"
