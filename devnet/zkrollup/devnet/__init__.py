"""What a tester holds: two chains, a rollup between them, and users. CLI and pytest plugin stand on it."""

from zkrollup.devnet.devnet import Devnet, DevnetSnapshot
from zkrollup.devnet.exits import ExitHandle
from zkrollup.devnet.project import ContractFactory, Project
from zkrollup.devnet.rollup import ETH, NoAccount, Rollup
from zkrollup.devnet.users import User
from zkrollup.devnet.zk import Library, Zk, ZkCircuit, ZkProof, ZkVerificationKey

__all__ = [
    "ETH",
    "ContractFactory",
    "Devnet",
    "DevnetSnapshot",
    "ExitHandle",
    "Library",
    "NoAccount",
    "Project",
    "Rollup",
    "User",
    "Zk",
    "ZkCircuit",
    "ZkProof",
    "ZkVerificationKey",
]
