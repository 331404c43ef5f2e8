"""Witnesses as snarkjs and circom's calculators write them: .wtns, version 2.

Owns the file in both directions. Whether the witness satisfies anything, a circuit's ``check`` says.

    1  header  32, r; wires (uint32)
    2  values  of the wires in order, 32 bytes each

Source: snarkjs, src/wtns_utils.js.
"""

from pathlib import Path
from typing import IO

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import Limbs
from zkrollup.snark.formats.sections import (
    integers,
    prime,
    read_sections,
    required,
    stored,
    write_sections,
)

_HEADER, _VALUES = 1, 2
_HEADER_SIZE = 40


def read(path: Path) -> Limbs:
    """Every wire's value, uint64 (n_wires, 4), canonical.

    Raises:
        FileNotFoundError: There is none.
        InvalidFile: It is none, or of another curve, or a value is not below r, or their number is not the
            header's.
    """
    sections = read_sections(path, "wtns", (2,), (_HEADER, _VALUES))
    header = required(sections, _HEADER, path)
    header.require_prime(0, R, "the field of values")
    header.require_size(_HEADER_SIZE, "a header")
    count = header.integer(36)
    values = required(sections, _VALUES, path)
    values.require_size(32 * count, f"the values of {count} wires")
    return values.elements(0, count, R, "the value of wire")


def write(witness: Limbs, file: IO[bytes]) -> None:
    """Write a canonical witness to an open file."""
    sections = {_HEADER: [prime(R), integers(len(witness))], _VALUES: [stored(witness)]}
    write_sections(file, "wtns", 2, sections)
