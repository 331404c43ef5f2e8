"""What L1 holds of one rollup: its logs, and the calls that committed its batches. Nothing else is needed.

Owns how it is read from any node over JSON-RPC, and its form as a file. What it means is ``history``'s
matter. Whoever hands out such a file can leave things out or make them up: it is worth what its source is.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_hash.auto import keccak
from eth_utils import is_hex_address, to_checksum_address

from zkrollup import artifacts, jsontext
from zkrollup.circuits.batch import MAX_LEVELS
from zkrollup.circuits.encoding import compute_domain
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.errors import ZkRollupError
from zkrollup.evm.addresses import is_mistyped
from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.engine.dump import DEPTH
from zkrollup.operator.commits import commits

if TYPE_CHECKING:
    from web3 import Web3

FORMAT = "zkrollup L1 data 1"
COMMIT_EVENT = "BatchCommitted"
_HEX = re.compile("0x([0-9a-fA-F]{2})*")


class NotARollup(ZkRollupError):
    """An address is none of a Rollup contract."""

    def __init__(self, address: str, why: str) -> None:
        """``address`` as it was given; ``why`` is what it lacks."""
        self.address = address
        super().__init__(
            f"{address} is no Rollup: {why}; give the address of the contract that batches go to"
        )


class InvalidL1Data(ZkRollupError):
    """A file holds no L1 data."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        """``field`` of the file holds ``value``, against ``rule``."""
        self.field, self.value, self.rule = field, value, rule
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        super().__init__(f"{field} = {shown}: {rule}; give what `zkrollup rebuild --save` wrote")


class UnreadableNode(ZkRollupError):
    """A node does not answer what L1 holds: it serves no JSON-RPC, or not all that is asked."""

    def __init__(self, error: Exception) -> None:
        """``error`` is what reading its answers ended with."""
        shown = " ".join(f"{type(error).__name__}: {error}".split())
        shown = shown if len(shown) <= 200 else f"{shown[:197]}..."
        super().__init__(
            f"the node's answers are not L1's ({shown}); name a node that serves JSON-RPC, with eth_getLogs "
            "over all blocks, and debug_traceTransaction where a batch was committed inside another call"
        )


@dataclass(frozen=True, slots=True)
class L1Data:
    """A rollup as L1 knows it, up to a block.

    Attributes:
        chain_id: Of L1.
        rollup: Address of the Rollup contract, checksummed.
        levels: Quad levels of its account tree.
        block: The last block that was read.
        block_hash: Of that block, 32 bytes.
        logs: All that the contract emitted, in order.
        calls: By transaction that committed a batch: calldata of its calls that may have done so, in order.
        verifiers: Hash of the code that checks each kind of payout, "claim" and "escape".
    """

    chain_id: int
    rollup: str
    levels: int
    block: int
    block_hash: bytes
    logs: tuple[Log, ...]
    calls: Mapping[bytes, tuple[bytes, ...]]
    verifiers: Mapping[str, bytes]

    @property
    def domain(self) -> int:
        """What separates this rollup's signatures and proofs from all others'."""
        return compute_domain(self.chain_id, self.rollup)

    # Reading a chain

    @classmethod
    def read(cls, w3: "Web3", rollup: str, *, block: int | None = None) -> "L1Data":
        """Reads up to ``block``, the latest by default.

        Where a batch was committed inside a transaction that called something else, the node must serve
        debug_traceTransaction.

        Raises:
            NotARollup: There is no such contract.
            UnreadableNode: The node answers with errors, or with what no node answers.
        """
        from web3.exceptions import Web3Exception

        try:
            return cls._read(w3, rollup, block)
        except (Web3Exception, ValueError, TypeError, LookupError, AttributeError) as error:
            raise UnreadableNode(error) from error

    @classmethod
    def _read(cls, w3: "Web3", rollup: str, block: int | None) -> "L1Data":
        levels = _levels(w3, rollup)
        last: Any = w3.eth.get_block("latest" if block is None else block)
        address = to_checksum_address(rollup)
        found = w3.eth.get_logs({"address": address, "fromBlock": 0, "toBlock": last["number"]})
        logs = tuple(_log(raw) for raw in found)
        topic = _commit_topic()
        committing = dict.fromkeys(log.transaction_hash for log in logs if log.topics[:1] == (topic,))
        calls = {each: _calls(w3, address, each) for each in committing}
        return cls(
            chain_id=int(w3.eth.chain_id),
            rollup=address,
            levels=levels,
            block=int(last["number"]),
            block_hash=bytes(last["hash"]),
            logs=logs,
            calls=calls,
            verifiers=_verifiers(w3, address),
        )

    # As a file

    def dumps(self) -> str:
        """As JSON: logs as eth_getLogs has them, calls by transaction."""
        document = {
            "format": FORMAT,
            "chainId": self.chain_id,
            "rollup": self.rollup,
            "levels": self.levels,
            "block": self.block,
            "blockHash": _hex(self.block_hash),
            "logs": [_log_document(log) for log in self.logs],
            "calls": {_hex(each): [_hex(call) for call in calls] for each, calls in self.calls.items()},
            "verifiers": {kind: _hex(code) for kind, code in self.verifiers.items()},
        }
        return json.dumps(document, indent=1)

    def write(self, path: str | Path) -> None:
        """Writes ``dumps()`` to a file."""
        Path(path).write_text(self.dumps(), encoding="utf-8")

    @classmethod
    def loads(cls, text: str) -> "L1Data":
        """Reads what ``dumps`` wrote.

        Raises:
            InvalidL1Data: It is something else.
        """
        try:
            document = jsontext.loads(text, deepest=DEPTH)
        except ValueError as error:
            raise InvalidL1Data("file", text[:40], f"it is no JSON ({error})") from error
        fields = _mapping("file", document)
        if fields.get("format") != FORMAT:
            raise InvalidL1Data("format", fields.get("format"), f"it must be {FORMAT!r}")
        rollup = fields.get("rollup")
        if not is_hex_address(rollup) or is_mistyped(str(rollup)):
            raise InvalidL1Data(
                "rollup", rollup, "it must be an address, with a right checksum if in mixed case"
            )
        address = to_checksum_address(rollup)
        levels = _number("levels", fields.get("levels"))
        if not 1 <= levels <= MAX_LEVELS:
            raise InvalidL1Data("levels", levels, f"it must be 1 to {MAX_LEVELS}")
        calls = {
            _bytes("calls", key, 32): tuple(_bytes(f"calls.{key}", call) for call in _list("calls", each))
            for key, each in _mapping("calls", fields.get("calls")).items()
        }
        return cls(
            chain_id=_number("chainId", fields.get("chainId")),
            rollup=address,
            levels=levels,
            block=_number("block", fields.get("block")),
            block_hash=_bytes("blockHash", fields.get("blockHash"), 32),
            logs=tuple(
                _read_log(f"logs[{i}]", address, each)
                for i, each in enumerate(_list("logs", fields.get("logs")))
            ),
            calls=calls,
            verifiers={
                kind: _bytes(f"verifiers.{kind}", code, 32)
                for kind, code in _mapping("verifiers", fields.get("verifiers")).items()
            },
        )


# --- a node's answers


def _levels(w3: "Web3", rollup: str) -> int:
    """From what the contract says of its tree."""
    from web3.exceptions import Web3Exception

    if not is_hex_address(rollup) or is_mistyped(rollup):
        raise NotARollup(rollup, "an address is 0x and 40 hex digits, with a right checksum if in mixed case")
    contract = w3.eth.contract(address=to_checksum_address(rollup), abi=artifacts.load("Rollup").abi)
    try:
        capacity = int(contract.functions.accountCapacity().call())
        genesis = int(contract.functions.genesisRoot().call())
    except Web3Exception as error:
        raise NotARollup(rollup, f"it has no accountCapacity or genesisRoot ({error})") from error
    for levels in range(1, MAX_LEVELS + 1):
        if capacity == 4**levels and genesis == QuadTree(levels).root:
            return levels
    raise NotARollup(rollup, f"it does not begin with an empty tree of {capacity} accounts")


def _verifiers(w3: "Web3", rollup: str) -> dict[str, bytes]:
    contract: Any = w3.eth.contract(address=rollup, abi=artifacts.load("Rollup").abi)  # type: ignore[call-overload]
    functions = contract.functions
    places = {"claim": functions.claimVerifier().call(), "escape": functions.escapeVerifier().call()}
    return {kind: keccak(bytes(w3.eth.get_code(place))) for kind, place in places.items()}


def _log(raw: Mapping[str, Any]) -> Log:
    return Log(
        address=bytes.fromhex(raw["address"][2:]),
        topics=tuple(bytes(topic) for topic in raw["topics"]),
        data=bytes(raw["data"]),
        block_number=int(raw["blockNumber"]),
        block_hash=bytes(raw["blockHash"]),
        transaction_hash=bytes(raw["transactionHash"]),
        transaction_index=int(raw["transactionIndex"]),
        index=int(raw["logIndex"]),
    )


def _calls(w3: "Web3", rollup: str, transaction_hash: bytes) -> tuple[bytes, ...]:
    transaction: Any = w3.eth.get_transaction(transaction_hash)  # type: ignore[arg-type]
    given = bytes(transaction["input"])
    # A call of another function may pay an operator with code, which then commits: the trace has it.
    if transaction["to"] == rollup and commits(given):
        return (given,)
    parameters = [_hex(transaction_hash), {"tracer": "callTracer"}]
    answer: Any = w3.provider.make_request("debug_traceTransaction", parameters)  # type: ignore[arg-type]
    return tuple(_committing(answer.get("result") or {}, rollup))


def _committing(frame: Mapping[str, Any], rollup: str) -> Iterable[bytes]:
    """Calldata of a transaction's calls to the contract that may have committed; failed ones took nothing."""
    if frame.get("error"):
        return
    data = bytes.fromhex(str(frame.get("input", "0x"))[2:])
    if frame.get("type") == "CALL" and frame.get("to") == rollup.lower() and commits(data):
        yield data
    for inner in frame.get("calls", ()):
        yield from _committing(inner, rollup)


def _commit_topic() -> bytes:
    from zkrollup.evm.abi import signatures

    (event,) = (e for e in signatures(artifacts.load("Rollup").abi, "event") if e.name == COMMIT_EVENT)
    return event.topic


# --- the file


def _log_document(log: Log) -> dict[str, Any]:
    return {
        "topics": [_hex(topic) for topic in log.topics],
        "data": _hex(log.data),
        "blockNumber": log.block_number,
        "blockHash": _hex(log.block_hash),
        "transactionHash": _hex(log.transaction_hash),
        "transactionIndex": log.transaction_index,
        "logIndex": log.index,
    }


def _read_log(path: str, rollup: str, value: object) -> Log:
    fields = _mapping(path, value)
    topics = _list(f"{path}.topics", fields.get("topics"))
    return Log(
        address=bytes.fromhex(rollup[2:]),
        topics=tuple(_bytes(f"{path}.topics", topic, 32) for topic in topics),
        data=_bytes(f"{path}.data", fields.get("data")),
        block_number=_number(f"{path}.blockNumber", fields.get("blockNumber")),
        block_hash=_bytes(f"{path}.blockHash", fields.get("blockHash"), 32),
        transaction_hash=_bytes(f"{path}.transactionHash", fields.get("transactionHash"), 32),
        transaction_index=_number(f"{path}.transactionIndex", fields.get("transactionIndex")),
        index=_number(f"{path}.logIndex", fields.get("logIndex")),
    )


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _mapping(path: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidL1Data(path, value, "it must be an object")
    return value


def _list(path: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidL1Data(path, value, "it must be a list")
    return value


def _number(path: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 64:
        raise InvalidL1Data(path, value, "it must be a number below 2^64")
    return value


def _bytes(path: str, value: object, length: int | None = None) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise InvalidL1Data(path, value, "it must be 0x and pairs of hex digits")
    found = bytes.fromhex(value[2:])
    if length is not None and len(found) != length:
        raise InvalidL1Data(path, value, f"it must be {length} bytes, it has {len(found)}")
    return found
