"""Number-theoretic transforms over Fr, without bit reversal.

Owns the transforms and their domains. The inverse transform leaves its result in bit-reversed order,
which the forward one expects; what lies between works entry by entry.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numba.extending import overload

from zkrollup.kernels.fields import Element, FieldType, fr_zero, load, store
from zkrollup.kernels.jit import Kernel, Words, inner, kernel, source_of
from zkrollup.kernels.lane_arrays import load_strided, store_strided
from zkrollup.kernels.lanes import LANES, SCALE, Lanes, fr_lanes, reduced
from zkrollup.kernels.montgomery import R
from zkrollup.kernels.processor import LANE_SETS, SCALAR_SETS, KernelSet, kernel_set
from zkrollup.kernels.vectors import powers

GENERATOR = 5
"""Of Fr's multiplicative group."""
MAX_LOG = 27
"""2^28 divides r - 1, 2^29 does not; the coset needs roots of twice a domain's order."""


BLOCK = 4096
"""Values that are taken through all short butterflies together: they fit into a processor's cache."""
LEAST_IN_LANES = 8 * LANES
"""Values that fill lanes in every stage."""

Transformed: TypeAlias = Any
"""0 of Fr, or of its lanes, inside a kernel: names what a transform works on."""


@inner
def _scalar_stage(values: Words, twiddles: Words, half: int, step: int, in_time: bool, like: Element) -> None:
    """Butterflies between rows ``half`` apart, one at a time; the j-th of a block takes twiddle j * step."""
    for block in range(0, values.shape[0], 2 * half):
        for j in range(half):
            low, high = block + j, block + j + half
            x, y, twiddle = (
                load(values, low, 0, like),
                load(values, high, 0, like),
                load(twiddles, j * step, 0, like),
            )
            if in_time:
                y = y * twiddle
                store(values, low, 0, x + y)
                store(values, high, 0, x - y)
            else:
                store(values, low, 0, x + y)
                store(values, high, 0, (x - y) * twiddle)


@inner
def _lane_stage(values: Words, twiddles: Words, half: int, step: int, in_time: bool, like: Lanes) -> None:
    """The same, eight at a time: neighbours in a block or, in short blocks, the same row of eight."""
    if half >= LANES:
        for block in range(0, values.shape[0], 2 * half):
            for j in range(0, half, LANES):
                _eight_butterflies(values, block + j, 1, half, twiddles, j * step, step, in_time, like)
    else:
        for block in range(0, values.shape[0], 2 * half * LANES):
            for j in range(half):
                _eight_butterflies(values, block + j, 2 * half, half, twiddles, j * step, 0, in_time, like)


@inner
def _eight_butterflies(
    values: Words,
    low: int,
    stride: int,
    half: int,
    twiddles: Words,
    first: int,
    step: int,
    in_time: bool,
    like: Lanes,
) -> None:
    """Twiddles are in the form of ``lanes``, values in either: products keep it."""
    x, y = load_strided(values, low, stride, like), load_strided(values, low + half, stride, like)
    twiddle = load_strided(twiddles, first, step, like)
    if in_time:
        y = y * twiddle
        store_strided(values, low + half, stride, reduced(x - y))
    else:
        store_strided(values, low + half, stride, (x - y) * twiddle)
    store_strided(values, low, stride, reduced(x + y))


def _stage(values: Words, twiddles: Words, half: int, step: int, in_time: bool, like: Transformed) -> None:
    """One stage in the scalars or lanes that the type of ``like`` names. Inside kernels only."""
    raise NotImplementedError("_stage() is a function of kernels")


@overload(_stage, strict=False)  # type: ignore[untyped-decorator]
def _choose_stage(_values: Any, _twiddles: Any, _half: Any, _step: Any, _in_time: Any, like: Any) -> Any:
    """By type, so that the code for the other one is never compiled: the processor may lack it."""
    return source_of(_scalar_stage if isinstance(like, FieldType) else _lane_stage)


@inner
def _stages(
    values: Words, twiddles: Words, first: int, last: int, size: int, in_time: bool, like: Transformed
) -> None:
    """Stages from half = ``first`` to ``last``, doubling in time, else halving; ``size`` is the whole's."""
    half = first
    while min(first, last) <= half <= max(first, last):
        _stage(values, twiddles, half, size // (2 * half), in_time, like)
        half = half << 1 if in_time else half >> 1


@inner
def _transform(values: Words, twiddles: Words, in_time: bool, like: Transformed) -> None:
    """Short butterflies block by block: first in time (Cooley-Tukey), else last (Gentleman-Sande)."""
    size = values.shape[0]
    block = min(size, BLOCK)
    if size > block and not in_time:
        _stages(values, twiddles, size >> 1, block, size, in_time, like)
    for start in range(0, size if block > 1 else 0, block):
        ends = (1, block >> 1) if in_time else (block >> 1, 1)
        _stages(values[start : start + block], twiddles, ends[0], ends[1], size, in_time, like)
    if size > block and in_time:
        _stages(values, twiddles, block, size >> 1, size, in_time, like)


@kernel("void(uint64[:, ::1], uint64[:, ::1], boolean)", sets=SCALAR_SETS)
def _transform_scalars(values: Words, twiddles: Words, in_time: bool) -> None:
    """In time: bit-reversed order in, natural out; else natural in, bit-reversed out."""
    _transform(values, twiddles, in_time, fr_zero())


@kernel("void(uint64[:, ::1], uint64[:, ::1], boolean)", sets=LANE_SETS)
def _transform_lanes(values: Words, twiddles: Words, in_time: bool) -> None:
    """The same, for ``LEAST_IN_LANES`` values or more, twiddles being in the form of ``lanes``."""
    _transform(values, twiddles, in_time, fr_lanes())


@dataclass(frozen=True, slots=True)
class Domain:
    """The 2^log roots of unity, in order: root^0, root^1, ...

    Attributes:
        log: log2 of the size.
        root: a primitive root of unity of that order.
        coset: a square root of ``root``: the coset has the odd powers of it, as snarkjs's keys do.
        twiddles: root^0 to root^(size / 2 - 1), Montgomery, of ``lanes`` where they are for lanes.
        inverse_twiddles: the same for 1 / root.
        shift: coset^i / size in bit-reversed order, Montgomery: moves coefficients to the coset.
        transform: the kernel that the twiddles are for.
    """

    log: int
    root: int
    coset: int
    twiddles: Words
    inverse_twiddles: Words
    shift: Words
    transform: Kernel

    @property
    def size(self) -> int:
        """The number of roots."""
        return 1 << self.log

    def inverse(self, values: Words) -> None:
        """Values on the domain to ``size`` times the coefficients, bit-reversed, in place."""
        self.transform(values, self.inverse_twiddles, False)

    def forward(self, coefficients: Words) -> None:
        """Bit-reversed coefficients to values on the domain, in place."""
        self.transform(coefficients, self.twiddles, True)


@lru_cache(maxsize=4)
def domain(log: int, kernels: KernelSet | None = None) -> Domain:
    """The domain of 2^log roots, log in [0, 27], for the given kernels or those of this process."""
    size = 1 << log
    in_lanes = size >= LEAST_IN_LANES and (kernels or kernel_set()) in LANE_SETS
    coset = pow(GENERATOR, (R - 1) >> (log + 1), R)
    root = coset * coset % R
    half = max(1, size // 2)
    form = SCALE if in_lanes else 1
    return Domain(
        log,
        root,
        coset,
        powers(root, half, first=form),
        powers(pow(root, -1, R), half, first=form),
        np.ascontiguousarray(powers(coset, size, first=pow(size, -1, R))[bit_reversed(log)]),
        _transform_lanes if in_lanes else _transform_scalars,
    )


def bit_reversed(log: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The permutation that reverses ``log`` bits of an index."""
    order = np.zeros(1, np.int64)
    for _ in range(log):
        order = np.concatenate([2 * order, 2 * order + 1])
    return order
