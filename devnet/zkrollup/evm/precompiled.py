"""Precompiles as a reader of traces knows them: their names, and what they take and give.

Owns names and words; what they compute is ``engine.precompiles``'s. Names are Solidity's where it has one,
else those of EIP-152, EIP-196, EIP-197, EIP-2537 and EIP-4844.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address

from zkrollup.evm.abi import decode_named
from zkrollup.evm.values import Entry

_WORD: Final = 32
_PAIR_BYTES: Final = 192
"""Of a point of BN254's G1 and one of its G2 (EIP-197)."""
_BLS12_PAIR_BYTES: Final = 384
"""The same of BLS12-381 (EIP-2537)."""


@dataclass(frozen=True, slots=True)
class Precompile:
    """One of them.

    Attributes:
        name: of it.
        takes: its input by name.
        gives: its output by name; a value without a name goes by its position.
    """

    name: str
    takes: Callable[[bytes], Mapping[str, Any]]
    gives: Callable[[bytes], Mapping[str, Any]]


def precompile_at(address: bytes) -> Precompile | None:
    """Return the precompile at an address of 20 bytes, None where there is none."""
    return _PRECOMPILES.get(int.from_bytes(address))


def _words(text: str) -> Callable[[bytes], Mapping[str, Any]]:
    """Read words of the types and names given; input that is too short goes on with zeros."""
    entries: list[Entry] = []
    for each in text.split(", "):
        kind, _, name = each.partition(" ")
        entries.append({"type": kind, "name": name})

    def read(data: bytes) -> Mapping[str, Any]:
        try:
            return decode_named(entries, data.ljust(_WORD * len(entries), b"\0"))
        except DecodingError:
            return _raw(data)

    return read


def _answer(text: str) -> Callable[[bytes], Mapping[str, Any]]:
    """Read an output, which is empty where the input was refused."""
    read = _words(text)
    return lambda data: read(data) if data else {}


def _raw(data: bytes) -> Mapping[str, Any]:
    return {"data": data} if data else {}


def _pairs(size: int) -> Callable[[bytes], Mapping[str, Any]]:
    def read(data: bytes) -> Mapping[str, Any]:
        return {"pairs": len(data) // size} if len(data) % size == 0 else _raw(data)

    return read


def _rounds(data: bytes) -> Mapping[str, Any]:
    return {"rounds": int.from_bytes(data[:4]), "data": data[4:]} if len(data) > 4 else _raw(data)


def _plain(name: str) -> Precompile:
    return Precompile(name, _raw, _raw)


_POINT: Final = _answer("uint256 x, uint256 y")
_HASH: Final = _answer("bytes32")
_HOLDS: Final = _answer("bool")

_PRECOMPILES: Final[Mapping[int, Precompile]] = {
    0x01: Precompile(
        "ecrecover", _words("bytes32 hash, uint256 v, bytes32 r, bytes32 s"), _answer("address")
    ),
    0x02: Precompile("sha256", _raw, _HASH),
    0x03: Precompile("ripemd160", _raw, _HASH),
    0x04: _plain("identity"),
    0x05: _plain("modexp"),
    0x06: Precompile("ecAdd", _words("uint256 x1, uint256 y1, uint256 x2, uint256 y2"), _POINT),
    0x07: Precompile("ecMul", _words("uint256 x, uint256 y, uint256 scalar"), _POINT),
    0x08: Precompile("ecPairing", _pairs(_PAIR_BYTES), _HOLDS),
    0x09: Precompile("blake2f", _rounds, _raw),
    0x0A: _plain("pointEvaluation"),
    0x0B: _plain("bls12G1Add"),
    0x0C: _plain("bls12G1Msm"),
    0x0D: _plain("bls12G2Add"),
    0x0E: _plain("bls12G2Msm"),
    0x0F: Precompile("bls12PairingCheck", _pairs(_BLS12_PAIR_BYTES), _HOLDS),
    0x10: _plain("bls12MapFpToG1"),
    0x11: _plain("bls12MapFp2ToG2"),
}

NAMES: Final[Mapping[str, str]] = {
    str(to_checksum_address(number.to_bytes(20))): each.name for number, each in _PRECOMPILES.items()
}
"""By checksummed address."""
