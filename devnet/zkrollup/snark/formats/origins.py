"""Which curve and proof system a file is of, and what to do where they are not BN254 and Groth16.

Owns the names that other tools give them. Reads no file.

Sources: circom, program_structure/src/utils/constants.rs; ffjavascript, src/curves.js; snarkjs,
src/zkey_constants.js.
"""

import re
from typing import Final

_BN254_NAMES: Final = frozenset({"bn128", "bn254", "altbn128"})
_GROTH16_NAMES: Final = frozenset({"groth16", "groth"})
"""The second is what snarkjs wrote before version 0.2, for the same proofs."""
_BLS12_381_COORDINATES: Final = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    16,
)
_CURVES: Final = {
    0x12AB655E9A2CA55660B44D1E5C37B00159AA76FED00000010A11800000000001: "BLS12-377",
    0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001: "BLS12-381",
    _BLS12_381_COORDINATES: "BLS12-381",
    0xFFFFFFFF00000001: "Goldilocks",
    0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47: "Grumpkin",
    0x40000000000000000000000000000000224698FC094CF91B992D30ED00000001: "Pallas",
    0x40000000000000000000000000000000224698FC0994A8DD8C46EB2100000001: "Vesta",
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF: "secq256r1",
}
"""By the prime of scalars, for BLS12-381 that of coordinates too; all that circom's option -p knows."""
_PROTOCOLS: Final = {1: "Groth16", 2: "PLONK", 10: "FFLONK"}
"""By snarkjs's numbers."""

COMPILE_FOR_BN254: Final = (
    "compile the circuit again with circom -p bn128, which is the default, and make keys with snarkjs's bn128"
)
USE_GROTH16: Final = "make the key with snarkjs groth16 setup, and proofs with snarkjs groth16 prove"
WITHOUT_GATES: Final = (
    "Groth16 has none, only PLONK has: compile without pragma custom_templates, with templates of constraints"
)


def curve_of(prime: int | None) -> str | None:
    """The curve that other tools use a prime for; None if there is none, or only BN254."""
    return None if prime is None else _CURVES.get(prime)


def protocol_of(number: int) -> str | None:
    """The proof system that snarkjs gives a number; None if it gives it to none."""
    return _PROTOCOLS.get(number)


def is_bn254(name: object) -> bool:
    """Whether a tool means BN254 by a name, whatever its case and hyphens."""
    return _plain(name) in _BN254_NAMES


def is_groth16(name: object) -> bool:
    """Whether a tool means Groth16 by a name."""
    return _plain(name) in _GROTH16_NAMES


def _plain(name: object) -> str | None:
    return re.sub(r"[-_ ]", "", name).lower() if isinstance(name, str) else None
