"""Vectors over Fr, entry by entry. Rows are Montgomery forms unless said otherwise."""

import numpy as np

from zkrollup.kernels.fields import (
    canonical,
    fr_zero,
    from_montgomery,
    inverse,
    load,
    one_like,
    store,
    to_montgomery,
)
from zkrollup.kernels.jit import Words, kernel
from zkrollup.kernels.limbs import montgomery
from zkrollup.kernels.montgomery import R


@kernel("void(uint64[:, ::1], uint64[:, ::1])")
def enter_montgomery(values: Words, out: Words) -> None:
    """Canonical in, Montgomery out. They may be the same array."""
    fr = fr_zero()
    for i in range(values.shape[0]):
        store(out, i, 0, to_montgomery(load(values, i, 0, fr)))


@kernel("void(uint64[:, ::1], uint64[:, ::1])")
def leave_montgomery(values: Words, out: Words) -> None:
    """Montgomery in, canonical out. They may be the same array."""
    fr = fr_zero()
    for i in range(values.shape[0]):
        store(out, i, 0, from_montgomery(load(values, i, 0, fr)))


@kernel("void(uint64[:, ::1], uint64[:, ::1])")
def _fill_powers(base: Words, out: Words) -> None:
    fr = fr_zero()
    factor = load(base, 0, 0, fr)
    for i in range(1, out.shape[0]):
        store(out, i, 0, canonical(load(out, i - 1, 0, fr) * factor))


def powers(base: int, count: int, *, first: int = 1) -> Words:
    """First * base^i for i < count, Montgomery."""
    out = np.empty((count, 4), np.uint64)
    out[:1] = montgomery([first % R], R)
    _fill_powers(montgomery([base % R], R), out)
    return out


@kernel("void(uint64[:, ::1], uint64[:, ::1])")
def multiply(values: Words, factors: Words) -> None:
    """values[i] *= factors[i]."""
    fr = fr_zero()
    for i in range(values.shape[0]):
        store(values, i, 0, load(values, i, 0, fr) * load(factors, i, 0, fr))


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def product_minus(a: Words, b: Words, c: Words, out: Words) -> None:
    """out[i] = a[i] * b[i] - c[i], canonical."""
    fr = fr_zero()
    for i in range(out.shape[0]):
        value = load(a, i, 0, fr) * load(b, i, 0, fr) - load(c, i, 0, fr)
        store(out, i, 0, from_montgomery(value))


@kernel("int64(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int64)")
def first_mismatch(a: Words, b: Words, c: Words, count: int) -> int:
    """The first i < count with a[i] * b[i] != c[i], else -1."""
    fr = fr_zero()
    for i in range(count):
        if load(a, i, 0, fr) * load(b, i, 0, fr) != load(c, i, 0, fr):
            return i
    return -1


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def combine(a: Words, b: Words, c: Words, factors: Words, out: Words) -> None:
    """out[i] = factors[0] * a[i] + factors[1] * b[i] + factors[2] * c[i], canonical."""
    fr = fr_zero()
    p, q, s = load(factors, 0, 0, fr), load(factors, 1, 0, fr), load(factors, 2, 0, fr)
    for i in range(out.shape[0]):
        value = p * load(a, i, 0, fr) + q * load(b, i, 0, fr) + s * load(c, i, 0, fr)
        store(out, i, 0, from_montgomery(value))


@kernel("void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])")
def fill_lagrange(roots: Words, point: Words, scale: Words, out: Words) -> None:
    """out[i] = scale * roots[i] / (point - roots[i]): Lagrange's basis on a domain, up to the scale."""
    fr = fr_zero()
    x = load(point, 0, 0, fr)
    product = one_like(fr)
    for i in range(roots.shape[0]):
        store(out, i, 0, product)
        product = product * (x - load(roots, i, 0, fr))
    product = inverse(product) * load(scale, 0, 0, fr)
    for i in range(roots.shape[0] - 1, -1, -1):
        root = load(roots, i, 0, fr)
        store(out, i, 0, canonical(product * load(out, i, 0, fr) * root))
        product = product * (x - root)
