"""BN254's fields as Numba scalars: Fp, Fr (one i256 each) and Fp2 (one i512).

Owns the types and what can be done with a value inside a kernel: + - * == !=, negation, and the functions
below. Does not own the instructions: see ``montgomery``. Nothing here is constant-time.

A value is a Montgomery form in [0, 2m) unless a function says "canonical". A type is named by a value
of it, where Python would pass the class: ``fr_zero()``, ``fp_zero()``, ``fp2_zero()``.
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import PrimitiveModel, register_default
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import overload

from zkrollup.kernels import montgomery as ops
from zkrollup.kernels.jit import intrinsic
from zkrollup.kernels.limbs import Limbs, from_ints
from zkrollup.kernels.montgomery import I512, Builder, P, R, Value

Element: TypeAlias = Any
"""A value of Fp, Fr or Fp2 inside a kernel."""


class FieldType(types.Type):  # type: ignore[misc]  # Numba has no types
    """A field as Numba sees it: a scalar of ``words`` 64-bit words."""

    def __init__(self, name: str, modulus: int, words: int) -> None:
        self.modulus, self.words = modulus, words
        super().__init__(name=name)

    @property
    def ir(self) -> ir.IntType:
        """The LLVM type of a value."""
        return ir.IntType(64 * self.words)

    def each(self, emit: Callable[..., Value]) -> Callable[..., Value]:
        """An operation on i256 values applied to each coordinate."""

        def emit_all(b: Builder, *values: Value) -> Value:
            if self is not FP2:
                return emit(b, *values, self.modulus)
            coordinates = zip(*(ops.halves(b, value) for value in values), strict=True)
            return ops.pair(b, *(emit(b, *each, self.modulus) for each in coordinates))

        return emit_all


FP = FieldType("BN254.Fp", P, 4)
FR = FieldType("BN254.Fr", R, 4)
FP2 = FieldType("BN254.Fp2", P, 8)
FIELDS = (FP, FR, FP2)


@register_default(FieldType)
class _FieldModel(PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, field: FieldType) -> None:
        super().__init__(manager, field, field.ir)


# --- operators -------------------------------------------------------------------------------------------

Emitter = Callable[..., Value]


def _product(field: FieldType, b: Builder, x: Value, y: Value) -> Value:
    if field is FP2:
        return ops.call(b, "bn254_fp2_multiply", I512, [x, y], ops.multiply_fp2)
    return (ops.multiply_fp if field is FP else ops.multiply_fr)(b, x, y)


def _sum(field: FieldType, b: Builder, x: Value, y: Value) -> Value:
    return field.each(ops.add)(b, x, y)


def _difference(field: FieldType, b: Builder, x: Value, y: Value) -> Value:
    return field.each(ops.subtract)(b, x, y)


def _negation(field: FieldType, b: Builder, x: Value) -> Value:
    return _difference(field, b, ir.Constant(field.ir, 0), x)


def _vanishes(field: FieldType, b: Builder, x: Value) -> Value:
    if field is not FP2:
        return ops.is_zero(b, x, field.modulus)
    c0, c1 = (ops.is_zero(b, half, P) for half in ops.halves(b, x))
    return b.and_(c0, c1)


def _equality(field: FieldType, b: Builder, x: Value, y: Value) -> Value:
    return _vanishes(field, b, _difference(field, b, x, y))


def _inequality(field: FieldType, b: Builder, x: Value, y: Value) -> Value:
    return b.not_(_equality(field, b, x, y))


def _define(operation: Any, emit: Emitter, arity: int, result: types.Type | None = None) -> None:
    """Teach Numba an operator on each of the fields."""

    @infer_global(operation)
    class _Template(ConcreteTemplate):  # type: ignore[misc]
        cases = tuple(signature(result or field, *[field] * arity) for field in FIELDS)

    for field in FIELDS:

        @lower_builtin(operation, *[field] * arity)  # type: ignore[untyped-decorator]
        def _lower(
            _context: Any, builder: Builder, _signature: Any, arguments: list[Value], field: FieldType = field
        ) -> Value:
            return emit(field, builder, *arguments)


_define(operator.mul, _product, 2)
_define(operator.add, _sum, 2)
_define(operator.sub, _difference, 2)
_define(operator.neg, _negation, 1)
_define(operator.eq, _equality, 2, types.boolean)
_define(operator.ne, _inequality, 2, types.boolean)


# --- functions -------------------------------------------------------------------------------------------


def _nullary(field: FieldType) -> Callable[[], Element]:
    @intrinsic
    def constant(_typing: Any) -> Any:
        return field(), lambda _context, _builder, _signature, _arguments: ir.Constant(field.ir, 0)

    return constant


def _unary(emit: Emitter, result: Callable[[FieldType], types.Type] = lambda field: field) -> Any:
    """A function of one element, typed by ``result``."""

    @intrinsic
    def function(_typing: Any, x: Any) -> Any:
        if not isinstance(x, FieldType):
            return None
        return result(x)(x), lambda _context, builder, _signature, arguments: emit(x, builder, arguments[0])

    return function


def _constant(value: Callable[[FieldType], int]) -> Emitter:
    return lambda field, _builder, _x: ir.Constant(field.ir, value(field))


def _convert(factor: Callable[[FieldType], int]) -> Emitter:
    """The Montgomery product with a plain number, below the modulus."""

    def emit(field: FieldType, b: Builder, x: Value) -> Value:
        # The constant comes first: the sums inside stay below its double, whatever four words x has.
        converted = _product(field, b, ir.Constant(field.ir, factor(field)), x)
        return field.each(ops.canonical)(b, converted)

    return emit


def _square(field: FieldType, b: Builder, x: Value) -> Value:
    if field is FP2:
        return ops.call(b, "bn254_fp2_square", I512, [x], ops.square_fp2)
    return _product(field, b, x, x)


fp_zero, fr_zero, fp2_zero = (_nullary(field) for field in FIELDS)

zero_like = _unary(_constant(lambda _field: 0))
"""0 in the field of x."""
one_like = _unary(_constant(lambda field: 2**256 % field.modulus))
"""1 in the field of x."""
words_of = _unary(lambda field, _b, _x: ir.Constant(ops.I64, field.words), lambda _field: types.intp)
"""64-bit words that an element of x's field takes in an array."""
square = _unary(_square)
"""x * x."""
is_zero = _unary(_vanishes, lambda _field: types.boolean)
"""Whether x is 0."""
has_no_bits = _unary(
    lambda field, b, x: b.icmp_unsigned("==", x, ir.Constant(field.ir, 0)), lambda _field: types.boolean
)
"""Whether all words of x are zero: cheaper than is_zero, but false for a 0 that is stored as m."""
canonical = _unary(lambda field, b, x: field.each(ops.canonical)(b, x))
"""The same words modulo m, < m."""
from_montgomery = _unary(_convert(lambda _field: 1))
"""The canonical number that x stands for. Only ``store``, ``less`` and ``to_montgomery`` may follow."""
to_montgomery = _unary(_convert(lambda field: 2**512 % field.modulus))
"""x as Montgomery form, from a canonical number; any four words are taken modulo m."""


@intrinsic
def less(_typing: Any, x: Any, y: Any) -> Any:
    """Whether x < y as unsigned words: the numbers' order if both are canonical."""
    return types.boolean(x, y), lambda _c, builder, _s, arguments: builder.icmp_unsigned("<", *arguments)


@intrinsic
def coordinates(_typing: Any, x: Any) -> Any:
    """(c0, c1) of an Fp2 value."""

    def emit(context: Any, builder: Builder, sig: Any, arguments: list[Value]) -> Value:
        return context.make_tuple(builder, sig.return_type, ops.halves(builder, arguments[0]))

    return types.UniTuple(FP, 2)(x), emit


@intrinsic
def from_coordinates(_typing: Any, c0: Any, c1: Any) -> Any:
    """The Fp2 value c0 + c1 u."""
    return FP2(c0, c1), lambda _context, builder, _signature, arguments: ops.pair(builder, *arguments)


# --- sums of products ------------------------------------------------------------------------------------


class ProductsType(types.Type):  # type: ignore[misc]
    """A sum of products in a prime field that is reduced only at its end, which halves a product's cost."""

    def __init__(self, field: FieldType) -> None:
        self.field = field
        super().__init__(name=f"{field.name} products")


@register_default(ProductsType)
class _ProductsModel(PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, products: ProductsType) -> None:
        super().__init__(manager, products, I512)


_FR_PRODUCTS = ProductsType(FR)


@intrinsic
def no_products(_typing: Any) -> Any:
    """The empty sum over Fr."""
    return _FR_PRODUCTS(), lambda _context, _builder, _signature, _arguments: ir.Constant(I512, 0)


@intrinsic
def add_product(_typing: Any, products: Any, x: Any, y: Any) -> Any:
    """A sum with x * y added."""

    def emit(_context: Any, b: Builder, _signature: Any, arguments: list[Value]) -> Value:
        return ops.add_product_fr(b, *arguments)

    return products(products, x, y), emit


@intrinsic
def sum_of(_typing: Any, products: Any) -> Any:
    """A sum's value."""

    def emit(_context: Any, b: Builder, _signature: Any, arguments: list[Value]) -> Value:
        return ops.total_fr(b, arguments[0])

    return products.field(products), emit


# --- arrays ----------------------------------------------------------------------------------------------


def element_address(b: Builder, view: Any, row: Value, column: Value, words: int) -> Value:
    """Of the element in (row, column): columns count elements of ``words`` words, rows are C-contiguous."""
    width = cgutils.unpack_tuple(b, view.shape, 2)[1]
    offset = b.add(b.mul(row, width), b.mul(column, ir.Constant(ops.I64, words)))
    return b.gep(view.data, [offset])


def _address(context: Any, b: Builder, array: types.Array, arguments: list[Value], field: FieldType) -> Value:
    view = context.make_array(array)(context, b, value=arguments[0])
    return b.bitcast(element_address(b, view, arguments[1], arguments[2], field.words), field.ir.as_pointer())


def is_rows(array: Any) -> bool:
    """Whether a Numba type is that of an array of elements."""
    return isinstance(array, types.Array) and (array.ndim, array.layout, array.dtype) == (
        2,
        "C",
        types.uint64,
    )


@intrinsic
def load(_typing: Any, array: Any, _row: Any, _column: Any, like: Any) -> Any:
    """The element in column ``column`` of row ``row``, in the field of ``like``. No bounds are checked."""
    if not is_rows(array):
        return None

    def emit(context: Any, b: Builder, _signature: Any, arguments: list[Value]) -> Value:
        return b.load(_address(context, b, array, arguments, like), align=8)

    return like(array, types.intp, types.intp, like), emit


@intrinsic
def store(_typing: Any, array: Any, _row: Any, _column: Any, value: Any) -> Any:
    """Write an element to column ``column`` of row ``row``. No bounds are checked."""
    if not is_rows(array):
        return None

    def emit(context: Any, b: Builder, _signature: Any, arguments: list[Value]) -> Value:
        b.store(arguments[3], _address(context, b, array, arguments, value), align=8)
        return context.get_dummy_value()

    return types.none(array, types.intp, types.intp, value), emit


# --- inverses --------------------------------------------------------------------------------------------


def _powers_of_half(modulus: int) -> Limbs:
    """2^(768 - k) for k < SHIFTS: takes 2^k off an almost inverse and puts the missing factors 2^256 on."""
    half = pow(2, -1, modulus)
    return from_ints(pow(half, k, modulus) * 2**768 % modulus for k in range(ops.SHIFTS))


_FP_POWERS, _FR_POWERS = (_powers_of_half(modulus) for modulus in (P, R))


@intrinsic
def _almost_inverse(_typing: Any, x: Any) -> Any:
    """(s, k), see ``montgomery.almost_inverse``."""
    result = types.Tuple((x, types.int64))

    def emit(context: Any, b: Builder, _signature: Any, arguments: list[Value]) -> Value:
        pair = ops.almost_inverse(b, arguments[0], x.modulus)
        return context.make_tuple(b, result, [b.extract_value(pair, i) for i in (0, 1)])

    return result(x), emit


def inverse(x: Element) -> Element:
    """1 / x, or 0 for 0. Inside kernels only."""
    raise NotImplementedError("inverse() is a function of kernels")


@overload(inverse)  # type: ignore[untyped-decorator]
def _inverse(x: Element) -> Callable[[Element], Element] | None:
    powers = _FR_POWERS if x is FR else _FP_POWERS

    def inverse_prime(x: Element) -> Element:
        almost, shift = _almost_inverse(x)
        return almost * load(powers, shift, 0, x)

    def inverse_fp2(x: Element) -> Element:
        c0, c1 = coordinates(x)
        scale = inverse(square(c0) + square(c1))
        return from_coordinates(c0 * scale, -c1 * scale)

    if not isinstance(x, FieldType):
        return None
    return inverse_fp2 if x is FP2 else inverse_prime
