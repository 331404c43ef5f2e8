"""pytest fixtures, options and markers for ZK-rollup tests.

    from pytest_zkrollup import ETH, reverts

Importing this loads neither an EVM nor a compiler; the classes that it names are loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from pytest_zkrollup.asserting import emits, refuses, reverts
from pytest_zkrollup.config import InvalidConfig, ZkConfig
from zkrollup.native import ETH
from zkrollup.snark.modes import ProofMode
from zkrollup.units import ether

if TYPE_CHECKING:
    from zkrollup.devnet import (
        Capability,
        ContractFactory,
        Exit,
        ExitHandle,
        Project,
        ReferenceTarget,
        Rollup,
        Target,
        User,
        Zk,
        ZkCircuit,
        ZkProof,
        ZkVerificationKey,
    )
    from zkrollup.evm import Chain, Permit, eip712_domain, sign_permit, sign_typed_data

__all__ = [
    "ETH",
    "Capability",
    "Chain",
    "ContractFactory",
    "Exit",
    "ExitHandle",
    "InvalidConfig",
    "Permit",
    "Project",
    "ProofMode",
    "ReferenceTarget",
    "Rollup",
    "Target",
    "User",
    "Zk",
    "ZkCircuit",
    "ZkConfig",
    "ZkProof",
    "ZkVerificationKey",
    "eip712_domain",
    "emits",
    "ether",
    "refuses",
    "reverts",
    "sign_permit",
    "sign_typed_data",
]

_HOMES: Final = {
    "Capability": "zkrollup.devnet",
    "Chain": "zkrollup.evm",
    "Exit": "zkrollup.devnet",
    "ContractFactory": "zkrollup.devnet",
    "ExitHandle": "zkrollup.devnet",
    "Permit": "zkrollup.evm",
    "Project": "zkrollup.devnet",
    "ReferenceTarget": "zkrollup.devnet",
    "Rollup": "zkrollup.devnet",
    "Target": "zkrollup.devnet",
    "User": "zkrollup.devnet",
    "Zk": "zkrollup.devnet",
    "ZkCircuit": "zkrollup.devnet",
    "ZkProof": "zkrollup.devnet",
    "ZkVerificationKey": "zkrollup.devnet",
    "eip712_domain": "zkrollup.evm",
    "sign_permit": "zkrollup.evm",
    "sign_typed_data": "zkrollup.evm",
}


def __getattr__(name: str) -> object:
    """Loads a heavy name from where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
