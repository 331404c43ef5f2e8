"""Who took part in a key's ceremony: section 10 of a .zkey.

Owns the record and its hashes, which participants compare with what they published. Does not check that one
contribution follows from another: ``snarkjs zkey verify`` does.

    circuit's hash  64 bytes
    contributions   how many; for each of them
        delta after it, s, s * x in G1; s * x in G2; transcript (64 bytes); type (uint32: 1 is a beacon)
        parameters  their size; each of them a tag, a length and bytes:
                    1 name, 2 log2 of iterations (one byte, no length), 3 beacon

Source: snarkjs, src/zkey_utils.js.
"""

import hashlib
from dataclasses import dataclass

from zkrollup.kernels.limbs import Limbs, from_montgomery
from zkrollup.kernels.montgomery import P
from zkrollup.snark.formats.pointrows import G1_BYTES, G2_BYTES, read_g1, read_g2
from zkrollup.snark.formats.sections import Section

_HASH_BYTES = 64
_POINTS_BYTES = 3 * G1_BYTES + G2_BYTES
_BEACON = 1
_NAME, _ITERATIONS, _BEACON_VALUE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Contribution:
    """One participant's.

    Attributes:
        name: As the participant gave it, or empty.
        hash: 64 bytes, as snarkjs prints it.
        beacon: The value of a public beacon; None for a participant.
    """

    name: str
    hash: bytes
    beacon: bytes | None


def read(section: Section) -> tuple[bytes, tuple[Contribution, ...]]:
    """The circuit's hash, and all contributions, oldest first.

    Raises:
        InvalidFile: The section is too short or too long, a point is not in its group, or a parameter is
            unknown.
    """
    circuit_hash = section.part(0, _HASH_BYTES).tobytes()
    at = _HASH_BYTES + 4
    found = []
    for _ in range(section.integer(_HASH_BYTES)):
        contribution, at = _contribution(section, at)
        found.append(contribution)
    section.require_size(at, f"{len(found)} contributions")
    return circuit_hash, tuple(found)


def _contribution(section: Section, at: int) -> tuple[Contribution, int]:
    points = [*read_g1(section, at, 3), read_g2(section, at + 3 * G1_BYTES, 1)[0]]
    at += _POINTS_BYTES
    transcript = section.part(at, _HASH_BYTES).tobytes()
    digest = hashlib.blake2b(b"".join(map(_uncompressed, points)) + transcript).digest()
    at += _HASH_BYTES
    kind, size = section.integer(at), section.integer(at + 4)
    parameters = _parameters(section, at + 8, size)
    name = parameters.get(_NAME, b"").decode(errors="replace")
    beacon = parameters.get(_BEACON_VALUE, b"") if kind == _BEACON else None
    return Contribution(name, digest, beacon), at + 8 + size


def _uncompressed(point: Limbs) -> bytes:
    """A point as snarkjs hashes it: big-endian, coordinates of G2 c1 first."""
    numbers = from_montgomery(point, P)
    half = len(numbers) // 2
    return b"".join(number.to_bytes(32, "big") for number in (*numbers[:half][::-1], *numbers[half:][::-1]))


def _parameters(section: Section, at: int, size: int) -> dict[int, bytes]:
    end, last = at + size, 0
    found = {}
    while at < end:
        tag = section.integer(at, size=1)
        if not last < tag <= _BEACON_VALUE:
            raise section.refused(at, f"parameter {tag} of a contribution is unknown or stands after {last}")
        length = 1 if tag == _ITERATIONS else section.integer(at + 1, size=1)
        at += 1 if tag == _ITERATIONS else 2
        found[tag], last = section.part(at, length).tobytes(), tag
        at += length
    if at != end:
        raise section.refused(end, "a contribution's parameters are longer than it says")
    return found
