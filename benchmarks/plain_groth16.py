"""Groth16's prover in plain Python: integers, and py_ecc's curve. Slow, and meant to be.

Owns no key: it takes one of ours. Source: Groth, EUROCRYPT 2016, 3.2.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from benchmarks.statement import Statement
from numpy.typing import NDArray
from py_ecc import optimized_bn128 as curve

from zkrollup.kernels.limbs import from_montgomery, to_ints
from zkrollup.kernels.montgomery import P, R
from zkrollup.snark import qap
from zkrollup.snark.keys import Proof
from zkrollup.snark.r1cs import SparseMatrix

GENERATOR = 5
"""Of the field's multiplicative group; snarkjs's roots of unity are powers of it."""

Row = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class PlainProver:
    """A statement in Python's own objects.

    Attributes:
        rows: A, B and C as (wire, coefficient), rows that bind public inputs included.
        points: The key's sums by name, as py_ecc's points, in the order of ``ProvingKey``.
    """

    log_size: int
    n_public: int
    wires: list[int]
    rows: tuple[list[Row], list[Row], list[Row]]
    a_wires: list[int]
    b_wires: list[int]
    points: dict[str, list[Any]]

    @classmethod
    def of(cls, statement: Statement) -> "PlainProver":
        key = statement.key
        a, b, c = (_rows(matrix) for matrix in qap.matrices(statement.r1cs))
        return cls(
            key.log_size,
            key.vk.n_public,
            to_ints(statement.witness),
            (a, b, c),
            key.a_wires.tolist(),
            key.b_wires.tolist(),
            {name: _points(getattr(key, name)) for name in ("a", "b1", "b2", "c")},
        )

    def prove(self) -> Proof:
        """A fresh proof; whether it verifies is the caller's to check."""
        r, s = secrets.randbelow(R), secrets.randbelow(R)
        b_scalars = [*(self.wires[wire] for wire in self.b_wires), 1, s]
        a = _sum(self.points["a"], [*(self.wires[wire] for wire in self.a_wires), 1, r])
        b1 = _sum(self.points["b1"], b_scalars)
        b2 = _sum(self.points["b2"], b_scalars)
        c = _sum(self.points["c"], [*self.wires[self.n_public + 1 :], *self._quotient(), -r * s % R])
        c = curve.add(c, curve.add(curve.multiply(a, s), curve.multiply(b1, r)))
        return Proof(_affine(a), _affine(b2), _affine(c))

    def _quotient(self) -> list[int]:
        """A w * B w - C w on the domain's coset; the key's points hold the division by Z."""
        size = 1 << self.log_size
        shift = pow(GENERATOR, (R - 1) // (2 * size), R)
        root = shift * shift % R
        per_size = pow(size, -1, R)
        moved = []
        for rows in self.rows:
            values = [sum(k * self.wires[wire] for wire, k in row) % R for row in rows]
            values += [0] * (size - len(values))
            coefficients = _transform(values, pow(root, -1, R))
            scaled = [x * per_size * pow(shift, i, R) % R for i, x in enumerate(coefficients)]
            moved.append(_transform(scaled, root))
        return [(x * y - z) % R for x, y, z in zip(*moved, strict=True)]


def _transform(values: Sequence[int], root: int) -> list[int]:
    """The polynomial with these coefficients at all powers of ``root``."""
    if len(values) == 1:
        return list(values)
    even, odd = (_transform(values[start::2], root * root % R) for start in (0, 1))
    power, lower, upper = 1, [], []
    for x, y in zip(even, odd, strict=True):
        lower.append((x + power * y) % R)
        upper.append((x - power * y) % R)
        power = power * root % R
    return lower + upper


def _sum(points: Iterable[Any], scalars: Iterable[int]) -> Any:
    products = [curve.multiply(point, k) for point, k in zip(points, scalars, strict=True)]
    total = products[0]
    for product in products[1:]:
        total = curve.add(total, product)
    return total


def _rows(matrix: SparseMatrix) -> list[Row]:
    wires, values = matrix.col.tolist(), from_montgomery(matrix.val, R)
    starts = matrix.ptr.tolist()
    return [list(zip(wires[i:j], values[i:j], strict=True)) for i, j in pairwise(starts)]


def _points(rows: NDArray[np.uint64]) -> list[Any]:
    """Affine rows as py_ecc's points."""
    numbers = [from_montgomery(row, P) for row in rows]
    return [_g1(each) if len(each) == 2 else _g2(each) for each in numbers]


def _g1(numbers: list[int]) -> Any:
    x, y = numbers
    return (curve.FQ(x), curve.FQ(y), curve.FQ(1)) if x or y else curve.Z1


def _g2(numbers: list[int]) -> Any:
    x0, x1, y0, y1 = numbers
    return (curve.FQ2((x0, x1)), curve.FQ2((y0, y1)), curve.FQ2.one()) if any(numbers) else curve.Z2


def _affine(point: Any) -> Any:
    """As ``Proof`` has points."""
    if curve.is_inf(point):
        return None
    x, y = curve.normalize(point)
    if isinstance(x, curve.FQ):
        return int(x), int(y)
    return tuple(map(int, x.coeffs)), tuple(map(int, y.coeffs))
