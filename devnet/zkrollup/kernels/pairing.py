"""The optimal ate pairing on BN254: a product over few pairs.

Owns Miller's loop and the final exponentiation. Does not check that points are in their groups.

Sources: Vercauteren, "Optimal Pairings" (2008); Beuchat et al., "High-Speed Software Implementation of the
Optimal Ate Pairing over Barreto-Naehrig Curves" (2010), algorithm 1; Scott et al., "On the Final
Exponentiation for Calculating Pairings on Ordinary Elliptic Curves" (2009), for BN curves.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from zkrollup.kernels.fields import (
    Element,
    coordinates,
    fp2_zero,
    fp_zero,
    from_coordinates,
    inverse,
    load,
    square,
    store,
    zero_like,
)
from zkrollup.kernels.fp12 import (
    FROBENIUS,
    WORDS,
    conjugate,
    conjugate_over_fp6,
    frobenius,
    invert,
    multiply,
    multiply_sparse,
    set_one,
)
from zkrollup.kernels.jit import Words, inner, kernel
from zkrollup.kernels.limbs import from_montgomery
from zkrollup.kernels.montgomery import P

X = 4965661367192848881
"""The curve's parameter: p and r are polynomials in it, and pairings are raised to its powers."""


def _signed_digits(number: int) -> Any:
    """Digits -1, 0, 1, no two neighbours nonzero, the lowest first."""
    digits = []
    while number:
        digit = 2 - number % 4 if number % 2 else 0
        digits.append(digit)
        number = (number - digit) // 2
    return np.array(digits, np.int64)


_LOOP = _signed_digits(6 * X + 2)


# --- Miller's loop ---------------------------------------------------------------------------------------


@inner
def _take_line(p: Words, t: Words, i: int, x: Element, y: Element, slope: Element, f: Words) -> None:
    """f[0] *= the line through t[i] and (x, y), at p[i]; t[i] += (x, y)."""
    px, py = load(p, i, 0, fp_zero()), load(p, i, 1, fp_zero())
    s0, s1 = coordinates(slope)
    rise = from_coordinates(s0 * px, s1 * px)
    multiply_sparse(f, 0, from_coordinates(py, zero_like(py)), -rise, slope * x - y)
    tx, ty = load(t, i, 0, slope), load(t, i, 1, slope)
    x3 = square(slope) - tx - x
    store(t, i, 0, x3)
    store(t, i, 1, slope * (tx - x3) - ty)


@inner
def _double(p: Words, t: Words, i: int, f: Words) -> None:
    x, y = load(t, i, 0, fp2_zero()), load(t, i, 1, fp2_zero())
    xx = square(x)
    _take_line(p, t, i, x, y, (xx + xx + xx) * inverse(y + y), f)


@inner
def _add(p: Words, t: Words, i: int, x: Element, y: Element, f: Words) -> None:
    slope = (load(t, i, 1, x) - y) * inverse(load(t, i, 0, x) - x)
    _take_line(p, t, i, x, y, slope, f)


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def _run_loop(p: Words, q: Words, f: Words) -> None:
    """f[0] = all pairs' functions, multiplied.

    No step meets infinity or adds equal points, as each q has order r and the loop stays far below.
    """
    set_one(f, 0)
    t = q.copy()
    for position in range(len(_LOOP) - 2, -1, -1):
        multiply(f, 0, 0, 0)
        digit = _LOOP[position]
        for i in range(p.shape[0]):
            _double(p, t, i, f)
            if digit != 0:
                y = load(q, i, 1, fp2_zero())
                _add(p, t, i, load(q, i, 0, fp2_zero()), y if digit > 0 else -y, f)
    for i in range(p.shape[0]):
        x, y = load(q, i, 0, fp2_zero()), load(q, i, 1, fp2_zero())
        for power in range(1, 3):
            x, y = conjugate(x) * load(FROBENIUS, 2, 0, x), conjugate(y) * load(FROBENIUS, 3, 0, x)
            _add(p, t, i, x, y if power == 1 else -y, f)


# --- final exponentiation to the power (p^12 - 1) / r: a program over the rows of f ------------------------


_Step: TypeAlias = tuple[int, int, int, int]
"""Operation, a, b, out: f[out] = f[a] * f[b], or of f[a] alone, b being scratch."""
_MULTIPLY, _CONJUGATE, _FROBENIUS, _INVERT = range(4)


@kernel("void(uint64[:, ::1], int64[:, ::1])")
def _run(f: Words, program: Any) -> None:
    for step in range(program.shape[0]):
        operation, a, b, out = program[step, 0], program[step, 1], program[step, 2], program[step, 3]
        if operation == _MULTIPLY:
            multiply(f, a, b, out)
        elif operation == _CONJUGATE:
            conjugate_over_fp6(f, a, out)
        elif operation == _FROBENIUS:
            frobenius(f, a, out)
        else:
            invert(f, a, out, b)


def _easy_part() -> Iterator[_Step]:
    """f[0] to the power (p^6 - 1) (p^2 + 1). From here on, the inverse is the conjugate over Fp6."""
    yield _INVERT, 0, 2, 1
    yield _CONJUGATE, 0, 0, 0
    yield _MULTIPLY, 0, 1, 0
    yield _FROBENIUS, 0, 0, 1
    yield _FROBENIUS, 1, 1, 1
    yield _MULTIPLY, 0, 1, 0


def _to_the_x(a: int, out: int, inverse_of_a: int) -> Iterator[_Step]:
    """f[out] = f[a] to the power X. Three different rows."""
    yield _CONJUGATE, a, a, inverse_of_a
    square_of = a
    for digit in _signed_digits(X)[-2::-1]:
        yield _MULTIPLY, square_of, square_of, out
        square_of = out
        if digit:
            yield _MULTIPLY, out, a if digit > 0 else inverse_of_a, out


# fmt: off
def _hard_part() -> Iterator[_Step]:
    """f[0] to the power (p^4 - p^2 + 1) / r, with the names of Scott et al.; xi is f[0] to the power X^i."""
    y0, y1, y2, y3, y4, y5, y6, t0, t1, x1, x2, x3 = range(1, 13)
    yield from (*_to_the_x(0, x1, t0), *_to_the_x(x1, x2, t0), *_to_the_x(x2, x3, t0))
    yield from (
        # y0 = f^p f^(p^2) f^(p^3), y1 = 1 / f, y2 = x2^(p^2), y3 = 1 / x1^p
        (_FROBENIUS, 0, 0, y0), (_FROBENIUS, y0, y0, t0), (_MULTIPLY, y0, t0, y0),
        (_FROBENIUS, t0, t0, t0), (_MULTIPLY, y0, t0, y0),
        (_CONJUGATE, 0, 0, y1),
        (_FROBENIUS, x2, x2, y4), (_FROBENIUS, y4, y4, y2),
        (_FROBENIUS, x1, x1, y3), (_CONJUGATE, y3, y3, y3),
        # y4 = 1 / (x1 x2^p), y5 = 1 / x2, y6 = 1 / (x3 x3^p)
        (_MULTIPLY, y4, x1, y4), (_CONJUGATE, y4, y4, y4),
        (_CONJUGATE, x2, x2, y5),
        (_FROBENIUS, x3, x3, y6), (_MULTIPLY, y6, x3, y6), (_CONJUGATE, y6, y6, y6),
        # y0 y1^2 y2^6 y3^12 y4^18 y5^30 y6^36
        (_MULTIPLY, y6, y6, t0), (_MULTIPLY, t0, y4, t0), (_MULTIPLY, t0, y5, t0),
        (_MULTIPLY, y3, y5, t1), (_MULTIPLY, t1, t0, t1), (_MULTIPLY, t0, y2, t0),
        (_MULTIPLY, t1, t1, t1), (_MULTIPLY, t1, t0, t1), (_MULTIPLY, t1, t1, t1),
        (_MULTIPLY, t1, y1, t0), (_MULTIPLY, t1, y0, t1), (_MULTIPLY, t0, t0, t0),
        (_MULTIPLY, t0, t1, 0),
    )
# fmt: on


_FINAL = np.array([*_easy_part(), *_hard_part()], np.int64)
_ROWS = 13

ONE = [1] + [0] * 11
"""Of Fp12, as :func:`product` gives elements."""


def product(p: Words, q: Words) -> list[int]:
    """The product of e(p[i], q[i]): 12 numbers below p, two for each power of w, the lowest first.

    Args:
        p: points of G1, (n, 8), Montgomery, none infinity.
        q: points of G2, (n, 16), Montgomery, none infinity.
    """
    f = np.empty((_ROWS + 1, WORDS), np.uint64)
    _run_loop(p, q, f)
    _run(f, _FINAL)
    return from_montgomery(f[0], P)
