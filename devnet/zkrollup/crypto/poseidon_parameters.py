"""Round constants and matrices of Poseidon over BN254 for the widths 2 to 17, as circomlib fixes them.

Owns their derivation: the Grain LFSR of the Poseidon paper (https://eprint.iacr.org/2019/458, appendix F)
with the choices of its reference script `generate_params_poseidon.sage`: prime field, sbox x^alpha, n = 254.
Does not own the permutation. Nothing is derived at import; each width is derived once, on first use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from itertools import compress
from operator import xor

from zkrollup.crypto.field import R, inverse
from zkrollup.errors import ZkRollupError

FULL_ROUNDS = 8
# For t = 2, 3, ..., 17: circomlib's table, from the paper's round-number script at 128 bits of security.
PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68)
WIDTHS = range(2, 18)

_FIELD_BITS = 254
# The LFSR: s[i + 80] is the sum of s[i + tap] over these taps.
_DEGREE = 80
_TAPS = (62, 51, 38, 23, 13, 0)
_WARM_UP = 160


class UnsupportedWidth(ZkRollupError):
    """No parameters are defined for this width."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(
            f"Poseidon has no parameters for width {width}: circomlib defines {WIDTHS[0]} to {WIDTHS[-1]}, "
            "the number of inputs plus one. Hash in groups of at most 16 inputs."
        )


@dataclass(frozen=True, slots=True)
class Parameters:
    """One width's parameters, unoptimised: each round adds t constants, then sbox, then mds * state.

    `round_constants` has t * (full_rounds + partial_rounds) entries, round by round. Half of the full
    rounds come first, then the partial ones (sbox on element 0 only), then the other half.
    """

    t: int
    full_rounds: int
    partial_rounds: int
    round_constants: tuple[int, ...]
    mds: tuple[tuple[int, ...], ...]


@cache
def parameters(t: int) -> Parameters:
    """Derive the parameters of width `t`, in 2..17; some milliseconds the first time, then cached.

    Raises:
        UnsupportedWidth: circomlib defines no such width.
    """
    if t not in WIDTHS:
        raise UnsupportedWidth(t)
    partial_rounds = PARTIAL_ROUNDS[t - WIDTHS[0]]
    count = t * (FULL_ROUNDS + partial_rounds)
    # Two for every constant: a quarter of all 254-bit samples is >= R and is dropped.
    samples = _samples(t, partial_rounds, 2 * count + 2 * t)
    constants = tuple(next(sample for sample in samples if sample < R) for _ in range(count))
    return Parameters(t, FULL_ROUNDS, partial_rounds, constants, _cauchy_matrix(t, samples))


def _cauchy_matrix(t: int, samples: Iterator[int]) -> tuple[tuple[int, ...], ...]:
    """Return 1 / (x_i + y_j) for 2t distinct samples, reduced and not rejected: as the reference does."""
    while True:
        points = [next(samples) % R for _ in range(2 * t)]
        xs, ys = points[:t], points[t:]
        if len(set(points)) == 2 * t and all((x + y) % R for x in xs for y in ys):
            return tuple(tuple(inverse(x + y) for y in ys) for x in xs)


def _samples(t: int, partial_rounds: int, count: int) -> Iterator[int]:
    """Yield the first `count` 254-bit samples of the self-shrinking generator, first bit highest."""
    # A sample takes four LFSR bits a bit on average; a twentieth more makes falling short all but impossible.
    wanted = count * _FIELD_BITS
    bits = _shrink(_lfsr(_seed(t, partial_rounds), _DEGREE + _WARM_UP + wanted * 21 // 5))
    for start in range(0, wanted, _FIELD_BITS):
        yield int(bits[start : start + _FIELD_BITS], 2)


def _seed(t: int, partial_rounds: int) -> str:
    """Return the LFSR's first 80 bits, which bind every parameter of the instance."""
    fields = ((1, 2), (0, 4), (_FIELD_BITS, 12), (t, 12), (FULL_ROUNDS, 10), (partial_rounds, 10))
    return "".join(f"{value:0{width}b}" for value, width in fields) + "1" * 30


def _lfsr(seed: str, length: int) -> bytes:
    """Return `length` bits of the LFSR that starts with `seed`, as ASCII zeros and ones.

    Squaring the feedback polynomial over GF(2) doubles each exponent and adds no term, so the sequence also
    obeys the recurrence with all distances doubled. With twice the history, twice the bits come at once.
    """
    bits, have, stride = int(seed[::-1], 2), len(seed), 1
    while have < length:
        if have >= 2 * stride * _DEGREE:
            stride *= 2
        new = (_DEGREE - _TAPS[0]) * stride
        history = bits >> (have - _DEGREE * stride)
        fresh = reduce(xor, (history >> (tap * stride) for tap in _TAPS)) & ((1 << new) - 1)
        bits |= fresh << have
        have += new
    return f"{bits:0{have}b}"[::-1][:length].encode()


def _shrink(stream: bytes) -> bytes:
    """Drop the warm-up, then keep the second bit of each pair whose first bit is one."""
    first, second = stream[_DEGREE + _WARM_UP :: 2], stream[_DEGREE + _WARM_UP + 1 :: 2]
    return bytes(compress(second, first.translate(bytes.maketrans(b"01", b"\0\1"))))
