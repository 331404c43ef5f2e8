"""LLVM IR for arithmetic modulo BN254's two primes: i256 values, Fp2 as one i512.

Owns the instructions and their calling convention. Does not own the Numba types: see ``fields``.

Values are Montgomery forms kept in [0, 2m), so that a multiplication needs no final subtraction
(4m < 2^256). Multiplication is CIOS in its no-carry form (Acar's thesis; the carry bound is gnark's).
Fp2 is Fp[u] / (u^2 + 1), multiplied by Karatsuba with one reduction a coordinate.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llvmlite import ir

from zkrollup.kernels.processor import KernelSet, kernel_set

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617

I1, I64, I128, I256, I512 = (ir.IntType(bits) for bits in (1, 64, 128, 256, 512))
LOW_LIMB = ir.Constant(I128, 2**64 - 1)

# llvmlite has no types.
Value: TypeAlias = Any
Builder: TypeAlias = Any
Body = Callable[..., Value]

# Registers hold all limbs of arguments and results under regcall, which only x86 has.
CALLING_CONVENTION = "ccc" if kernel_set() is KernelSet.PORTABLE else "x86_regcallcc"


def call(b: Builder, name: str, result: ir.Type, arguments: Sequence[Value], body: Body) -> Value:
    """Call ``body`` as a function of its own, one a module: inlined multiplications compile twice as long."""
    function = b.module.globals.get(name)
    if function is None:
        function = ir.Function(b.module, ir.FunctionType(result, [value.type for value in arguments]), name)
        function.linkage = "linkonce_odr"
        function.calling_convention = CALLING_CONVENTION
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        inside = ir.IRBuilder(function.append_basic_block())
        inside.ret(body(inside, *function.args))
    return b.call(function, arguments, cconv=CALLING_CONVENTION)


# --- limbs -----------------------------------------------------------------------------------------------


def split(b: Builder, value: Value, count: int) -> list[Value]:
    """The lowest ``count`` limbs, each in an i128 whose upper half is zero."""
    limbs = [b.trunc(b.lshr(value, ir.Constant(value.type, 64 * i)), I64) for i in range(count)]
    return [b.zext(limb, I128) for limb in limbs]


def join(b: Builder, limbs: Sequence[Value], to: ir.IntType) -> Value:
    """The reverse of :func:`split`."""
    whole = ir.Constant(to, 0)
    for i, limb in enumerate(limbs):
        whole = b.or_(whole, b.shl(b.zext(limb, to), ir.Constant(to, 64 * i)))
    return whole


def _multiply_add(b: Builder, x: Value, y: Value, *addends: Value) -> tuple[Value, Value]:
    """(low, high) limb of x * y plus at most two limbs, which cannot overflow 128 bits."""
    total = b.mul(x, y)
    for addend in addends:
        total = b.add(total, addend)
    return b.and_(total, LOW_LIMB), b.lshr(total, ir.Constant(I128, 64))


def _reduce_step(b: Builder, limbs: list[Value], modulus: int) -> tuple[list[Value], Value]:
    """(limbs + k * modulus) / 2^64 with k chosen so that it divides; the top limb is returned apart."""
    inverse = ir.Constant(I128, -pow(modulus, -1, 2**64) % 2**64)
    factor = b.and_(b.mul(limbs[0], inverse), LOW_LIMB)
    m = [ir.Constant(I128, modulus >> 64 * i & (2**64 - 1)) for i in range(4)]
    _, carry = _multiply_add(b, factor, m[0], limbs[0])
    shifted = []
    for i in range(1, 4):
        low, carry = _multiply_add(b, factor, m[i], limbs[i], carry)
        shifted.append(low)
    return shifted, carry


# --- prime fields ----------------------------------------------------------------------------------------


def multiply(b: Builder, x: Value, y: Value, modulus: int) -> Value:
    """The product x * y / 2^256 in [0, 2m), for x, y in [0, 2m)."""
    xs, zero = split(b, x, 4), ir.Constant(I128, 0)
    total = [zero] * 4
    for factor in split(b, y, 4):
        carry, row = zero, []
        for i in range(4):
            low, carry = _multiply_add(b, xs[i], factor, total[i], carry)
            row.append(low)
        shifted, top = _reduce_step(b, row, modulus)
        total = [*shifted, b.add(carry, top)]
    return join(b, total, I256)


def add(b: Builder, x: Value, y: Value, modulus: int) -> Value:
    """The sum x + y in [0, 2m)."""
    total = b.add(x, y)
    less = b.sub(total, ir.Constant(I256, 2 * modulus))
    return b.select(_negative(b, less), total, less)


def subtract(b: Builder, x: Value, y: Value, modulus: int) -> Value:
    """The difference x - y in [0, 2m)."""
    difference = b.sub(x, y)
    more = b.add(difference, ir.Constant(I256, 2 * modulus))
    return b.select(_negative(b, difference), more, difference)


def canonical(b: Builder, x: Value, modulus: int) -> Value:
    """The same residue in [0, m)."""
    less = b.sub(x, ir.Constant(I256, modulus))
    return b.select(_negative(b, less), x, less)


def is_zero(b: Builder, x: Value, modulus: int) -> Value:
    """Whether x, in [0, 2m), is 0 modulo m."""
    zero, one = (b.icmp_unsigned("==", x, ir.Constant(I256, multiple)) for multiple in (0, modulus))
    return b.or_(zero, one)


def _negative(b: Builder, x: Value) -> Value:
    return b.icmp_signed("<", x, ir.Constant(x.type, 0))


# --- inverses --------------------------------------------------------------------------------------------

SHIFTS = 512
"""Above the highest power of two that :func:`almost_inverse` leaves: bits of the modulus and of twice it."""


def almost_inverse(b: Builder, x: Value, modulus: int) -> Value:
    """(s, k) with s / 2^k = 1 / x modulo m, s in [0, 2m), k < SHIFTS, for x in [0, 2m); s = 0 for x = 0.

    Out of line. Kaliski's almost Montgomery inverse (IEEE Transactions on Computers, 1995), halving as often
    as possible at once. All the way, modulo m, x s = v 2^k and x r = -u 2^k, or with both signs swapped, and
    m = u s + v r.
    """
    result = ir.LiteralStructType([I256, I64])
    return call(
        b, f"bn254_{modulus % 2**16}_almost_inverse", result, [x], lambda i, v: _almost_inverse(i, v, modulus)
    )


def _almost_inverse(b: Builder, x: Value, modulus: int) -> Value:
    zero, one = ir.Constant(I256, 0), ir.Constant(I256, 1)
    start = {"u": ir.Constant(I256, modulus), "v": x, "r": zero, "s": one}
    start |= {"k": ir.Constant(I64, 0), "negative": ir.Constant(I1, 1)}
    variables = {name: b.alloca(value.type) for name, value in start.items()}

    def put(**values: Value) -> None:
        for name, value in values.items():
            b.store(value, variables[name])

    def get(names: str) -> list[Value]:
        return [b.load(variables[name]) for name in names]

    put(**start)
    test, halve, odd, done = (b.append_basic_block(name) for name in ("test", "halve", "odd", "done"))
    b.branch(test)

    b.position_at_end(test)
    b.cbranch(b.icmp_unsigned("==", *get("v"), zero), done, halve)

    b.position_at_end(halve)
    v, r, k = get("vrk")
    zeros, most = b.cttz(b.trunc(v, I64), ir.Constant(I1, 0)), ir.Constant(I64, 63)
    zeros = b.select(b.icmp_unsigned("<", zeros, most), zeros, most)
    v = _shift(b, v, zeros, "fshr")
    put(v=v, r=_shift(b, r, zeros, "fshl"), k=b.add(k, zeros))
    b.cbranch(b.trunc(v, I1), odd, test)

    b.position_at_end(odd)
    u, v, r, s = get("uvrs")
    swap = b.icmp_unsigned("<", v, u)
    u, v = b.select(swap, v, u), b.select(swap, u, v)
    r, s = b.select(swap, s, r), b.select(swap, r, s)
    put(u=u, v=b.sub(v, u), r=r, s=b.add(s, r), negative=b.xor(b.load(variables["negative"]), swap))
    b.branch(test)

    b.position_at_end(done)
    r, k = get("rk")
    inverse = b.select(b.load(variables["negative"]), subtract(b, zero, r, modulus), r)
    pair = b.insert_value(ir.Constant(ir.LiteralStructType([I256, I64]), ir.Undefined), inverse, 0)
    return b.insert_value(pair, k, 1)


def _shift(b: Builder, x: Value, by: Value, funnel: str) -> Value:
    """X shifted by less than 64 bits, right ("fshr") or left ("fshl")."""
    limbs = [b.trunc(limb, I64) for limb in split(b, x, 4)]
    zero = ir.Constant(I64, 0)
    highs, lows = ([*limbs[1:], zero], limbs) if funnel == "fshr" else (limbs, [zero, *limbs[:-1]])
    name = f"llvm.{funnel}.i64"
    function = b.module.globals.get(name) or ir.Function(b.module, ir.FunctionType(I64, [I64] * 3), name)
    shifted = [b.call(function, [high, low, by]) for high, low in zip(highs, lows, strict=True)]
    return join(b, [b.zext(limb, I128) for limb in shifted], I256)


# --- sums of products --------------------------------------------------------------------------------------


def add_product_fr(b: Builder, total: Value, x: Value, y: Value) -> Value:
    """The sum total + x * y modulo r * 2^256, for a total below that and x, y in [0, 2r); out of line."""

    def body(inside: Builder, t: Value, u: Value, v: Value) -> Value:
        more = inside.add(t, _wide_product(inside, u, v))  # below 2^511, as 4 r < 2^256
        less = inside.sub(more, ir.Constant(I512, R << 256))
        return inside.select(_negative(inside, less), more, less)

    return call(b, "bn254_fr_add_product", I512, [total, x, y], body)


def total_fr(b: Builder, products: Value) -> Value:
    """A sum of products / 2^256 in [0, 2r)."""
    return _reduce(b, products, R)


# --- Fp2 -------------------------------------------------------------------------------------------------


def halves(b: Builder, x: Value) -> tuple[Value, Value]:
    """The coordinates (c0, c1) of c0 + c1 u."""
    return b.trunc(x, I256), b.trunc(b.lshr(x, ir.Constant(I512, 256)), I256)


def pair(b: Builder, c0: Value, c1: Value) -> Value:
    """The element c0 + c1 u."""
    return b.or_(b.zext(c0, I512), b.shl(b.zext(c1, I512), ir.Constant(I512, 256)))


def multiply_fp2(b: Builder, x: Value, y: Value) -> Value:
    """The product x * y / 2^256.

    Wide products stay below 2^512; what is reduced is first brought into [0, p * 2^256).
    """
    (a0, a1), (b0, b1) = halves(b, x), halves(b, y)
    low, high = _wide_product(b, a0, b0), _wide_product(b, a1, b1)
    mixed = _wide_product(b, b.add(a0, a1), b.add(b0, b1))
    span = ir.Constant(I512, P << 256)
    real = b.sub(low, high)
    real = b.select(_negative(b, real), b.add(real, span), real)
    imaginary = b.sub(b.sub(mixed, low), high)
    less = b.sub(imaginary, span)
    imaginary = b.select(_negative(b, less), imaginary, less)
    return pair(b, _reduce(b, real, P), _reduce(b, imaginary, P))


def square_fp2(b: Builder, x: Value) -> Value:
    """The square x * x / 2^256 = ((a + b)(a - b), 2ab)."""
    c0, c1 = halves(b, x)
    real = multiply_fp(b, add(b, c0, c1, P), subtract(b, c0, c1, P))
    product = multiply_fp(b, c0, c1)
    return pair(b, real, add(b, product, product, P))


def multiply_fp(b: Builder, x: Value, y: Value) -> Value:
    """The product x * y / 2^256 modulo p, out of line."""
    return call(b, "bn254_fp_multiply", I256, [x, y], lambda inside, u, v: multiply(inside, u, v, P))


def multiply_fr(b: Builder, x: Value, y: Value) -> Value:
    """The product x * y / 2^256 modulo r, out of line."""
    return call(b, "bn254_fr_multiply", I256, [x, y], lambda inside, u, v: multiply(inside, u, v, R))


def _wide_product(b: Builder, x: Value, y: Value) -> Value:
    xs, zero = split(b, x, 4), ir.Constant(I128, 0)
    total = [zero] * 8
    for j, factor in enumerate(split(b, y, 4)):
        carry = zero
        for i in range(4):
            total[i + j], carry = _multiply_add(b, xs[i], factor, total[i + j], carry)
        total[j + 4] = carry
    return join(b, total, I512)


def _reduce(b: Builder, wide: Value, modulus: int) -> Value:
    """The quotient wide / 2^256 modulo m in [0, 2m): the lower half is reduced, the upper half added."""
    low = split(b, wide, 4)
    for _ in range(4):
        shifted, top = _reduce_step(b, low, modulus)
        low = [*shifted, top]
    return b.add(join(b, low, I256), b.trunc(b.lshr(wide, ir.Constant(I512, 256)), I256))
