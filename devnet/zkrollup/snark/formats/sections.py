"""The binary container of iden3's tools: magic, version, numbered sections.

Owns the container in both directions, and the error that names file, section and byte. Does not know what is
in a
section: see ``r1cs``, ``wtns`` and ``zkey``.

    magic         4 bytes of ASCII
    version       uint32; all integers are little-endian
    sections      uint32: how many; for each of them
        number    uint32
        size      uint64: of the bytes that follow

Source: @iden3/binfileutils, src/binfileutils.js.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from zkrollup.errors import ZkRollupError
from zkrollup.kernels.limbs import Limbs, from_ints, to_ints
from zkrollup.snark.formats.origins import COMPILE_FOR_BN254, curve_of

Bytes = NDArray[np.uint8]

_FILE_HEADER = struct.Struct("<4sII")
_SECTION_HEADER = struct.Struct("<IQ")


class InvalidFile(ZkRollupError):
    """A binary file that is not what its format says.

    Attributes:
        path: The file.
        section: The section's number; None for the container itself.
        offset: Of the offending byte in the file.
        rule: What it breaks.
    """

    def __init__(
        self,
        path: Path,
        section: int | None,
        offset: int,
        rule: str,
        remedy: str = "make the file again with the tool that wrote it",
    ) -> None:
        """``remedy`` says what to do, where making the file again would not help."""
        self.path, self.section, self.offset, self.rule = path, section, offset, rule
        place = f"byte {offset}" if section is None else f"section {section}, byte {offset}"
        super().__init__(f"{path}: {place}: {rule}; {remedy}")


@dataclass(frozen=True, slots=True)
class Section:
    """One section's bytes.

    Attributes:
        path: The file that it is in.
        number: Of the section.
        start: Of its first byte in the file.
        data: uint8 (size,).
    """

    path: Path
    number: int
    start: int
    data: Bytes

    def refused(self, at: int, rule: str) -> InvalidFile:
        """The error for byte ``at`` of this section."""
        return InvalidFile(self.path, self.number, self.start + at, rule)

    def integer(self, at: int, *, size: int = 4) -> int:
        """The unsigned number in ``size`` bytes at ``at``.

        Raises:
            InvalidFile: The section ends before.
        """
        return int.from_bytes(self.part(at, size).tobytes(), "little")

    def part(self, at: int, size: int) -> Bytes:
        """``size`` bytes from ``at``.

        Raises:
            InvalidFile: The section ends before.
        """
        if at + size > len(self.data):
            raise self.refused(
                len(self.data), f"{at + size} bytes are needed here, there are {len(self.data)}"
            )
        return self.data[at : at + size]

    def words(self, at: int, count: int, width: int) -> Limbs:
        """Uint64 (count, width) from ``at``, a copy that kernels can take.

        Raises:
            InvalidFile: The section ends before.
        """
        stored = self.part(at, 8 * count * width)
        return np.frombuffer(stored.tobytes(), "<u8").astype(np.uint64).reshape(count, width)

    def elements(self, at: int, count: int, modulus: int, what: str) -> Limbs:
        """Numbers below ``modulus``, (count, 4).

        Raises:
            InvalidFile: The section ends before, or a number is ``modulus`` or more; ``what`` names it.
        """
        values = self.words(at, count, 4)
        bad = first_not_below(values, modulus)
        if bad is not None:
            value = to_ints(values[bad])[0]
            raise self.refused(at + 32 * bad, f"{what} {bad} is {value}, not below {modulus}")
        return values

    def require_size(self, size: int, why: str) -> None:
        """Refuses a section of any other size.

        Raises:
            InvalidFile: With ``why``: what makes up the size.
        """
        if len(self.data) != size:
            at = min(len(self.data), size)
            raise self.refused(at, f"the section has {len(self.data)} bytes, {size} are needed for {why}")

    def require_prime(self, at: int, prime: int, field: str) -> None:
        """Refuses a field other than BN254's: a size in bytes, 32, and the modulus.

        Raises:
            InvalidFile: Another one stands there.
        """
        size = self.integer(at)
        found = self.integer(at + 4, size=size) if 0 < size <= 128 else None
        if (size, found) == (32, prime):
            return
        curve = curve_of(found)
        of = f"{curve}'s, " if curve else ""
        rule = f"{field} is {of}{found} in {size} bytes; only BN254 is supported: {prime} in 32 bytes"
        if curve is None:
            raise self.refused(at, rule)
        raise InvalidFile(self.path, self.number, self.start + at, rule, COMPILE_FOR_BN254)


def read_sections(
    path: Path,
    magic: str,
    versions: Sequence[int],
    known: Sequence[int],
    *,
    mapped: bool = False,
    content: bytes | None = None,
) -> dict[int, Section]:
    """All sections by number.

    Args:
        path: The file.
        magic: What it begins with.
        versions: Of the format that are understood.
        known: Numbers that may occur, each once.
        mapped: Read each part of the file only when it is used, since all of it would not fit into memory.
        content: What was read of the file already, so that nothing of it is read again.

    Raises:
        FileNotFoundError: There is none.
        InvalidFile: The file is of another format or version, truncated, goes on after the last section, or
            has a section twice or one that is not known.
    """
    if content is None and mapped and path.stat().st_size:  # an empty file cannot be mapped
        data = np.frombuffer(np.memmap(path, np.uint8, mode="r"), np.uint8)
    else:
        data = np.frombuffer(path.read_bytes() if content is None else content, np.uint8)
    if len(data) < _FILE_HEADER.size:
        raise InvalidFile(path, None, len(data), f"a header of {_FILE_HEADER.size} bytes is needed")
    found, version, count = _FILE_HEADER.unpack(data[: _FILE_HEADER.size].tobytes())
    if found != magic.encode():
        raise InvalidFile(path, None, 0, f"the file begins with {found!r}, a .{magic} file with {magic!r}")
    if version not in versions:
        raise InvalidFile(path, None, 4, f"version {version} is not understood, only {_listed(versions)}")
    sections: dict[int, Section] = {}
    at = _FILE_HEADER.size
    for _ in range(count):
        section = _section(path, data, at)
        if section.number in sections or section.number not in known:
            rule = (
                "it stands there twice" if section.number in sections else f"only {_listed(known)} are known"
            )
            raise InvalidFile(path, section.number, at, rule)
        sections[section.number] = section
        at = section.start + len(section.data)
    if at != len(data):
        raise InvalidFile(path, None, at, f"{len(data) - at} bytes follow the last of {count} sections")
    return sections


def required(sections: Mapping[int, Section], number: int, path: Path) -> Section:
    """A section that must be there.

    Raises:
        InvalidFile: It is missing.
    """
    if number not in sections:
        raise InvalidFile(
            path, number, _FILE_HEADER.size, f"it is missing, there are {_listed(sorted(sections))}"
        )
    return sections[number]


def write_sections(
    file: IO[bytes], magic: str, version: int, sections: Mapping[int, Sequence[bytes]]
) -> None:
    """Writes sections in the mapping's order, each given in parts."""
    file.write(_FILE_HEADER.pack(magic.encode(), version, len(sections)))
    for number, parts in sections.items():
        file.write(_SECTION_HEADER.pack(number, sum(map(len, parts))))
        for part in parts:
            file.write(part)


def integers(*values: int) -> bytes:
    """Numbers as uint32."""
    return struct.pack(f"<{len(values)}I", *values)


def prime(modulus: int) -> bytes:
    """A field's header: the size in bytes, the modulus."""
    return integers(32) + modulus.to_bytes(32, "little")


def stored(words: Limbs) -> bytes:
    """Rows of words, little-endian."""
    return np.ascontiguousarray(words).astype("<u8", copy=False).tobytes()


def first_not_below(values: Limbs, modulus: int) -> int | None:
    """The first row of (n, 4) whose number is ``modulus`` or more."""
    below = np.zeros(len(values), bool)
    for limb, bound in enumerate(from_ints([modulus])[0]):  # the highest limb that differs decides
        column = values[:, limb]
        below = (column < bound) | ((column == bound) & below)
    return None if below.all() else int(np.argmin(below))


def _section(path: Path, data: Bytes, at: int) -> Section:
    start = at + _SECTION_HEADER.size
    if start > len(data):
        raise InvalidFile(path, None, at, "the file ends where a section's number and size are needed")
    number, size = _SECTION_HEADER.unpack(data[at:start].tobytes())
    if start + size > len(data):
        raise InvalidFile(
            path, number, at, f"it has {size} bytes by its header, the file {len(data) - start} more"
        )
    return Section(path, number, start, data[start : start + size])


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
