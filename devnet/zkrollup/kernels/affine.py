"""Many affine additions with one inversion, one or eight at a time.

Owns the choice by the type of ``adder``: 0 of a field, or of its lanes. Does not own the additions: see
``curve`` and ``lane_curve``. Rows of points are in the adder's Montgomery form, which :func:`leave` ends.
"""

from typing import Any, TypeAlias

from numba.extending import overload

from zkrollup.kernels import curve, lane_curve
from zkrollup.kernels.fields import FieldType
from zkrollup.kernels.jit import Words, inner, source_of

Adder: TypeAlias = Any
"""0 of a field, or of its lanes, inside a kernel."""

SLACK = lane_curve.SLACK
"""Entries that arrays of rows need after their last one, for any adder."""


def add_pairs(points: Words, rows: Any, others: Words, signed_rows: Any, count: int, adder: Adder) -> None:
    """As ``curve.add_pairs``, for arrays of rows with ``SLACK`` entries to spare. Inside kernels only."""
    raise NotImplementedError("add_pairs() is a function of kernels")


def leave(points: Words, rows: Any, count: int, adder: Adder) -> None:
    """Bring points[rows[j]], j < count, into the form of ``fields``. Inside kernels only."""
    raise NotImplementedError("leave() is a function of kernels")


@inner
def _stay(_points: Words, _rows: Any, _count: int, _adder: Adder) -> None:
    """Points of scalar adders are in the form of ``fields`` all the time."""


@overload(add_pairs, strict=False)  # type: ignore[untyped-decorator]
def _add_pairs(_points: Any, _rows: Any, _others: Any, _signed_rows: Any, _count: Any, adder: Any) -> Any:
    return source_of(curve.add_pairs if isinstance(adder, FieldType) else lane_curve.add_pairs_in_lanes)


@overload(leave, strict=False)  # type: ignore[untyped-decorator]
def _leave(_points: Any, _rows: Any, _count: Any, adder: Any) -> Any:
    return source_of(_stay if isinstance(adder, FieldType) else lane_curve.leave_lanes)
