"""Eight elements between Numba values and arrays: rows picked by number, rows in step, and scratch.

Owns where lanes come from and go to. Does not own what is done with them: see ``lanes``. Checks no bounds.
"""

from typing import Any

from llvmlite import ir
from numba import types

from zkrollup.kernels import ifma
from zkrollup.kernels.fields import element_address, is_rows
from zkrollup.kernels.jit import intrinsic
from zkrollup.kernels.lanes import LANES, LanesType
from zkrollup.kernels.montgomery import I64, Builder, Value

VALUE_WORDS = LANES * ifma.LIMBS
"""64-bit words of eight elements of a prime field in scratch."""


# --- rows picked by number ---------------------------------------------------------------------------------


def _is_indices(array: Any) -> bool:
    return isinstance(array, types.Array) and (array.ndim, array.layout, array.dtype) == (1, "C", types.int64)


def _picked(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> list[tuple[Value, ...]]:
    """Of each coordinate what ``ifma.gather`` takes: row 0's address, the numbers' address, a row's words."""
    typed = zip(signature.args[:2], arguments[:2], strict=True)
    array, indices = (context.make_array(type_)(context, b, value=value) for type_, value in typed)
    lanes = signature.args[4]
    start, column = arguments[2:4]
    base = element_address(b, array, ir.Constant(I64, 0), column, lanes.field.words)
    width = b.extract_value(array.shape, 1)
    numbers = b.gep(indices.data, [start])
    return [(b.gep(base, [ir.Constant(I64, 4 * part)]), numbers, width) for part in range(lanes.parts)]


@intrinsic
def load_lanes(_typing: Any, array: Any, indices: Any, _start: Any, _column: Any, like: Any) -> Any:
    """Column ``column`` of the eight rows indices[start], ..., a negative k standing for row ~k."""
    if not (is_rows(array) and _is_indices(indices) and isinstance(like, LanesType)):
        return None

    def emit(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> Value:
        return like.join(b, [ifma.gather(b, *each) for each in _picked(context, b, signature, arguments)])

    return like(array, indices, types.intp, types.intp, like), emit


@intrinsic
def store_lanes(_typing: Any, array: Any, indices: Any, _start: Any, _column: Any, value: Any) -> Any:
    """Write eight values below 2 m to where :func:`load_lanes` reads."""
    if not (is_rows(array) and _is_indices(indices) and isinstance(value, LanesType)):
        return None

    def emit(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> Value:
        places = _picked(context, b, signature, arguments)
        for part, place in zip(value.split(b, arguments[4]), places, strict=True):
            ifma.scatter(b, part, *place)
        return context.get_dummy_value()

    return types.none(array, indices, types.intp, types.intp, value), emit


@intrinsic
def negative_lanes(_typing: Any, indices: Any, _start: Any) -> Any:
    """An integer with bit i set where indices[start + i] is negative."""
    if not _is_indices(indices):
        return None

    def emit(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> Value:
        array = context.make_array(signature.args[0])(context, b, value=arguments[0])
        address = b.bitcast(b.gep(array.data, [arguments[1]]), ifma.VECTOR.as_pointer())
        negative = b.icmp_signed("<", b.load(address, align=8), ifma.splat(0))
        return b.zext(b.bitcast(negative, ir.IntType(LANES)), I64)

    return types.int64(indices, types.intp), emit


# --- rows in step ------------------------------------------------------------------------------------------


def _step(context: Any, b: Builder, array: types.Array, arguments: list[Value]) -> tuple[Value, Value]:
    """The first row's address and the words between a row and the next."""
    view = context.make_array(array)(context, b, value=arguments[0])
    first = element_address(b, view, arguments[1], ir.Constant(I64, 0), 4)
    return first, b.mul(b.extract_value(view.shape, 1), arguments[2])


def _is_prime(lanes: Any) -> bool:
    return isinstance(lanes, LanesType) and lanes.parts == 1


@intrinsic
def load_strided(_typing: Any, array: Any, _first: Any, _stride: Any, like: Any) -> Any:
    """Column 0 of the rows first, first + stride, ...; of a prime field."""
    if not (is_rows(array) and _is_prime(like)):
        return None

    def emit(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> Value:
        return ifma.gather_strided(b, *_step(context, b, signature.args[0], arguments))

    return like(array, types.intp, types.intp, like), emit


@intrinsic
def store_strided(_typing: Any, array: Any, _first: Any, _stride: Any, value: Any) -> Any:
    """Write eight values below 2 m to where :func:`load_strided` reads."""
    if not (is_rows(array) and _is_prime(value)):
        return None

    def emit(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> Value:
        ifma.scatter_strided(b, arguments[3], *_step(context, b, signature.args[0], arguments))
        return context.get_dummy_value()

    return types.none(array, types.intp, types.intp, value), emit


# --- scratch -----------------------------------------------------------------------------------------------


def _aligned(context: Any, b: Builder, array: types.Array, arguments: list[Value], lanes: LanesType) -> Value:
    """The address of slot ``slot``, from the first multiple of 64 on: vectors that cross lines are slow."""
    data = context.make_array(array)(context, b, value=arguments[0]).data
    start = b.and_(b.add(b.ptrtoint(data, I64), ir.Constant(I64, 63)), ir.Constant(I64, -64))
    offset = b.mul(arguments[1], ir.Constant(I64, 8 * VALUE_WORDS * lanes.parts))
    return b.inttoptr(b.add(start, offset), ifma.VECTOR.as_pointer())


def _vectors(lanes: LanesType, b: Builder, address: Value) -> list[list[Value]]:
    return [
        [b.gep(address, [ir.Constant(I64, ifma.LIMBS * part + i)]) for i in range(ifma.LIMBS)]
        for part in range(lanes.parts)
    ]


@intrinsic
def keep(_typing: Any, scratch: Any, _slot: Any, value: Any) -> Any:
    """Write a value to slot ``slot`` of a flat uint64 array from :func:`scratch_words`, unpacked."""

    def emit(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> Value:
        address = _aligned(context, b, signature.args[0], arguments, value)
        for part, pointers in zip(value.split(b, arguments[2]), _vectors(value, b, address), strict=True):
            for vector, pointer in zip(ifma.limbs(b, part), pointers, strict=True):
                b.store(vector, pointer, align=64)
        return context.get_dummy_value()

    return types.none(scratch, types.intp, value), emit


@intrinsic
def kept(_typing: Any, scratch: Any, _slot: Any, like: Any) -> Any:
    """The reverse of :func:`keep`."""

    def emit(context: Any, b: Builder, signature: Any, arguments: list[Value]) -> Value:
        address = _aligned(context, b, signature.args[0], arguments, like)
        parts = [
            ifma.pack(b, [b.load(pointer, align=64) for pointer in pointers])
            for pointers in _vectors(like, b, address)
        ]
        return like.join(b, parts)

    return like(scratch, types.intp, like), emit


@intrinsic
def words_of_lanes(_typing: Any, like: Any) -> Any:
    """64-bit words that a value takes in scratch."""
    return types.intp(like), lambda _c, _b, _s, _a: ir.Constant(I64, VALUE_WORDS * like.parts)
