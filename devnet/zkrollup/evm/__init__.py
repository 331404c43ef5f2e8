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

from zkrollup.crypto import eth_keys_backend
from zkrollup.evm.abi import InvalidArgument, UndecodableResult
from zkrollup.evm.chain import DEFAULT_GAS, Chain
from zkrollup.evm.cheats import InvalidMock, InvalidTravel
from zkrollup.evm.contract import (
    AmbiguousFunction,
    Contract,
    Method,
    NoCode,
    NotCalled,
    NotSettable,
    UnknownError,
    UnknownFunction,
)
from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.engine.timeline import InvalidReorg, Reorg
from zkrollup.evm.engine.transactions import InvalidTransaction
from zkrollup.evm.events import Event, UnknownEvent, UnknownField
from zkrollup.evm.parties import Impersonated, InvalidAddress, Sender, UnknownSender
from zkrollup.evm.receipts import Receipt
from zkrollup.evm.reverts import Reverted
from zkrollup.evm.signing import (
    FOREVER,
    CannotSign,
    InvalidTypedData,
    Permit,
    TypedSignature,
    UnknownDomain,
    eip712_domain,
    sign_permit,
    sign_typed_data,
)
from zkrollup.evm.snapshots import SnapshotId, UnknownSnapshot
from zkrollup.evm.words import NoSingleWord, TooLarge

eth_keys_backend.become_default()

__all__ = [
    "DEFAULT_GAS",
    "FOREVER",
    "AmbiguousFunction",
    "CannotSign",
    "Chain",
    "Contract",
    "Event",
    "Impersonated",
    "InvalidAddress",
    "InvalidArgument",
    "InvalidMock",
    "InvalidReorg",
    "InvalidTransaction",
    "InvalidTravel",
    "InvalidTypedData",
    "Log",
    "Method",
    "NoCode",
    "NoSingleWord",
    "NotCalled",
    "NotSettable",
    "Permit",
    "Receipt",
    "Reorg",
    "Reverted",
    "Sender",
    "SnapshotId",
    "TooLarge",
    "TypedSignature",
    "UndecodableResult",
    "UnknownDomain",
    "UnknownError",
    "UnknownEvent",
    "UnknownField",
    "UnknownFunction",
    "UnknownSender",
    "UnknownSnapshot",
    "eip712_domain",
    "sign_permit",
    "sign_typed_data",
]
