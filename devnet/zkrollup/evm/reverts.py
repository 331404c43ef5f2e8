"""Why a call or transaction failed. Owns revert data: Error(string), Panic(uint256), custom errors."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from eth_abi.exceptions import DecodingError

from zkrollup.errors import ZkRollupError
from zkrollup.evm.abi import Abi, Signature, decode_named, signatures

if TYPE_CHECKING:
    from zkrollup.evm.receipts import Receipt
    from zkrollup.evm.traces import Call

PANICS: Final[Mapping[int, str]] = {
    0x00: "generic panic",
    0x01: "assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division or modulo by zero",
    0x21: "value out of an enum's range",
    0x22: "badly encoded storage byte array",
    0x31: "pop of an empty array",
    0x32: "array index out of bounds",
    0x41: "too much memory allocated",
    0x51: "call of an uninitialised internal function",
}
"""Solidity's panic codes."""

_PANIC_WORDS: Final[Mapping[int, str]] = {
    0x00: "generic panic",
    0x01: "assert(false)",
    0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero",
    0x21: "enum overflow",
    0x22: "invalid encoded storage byte array accessed",
    0x31: "out-of-bounds array access; popping on an empty array",
    0x32: "out-of-bounds access of an array or bytesN",
    0x41: "out of memory",
    0x51: "uninitialized function",
}
"""As geth calls them (accounts/abi/abi.go)."""

_HALTS: Final[Mapping[str, str]] = {
    "OutOfGas": "out of gas",
    "InvalidInstruction": "invalid opcode",
    "InvalidJumpDestination": "invalid jump destination",
    "InsufficientStack": "stack underflow",
    "FullStack": "stack limit reached 1024",
    "WriteProtection": "write protection",
    "OutOfBoundsRead": "return data out of bounds",
    "StackDepthLimit": "max call depth exceeded",
    "InsufficientFunds": "insufficient balance for transfer",
    "ContractCreationCollision": "contract address collision",
    "ReservedBytesInCode": "invalid code: must not begin with 0xef",
}
"""Exceptional halts as geth calls them (core/vm/errors.go), by py-evm's names."""

_ERROR: Final = Signature("Error", ({"name": "message", "type": "string"},))
_PANIC: Final = Signature("Panic", ({"name": "code", "type": "uint256"},))


class Reverted(ZkRollupError):
    """A call or transaction failed in the EVM.

    A failing transaction has been mined all the same, as on a public chain: nonce, gas and block
    number moved, its effects did not happen. A failing call leaves no trace.

    Attributes:
        name: of the error: a custom one, "Error", "Panic", or "" where the data names none.
        args_by_name: its arguments; Error has "message", Panic has "code".
        data: revert data, empty for an exceptional halt.
        failure: "Revert", or py-evm's name of the exceptional halt ("OutOfGas", "InvalidInstruction").
        receipt: of the failed transaction; None for a call.
        retrace: executes it once more, as it was, and returns what it did, call by call; None if the
            chain that raised this cannot.
    """

    def __init__(
        self,
        name: str,
        args_by_name: dict[str, Any],
        data: bytes,
        *,
        failure: str = "Revert",
        receipt: "Receipt | None" = None,
    ) -> None:
        self.name = name
        self.args_by_name = args_by_name
        self.data = data
        self.failure = failure
        self.receipt = receipt
        self.retrace: Callable[[], Call] | None = None
        super().__init__(describe(name, args_by_name, data, failure))


def encode_message(message: str) -> bytes:
    """Return the revert data of ``require(false, message)``."""
    return _ERROR.selector + _ERROR.encode((message,))


class ErrorTable:
    """The errors that a chain knows, by selector."""

    def __init__(self) -> None:
        self._by_selector: dict[bytes, list[Signature]] = {e.selector: [e] for e in (_ERROR, _PANIC)}

    def add(self, abi: Abi) -> None:
        """Learn an ABI's errors."""
        for error in signatures(abi, "error"):
            known = self._by_selector.setdefault(error.selector, [])
            if error not in known:
                known.append(error)

    def decode(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """Return name and arguments; an empty name where no known error fits."""
        for error in self._by_selector.get(data[:4], []):
            try:
                return error.name, decode_named(error.inputs, data[4:])
            except DecodingError:
                continue
        return "", {}

    def reverted(self, failure: str, data: bytes, receipt: "Receipt | None" = None) -> Reverted:
        """Build the exception for a failed execution."""
        name, args = self.decode(data)
        return Reverted(name, args, data, failure=failure, receipt=receipt)


def describe(name: str, args: Mapping[str, Any], data: bytes, failure: str) -> str:
    """Say in words what an execution failed with; see `Reverted` for the arguments."""
    if failure != "Revert":
        return f"exceptional halt: {failure}"
    if name == "Error":
        return f"reverted: {args['message']}"
    if name == "Panic":
        code = args["code"]
        return f"reverted: Panic({code:#04x}), {PANICS.get(code, 'unknown code')}"
    if name:
        return f"{name}({', '.join(f'{key}={_show(value)}' for key, value in args.items())})"
    if data:
        return f"reverted with 0x{data.hex()}, an error of no ABI that this chain knows"
    return "reverted without data"


def _show(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def summarise(failure: str, data: bytes) -> str:
    """Return the message of a JSON-RPC error, in geth's words."""
    if failure != "Revert":
        return _HALTS.get(failure, f"execution failed: {failure}")
    reason = revert_reason(data)
    return "execution reverted" if reason is None else f"execution reverted: {reason}"


def revert_reason(data: bytes) -> str | None:
    """Return the words of an Error or a Panic, in geth's words; None for other revert data."""
    for error in (_ERROR, _PANIC):
        if data[:4] == error.selector:
            try:
                ((_, value),) = decode_named(error.inputs, data[4:]).items()
            except DecodingError:
                return None
            return value if error is _ERROR else _PANIC_WORDS.get(value, f"unknown panic code: {value:#x}")
    return None
