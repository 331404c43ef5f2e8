"""Contracts small enough to be written in opcodes, so that these tests need no compiler."""

from dataclasses import dataclass
from typing import Any

import pytest

from zkrollup.evm import Chain


def init_code(runtime: str) -> bytes:
    """Return code that deploys the runtime."""
    code = bytes.fromhex(runtime)
    return bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code


def parameters(*declarations: str) -> list[dict[str, Any]]:
    """Parse "uint256 indexed amount" and the like."""
    parsed = []
    for declaration in declarations:
        kind, *rest = declaration.split()
        parsed.append({"type": kind, "name": rest[-1] if rest else "", "indexed": "indexed" in rest})
    return parsed


def function(
    name: str, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (), mutability: str = "nonpayable"
):
    return {
        "type": "function",
        "name": name,
        "inputs": parameters(*inputs),
        "outputs": parameters(*outputs),
        "stateMutability": mutability,
    }


def error(name: str, *inputs: str):
    return {"type": "error", "name": name, "inputs": parameters(*inputs)}


def event(name: str, *inputs: str):
    return {"type": "event", "name": name, "inputs": parameters(*inputs), "anonymous": False}


@dataclass(frozen=True)
class Program:
    """ABI and init code."""

    abi: list[dict[str, Any]]
    code: bytes

    def on(self, chain: Chain, **options: Any):
        return chain.deploy(self.abi, self.code, **options)


@pytest.fixture(scope="session")
def counter() -> Program:
    """Adds one to slot 0, emits Counted(count, caller), returns the count, whatever is called."""
    from eth_utils import keccak

    topic = keccak(text="Counted(uint256,address)").hex()
    # count = sload(0) + 1; sstore; mstore(0, count); log2(0, 32, topic, caller); return(0, 32)
    runtime = "5f54600101805f555f52" + "33" + "7f" + topic + "60205fa2" + "60205ff3"
    abi = [
        function("count", (), ("uint256",)),
        function("next", (), ("uint256",), "view"),
        function("pay", (), ("uint256",), "payable"),
        event("Counted", "uint256 count", "address indexed caller"),
    ]
    return Program(abi, init_code(runtime))


@pytest.fixture(scope="session")
def context() -> Program:
    """Returns chainid, timestamp, number, caller, origin, value, prevrandao, basefee."""
    opcodes = ("46", "42", "43", "33", "32", "34", "44", "48")
    runtime = "".join(f"{opcode}60{32 * i:02x}52" for i, opcode in enumerate(opcodes)) + "6101005ff3"
    outputs = (
        "uint256 chainId",
        "uint256 time",
        "uint256 number",
        "address caller",
        "address origin",
        "uint256 value",
        "uint256 prevrandao",
        "uint256 baseFee",
    )
    return Program(
        [function("read", (), outputs, "view"), function("paid", (), outputs, "payable")], init_code(runtime)
    )


@pytest.fixture(scope="session")
def echo_code() -> bytes:
    """Init code of a contract that returns its calldata without the selector."""
    # n = calldatasize - 4; calldatacopy(0, 4, n); return(0, n)
    return init_code("600436038060045f375ff3")


@pytest.fixture(scope="session")
def thrower_code() -> bytes:
    """Init code of a contract that reverts with its calldata."""
    return init_code("365f5f37365ffd")


@pytest.fixture
def chain() -> Chain:
    return Chain(31337)
