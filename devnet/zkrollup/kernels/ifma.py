"""LLVM IR for arithmetic modulo BN254's primes, eight values at a time, on AVX-512 IFMA.

Owns the instructions. Does not own the Numba types: see ``lanes``; nor whether a processor has them: see
``processor``.

Eight values are five vectors of 64-bit words, vector i holding bits 52 i to 52 i + 51 of each value, which is
what ``vpmadd52`` multiplies. Values are Montgomery forms with factor 2^260 and below 8 m, which leaves room:
a product of two such values is below 2 m without a final subtraction (64 m / 2^260 < 1).

Source: Gueron and Krasnov, "Accelerating Big Integer Arithmetic Using Intel IFMA Extensions", ARITH 2016.
"""

from collections.abc import Sequence
from functools import cache

from llvmlite import ir

from zkrollup.kernels.montgomery import I64, Builder, P, R, Value, call
from zkrollup.kernels.processor import KernelSet, UnsupportedKernels, compilable, supported

LANES = 8
LIMBS = 5
LIMB_BITS = 52
FACTOR = 2 ** (LIMBS * LIMB_BITS)
"""What Montgomery forms are multiplied by here."""

VECTOR = ir.VectorType(I64, LANES)
MASK = ir.VectorType(ir.IntType(1), LANES)
EIGHT = ir.LiteralStructType([VECTOR] * LIMBS)
"""Eight values."""

_FULL = 2**LIMB_BITS - 1
_NAMES = {P: "fp", R: "fr"}


@cache
def splat(word: int) -> Value:
    """The same 64-bit word in all lanes."""
    return ir.Constant(VECTOR, [ir.Constant(I64, word % 2**64)] * LANES)


def constant(value: int) -> list[Value]:
    """The same value in all lanes."""
    return [splat(value >> LIMB_BITS * i & _FULL) for i in range(LIMBS)]


def limbs(b: Builder, eight: Value) -> list[Value]:
    """The five vectors of eight values."""
    return [b.extract_value(eight, i) for i in range(LIMBS)]


def pack(b: Builder, vectors: Sequence[Value]) -> Value:
    """The reverse of :func:`limbs`."""
    eight = ir.Constant(EIGHT, ir.Undefined)
    for i, vector in enumerate(vectors):
        eight = b.insert_value(eight, vector, i)
    return eight


# --- arithmetic --------------------------------------------------------------------------------------------


def multiply(b: Builder, x: Value, y: Value, modulus: int) -> Value:
    """The products x * y / 2^260 in [0, 2m), for x, y in [0, 8m); out of line."""

    def body(inside: Builder, u: Value, v: Value) -> Value:
        return pack(inside, _product(inside, limbs(inside, u), limbs(inside, v), modulus))

    return call(b, f"bn254_{_NAMES[modulus]}_multiply_ifma", EIGHT, [x, y], body)


def _product(b: Builder, xs: list[Value], ys: list[Value], modulus: int) -> list[Value]:
    """CIOS with one limb of y a turn. A word gathers at most twenty products of 52 bits: no overflow."""
    zero = splat(0)
    m = constant(modulus)
    inverse = splat(-pow(modulus, -1, 2**LIMB_BITS) % 2**LIMB_BITS)
    total = [zero] * (LIMBS + 1)
    for y in ys:
        total = _add_product(b, total, xs, y)
        factor = _multiply_add(b, "l", zero, total[0], inverse)
        total = _add_product(b, total, m, factor)
        # The lowest limb is 0 now but for what it carries.
        carry = b.lshr(total[0], splat(LIMB_BITS))
        total = [b.add(total[1], carry), *total[2:], zero]
    return _carried(b, total[:LIMBS])


def _add_product(b: Builder, total: list[Value], xs: list[Value], y: Value) -> list[Value]:
    """The sum total + x * y, x's limbs times one limb."""
    total = list(total)
    for i, x in enumerate(xs):
        total[i] = _multiply_add(b, "l", total[i], x, y)
    for i, x in enumerate(xs):
        total[i + 1] = _multiply_add(b, "h", total[i + 1], x, y)
    return total


def _multiply_add(b: Builder, half: str, total: Value, x: Value, y: Value) -> Value:
    """Total + the low ("l") or high ("h") 52 bits of x * y, of which the lowest 52 bits are read.

    Raises:
        UnsupportedKernels: LLVM compiles for a processor that lacks it, and would end the process.
    """
    if KernelSet.IFMA not in compilable():
        raise UnsupportedKernels(KernelSet.IFMA.value, supported(), by="lanes need")
    name = f"llvm.x86.avx512.vpmadd52{half}.uq.512"
    function = b.module.globals.get(name) or ir.Function(
        b.module, ir.FunctionType(VECTOR, [VECTOR] * 3), name
    )
    return b.call(function, [total, x, y])


def add(b: Builder, x: Value, y: Value, _modulus: int) -> Value:
    """The sums x + y, not reduced."""
    return pack(b, _carried(b, [b.add(u, v) for u, v in zip(limbs(b, x), limbs(b, y), strict=True)]))


def subtract(b: Builder, x: Value, y: Value, modulus: int) -> Value:
    """The differences x - y + 2m, not reduced, for y in [0, 2m]."""
    more = zip(limbs(b, x), limbs(b, y), constant(2 * modulus), strict=True)
    return pack(b, _carried(b, [b.add(b.sub(u, v), m) for u, v, m in more]))


def reduce(b: Builder, x: Value, modulus: int) -> Value:
    """The same residues in [0, 2m), for x in [0, 8m); out of line."""

    def body(inside: Builder, u: Value) -> Value:
        return pack(inside, _reduced(inside, limbs(inside, u), modulus))

    return call(b, f"bn254_{_NAMES[modulus]}_reduce_ifma", EIGHT, [x], body)


def _reduced(b: Builder, words: list[Value], modulus: int) -> list[Value]:
    for multiple in (4 * modulus, 2 * modulus):
        less = _carried(b, [b.sub(u, m) for u, m in zip(words, constant(multiple), strict=True)])
        negative = b.icmp_signed("<", less[-1], splat(0))
        words = [b.select(negative, u, v) for u, v in zip(words, less, strict=True)]
    return words


def equals(b: Builder, x: Value, number: int) -> Value:
    """A mask of the values whose words are those of ``number``."""
    first, *others = (b.xor(limb, word) for limb, word in zip(limbs(b, x), constant(number), strict=True))
    for each in others:
        first = b.or_(first, each)
    return b.icmp_unsigned("==", first, splat(0))


def choose(b: Builder, mask: Value, x: Value, y: Value) -> Value:
    """X in lanes where the mask is set, y elsewhere."""
    pairs = zip(limbs(b, x), limbs(b, y), strict=True)
    return pack(b, [b.select(mask, u, v) for u, v in pairs])


def _carried(b: Builder, words: list[Value]) -> list[Value]:
    """Limbs of 52 bits with the same sum; a negative sum shows in the highest."""
    words = list(words)
    for i in range(LIMBS - 1):
        words[i + 1] = b.add(words[i + 1], b.ashr(words[i], splat(LIMB_BITS)))
        words[i] = b.and_(words[i], splat(_FULL))
    return words


# --- memory ------------------------------------------------------------------------------------------------


def gather(b: Builder, base: Value, numbers: Value, width: Value) -> Value:
    """The eight values in rows of ``width`` words, numbers in memory, ~k standing for k; out of line."""

    def body(inside: Builder, *place: Value) -> Value:
        return _load(inside, _rows(inside, *place))

    return call(b, "ifma_gather", EIGHT, [base, numbers, width], body)


def scatter(b: Builder, eight: Value, base: Value, numbers: Value, width: Value) -> None:
    """Write eight values below 2^256 to where :func:`gather` reads; of equal rows the last one's stays."""

    def body(inside: Builder, values: Value, *place: Value) -> Value:
        _store(inside, values, _rows(inside, *place))
        return ir.Constant(I64, 0)

    call(b, "ifma_scatter", I64, [eight, base, numbers, width], body)


def gather_strided(b: Builder, first: Value, step: Value) -> Value:
    """The eight values at ``first`` and then every ``step`` words; out of line."""

    def body(inside: Builder, *place: Value) -> Value:
        return _load(inside, _steps(inside, *place))

    return call(b, "ifma_gather_strided", EIGHT, [first, step], body)


def scatter_strided(b: Builder, eight: Value, first: Value, step: Value) -> None:
    """Write eight values below 2^256 to where :func:`gather_strided` reads; out of line."""

    def body(inside: Builder, values: Value, *place: Value) -> Value:
        _store(inside, values, _steps(inside, *place))
        return ir.Constant(I64, 0)

    call(b, "ifma_scatter_strided", I64, [eight, first, step], body)


def _rows(b: Builder, base: Value, numbers: Value, width: Value) -> list[Value]:
    addresses = []
    for lane in range(LANES):
        number = b.load(b.gep(numbers, [ir.Constant(I64, lane)]))
        row = b.xor(number, b.ashr(number, ir.Constant(I64, 63)))
        addresses.append(b.gep(base, [b.mul(row, width)]))
    return addresses


def _steps(b: Builder, first: Value, step: Value) -> list[Value]:
    return [b.gep(first, [b.mul(step, ir.Constant(I64, lane))]) for lane in range(LANES)]


def _load(b: Builder, addresses: Sequence[Value]) -> Value:
    half = ir.VectorType(I64, 4).as_pointer()
    rows = [b.load(b.bitcast(each, half), align=8) for each in addresses]
    return _from_words(b, _transposed(b, [_shuffled(b, rows[i], rows[i + 4], range(8)) for i in range(4)]))


def _store(b: Builder, eight: Value, addresses: Sequence[Value]) -> None:
    half = ir.VectorType(I64, 4).as_pointer()
    rows = _transposed(b, _to_words(b, eight))
    for i, address in enumerate(addresses):
        start = 4 * (i // 4)
        row = _shuffled(b, rows[i % 4], rows[i % 4], range(start, start + 4))
        b.store(row, b.bitcast(address, half), align=8)


def _from_words(b: Builder, words: list[Value]) -> Value:
    """Four vectors of 64-bit words to five of 52 bits."""
    shifted = [words[0]]
    for i in range(1, 4):
        # Limb i begins at bit 52 i = 64 (i - 1) + (64 - 12 i).
        low = b.lshr(words[i - 1], splat(64 - 12 * i))
        shifted.append(b.or_(low, b.shl(words[i], splat(12 * i))))
    masked = [b.and_(each, splat(_FULL)) for each in shifted]
    return pack(b, [*masked, b.lshr(words[3], splat(16))])


def _to_words(b: Builder, eight: Value) -> list[Value]:
    """Five vectors of 52 bits to four of 64-bit words; values are below 2^256."""
    parts = limbs(b, eight)
    return [b.or_(b.lshr(parts[i], splat(12 * i)), b.shl(parts[i + 1], splat(52 - 12 * i))) for i in range(4)]


def _transposed(b: Builder, rows: list[Value]) -> list[Value]:
    """Two 4 by 4 squares, the lower and the upper halves of four vectors, each mirrored at its diagonal."""
    low = [0, 8, 2, 10, 4, 12, 6, 14]
    high = [i + 1 for i in low]
    pairs = [_shuffled(b, rows[i], rows[i + 1], order) for i in (0, 2) for order in (low, high)]
    front, back = [0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]
    return [_shuffled(b, pairs[i], pairs[i + 2], order) for order in (front, back) for i in (0, 1)]


def _shuffled(b: Builder, x: Value, y: Value, order: Sequence[int]) -> Value:
    indices = [ir.Constant(ir.IntType(32), i) for i in order]
    return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), indices))
