"""Arithmetic of another field in constraints: numbers modulo q, the order of BLS12-381's group, over BN254's.

Owns limbs, sums of products and their reduction. Knows no polynomial and no blob.

A sum of products equals result + k q as integers if it does modulo r and modulo a power of two, and both
sides are smaller than the product of the two moduli (as in Aztec's bigfield). Modulo r takes one constraint;
modulo the power of two takes carries, each of which joins as many limbs as the field has room for.
Coefficients of a product come from its values at small points, a constraint each (as in xJsnark).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from zkrollup.circuits.gadgets.bits import enforce_range
from zkrollup.crypto.field import R, inverse
from zkrollup.errors import ZkRollupError
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.expression import Expression, Term, as_expression, weighted_sum
from zkrollup.snark.r1cs import Limbs

Q = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""Order of BLS12-381's groups, in which blobs are polynomials (EIP-4844's BLS_MODULUS)."""
Q_BITS = 255

_T = TypeVar("_T")
_NOTHING = Expression({})


class TooWide(ZkRollupError):
    """A sum that the limbs chosen cannot hold: two sides could differ and look equal."""

    def __init__(self, label: str, bits: int, room: int) -> None:
        self.label, self.bits, self.room = label, bits, room
        super().__init__(
            f"{label} takes {bits} bits and there is room for {room}; use fewer or shorter limbs"
        )


@dataclass(frozen=True, slots=True)
class Number:
    """An integer in constraints, with the value that an honest prover gives it.

    Attributes:
        limbs: lowest first, ``Draft.radix`` bits apart. A wide one has zeros above it.
        bounds: limbs[i] is in [0, bounds[i]).
        bound: the number is in [0, bound).
        value: an honest prover's.
    """

    limbs: tuple[Term, ...]
    bounds: tuple[int, ...]
    bound: int
    value: int

    @property
    def constants(self) -> list[int]:
        """The limbs if none has a wire, else nothing."""
        known = [limb for limb in self.limbs if isinstance(limb, int)]
        return known if len(known) == len(self.limbs) else []


@dataclass(slots=True)
class Draft:
    """A circuit that is being described, with the inputs that satisfy it.

    Quotients of another field are no rule of the witness's tape; they are private inputs, computed here.

    Attributes:
        radix: bits from one limb to the next.
    """

    b: Builder
    radix: int
    inputs: dict[str, int] = field(default_factory=dict)

    def public(self, name: str, value: int) -> Expression:
        self.inputs[name] = value
        return self.b.public(name)

    def private(self, name: str, value: int) -> Expression:
        """Not constrained to any range."""
        self.inputs[name] = value % R
        return self.b.private(name)

    def finish(self) -> tuple[Circuit, Limbs]:
        """The circuit and its witness, whether or not that satisfies it."""
        circuit = self.b.build()
        return circuit, circuit.witness(self.inputs)


# Numbers


def constant(d: Draft, value: int) -> Number:
    limbs = split(value, d.radix)
    return Number(tuple(limbs), tuple(limb + 1 for limb in limbs), value + 1, value)


def ranged(d: Draft, value: int, bits: int, label: str) -> Number:
    """A number below 2^bits: ``bits`` constraints."""
    widths = [min(d.radix, bits - start) for start in range(0, bits, d.radix)]
    limbs = []
    for i, (limb, width) in enumerate(zip(split(value, d.radix, len(widths)), widths, strict=True)):
        limbs.append(d.private(f"{label}.limb[{i}]", limb))
        enforce_range(d.b, limbs[-1], width, f"{label}.limb[{i}]")
    return Number(tuple(limbs), tuple(1 << width for width in widths), 1 << bits, value)


def of_bits(d: Draft, bits: Sequence[Expression], value: int) -> Number:
    """What booleans that exist already spell: no constraint."""
    parts = [bits[i : i + d.radix] for i in range(0, len(bits), d.radix)]
    limbs = tuple(Builder.binary_sum(list(part)) for part in parts)
    return Number(limbs, tuple(1 << len(part) for part in parts), 1 << len(bits), value)


def of_words(d: Draft, words: Sequence[Expression], value: int, limbs_each: int) -> Number:
    """What the contract split into words of ``limbs_each`` limbs.

    Assumes that it is below q and that each word has its width: the precompile and the contract see to that.
    """
    step = limbs_each * d.radix
    widths = [min(step, Q_BITS - start) for start in range(0, Q_BITS, step)]
    gap: list[Term] = [0] * (limbs_each - 1)
    limbs: list[Term] = [limb for word in words for limb in (word, *gap)]
    bounds = [bound for width in widths for bound in (1 << width, *([1] * len(gap)))]
    return Number(tuple(limbs), tuple(bounds), Q, value)


def add_constant(d: Draft, x: Number, value: int) -> Number:
    other = constant(d, value)
    size = max(len(x.limbs), len(other.limbs))
    limbs = [
        as_expression(p) + q
        for p, q in zip(_padded(x.limbs, size, 0), _padded(other.limbs, size, 0), strict=True)
    ]
    bounds = [p + q for p, q in zip(_padded(x.bounds, size, 0), _padded(other.bounds, size, 0), strict=True)]
    return Number(tuple(limbs), tuple(bounds), x.bound + value, x.value + value)


def split(value: int, radix: int, count: int | None = None) -> list[int]:
    """Limbs of ``radix`` bits, lowest first; the last holds what is left."""
    count = max(1, -(-value.bit_length() // radix)) if count is None else count
    parts = [value >> radix * i & (1 << radix) - 1 for i in range(count - 1)]
    return [*parts, value >> radix * (count - 1)]


# Sums of products


def reduced(
    d: Draft, products: Sequence[tuple[Number, Number]], label: str, *, plus: Sequence[Number] = ()
) -> Number:
    """A number below 2^255 that is ``sum of products + sum of plus`` modulo q."""
    total = _value(products, plus)
    result = ranged(d, total % Q, Q_BITS, f"{label}.result")
    enforce_congruent(d, products, result, label, plus=plus)
    return result


def enforce_congruent(
    d: Draft,
    products: Sequence[tuple[Number, Number]],
    result: Number,
    label: str,
    *,
    plus: Sequence[Number] = (),
) -> None:
    """Enforces ``sum of products + sum of plus = result`` modulo q.

    Raises:
        TooWide: The sums do not fit.
    """
    highest = sum(x.bound * y.bound for x, y in products) + sum(x.bound for x in plus)
    quotient_bits = (highest // Q).bit_length()
    quotient = ranged(
        d, max(0, _value(products, plus) - result.value) // Q, quotient_bits, f"{label}.quotient"
    )
    left = _Sum()
    for i, (x, y) in enumerate(products):
        left.add_product(d.b, x, y, f"{label}.product[{i}]")
    for x in plus:
        left.add(x)
    right = _Sum()
    right.add_product(d.b, quotient, constant(d, Q), f"{label}.multiple")
    right.add(result)
    _enforce_same(d, left, right, max(highest, quotient.bound * Q + result.bound), label)


@dataclass(slots=True)
class _Sum:
    """Coefficients of a polynomial in 2^radix, each with a bound: it is in [0, bound)."""

    coefficients: list[Expression] = field(default_factory=list)
    bounds: list[int] = field(default_factory=list)

    def add(self, x: Number) -> None:
        self._add([as_expression(limb) for limb in x.limbs], x.bounds)

    def add_product(self, b: Builder, x: Number, y: Number, label: str) -> None:
        """One constraint a point at which both are evaluated; none where one is constant."""
        size = len(x.limbs) + len(y.limbs) - 1
        bounds = [0] * size
        for i, p in enumerate(x.bounds):
            for j, q in enumerate(y.bounds):
                bounds[i + j] += (p - 1) * (q - 1)
        if factors := y.constants:
            rows: list[Expression] = [Expression({})] * size
            for i, limb in enumerate(x.limbs):
                for j, factor in enumerate(factors):
                    rows[i + j] += as_expression(limb) * factor
        else:
            rows = _interpolated(b, x, y, size, label)
        self._add(rows, [bound + 1 for bound in bounds])

    def _add(self, rows: Sequence[Expression], bounds: Sequence[int]) -> None:
        size = max(len(rows), len(self.bounds))
        self.coefficients = [
            p + q
            for p, q in zip(
                _padded(self.coefficients, size, _NOTHING), _padded(rows, size, _NOTHING), strict=True
            )
        ]
        self.bounds = [
            p + q for p, q in zip(_padded(self.bounds, size, 0), _padded(bounds, size, 0), strict=True)
        ]


def _interpolated(b: Builder, x: Number, y: Number, size: int, label: str) -> list[Expression]:
    """The product's coefficients, from its values at 0, 1, -1, 2, -2 ... and its highest coefficient."""
    points = [(i + 1) // 2 * (-1) ** (i + 1) for i in range(size - 1)]
    values = [
        b.multiply(_at(x.limbs, point), _at(y.limbs, point), f"{label}.at[{point}]") for point in points
    ]
    values.append(b.multiply(x.limbs[-1], y.limbs[-1], f"{label}.highest"))
    return [weighted_sum(values, row) for row in _interpolation(tuple(points))]


def _at(limbs: Sequence[Term], point: int) -> Expression:
    return weighted_sum([as_expression(limb) for limb in limbs], [point**i for i in range(len(limbs))])


@cache
def _interpolation(points: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Inverse, modulo r, of the matrix that leads from coefficients to values; the last value is the last
    coefficient."""
    size = len(points) + 1
    rows = [[point**i % R for i in range(size)] for point in points] + [[0] * (size - 1) + [1]]
    rows = [row + [int(i == j) for j in range(size)] for i, row in enumerate(rows)]
    for i in range(size):
        pivot = next(j for j in range(i, size) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        factor = inverse(rows[i][i])
        rows[i] = [entry * factor % R for entry in rows[i]]
        for j in range(size):
            if j != i and rows[j][i]:
                rows[j] = [(p - rows[j][i] * q) % R for p, q in zip(rows[j], rows[i], strict=True)]
    return tuple(tuple(row[size:]) for row in rows)


def _enforce_same(d: Draft, left: _Sum, right: _Sum, bound: int, label: str) -> None:
    """Enforces left = right, both below ``bound``: modulo r, and modulo a power of two that is enough."""
    size = max(len(left.bounds), len(right.bounds))
    rows = [
        p - q
        for p, q in zip(
            _padded(left.coefficients, size, _NOTHING),
            _padded(right.coefficients, size, _NOTHING),
            strict=True,
        )
    ]
    bounds = [
        max(p, q) for p, q in zip(_padded(left.bounds, size, 0), _padded(right.bounds, size, 0), strict=True)
    ]
    d.b.enforce_zero(weighted_sum(rows, [1 << d.radix * i for i in range(size)]), f"{label}.modulo_r")
    needed = (bound // R).bit_length()
    carry, carried, done = Expression({}), 0, 0
    while done * d.radix < needed:
        joined, room = 0, carried
        while done + joined < size and (wider := room + (bounds[done + joined] << d.radix * joined)) < R >> 3:
            carry += rows[done + joined] * (1 << d.radix * joined)
            joined, room = joined + 1, wider
        shift = d.radix * joined
        carry, carried, done = carry * inverse(1 << shift), (room >> shift) + 1, done + joined
        width = carried.bit_length()
        # Below r / 2 on both sides, carry * 2^shift = joined limbs modulo r is one of integers.
        if not joined or width + shift > R.bit_length() - 3:
            raise TooWide(label, width + shift, R.bit_length() - 3)
        enforce_range(d.b, carry + (1 << width), width + 1, f"{label}.carry[{done}]")


def _value(products: Sequence[tuple[Number, Number]], plus: Iterable[Number]) -> int:
    return sum(x.value * y.value for x, y in products) + sum(x.value for x in plus)


def _padded(items: Sequence[_T], size: int, zero: _T) -> list[_T]:
    return [*items, *[zero] * (size - len(items))]
