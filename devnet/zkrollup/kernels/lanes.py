"""Eight elements of a field as one Numba value, for processors with AVX-512 IFMA.

Owns the types and what can be done with a value inside a kernel: + - * and the functions below. Does not own
the instructions: see ``ifma``; nor arrays: see ``lane_arrays``; nor single elements: see ``fields``.

A value holds eight Montgomery forms with factor 2^260, where ``fields`` has 2^256: :func:`entering` and
:func:`leaving` are the factors between the two. In arrays both have four words, below twice the modulus.
Sums and differences are not reduced; bounds are in multiples of the modulus m:

    x * y       below 2 m, for operands below 8 m (Fp2: below 4 m)
    x + y       below the sum of their bounds
    x - y       below the bound of x plus 2 m, for y below 2 m
    reduced(x)  below 2 m, for x below 8 m; only such values may be stored
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core.datamodel import PrimitiveModel, register_default
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature

from zkrollup.kernels import ifma
from zkrollup.kernels.fields import FP, FP2, FR, FieldType
from zkrollup.kernels.jit import intrinsic
from zkrollup.kernels.montgomery import I64, Builder, P, Value, call

Lanes: TypeAlias = Any
"""Eight elements inside a kernel."""

LANES = ifma.LANES
SCALE = ifma.FACTOR // 2**256
"""What turns a Montgomery form of ``fields`` into one of this module, modulo m."""


class LanesType(types.Type):  # type: ignore[misc]  # Numba has no types
    """Eight elements of a field as Numba sees them: one or two structures of five vectors."""

    def __init__(self, field: FieldType) -> None:
        self.field, self.modulus = field, field.modulus
        self.parts = 2 if field is FP2 else 1
        super().__init__(name=f"{field.name} x {LANES}")

    @property
    def ir(self) -> ir.Type:
        """The LLVM type of a value."""
        return ifma.EIGHT if self.parts == 1 else ir.LiteralStructType([ifma.EIGHT] * self.parts)

    def split(self, b: Builder, value: Value) -> list[Value]:
        """The coordinates, eight of each."""
        return [value] if self.parts == 1 else [b.extract_value(value, i) for i in range(self.parts)]

    def join(self, b: Builder, parts: Sequence[Value]) -> Value:
        """The reverse of :meth:`split`."""
        if self.parts == 1:
            return parts[0]
        whole = ir.Constant(self.ir, ir.Undefined)
        for i, part in enumerate(parts):
            whole = b.insert_value(whole, part, i)
        return whole

    def each(self, emit: Callable[..., Value], b: Builder, *values: Value) -> Value:
        """An operation on eight elements of the prime field applied to each coordinate."""
        coordinates = zip(*(self.split(b, value) for value in values), strict=True)
        return self.join(b, [emit(b, *each, self.modulus) for each in coordinates])


FP8, FP2_8, FR8 = LanesType(FP), LanesType(FP2), LanesType(FR)
TYPES = {FP: FP8, FP2: FP2_8, FR: FR8}


@register_default(LanesType)
class _LanesModel(PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, lanes: LanesType) -> None:
        super().__init__(manager, lanes, lanes.ir)


# --- operators -------------------------------------------------------------------------------------------


def _product(lanes: LanesType, b: Builder, x: Value, y: Value) -> Value:
    if lanes.parts == 1:
        return ifma.multiply(b, x, y, lanes.modulus)
    return call(b, "bn254_fp2_multiply_ifma", lanes.ir, [x, y], _product_fp2)


def _product_fp2(b: Builder, x: Value, y: Value) -> Value:
    """Karatsuba's three products."""
    xs, ys = FP2_8.split(b, x), FP2_8.split(b, y)
    low, high = (ifma.multiply(b, xs[i], ys[i], P) for i in (0, 1))
    mixed = ifma.multiply(b, ifma.add(b, xs[0], xs[1], P), ifma.add(b, ys[0], ys[1], P), P)
    real = ifma.subtract(b, low, high, P)
    imaginary = ifma.subtract(b, ifma.subtract(b, mixed, low, P), high, P)
    return FP2_8.join(b, [ifma.reduce(b, each, P) for each in (real, imaginary)])


def _square(lanes: LanesType, b: Builder, x: Value) -> Value:
    if lanes.parts == 1:
        return ifma.multiply(b, x, x, lanes.modulus)
    return call(b, "bn254_fp2_square_ifma", lanes.ir, [x], _square_fp2)


def _square_fp2(b: Builder, x: Value) -> Value:
    """The products (c0 + c1)(c0 - c1) and 2 c0 c1."""
    c0, c1 = FP2_8.split(b, x)
    real = ifma.multiply(b, ifma.add(b, c0, c1, P), ifma.subtract(b, c0, c1, P), P)
    half = ifma.multiply(b, c0, c1, P)
    return FP2_8.join(b, [real, ifma.reduce(b, ifma.add(b, half, half, P), P)])


def _sum(lanes: LanesType, b: Builder, x: Value, y: Value) -> Value:
    return lanes.each(ifma.add, b, x, y)


def _difference(lanes: LanesType, b: Builder, x: Value, y: Value) -> Value:
    return lanes.each(ifma.subtract, b, x, y)


def _define(operation: Any, emit: Callable[..., Value]) -> None:
    @infer_global(operation)
    class _Template(ConcreteTemplate):  # type: ignore[misc]
        cases = tuple(signature(lanes, lanes, lanes) for lanes in TYPES.values())

    for lanes in TYPES.values():

        @lower_builtin(operation, lanes, lanes)  # type: ignore[untyped-decorator]
        def _lower(
            _context: Any, builder: Builder, _signature: Any, arguments: list[Value], lanes: LanesType = lanes
        ) -> Value:
            return emit(lanes, builder, *arguments)


_define(operator.mul, _product)
_define(operator.add, _sum)
_define(operator.sub, _difference)


# --- functions -------------------------------------------------------------------------------------------


def _constant(lanes: LanesType, b: Builder, number: int) -> Value:
    coordinates = [number, 0][: lanes.parts]
    return lanes.join(b, [ifma.pack(b, ifma.constant(each)) for each in coordinates])


def _nullary(lanes: LanesType) -> Callable[[], Lanes]:
    @intrinsic
    def constant(_typing: Any) -> Any:
        return lanes(), lambda _context, builder, _signature, _arguments: _constant(lanes, builder, 0)

    return constant


def _unary(emit: Callable[[LanesType, Builder, Value], Value]) -> Any:
    @intrinsic
    def function(_typing: Any, x: Any) -> Any:
        if not isinstance(x, LanesType):
            return None
        return x(x), lambda _context, builder, _signature, arguments: emit(x, builder, arguments[0])

    return function


fp_lanes, fp2_lanes, fr_lanes = (_nullary(TYPES[field]) for field in (FP, FP2, FR))

zero_in_lanes = _unary(lambda lanes, b, _x: _constant(lanes, b, 0))
"""0 in all lanes."""
one_in_lanes = _unary(lambda lanes, b, _x: _constant(lanes, b, ifma.FACTOR % lanes.modulus))
"""1 in all lanes."""
square_lanes = _unary(_square)
"""x * x, for x below 2 m."""
reduced = _unary(lambda lanes, b, x: lanes.each(ifma.reduce, b, x))
"""The same residues below 2 m."""


def _convert(factor: Callable[[int], int]) -> Any:
    def emit(lanes: LanesType, b: Builder, x: Value) -> Value:
        by = ifma.pack(b, ifma.constant(factor(lanes.modulus)))
        return lanes.each(lambda inside, u, m: ifma.multiply(inside, u, by, m), b, x)

    return _unary(emit)


entering = _convert(lambda m: SCALE * ifma.FACTOR % m)
"""Montgomery forms of ``fields`` as those of this module."""
leaving = _convert(lambda _m: 2**256)
"""The reverse of :func:`entering`."""


def _mask(test: Callable[[Builder, Value, int], Value]) -> Any:
    """A function that gives the lanes whose every coordinate passes a test, as bits of an integer."""

    @intrinsic
    def function(_typing: Any, x: Any) -> Any:
        if not isinstance(x, LanesType):
            return None

        def emit(_context: Any, b: Builder, _signature: Any, arguments: list[Value]) -> Value:
            first, *others = (test(b, part, x.modulus) for part in x.split(b, arguments[0]))
            for each in others:
                first = b.and_(first, each)
            return b.zext(b.bitcast(first, ir.IntType(LANES)), I64)

        return types.int64(x), emit

    return function


zero_lanes = _mask(lambda b, x, _modulus: ifma.equals(b, x, 0))
"""An integer with bit i set where all words of lane i are zero: cheaper than the next."""
vanishing_lanes = _mask(lambda b, x, m: b.or_(ifma.equals(b, x, 0), ifma.equals(b, x, m)))
"""An integer with bit i set where lane i is 0, for x below 2 m."""


@intrinsic
def choose(_typing: Any, _mask: Any, x: Any, _y: Any) -> Any:
    """X in lanes whose bit is set in the integer, y elsewhere."""
    if not isinstance(x, LanesType):
        return None

    def emit(_context: Any, b: Builder, _signature: Any, arguments: list[Value]) -> Value:
        bits, chosen, other = arguments
        vector = b.bitcast(b.trunc(bits, ir.IntType(LANES)), ifma.MASK)
        pairs = zip(x.split(b, chosen), x.split(b, other), strict=True)
        return x.join(b, [ifma.choose(b, vector, u, v) for u, v in pairs])

    return x(types.int64, x, x), emit


@intrinsic
def element_of(_typing: Any, lanes: Any) -> Any:
    """0 of the field, to name it."""
    if not isinstance(lanes, LanesType):
        return None
    return lanes.field(lanes), lambda _c, _b, _s, _a: ir.Constant(lanes.field.ir, 0)
