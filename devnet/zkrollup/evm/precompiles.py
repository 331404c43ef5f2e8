"""BN254 precompiles over native arithmetic, and point evaluation with its setup loaded once.

Owns: byte formats, gas and failure of 0x06, 0x07, 0x08 (EIP-196, EIP-197, gas of EIP-1108) and
0x0a (EIP-4844). Does not own curve arithmetic or the rules for points: `zkrollup.crypto.pairing`.

The functions of bytes are pure, so their results are kept. None stands for a failure, which
consumes all gas given to the call.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from eth.exceptions import VMError

from zkrollup.crypto.pairing import G1, G2, InvalidPoint, g1_add, g1_multiply, pairing_check

ADD_GAS: Final = 150
MULTIPLY_GAS: Final = 6_000
PAIRING_BASE_GAS: Final = 45_000
PAIRING_PAIR_GAS: Final = 34_000
POINT_EVALUATION_GAS: Final = 50_000

_PAIR_LENGTH: Final = 192


def _words(data: bytes, count: int) -> list[int]:
    data = data[: 32 * count].ljust(32 * count, b"\0")
    return [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]


def _g1(x: int, y: int) -> G1:
    return (x, y) if x or y else None


def _g2(x1: int, x0: int, y1: int, y0: int) -> G2:
    # EIP-197 encodes the u coefficient first.
    return ((x0, x1), (y0, y1)) if x0 or x1 or y0 or y1 else None


def _encode(point: G1) -> bytes:
    x, y = point or (0, 0)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


@lru_cache(maxsize=1024)
def add(data: bytes) -> bytes | None:
    """Add two points of G1; short input reads as zeros, long input is cut (EIP-196)."""
    x1, y1, x2, y2 = _words(data, 4)
    try:
        return _encode(g1_add(_g1(x1, y1), _g1(x2, y2)))
    except InvalidPoint:
        return None


@lru_cache(maxsize=1024)
def multiply(data: bytes) -> bytes | None:
    """Multiply a point of G1 by any 256-bit scalar (EIP-196)."""
    x, y, scalar = _words(data, 3)
    try:
        return _encode(g1_multiply(_g1(x, y), scalar))
    except InvalidPoint:
        return None


@lru_cache(maxsize=1024)
def pairing(data: bytes) -> bytes | None:
    """Check a product of pairings (EIP-197); the length must be a multiple of 192."""
    if len(data) % _PAIR_LENGTH:
        return None
    words = _words(data, len(data) // 32)
    pairs = [(_g1(*words[i : i + 2]), _g2(*words[i + 2 : i + 6])) for i in range(0, len(words), 6)]
    try:
        return int(pairing_check(pairs)).to_bytes(32, "big")
    except InvalidPoint:
        return None


@cache
def _kzg_setup() -> Any:
    import ckzg
    from eth.precompiles.point_evaluation import TRUSTED_SETUP_PATH

    return ckzg.load_trusted_setup(TRUSTED_SETUP_PATH, 0)


@lru_cache(maxsize=256)
def point_evaluation(data: bytes) -> bytes | None:
    """Verify a KZG opening (EIP-4844). py-evm's own loads the setup at every call: two seconds."""
    import ckzg
    from eth.precompiles.point_evaluation import kzg_to_versioned_hash
    from eth.vm.forks.cancun.constants import BLS_MODULUS, FIELD_ELEMENTS_PER_BLOB

    if len(data) != _PAIR_LENGTH or kzg_to_versioned_hash(data[96:144]) != data[:32]:
        return None
    try:
        valid = ckzg.verify_kzg_proof(data[96:144], data[32:64], data[64:96], data[144:], _kzg_setup())
    except RuntimeError:
        valid = False
    result: bytes = FIELD_ELEMENTS_PER_BLOB.to_bytes(32, "big") + BLS_MODULUS.to_bytes(32, "big")
    return result if valid else None


def _precompile(
    name: str, function: Callable[[bytes], bytes | None], gas: Callable[[int], int]
) -> Callable[[Any], Any]:
    def run(computation: Any) -> Any:
        data = bytes(computation.msg.data)
        computation.consume_gas(gas(len(data)), reason=name)
        output = function(data)
        if output is None:
            raise VMError(f"{name}: invalid input")
        computation.output = output
        return computation

    return run


def _address(number: int) -> bytes:
    return number.to_bytes(20, "big")


PRECOMPILES: Final[dict[bytes, Callable[[Any], Any]]] = {
    _address(6): _precompile("ECADD", add, lambda _: ADD_GAS),
    _address(7): _precompile("ECMUL", multiply, lambda _: MULTIPLY_GAS),
    _address(8): _precompile(
        "ECPAIRING", pairing, lambda n: PAIRING_BASE_GAS + PAIRING_PAIR_GAS * (n // _PAIR_LENGTH)
    ),
    _address(10): _precompile("POINT_EVALUATION", point_evaluation, lambda _: POINT_EVALUATION_GAS),
}
"""Replacements for py-evm's precompiles, by address."""
