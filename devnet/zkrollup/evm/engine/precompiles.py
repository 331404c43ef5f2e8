"""Precompiles over native arithmetic: signatures, powers, BN254, BLAKE2b, point evaluation, BLS12-381.

Owns: byte formats and failure of 0x01, 0x05 (EIP-198), of 0x06, 0x07, 0x08 (EIP-196, EIP-197), 0x09
(EIP-152) and 0x0a (EIP-4844); gas of these (EIP-1108) and of 0x0b to 0x11. Does not own curve arithmetic
or the rules for points (`zkrollup.crypto`), or the formats of EIP-2537 (`bls12_381`).

The functions of bytes are pure, so their results are kept. None stands for a failure, which
consumes all gas given to the call.
"""

import struct
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from eth.exceptions import VMError
from eth.precompiles.bls12_381.constants import (
    BLS12_G1_ADD_GAS,
    BLS12_G1_MSM_GAS,
    BLS12_G2_ADD_GAS,
    BLS12_G2_MSM_GAS,
    BLS12_MAP_FP2_G2_GAS,
    BLS12_MAP_FP_G1_GAS,
    G1_MSM_DISCOUNTS,
    G1_MSM_MAX_DISCOUNT,
    G2_MSM_DISCOUNTS,
    G2_MSM_MAX_DISCOUNT,
    MSM_MULTIPLIER,
)
from eth.vm.forks.berlin.computation import _compute_modexp_gas_fee_eip_2565 as modexp_gas

from zkrollup.crypto import secp256k1
from zkrollup.crypto.blake2b import compress
from zkrollup.crypto.pairing import G1, G2, InvalidPoint, g1_add, g1_multiply, pairing_check
from zkrollup.evm.engine import bls12_381 as bls
from zkrollup.evm.engine.transactions import address_of

RECOVER_GAS: Final = 3_000
ADD_GAS: Final = 150
MULTIPLY_GAS: Final = 6_000
PAIRING_BASE_GAS: Final = 45_000
PAIRING_PAIR_GAS: Final = 34_000
POINT_EVALUATION_GAS: Final = 50_000
BLS_PAIRING_BASE_GAS: Final = 37_700
BLS_PAIRING_PAIR_GAS: Final = 32_600

_PAIR_LENGTH: Final = 192
_BLAKE2F: Final = struct.Struct("<4x8Q16Q2QB")
"""State, message, offset, last block or not (EIP-152); the rounds before them are big-endian."""


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
def recover(data: bytes) -> bytes:
    """Return the signer's address in a word; nothing for a signature that no key made."""
    _, v, r, s = _words(data, 4)
    try:
        return bytes(12) + address_of(secp256k1.recover(data[:32].ljust(32, b"\0"), v - 27, r, s))
    except secp256k1.NoSigner:
        return b""


@lru_cache(maxsize=256)
def modexp(data: bytes) -> bytes:
    """Raise to a power modulo a number of any length (EIP-198). An empty base is 0, and 0 to the 0 is 1."""
    base_size, exponent_size, size = _words(data, 3)
    if not size:
        return b""  # An exponent of any length costs nothing then, and is not read.

    def number(start: int, length: int) -> int:
        return int.from_bytes(data[start : start + length].ljust(length, b"\0"), "big")

    base = number(96, base_size)
    exponent = number(96 + base_size, exponent_size)
    modulus = number(96 + base_size + exponent_size, size)
    return (pow(base, exponent, modulus) if modulus else 0).to_bytes(size, "big")


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


@lru_cache(maxsize=256)
def blake2f(data: bytes) -> bytes | None:
    """Compress a block of BLAKE2b, in as many rounds as it says (EIP-152)."""
    if len(data) != _BLAKE2F.size or data[-1] > 1:
        return None
    words = _BLAKE2F.unpack(data)
    rounds = int.from_bytes(data[:4], "big")
    return struct.pack("<8Q", *compress(rounds, words[:8], words[8:24], words[24:26], last=bool(words[26])))


def _blake2f_gas(data: bytes) -> int:
    # Of any other size the input is refused, which takes all gas.
    return int.from_bytes(data[:4], "big") if len(data) == _BLAKE2F.size else 0


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
    name: str, function: Callable[[bytes], bytes | None], gas: Callable[[bytes], int]
) -> Callable[[Any], Any]:
    def run(computation: Any) -> Any:
        data = bytes(computation.msg.data)
        computation.consume_gas(gas(data), reason=name)
        output = function(data)
        if output is None:
            raise VMError(f"{name}: invalid input")
        computation.output = output
        return computation

    return run


def _msm_gas(size: int, price: int, discounts: list[int], least: int) -> Callable[[bytes], int]:
    def gas(data: bytes) -> int:
        pairs, rest = divmod(len(data), size)
        if rest or not pairs:
            return 0  # The input is refused, which takes all gas.
        discount = discounts[pairs - 1] if pairs <= len(discounts) else least
        return pairs * price * discount // MSM_MULTIPLIER

    return gas


def _bls_pairing_gas(data: bytes) -> int:
    pairs, rest = divmod(len(data), bls.PAIRING_BYTES)
    return 0 if rest or not pairs else BLS_PAIRING_BASE_GAS + BLS_PAIRING_PAIR_GAS * pairs


def _fixed(size: int, gas: int) -> Callable[[bytes], int]:
    return lambda data: gas if len(data) == size else 0


def _address(number: int) -> bytes:
    return number.to_bytes(20, "big")


PRECOMPILES: Final[dict[bytes, Callable[[Any], Any]]] = {
    _address(1): _precompile("ECRECOVER", recover, lambda _: RECOVER_GAS),
    _address(5): _precompile("MODEXP", modexp, modexp_gas),
    _address(6): _precompile("ECADD", add, lambda _: ADD_GAS),
    _address(7): _precompile("ECMUL", multiply, lambda _: MULTIPLY_GAS),
    _address(8): _precompile(
        "ECPAIRING",
        pairing,
        lambda data: PAIRING_BASE_GAS + PAIRING_PAIR_GAS * (len(data) // _PAIR_LENGTH),
    ),
    _address(9): _precompile("BLAKE2F", blake2f, _blake2f_gas),
    _address(10): _precompile("POINT_EVALUATION", point_evaluation, lambda _: POINT_EVALUATION_GAS),
    _address(11): _precompile("BLS12_G1ADD", bls.g1_add, _fixed(256, BLS12_G1_ADD_GAS)),
    _address(12): _precompile(
        "BLS12_G1MSM",
        bls.g1_msm,
        _msm_gas(bls.G1_PAIR_BYTES, BLS12_G1_MSM_GAS, G1_MSM_DISCOUNTS, G1_MSM_MAX_DISCOUNT),
    ),
    _address(13): _precompile("BLS12_G2ADD", bls.g2_add, _fixed(512, BLS12_G2_ADD_GAS)),
    _address(14): _precompile(
        "BLS12_G2MSM",
        bls.g2_msm,
        _msm_gas(bls.G2_PAIR_BYTES, BLS12_G2_MSM_GAS, G2_MSM_DISCOUNTS, G2_MSM_MAX_DISCOUNT),
    ),
    _address(15): _precompile("BLS12_PAIRING_CHECK", bls.pairing, _bls_pairing_gas),
    _address(16): _precompile("BLS12_MAP_FP_TO_G1", bls.map_to_g1, _fixed(64, BLS12_MAP_FP_G1_GAS)),
    _address(17): _precompile("BLS12_MAP_FP2_TO_G2", bls.map_to_g2, _fixed(128, BLS12_MAP_FP2_G2_GAS)),
}
"""Replacements for py-evm's precompiles, by address."""
