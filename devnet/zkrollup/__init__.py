"""A ZK-rollup devnet in one Python process: two EVM chains, an operator, real Groth16 proofs.

Importing this package is free of side effects and pulls in no heavy dependency; import the
subpackage that is needed. Names that it gives itself are loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zkrollup.devnet import (
        ETH_ADDRESS,
        Attempts,
        Batch,
        Capability,
        Exit,
        Refusal,
        Target,
        aliased_calls,
        allowed,
    )
    from zkrollup.errors import RefusedBy, ZkRollupError
    from zkrollup.native import ETH
    from zkrollup.units import ether

__version__ = "0.1.0"

__all__ = [
    "ETH",
    "ETH_ADDRESS",
    "Attempts",
    "Batch",
    "Capability",
    "Exit",
    "Refusal",
    "RefusedBy",
    "Target",
    "ZkRollupError",
    "__version__",
    "aliased_calls",
    "allowed",
    "ether",
]

_HOMES: Final = {
    **dict.fromkeys(
        (
            "ETH_ADDRESS",
            "Attempts",
            "Batch",
            "Capability",
            "Exit",
            "Refusal",
            "Target",
            "aliased_calls",
            "allowed",
        ),
        "zkrollup.devnet",
    ),
    **dict.fromkeys(("RefusedBy", "ZkRollupError"), "zkrollup.errors"),
    "ETH": "zkrollup.native",
    "ether": "zkrollup.units",
}


def __getattr__(name: str) -> object:
    """Loads a heavy name from where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
