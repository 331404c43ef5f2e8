"""A blob on our chain: commitment and opening by c-kzg, a type-3 transaction, and what a contract pays.

Owns how ``solidity/BlobData.sol`` is compiled and asked. The trusted setup is mainnet's, as py-evm brings it.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import ckzg
from benchmarks.blob.numbers import Q
from benchmarks.machine import ROOT
from eth.precompiles.point_evaluation import TRUSTED_SETUP_PATH
from eth_hash.auto import keccak
from eth_utils import to_canonical_address

from zkrollup import artifacts
from zkrollup.circuits.encoding import BatchHeader, SlotWords, commit_words
from zkrollup.compilers.node import find_node
from zkrollup.evm.chain import Chain
from zkrollup.evm.contract import Contract
from zkrollup.evm.engine.blocks import Mined
from zkrollup.evm.engine.transactions import CallFields

SOURCE: Final = ROOT / "benchmarks" / "solidity" / "BlobData.sol"
TRANSACTION_GAS: Final = 21_000
RECORDS: Final = (64, 256)
"""Slots between which a further one is measured."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A blob's value at z, and c-kzg's proof of it.

    Attributes:
        words: commitment to the words, Poseidon.
        commitment: to the blob, 48 bytes, KZG.
        versioned_hash: what EVM knows of that.
        proof: 48 bytes.
    """

    blob: bytes
    words: int
    commitment: bytes
    versioned_hash: bytes
    z: int
    y: int
    proof: bytes


def opened(blob: bytes, data: Sequence[int]) -> Opening:
    """The opening of a blob of ``data`` where the contract wants it."""
    commitment = ckzg.blob_to_kzg_commitment(blob, _setup())
    versioned_hash = b"\x01" + sha256(commitment).digest()[1:]
    words = commit_words(data)
    z = int.from_bytes(keccak(versioned_hash + words.to_bytes(32, "big")), "big") % Q
    proof, y = ckzg.compute_kzg_proof(blob, z.to_bytes(32, "big"), _setup())
    return Opening(blob, words, commitment, versioned_hash, z, int.from_bytes(y, "big"), proof)


@cache
def _setup() -> Any:
    return ckzg.load_trusted_setup(TRUSTED_SETUP_PATH, 0)


def deployed(chain: Chain) -> Contract:
    """BlobData on the chain.

    Raises:
        NodeNotFound: there is no Node that serves.
        subprocess.CalledProcessError: npm's solc is not there, or the contract does not compile.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [find_node().program, str(ROOT / "contracts" / "build.mjs"), "--out", folder, str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        artifact = artifacts.read(Path(folder) / "BlobData.json")
    return chain.deploy(artifact.abi, artifact.bytecode)


def send(contract: Contract, opening: Opening, y: int, hashes: Sequence[bytes]) -> Mined:
    """``open`` in a type-3 transaction with these versioned hashes, mined. The sidecar is no part of it."""
    chain = contract.chain
    fields = CallFields(
        to_canonical_address(chain.accounts[0].address),
        to_canonical_address(contract.address),
        contract.open.encode(opening.words, y, opening.commitment, opening.proof),
        gas=10**6,
        blob_versioned_hashes=tuple(hashes),
    )
    return chain.engine.mine_transaction(chain.engine.sign(fields))


def record_gas(contract: Contract, words: SlotWords) -> int:
    """What a further slot with these words costs as calldata: its bytes, and reading them."""
    record = words.posted()
    few, many = (_reading_gas(contract, record, slots) for slots in RECORDS)
    zeros = record.count(0)
    return 16 * len(record) - 12 * zeros + round((many - few) / (RECORDS[1] - RECORDS[0]))


def _reading_gas(contract: Contract, record: bytes, slots: int) -> int:
    header = BatchHeader(2, 3, 5, 7, 11, 13, queue_count=0, fee_account=1, slots=slots)
    return int(contract.readCalldata(header.words(), record * slots).gas)
