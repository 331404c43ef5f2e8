"""Many affine additions with one inversion, one or eight at a time.

Owns the choice by the type of ``adder``: 0 of a field, or of its lanes. Does not own the additions: see ``curve`` and
``lane_curve``. Their rows of points are in the adder's Montgomery form, which only :func:`leave` changes.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from numba.extending import overload

from zkrollup.kernels import curve, lane_curve
from zkrollup.kernels.fields import FieldType
from zkrollup.kernels.jit import Words, inner

Adder: TypeAlias = Any
"""0 of a field, or of its lanes, inside a kernel."""

SLACK = lane_curve.SLACK
"""Entries that arrays of rows need after their last one, for any adder."""


def add_pairs(points: Words, rows: Any, others: Words, signed_rows: Any, count: int, adder: Adder) -> None:
    """As ``curve.add_pairs``; arrays of rows have ``SLACK`` entries more than ``count``. Inside kernels only."""
    raise NotImplementedError("add_pairs() is a function of kernels")


def leave(points: Words, rows: Any, count: int, adder: Adder) -> None:
    """Bring points[rows[j]], j < count, into the form of ``fields``. Inside kernels only."""
    raise NotImplementedError("leave() is a function of kernels")


@inner
def _stay(_points: Words, _rows: Any, _count: int, _adder: Adder) -> None:
    """Points of scalar adders are in the form of ``fields`` all the time."""


@overload(add_pairs)  # type: ignore[untyped-decorator]
def _add_pairs(
    points: Words, rows: Any, others: Words, signed_rows: Any, count: int, adder: Adder
) -> Callable[..., None]:
    chosen = curve.add_pairs if isinstance(adder, FieldType) else lane_curve.add_pairs_in_lanes

    def add(points: Words, rows: Any, others: Words, signed_rows: Any, count: int, adder: Adder) -> None:
        chosen(points, rows, others, signed_rows, count, adder)

    return add


@overload(leave)  # type: ignore[untyped-decorator]
def _leave(points: Words, rows: Any, count: int, adder: Adder) -> Callable[..., None]:
    chosen = _stay if isinstance(adder, FieldType) else lane_curve.leave_lanes

    def leave_all(points: Words, rows: Any, count: int, adder: Adder) -> None:
        chosen(points, rows, count, adder)

    return leave_all
