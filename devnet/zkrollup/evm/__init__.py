"""The in-process chain behind web3.py. The only importer of py-evm; knows no rollup.

    chain = Chain()
    token = chain.deploy(abi, bytecode, "Test", sender=chain.accounts[0])
    receipt = token.transfer(chain.accounts[1], 5)

What stands behind the chain is nobody's business outside this package: use the names below.
"""

import os
import sys
from importlib.util import find_spec

# eth-hash chooses once, at its first hash, and prefers pycryptodome, which takes five times as long.
if sys.platform == "linux" and find_spec("sha3") is not None:
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

from zkrollup.evm.abi import InvalidArgument
from zkrollup.evm.chain import (
    DEFAULT_GAS,
    Chain,
    Impersonated,
    InvalidAddress,
    InvalidTravel,
    Sender,
    SnapshotId,
    UnknownSender,
    UnknownSnapshot,
)
from zkrollup.evm.contract import Contract, Method, UndecodableResult, UnknownFunction
from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.engine.timeline import InvalidReorg, Reorg
from zkrollup.evm.engine.transactions import InvalidTransaction
from zkrollup.evm.events import Event
from zkrollup.evm.receipts import Receipt
from zkrollup.evm.reverts import Reverted

__all__ = [
    "DEFAULT_GAS",
    "Chain",
    "Contract",
    "Event",
    "Impersonated",
    "InvalidAddress",
    "InvalidArgument",
    "InvalidReorg",
    "InvalidTransaction",
    "InvalidTravel",
    "Log",
    "Method",
    "Receipt",
    "Reorg",
    "Reverted",
    "Sender",
    "SnapshotId",
    "UndecodableResult",
    "UnknownFunction",
    "UnknownSender",
    "UnknownSnapshot",
]
