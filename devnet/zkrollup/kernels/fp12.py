"""BN254's Fp12, the field of pairings, as rows of an array that kernels work on as on registers.

Owns arithmetic. Fp12 is Fp2[w] / (w^6 - 9 - u): six coefficients, the lowest first, Montgomery. The last row
is scratch, so that a result may replace an operand. Inner functions only; loops in place of a tower of
formulas, because each machine compiles this, and few pairings are computed.
"""

from zkrollup.kernels.fields import (
    Element,
    coordinates,
    fp2_zero,
    from_coordinates,
    inverse,
    load,
    one_like,
    square,
    store,
)
from zkrollup.kernels.jit import Words, inner
from zkrollup.kernels.limbs import Limbs, montgomery
from zkrollup.kernels.montgomery import P

DEGREE = 6
WORDS = 8 * DEGREE
"""Of an element."""


def _frobenius_factors() -> Limbs:
    """(9 + u)^(i (p - 1) / 6) for i < 6: w^i to the power p is w^i times this."""

    def multiply(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P

    root, base = (1, 0), (9, 1)
    for bit in reversed(f"{(P - 1) // DEGREE:b}"):
        root = multiply(root, base) if bit == "1" else root
        base = multiply(base, base)
    powers = [(1, 0)]
    for _ in range(1, DEGREE):
        powers.append(multiply(powers[-1], root))
    return montgomery([c for power in powers for c in power], P).reshape(DEGREE, 8)


FROBENIUS = _frobenius_factors()


@inner
def times_root(x: Element) -> Element:
    """The product x * (9 + u) = x * w^6, in Fp2."""
    twice = x + x
    fourfold = twice + twice
    n0, n1 = coordinates(fourfold + fourfold + x)
    c0, c1 = coordinates(x)
    return from_coordinates(n0 - c1, n1 + c0)


@inner
def conjugate(x: Element) -> Element:
    """The power x^p, in Fp2."""
    c0, c1 = coordinates(x)
    return from_coordinates(c0, -c1)


@inner
def set_one(f: Words, out: int) -> None:
    """f[out] = 1."""
    for i in range(DEGREE):
        store(f, out, i, one_like(fp2_zero()) if i == 0 else fp2_zero())


@inner
def copy(f: Words, a: int, out: int) -> None:
    """f[out] = f[a]."""
    for i in range(DEGREE):
        store(f, out, i, load(f, a, i, fp2_zero()))


@inner
def multiply(f: Words, a: int, b: int, out: int) -> None:
    """f[out] = f[a] * f[b]."""
    scratch = f.shape[0] - 1
    for k in range(DEGREE):
        below, above = fp2_zero(), fp2_zero()
        for i in range(DEGREE):
            x, y = load(f, a, i, below), load(f, b, (k - i) % DEGREE, below)
            if i <= k:
                below = below + x * y
            else:
                above = above + x * y
        store(f, scratch, k, below + times_root(above))
    copy(f, scratch, out)


@inner
def multiply_sparse(f: Words, a: int, c0: Element, c1: Element, c3: Element) -> None:
    """f[a] *= c0 + c1 w + c3 w^3."""
    scratch = f.shape[0] - 1
    for k in range(DEGREE):
        second = load(f, a, (k - 1) % DEGREE, c0) * c1
        fourth = load(f, a, (k - 3) % DEGREE, c0) * c3
        total = load(f, a, k, c0) * c0
        total = total + (second if k >= 1 else times_root(second))
        store(f, scratch, k, total + (fourth if k >= 3 else times_root(fourth)))
    copy(f, scratch, a)


@inner
def conjugate_over_fp6(f: Words, a: int, out: int) -> None:
    """f[out] = f[a] to the power p^6."""
    for i in range(DEGREE):
        c = load(f, a, i, fp2_zero())
        store(f, out, i, c if i % 2 == 0 else -c)


@inner
def frobenius(f: Words, a: int, out: int) -> None:
    """f[out] = f[a] to the power p."""
    for i in range(DEGREE):
        c = load(f, a, i, fp2_zero())
        store(f, out, i, conjugate(c) * load(FROBENIUS, i, 0, c))


@inner
def invert(f: Words, a: int, out: int, spare: int) -> None:
    """f[out] = 1 / f[a], by the norm to Fp6, x + y w^2 + z w^4, and its norm to Fp2. Three different rows."""
    conjugate_over_fp6(f, a, out)
    multiply(f, a, out, spare)
    x, y, z = load(f, spare, 0, fp2_zero()), load(f, spare, 2, fp2_zero()), load(f, spare, 4, fp2_zero())
    s, t, v = square(x) - times_root(y * z), times_root(square(z)) - x * y, square(y) - x * z
    scale = inverse(x * s + times_root(z * t + y * v))
    set_one(f, spare)
    store(f, spare, 0, s * scale)
    store(f, spare, 2, t * scale)
    store(f, spare, 4, v * scale)
    multiply(f, out, spare, out)
