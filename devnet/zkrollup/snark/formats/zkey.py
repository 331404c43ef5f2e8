"""Groth16 proving keys as snarkjs keeps them: .zkey, version 1. It is how a ceremony's key comes in.

Owns the file in both directions, and what is checked of it before anything is proved: that all points are in
their groups, and that A and B are the circuit's. That the points fit A, B and C as well, only the powers of
tau can show: see ``keycheck``. Contributions are in ``contributions``.

     1  protocol       1: Groth16
     2  header         32, p; 32, r; wires, public inputs, rows (uint32);
                       alpha and beta in G1, beta and gamma in G2, delta in G1 and G2
     3  IC             G1, for the one and each public input
     4  coefficients   how many; matrix (0: A, 1: B), row, wire (uint32), value times 2^512 mod r
     5  A, 6 B1, 7 B2  G1, G1, G2 for each wire; zeros where its polynomial is zero
     8  C              G1 for each private wire
     9  H              G1 for each row: the quotient's Lagrange basis on the coset, as ``ProvingKey.c`` has it
    10  contributions

Points are affine, in Montgomery form, little-endian: as rows of ``ProvingKey`` are.

Source: snarkjs, src/zkey_utils.js and src/zkey_new.js.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from zkrollup.crypto.field import P, R
from zkrollup.errors import ZkRollupError
from zkrollup.kernels import vectors
from zkrollup.kernels.limbs import Limbs, to_ints
from zkrollup.snark import qap
from zkrollup.snark.formats.contributions import Contribution
from zkrollup.snark.formats.contributions import read as read_contributions
from zkrollup.snark.formats.origins import USE_GROTH16, protocol_of
from zkrollup.snark.formats.pointrows import G1_BYTES, G2_BYTES, g1_row, g2_row, read_g1, read_g2
from zkrollup.snark.formats.sections import (
    InvalidFile,
    Section,
    first_not_below,
    integers,
    prime,
    read_sections,
    required,
    stored,
    write_sections,
)
from zkrollup.snark.keys import ProvingKey, VerificationKey
from zkrollup.snark.points import g1_of, g2_of
from zkrollup.snark.r1cs import R1CS

_PROTOCOL, _HEADER, _IC, _COEFFICIENTS, _A, _B1, _B2, _C, _H, _CONTRIBUTIONS = range(1, 11)
_GROTH16 = 1
_LAST_OF_ANY_PROTOCOL = 17
"""FFLONK's, so that its keys are named as such."""
_POINTS_AT = 84
_HEADER_SIZE = _POINTS_AT + 3 * G1_BYTES + 3 * G2_BYTES
_ENTRY_BYTES = 44


class CoefficientMismatch(ZkRollupError):
    """A key's A or B is not the circuit's: it was made for another one.

    Attributes:
        matrix: "A" or "B".
        row: The first row that differs, rows that bind public inputs included.
    """

    def __init__(self, matrix: str, row: int) -> None:
        self.matrix, self.row = matrix, row
        super().__init__(
            f"row {row} of the key's {matrix} is not the circuit's: the key was made for other constraints; "
            "give the .r1cs that it was made from, or make a key for this circuit"
        )


@dataclass(frozen=True, slots=True)
class Entries:
    """Coefficients in the order of rows, then wires.

    Attributes:
        rows: uint32 (n,).
        wires: uint32 (n,).
        values: uint64 (n, 4), Montgomery, < r.
    """

    rows: NDArray[np.uint32]
    wires: NDArray[np.uint32]
    values: Limbs


@dataclass(frozen=True, slots=True)
class Zkey:
    """What a .zkey file holds.

    Attributes:
        key: The points.
        a: A's coefficients, those that bind public inputs included.
        b: B's.
        circuit_hash: 64 bytes, which all contributions rest on.
        contributions: To the circuit's phase of the ceremony, oldest first.
    """

    key: ProvingKey
    a: Entries
    b: Entries
    circuit_hash: bytes
    contributions: tuple[Contribution, ...]

    def require_fit(self, r1cs: R1CS) -> None:
        """Refuse a circuit of other sizes, or with another A or B.

        That is not enough to trust the key: C is in no .zkey, and points may be of other constraints. Such a
        key proves each true statement, and others too. See ``ceremony.read_key``.

        Raises:
            KeyMismatch: The sizes differ.
            CoefficientMismatch: A or B differs.
        """
        self.key.require_fit(r1cs)
        for name, mine, matrix in zip("AB", (self.a, self.b), qap.matrices(r1cs), strict=False):
            row = _first_difference(mine, _entries(matrix.ptr, matrix.col, matrix.val))
            if row is not None:
                raise CoefficientMismatch(name, row)


def _entries(ptr: NDArray[np.int64], col: NDArray[np.uint32], val: Limbs) -> Entries:
    """A sparse matrix as entries."""
    rows = np.repeat(np.arange(len(ptr) - 1, dtype=np.uint32), np.diff(ptr))
    return Entries(rows, col, val)


def _first_difference(mine: Entries, other: Entries) -> int | None:
    shared = min(len(mine.rows), len(other.rows))
    same = (mine.rows[:shared] == other.rows[:shared]) & (mine.wires[:shared] == other.wires[:shared])
    same &= (mine.values[:shared] == other.values[:shared]).all(axis=1)
    if not same.all():
        first = int(np.argmin(same))
        return int(min(mine.rows[first], other.rows[first]))
    longer = max(mine, other, key=lambda each: len(each.rows))
    return int(longer.rows[shared]) if len(longer.rows) > shared else None


# --- reading -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sizes:
    n_wires: int
    n_public: int
    log_size: int


def read(path: Path, content: bytes | None = None) -> Zkey:
    """Read and check a .zkey file; whether it is a circuit's, ``Zkey.require_fit`` says.

    Args:
        path: The file.
        content: All of it, where it was read already, as by whoever checked its digest.

    Raises:
        FileNotFoundError: There is none.
        InvalidFile: It is none of Groth16 over BN254; a section is missing, twice there, too short or too
            long; a wire, row or coefficient is out of range; a point is off its curve or outside its group;
            counts contradict each other.
        InvalidKey: The verification key is not sound: gamma is delta, where no contribution was made, or one
            of its points is infinity.
    """
    sections = read_sections(path, "zkey", (1,), range(1, _LAST_OF_ANY_PROTOCOL + 1), content=content)
    _require_groth16(required(sections, _PROTOCOL, path))
    by_number = {number: required(sections, number, path) for number in range(1, 11)}
    for number in sections.keys() - by_number.keys():
        raise sections[number].refused(0, "a key of Groth16 has the sections 1 to 10 only")
    sizes = _sizes(by_number[_HEADER])
    a, b = _coefficients(by_number[_COEFFICIENTS], sizes)
    circuit_hash, contributions = read_contributions(by_number[_CONTRIBUTIONS])
    return Zkey(_key(by_number, sizes), a, b, circuit_hash, contributions)


def _require_groth16(section: Section) -> None:
    section.require_size(4, "a protocol")
    protocol = section.integer(0)
    if protocol == _GROTH16:
        return
    name = protocol_of(protocol)
    rule = f"protocol {protocol}{f', {name},' if name else ''} is not Groth16 ({_GROTH16})"
    if name is None:
        raise section.refused(0, rule)
    raise InvalidFile(section.path, section.number, section.start, rule, USE_GROTH16)


def _sizes(header: Section) -> _Sizes:
    header.require_prime(0, P, "the field of coordinates")
    header.require_prime(36, R, "the field of scalars")
    header.require_size(_HEADER_SIZE, "a header")
    wires, public, rows = (header.integer(at) for at in (72, 76, 80))
    if public >= wires:
        raise header.refused(76, f"{public} public inputs and the one do not fit into {wires} wires")
    if rows < public + 1 or rows.bit_count() != 1 or rows > 1 << 27:
        rule = f"{rows} rows are no power of two from {public + 1} to 2^27"
        raise header.refused(80, rule)
    return _Sizes(wires, public, rows.bit_length() - 1)


def _coefficients(section: Section, sizes: _Sizes) -> tuple[Entries, Entries]:
    count = section.integer(0)
    section.require_size(4 + count * _ENTRY_BYTES, f"{count} coefficients")
    words = np.frombuffer(section.part(4, count * _ENTRY_BYTES).tobytes(), "<u4").astype(np.uint32)
    table = words.reshape(count, _ENTRY_BYTES // 4)
    bounds = {"matrix": 2, "row": 1 << sizes.log_size, "wire": sizes.n_wires}
    for column, (name, bound) in enumerate(bounds.items()):
        bad = table[:, column] >= bound
        if bad.any():
            entry = int(np.argmax(bad))
            at = 4 + _ENTRY_BYTES * entry + 4 * column
            raise section.refused(
                at, f"{name} {table[entry, column]} of coefficient {entry} is none of {bound}"
            )
    values = np.ascontiguousarray(table[:, 3:]).view(np.uint64)
    large = first_not_below(values, R)
    if large is not None:
        rule = f"coefficient {large} is {to_ints(values[large])[0]}, not below {R}"
        raise section.refused(4 + _ENTRY_BYTES * large + 12, rule)
    order = np.lexsort((table[:, 2], table[:, 1], table[:, 0]))
    table, values = table[order], np.ascontiguousarray(values[order])
    _require_distinct(section, table, order)
    vectors.leave_montgomery(values, values)  # from twice Montgomery to once
    split = int(np.count_nonzero(table[:, 0] == 0))
    a, b = (
        Entries(table[part, 1], table[part, 2], values[part]) for part in (slice(split), slice(split, None))
    )
    return a, b


def _require_distinct(section: Section, table: NDArray[np.uint32], order: NDArray[np.int64]) -> None:
    twice = (table[1:, :3] == table[:-1, :3]).all(axis=1)
    if twice.any():
        entry = int(np.argmax(twice)) + 1
        matrix, row, wire = (int(word) for word in table[entry, :3])
        at = 4 + _ENTRY_BYTES * int(order[entry])
        raise section.refused(at, f"wire {wire} stands twice in row {row} of {'AB'[matrix]}")


def _key(sections: Mapping[int, Section], sizes: _Sizes) -> ProvingKey:
    header = sections[_HEADER]
    alpha, beta1 = read_g1(header, _POINTS_AT, 2)
    delta1 = read_g1(header, _POINTS_AT + 2 * G1_BYTES + 2 * G2_BYTES, 1)
    beta, gamma = read_g2(header, _POINTS_AT + 2 * G1_BYTES, 2)
    delta = read_g2(header, _POINTS_AT + 3 * G1_BYTES + 2 * G2_BYTES, 1)
    private = sizes.n_wires - sizes.n_public - 1
    counts = {
        _IC: sizes.n_public + 1,
        _A: sizes.n_wires,
        _B1: sizes.n_wires,
        _C: private,
        _H: 1 << sizes.log_size,
    }
    rows = {number: read_g1(sections[number], 0, count, whole=True) for number, count in counts.items()}
    b2 = read_g2(sections[_B2], 0, sizes.n_wires, whole=True)
    vk = VerificationKey(
        alpha=g1_of(alpha),
        beta=g2_of(beta),
        gamma=g2_of(gamma),
        delta=g2_of(delta[0]),
        ic=tuple(g1_of(row) for row in rows[_IC]),
    )
    vk.check(n_public=sizes.n_public)
    a_wires, b_wires = (np.flatnonzero(rows[number].any(axis=1)) for number in (_A, _B1))
    _require_same_wires(sections[_B2], b_wires, b2)
    return ProvingKey(
        vk,
        sizes.n_wires,
        sizes.log_size,
        a_wires.astype(np.uint32),
        b_wires.astype(np.uint32),
        a=np.concatenate([rows[_A][a_wires], [alpha], delta1]),
        b1=np.concatenate([rows[_B1][b_wires], [beta1], delta1]),
        b2=np.concatenate([b2[b_wires], [beta], delta]),
        c=np.concatenate([rows[_C], rows[_H], delta1]),
    )


def _require_same_wires(section: Section, b_wires: NDArray[np.int64], b2: Limbs) -> None:
    differing = np.setxor1d(b_wires, np.flatnonzero(b2.any(axis=1)))
    if len(differing):
        wire = int(differing[0])
        raise section.refused(G2_BYTES * wire, f"wire {wire} has a point in only one of B1 and B2")


# --- writing -----------------------------------------------------------------------------------------------


def write(key: ProvingKey, r1cs: R1CS, file: IO[bytes]) -> None:
    """Write a key with its circuit's A and B to an open file; a ceremony's contributions are not kept.

    Raises:
        KeyMismatch: The key is for a circuit of other sizes.
    """
    key.require_fit(r1cs)
    n_private = key.n_wires - key.vk.n_public - 1
    vk, (alpha, delta1), beta1 = key.vk, key.a[-2:], key.b1[-2]
    header = [
        prime(P),
        prime(R),
        integers(key.n_wires, key.vk.n_public, 1 << key.log_size),
        *map(stored, (alpha, beta1, g2_row(vk.beta), g2_row(vk.gamma), delta1, g2_row(vk.delta))),
    ]
    sections = {
        _PROTOCOL: [integers(_GROTH16)],
        _HEADER: header,
        _IC: [stored(g1_row(point)) for point in vk.ic],
        _COEFFICIENTS: [_stored_coefficients(r1cs)],
        _A: [stored(_by_wire(key.a[:-2], key.a_wires, key.n_wires))],
        _B1: [stored(_by_wire(key.b1[:-2], key.b_wires, key.n_wires))],
        _B2: [stored(_by_wire(key.b2[:-2], key.b_wires, key.n_wires))],
        _C: [stored(key.c[:n_private])],
        _H: [stored(key.c[n_private:-1])],
        _CONTRIBUTIONS: [bytes(64), integers(0)],
    }
    write_sections(file, "zkey", 1, sections)


def _by_wire(rows: Limbs, wires: NDArray[np.uint32], n_wires: int) -> Limbs:
    out = np.zeros((n_wires, rows.shape[1]), np.uint64)
    out[wires] = rows
    return out


def _stored_coefficients(r1cs: R1CS) -> bytes:
    tables = []
    for number, matrix in enumerate(qap.matrices(r1cs)[:2]):
        mine = _entries(matrix.ptr, matrix.col, matrix.val)
        values = np.empty_like(mine.values)
        vectors.enter_montgomery(np.require(mine.values, requirements=["C", "W"]), values)
        keys = np.stack([np.full(len(mine.rows), number, np.uint32), mine.rows, mine.wires], axis=1)
        tables.append(np.concatenate([keys, values.view(np.uint32)], axis=1))
    table = np.concatenate(tables)
    # By rows, as snarkjs has them: it hands ranges of rows to its workers.
    table = table[np.argsort(table[:, 1], kind="stable")]
    return integers(len(table)) + table.astype("<u4").tobytes()
