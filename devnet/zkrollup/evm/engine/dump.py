"""State as a file: what `anvil_dumpState` writes and `anvil_loadState` reads. Owns format and limits.

A file is JSON, as a rule under gzip. Of what anvil writes, accounts and time are read: blocks of another
chain would not follow from this one's. Of blocks, the latest one's header is written: anvil wants it.
Source: foundry, crates/anvil/src/eth/backend/db.rs, SerializableState.
"""

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from zkrollup import jsontext
from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.headers import Header
from zkrollup.evm.engine.world import Account, World

LIMIT: Final = 2**28
"""Bytes of JSON: more is refused, since gzip would hide how much it is."""
DEPTH: Final = 100
"""Of nested JSON."""
_GZIP: Final = b"\x1f\x8b"
_HEX_NUMBER: Final = re.compile("0x[0-9a-fA-F]+")
_HEX_BYTES: Final = re.compile("0x([0-9a-fA-F]{2})*")
_WORD, _U64 = 2**256, 2**64


class InvalidDump(ZkRollupError):
    """A file that is no dump of state. Nothing changed.

    Attributes:
        field: path of the offending value, such as ``accounts.0x11...22.nonce``.
        value: what stands there.
        rule: what it breaks.
    """

    def __init__(self, field: str, value: object, rule: str) -> None:
        self.field, self.value, self.rule = field, value, rule
        shown = repr(value)
        short = shown if len(shown) <= 80 else f"{shown[:77]}..."
        super().__init__(f"{field} = {short}: {rule}; load what anvil_dumpState or Engine.dump wrote")


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """An account.

    Attributes:
        nonce: below 2^64.
        balance: wei.
        code: b"" for none.
        storage: words by slot.
    """

    nonce: int
    balance: int
    code: bytes
    storage: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Saved:
    """A dump.

    Attributes:
        timestamp: of the latest block, seconds.
        accounts: by address.
    """

    timestamp: int
    accounts: Mapping[bytes, SavedAccount]

    def put_into(self, world: World) -> None:
        """Replace these accounts, words included; others stay."""
        for address, account in self.accounts.items():
            world.set_nonce(address, account.nonce)
            world.set_balance(address, account.balance)
            world.set_code(address, account.code)
            world.delete_storage(address)
            for slot, word in account.storage.items():
                world.set_storage(address, slot, word)
        world.lock_changes()


# --- writing


def encode(world: World, head: Header) -> bytes:
    """Write a state whose latest block has that header; the same state gives the same bytes."""
    document = {
        "block": {
            "number": hex(head.number),
            "beneficiary": _hex(head.coinbase),
            "timestamp": hex(head.timestamp),
            "gas_limit": head.gas_limit,
            "basefee": head.base_fee,
            "difficulty": "0x0",
            "prevrandao": _hex(head.prev_randao),
            "blob_excess_gas_and_price": {
                "excess_blob_gas": head.excess_blob_gas,
                "blob_gasprice": head.blob_base_fee,
            },
        },
        "accounts": {
            _hex(address): _document(account) for address, account in sorted(world.accounts.items())
        },
        "best_block_number": head.number,
        "blocks": [{"header": _header(head), "transactions": [], "ommers": []}],
        "transactions": [],
        "historical_states": None,
    }
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), mtime=0)


def _header(head: Header) -> dict[str, str]:
    """As JSON-RPC names the fields."""
    return {
        "parentHash": _hex(head.parent_hash),
        "sha3Uncles": _hex(head.uncles_hash),
        "miner": _hex(head.coinbase),
        "stateRoot": _hex(head.state_root),
        "transactionsRoot": _hex(head.transactions_root),
        "receiptsRoot": _hex(head.receipts_root),
        "logsBloom": f"0x{head.bloom:0512x}",
        "difficulty": hex(head.difficulty),
        "number": hex(head.number),
        "gasLimit": hex(head.gas_limit),
        "gasUsed": hex(head.gas_used),
        "timestamp": hex(head.timestamp),
        "extraData": _hex(head.extra_data),
        "mixHash": _hex(head.prev_randao),
        "nonce": _hex(head.nonce),
        "baseFeePerGas": hex(head.base_fee),
        "withdrawalsRoot": _hex(head.withdrawals_root),
        "blobGasUsed": hex(head.blob_gas_used),
        "excessBlobGas": hex(head.excess_blob_gas),
        "parentBeaconBlockRoot": _hex(head.parent_beacon_root),
        "requestsHash": _hex(head.requests_hash),
    }


def _document(account: Account) -> dict[str, Any]:
    return {
        "nonce": account.nonce,
        "balance": hex(account.balance),
        "code": _hex(account.code),
        "storage": {f"0x{slot:064x}": f"0x{word:064x}" for slot, word in sorted(account.storage.items())},
    }


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


# --- reading


def decode(data: bytes) -> Saved:
    """Read a dump, under gzip or bare.

    Raises:
        InvalidDump: it is none.
    """
    text = _inflated(data)
    try:
        document = jsontext.loads(text, deepest=DEPTH)
    except ValueError as error:
        raise InvalidDump("dump", data[:16], f"it is no JSON ({error})") from error
    block = _mapping("block", _mapping("dump", document).get("block"))
    accounts = _mapping("accounts", document.get("accounts"))
    return Saved(
        _number("block.timestamp", block.get("timestamp"), _U64),
        {
            _bytes(f"accounts.{address}", address, 20): _account(f"accounts.{address}", fields)
            for address, fields in accounts.items()
        },
    )


def _inflated(data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        inflated = inflater.decompress(data, LIMIT)
    except zlib.error as error:
        raise InvalidDump("dump", data[:16], f"its gzip is broken ({error})") from error
    if inflater.unconsumed_tail:
        raise InvalidDump("dump", data[:16], f"it holds more than {LIMIT} bytes")
    if not inflater.eof:
        raise InvalidDump("dump", data[-16:], "its gzip ends early")
    return inflated


def _account(path: str, fields: object) -> SavedAccount:
    account = _mapping(path, fields)
    storage = _mapping(f"{path}.storage", account.get("storage", {}))
    return SavedAccount(
        _number(f"{path}.nonce", account.get("nonce"), _U64),
        _number(f"{path}.balance", account.get("balance"), _WORD),
        _bytes(f"{path}.code", account.get("code")),
        {
            _number(f"{path}.storage", slot, _WORD): _number(f"{path}.storage.{slot}", word, _WORD)
            for slot, word in storage.items()
        },
    )


def _mapping(path: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidDump(path, value, "it must be an object")
    return value


def _number(path: str, value: object, limit: int) -> int:
    """A number, or its hex digits; anvil's releases differ."""
    number = int(value, 16) if isinstance(value, str) and _HEX_NUMBER.fullmatch(value) else value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < limit:
        bits = limit.bit_length() - 1
        raise InvalidDump(path, value, f"it must be a number below 2^{bits}, or 0x and hex digits of one")
    return number


def _bytes(path: str, value: object, length: int | None = None) -> bytes:
    if not isinstance(value, str) or not _HEX_BYTES.fullmatch(value):
        raise InvalidDump(path, value, "it must be 0x and pairs of hex digits")
    found = bytes.fromhex(value[2:])
    if length is not None and len(found) != length:
        raise InvalidDump(path, value, f"it must be {length} bytes, it is {len(found)}")
    return found
