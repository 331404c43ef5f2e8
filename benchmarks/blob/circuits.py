"""Three ways for a circuit to show that its words are a blob: p(z) = y, where L1's contract tells z and y.

Owns the circuits that are counted. They are the batch circuit's data part alone: words of 216 bits, committed
to and evaluated at x. What a blob adds is the difference to ``plain``, which has only that.

The contract draws z after the words' commitment and the blob, so that two different polynomials agree at z
with a chance of at most 4,095 / q. What it tells are words too, in a second commitment: x is drawn after
both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from types import MappingProxyType

from benchmarks.blob.numbers import (
    Draft,
    Number,
    Q,
    add_constant,
    constant,
    enforce_congruent,
    of_bits,
    of_words,
    ranged,
    reduced,
    split,
)
from benchmarks.blob.polynomials import BLOB_ELEMENTS, blob_of_coefficients, blob_of_values, roots, weights

from zkrollup.circuits.encoding import CHAIN_WIDTH, OPERATION_BITS, commit_words, evaluate
from zkrollup.circuits.gadgets.bits import to_bits
from zkrollup.circuits.gadgets.poseidon import poseidon_chain
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.expression import Expression
from zkrollup.snark.r1cs import Limbs

RADIX = 66
"""Four limbs hold 255 bits, and two limbs' carries join."""
WEIGHT_RADIX = 72
"""Three limbs hold a word of 216 bits, and a weight is two words of two limbs, 144 and 111 bits."""
LIMBS_A_WORD = 2


@dataclass(frozen=True, slots=True)
class Statement:
    """What is shown: the polynomial that ``data`` makes is y at z.

    Attributes:
        data: words below 2^216.
        x: where L1's contract evaluates all words that it knows.
    """

    data: Sequence[int]
    z: int
    y: int
    x: int


Evaluate = Callable[[Draft, Sequence[Number], Sequence[Expression], Statement], None]


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the ways.

    Attributes:
        blob: holds data.
        told: words that the contract tells the circuit.
        evaluate: enforces p(z) = y over the data and these words.
    """

    name: str
    radix: int
    blob: Callable[[Sequence[int]], bytes]
    told: Callable[[Statement], Sequence[int]]
    evaluate: Evaluate


def describe(variant: Variant, statement: Statement) -> tuple[Circuit, Limbs]:
    """The circuit for as many words as the statement has, and a witness that satisfies it if it is true."""
    d = Draft(Builder(f"blob-{variant.name}-{len(statement.data)}"), variant.radix)
    data, told = statement.data, variant.told(statement)
    commitments = [d.public("commitment", commit_words(data))]
    if told:
        commitments.append(d.public("told", commit_words(told)))
    x = d.public("challenge", statement.x)
    evaluation = d.public("evaluation", evaluate([*told, *data], statement.x))
    told_wires = [d.private(f"told[{i}]", word) for i, word in enumerate(told)]
    data_wires = [d.private(f"data[{i}]", word) for i, word in enumerate(data)]
    numbers = [
        of_bits(d, to_bits(d.b, wire, OPERATION_BITS, f"data[{i}]"), word)
        for i, (wire, word) in enumerate(zip(data_wires, data, strict=True))
    ]
    for commitment, words, name in zip(
        commitments, (data_wires, told_wires), ("commitment", "told"), strict=False
    ):
        d.b.enforce_equal(poseidon_chain(d.b, words, CHAIN_WIDTH, name), commitment, name)
    d.b.enforce_equal(_horner(d.b, [*told_wires, *data_wires], x), evaluation, "evaluation")
    variant.evaluate(d, numbers, told_wires, statement)
    return d.finish()


def _horner(b: Builder, words: Sequence[Expression], x: Expression) -> Expression:
    total = Expression({})
    for i in reversed(range(len(words))):
        total = b.multiply(total, x, f"evaluation[{i}]", plus=words[i])
    return total


# Data are the polynomial's values at the first roots of unity, as EIP-4844 lays a blob out


def _by_values(d: Draft, data: Sequence[Number], told: Sequence[Expression], statement: Statement) -> None:
    """y = (z^4096 - 1) / 4096 * sum of data[i] * root[i] / (z - root[i]): a quotient an element."""
    z, y = _z_and_y(d, told, statement)
    products = []
    for i, (number, root) in enumerate(zip(data, roots(len(data)), strict=True)):
        quotient = ranged(d, root * pow(z.value - root, -1, Q) % Q, Q.bit_length(), f"quotient[{i}]")
        distance = add_constant(d, z, Q - root)
        enforce_congruent(d, [(quotient, distance)], constant(d, root), f"quotient[{i}].check")
        products.append((number, quotient))
    total = reduced(d, products, "sum")
    power = z
    for i in range(BLOB_ELEMENTS.bit_length() - 1):
        power = reduced(d, [(power, power)], f"square[{i}]")
    both = [(total, add_constant(d, power, Q - 1)), (y, constant(d, Q - BLOB_ELEMENTS))]
    enforce_congruent(d, both, constant(d, 0), "value")


# Data are the polynomial's coefficients; the operator posts its values at all 4,096 roots


def _by_coefficients(
    d: Draft, data: Sequence[Number], told: Sequence[Expression], statement: Statement
) -> None:
    """Horner's rule over blocks of about a square root of all, so that few sums need a reduction."""
    z, y = _z_and_y(d, told, statement)
    block = min(len(data), isqrt(len(data) - 1) + 1)
    powers = [z]
    while len(powers) < block:
        powers.append(reduced(d, [(powers[-1], z)], f"power[{len(powers) + 1}]"))
    carried: list[tuple[Number, Number]] = []
    for start in reversed(range(0, len(data), block)):
        first, *rest = data[start : start + block]
        products = [*carried, *zip(rest, powers, strict=False)]
        if start == 0:
            enforce_congruent(d, products, y, "value", plus=[first])
        else:
            carried = [(reduced(d, products, f"block[{start}]", plus=[first]), powers[block - 1])]


def _z_and_y(d: Draft, told: Sequence[Expression], statement: Statement) -> tuple[Number, Number]:
    y_words = -(-Q.bit_length() // (LIMBS_A_WORD * d.radix))
    z_words = told[: len(told) - y_words]
    z = of_words(d, z_words, statement.z, 1)
    return z, of_words(d, told[len(z_words) :], statement.y, LIMBS_A_WORD)


def _told_z_and_y(statement: Statement) -> Sequence[int]:
    return [*split(statement.z, RADIX, 4), *split(statement.y, RADIX * LIMBS_A_WORD, 2)]


# The contract computes each word's weight


def _by_weights(d: Draft, data: Sequence[Number], told: Sequence[Expression], statement: Statement) -> None:
    """y = data[0] + sum of data[i] * weight[i], with one reduction."""
    y = of_words(d, told[:LIMBS_A_WORD], statement.y, LIMBS_A_WORD)
    values = weights(statement.z, len(data))[1:]
    pairs = zip(told[2::2], told[3::2], strict=True)
    products = [
        (number, of_words(d, words, value, LIMBS_A_WORD))
        for number, words, value in zip(data[1:], pairs, values, strict=True)
    ]
    enforce_congruent(d, products, y, "value", plus=[data[0]])


def _told_weights(statement: Statement) -> Sequence[int]:
    values = [statement.y, *weights(statement.z, len(statement.data))[1:]]
    return [word for value in values for word in split(value, WEIGHT_RADIX * LIMBS_A_WORD, 2)]


PLAIN = Variant("plain", RADIX, blob_of_values, lambda _: (), lambda *_: None)
BY_VALUES = Variant("values", RADIX, blob_of_values, _told_z_and_y, _by_values)
BY_COEFFICIENTS = Variant("coefficients", RADIX, blob_of_coefficients, _told_z_and_y, _by_coefficients)
BY_WEIGHTS = Variant("weights", WEIGHT_RADIX, blob_of_coefficients, _told_weights, _by_weights)
VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {v.name: v for v in (BY_VALUES, BY_COEFFICIENTS, BY_WEIGHTS)}
)
