"""What a tester holds: two chains, a rollup between them, and users. CLI and pytest plugin stand on it."""

from zkrollup.devnet.allowances import allowed
from zkrollup.devnet.attacks import Attempts, aliased_calls
from zkrollup.devnet.capabilities import OPERATIONS, Capability, IncompleteTarget, Unsupported
from zkrollup.devnet.devnet import Devnet
from zkrollup.devnet.exits import ExitHandle
from zkrollup.devnet.grounds import Grounds
from zkrollup.devnet.project import ContractFactory, Project
from zkrollup.devnet.reference import NoAccount, ReferenceTarget
from zkrollup.devnet.refusals import Refusal
from zkrollup.devnet.rollup import ETH, Rollup
from zkrollup.devnet.target import Batch, Exit, Target
from zkrollup.devnet.testbed import Testbed, TestbedSnapshot
from zkrollup.devnet.tokens import ETH_ADDRESS
from zkrollup.devnet.users import User
from zkrollup.devnet.zk import Library, Zk, ZkCircuit, ZkProof, ZkVerificationKey

__all__ = [
    "ETH",
    "ETH_ADDRESS",
    "OPERATIONS",
    "Attempts",
    "Batch",
    "Capability",
    "ContractFactory",
    "Devnet",
    "Exit",
    "ExitHandle",
    "Grounds",
    "IncompleteTarget",
    "Library",
    "NoAccount",
    "Project",
    "ReferenceTarget",
    "Refusal",
    "Rollup",
    "Target",
    "Testbed",
    "TestbedSnapshot",
    "Unsupported",
    "User",
    "Zk",
    "ZkCircuit",
    "ZkProof",
    "ZkVerificationKey",
    "aliased_calls",
    "allowed",
]
