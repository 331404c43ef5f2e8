"""Poseidon in constraints. Native twin: ``crypto.poseidon``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from zkrollup.crypto.poseidon import schedule
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import ONE_WIRE, Expression, Term, weighted_sum


def poseidon(b: Builder, inputs: Sequence[Term], label: str) -> Expression:
    """The hash of 1 to 16 field elements, with circomlib's parameters.

    Inputs: any field elements. Outputs: the hash. Assumes: nothing. Enforces: the hash is right.
    3 * (8 t + partial rounds - 1) constraints with t = inputs + 1: all but the S-boxes is linear, and the
    capacity's first S-box is constant. A constant input saves another three.
    """
    template = _template(len(inputs) + 1)
    outputs: list[Expression] = []
    with b.scope(label):
        for value, constant in zip(inputs, template.first_constants, strict=True):
            outputs.append(_fifth_power(b, Expression({}) + value + constant, len(outputs)))
        for combination in template.combinations:
            outputs.append(_fifth_power(b, _substitute(combination, outputs), len(outputs)))
        return _substitute(template.output, outputs)


def poseidon_chain(b: Builder, words: Sequence[Term], width: int, label: str) -> Expression:
    """Folds words into one: s = 0, then s = Poseidon(s, the next ``width`` words); zeros fill the last."""
    state: Term = 0
    for i, start in enumerate(range(0, len(words), width)):
        group = list(words[start : start + width])
        state = poseidon(b, [state, *group, *[0] * (width - len(group))], f"{label}[{i}]")
    return Expression({}) + state


def _fifth_power(b: Builder, x: Expression, number: int) -> Expression:
    square = b.multiply(x, x, f"sbox[{number}].square")
    return b.multiply(b.multiply(square, square, f"sbox[{number}].fourth"), x, f"sbox[{number}].fifth")


@dataclass(frozen=True, slots=True)
class _Template:
    """One width's hash with S-box k's output as wire k + 1: worked out once, then only renumbered.

    Attributes:
        first_constants: What is added to each input before its S-box.
        combinations: The inputs of all later S-boxes.
        output: The hash.
    """

    first_constants: Sequence[int]
    combinations: Sequence[Mapping[int, int]]
    output: Mapping[int, int]


@cache
def _template(t: int) -> _Template:
    rounds = schedule(t)
    capacity, *first_constants = rounds.first_constants[0]
    state = [Expression.constant(capacity**5), *(Expression.wire(k) for k in range(1, t))]
    combinations: list[Mapping[int, int]] = []

    def boxed(x: Expression) -> Expression:
        combinations.append(x.terms)
        return Expression.wire(t - 1 + len(combinations))

    state = _mix(rounds.mds, state)
    for constants in rounds.first_constants[1:]:
        state = _mix(rounds.mds, [boxed(x + constant) for x, constant in zip(state, constants, strict=True)])
    head, tail = state[0], state[1:]
    corner = rounds.mds[0][0]
    for constant, row, column in rounds.partial_rounds:
        head = boxed(head + constant)
        mixed = head * corner + weighted_sum(tail, row)
        tail = [x + head * weight for x, weight in zip(tail, column, strict=True)]
        head = mixed
    state = [head, *_mix(rounds.tail_matrix, tail)]
    for constants in rounds.last_constants:
        state = _mix(rounds.mds, [boxed(x + constant) for x, constant in zip(state, constants, strict=True)])
    return _Template(first_constants, combinations, state[0].terms)


def _mix(matrix: Sequence[Sequence[int]], state: Sequence[Expression]) -> list[Expression]:
    return [weighted_sum(state, row) for row in matrix]


def _substitute(combination: Mapping[int, int], outputs: Sequence[Expression]) -> Expression:
    """``combination`` with the template's wires replaced: in nearly all cases by one wire each."""
    result: dict[int, int] = {}
    constants = Expression.constant(combination.get(ONE_WIRE, 0))
    for number, coefficient in combination.items():
        if number == ONE_WIRE:
            continue
        terms = outputs[number - 1].terms
        if len(terms) == 1 and ONE_WIRE not in terms:
            (wire,) = terms
            result[wire] = coefficient
        else:
            constants += outputs[number - 1] * coefficient
    return Expression(result) + constants if constants.terms else Expression(result)
