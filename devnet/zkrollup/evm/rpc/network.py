"""net_, web3_ and eth_ methods of the network and its rules."""

import zlib
from typing import Final

from eth_hash.auto import keccak

from zkrollup.evm.engine.headers import BLOB_FEE_FRACTION, BLOB_LIMIT, BLOB_TARGET
from zkrollup.evm.engine.rules import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from zkrollup.evm.engine.transactions import GAS_PER_BLOB
from zkrollup.evm.rpc import forms, params
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import Param
from zkrollup.evm.rpc.reading import CLIENT
from zkrollup.evm.rpc.table import Method, Node

_PRECOMPILES: Final = {
    "BLAKE2F": 9,
    "BLS12_G1ADD": 11,
    "BLS12_G1MSM": 12,
    "BLS12_G2ADD": 13,
    "BLS12_G2MSM": 14,
    "BLS12_MAP_FP2_TO_G2": 17,
    "BLS12_MAP_FP_TO_G1": 16,
    "BLS12_PAIRING_CHECK": 15,
    "BN254_ADD": 6,
    "BN254_MUL": 7,
    "BN254_PAIRING": 8,
    "ECREC": 1,
    "ID": 4,
    "KZG_POINT_EVALUATION": 10,
    "MODEXP": 5,
    "RIPEMD160": 3,
    "SHA256": 2,
}
"""By EIP-7910's names, in its order."""


def _config(node: Node) -> Json:
    genesis = node.engine.block("earliest")
    current = {
        "activationTime": 0,
        "blobSchedule": {
            "baseFeeUpdateFraction": BLOB_FEE_FRACTION,
            "max": BLOB_LIMIT // GAS_PER_BLOB,
            "target": BLOB_TARGET // GAS_PER_BLOB,
        },
        "chainId": hex(node.engine.chain_id),
        # EIP-2124's, of a chain whose forks are all in genesis.
        "forkId": forms.data(zlib.crc32(genesis.hash).to_bytes(4, "big")),
        "precompiles": {name: f"0x{number:040x}" for name, number in _PRECOMPILES.items()},
        "systemContracts": {
            "BEACON_ROOTS_ADDRESS": forms.data(BEACON_ROOTS_ADDRESS),
            "HISTORY_STORAGE_ADDRESS": forms.data(HISTORY_STORAGE_ADDRESS),
        },
    }
    return {"current": current, "next": None, "last": None}


METHODS: Final = (
    Method(
        "eth_config",
        "The fork's rules (EIP-7910).",
        _config,
        differs="one fork from genesis on; there are no contracts for requests to a consensus layer",
    ),
    Method("eth_chainId", "The chain's id.", lambda node: hex(node.engine.chain_id)),
    Method("net_version", "The chain's id, in decimal.", lambda node: str(node.engine.chain_id)),
    Method("net_listening", "Always true.", lambda node: True),  # noqa: ARG005
    Method("net_peerCount", "Always 0.", lambda node: "0x0"),  # noqa: ARG005
    Method("eth_syncing", "Always false.", lambda node: False),  # noqa: ARG005
    Method("eth_mining", "Always false.", lambda node: False),  # noqa: ARG005
    Method("eth_hashrate", "Always 0.", lambda node: "0x0"),  # noqa: ARG005
    Method("eth_protocolVersion", "Always 68.", lambda node: "0x44"),  # noqa: ARG005
    Method("eth_coinbase", "Who gets the tips.", lambda node: forms.data(node.engine.schedule.coinbase)),
    Method("web3_clientVersion", "This package and its version.", lambda node: CLIENT),  # noqa: ARG005
    Method(
        "web3_sha3",
        "Keccak-256.",
        lambda node, data: forms.data(keccak(data)),  # noqa: ARG005
        (Param("data", params.data),),
    ),
)
