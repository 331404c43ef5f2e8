"""Why a call or transaction failed. Owns revert data: Error(string), Panic(uint256), custom errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from eth_abi.exceptions import DecodingError

from zkrollup.errors import RefusedBy, ZkRollupError
from zkrollup.evm import codec
from zkrollup.evm.abi import Signature, decode_named, name_values, shaped
from zkrollup.evm.engine.rules import halts
from zkrollup.evm.knowledge import Lookup
from zkrollup.evm.values import Entry, shown, shown_fields

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
    "MaxCodeSizeExceeded": "max code size exceeded",
    "ReservedBytesInCode": "invalid code: must not begin with 0xef",
}
"""Exceptional halts as geth calls them (core/vm/errors.go), by py-evm's names."""

_WORD: Final = 32
_SELECTOR: Final = 4
_SHOWN_BYTES: Final = 260
"""Of data that nobody can read: a selector and eight words."""
_DEEPEST: Final = 8
"""Errors inside of errors that are looked into."""

_ERROR: Final = Signature("Error", ({"name": "message", "type": "string"},))
_PANIC: Final = Signature("Panic", ({"name": "code", "type": "uint256"},))
_BUILT_IN: Final = {each.selector: (each,) for each in (_ERROR, _PANIC)}


@dataclass(frozen=True, slots=True)
class Reason:
    """Revert data, decoded.

    Attributes:
        name: of the error; "" where none fits.
        args: its arguments by name.
        signature: of the error; None where none fits.
        flaw: how data with a known error's selector is not that error; "" where there is none such.
        fields: its arguments in words, with revert data inside of them decoded.
    """

    name: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    signature: Signature | None = None
    flaw: str = ""
    fields: str = ""


class Reverted(ZkRollupError):
    """A call or transaction failed in the EVM.

    A failing transaction has been mined all the same, as on a public chain: nonce, gas and block
    number moved, its effects did not happen. A failing call leaves no trace.

    Attributes:
        name: of the error: a custom one, "Error", "Panic", or "" where the data names none.
        args_by_name: its arguments; Error has "message", Panic has "code". Where ABIs name them
            differently, those of the contract that reverted.
        data: revert data, empty for an exceptional halt.
        failure: "Revert", or py-evm's name of the exceptional halt ("OutOfGas", "InvalidInstruction").
        receipt: of the failed transaction; None for a call.
        signature: of the error; None where the data names none.
        known: the chain's ABIs, to say which errors there are; None for none.
        retrace: executes it once more, as it was, and returns what it did, call by call; None if the
            chain that raised this cannot.
        why: says in words why a contract may have reverted without data, "" if nobody knows; asked when
            the message is read, since it takes an execution.
    """

    refused_by = RefusedBy.L1

    def __init__(
        self,
        name: str,
        args_by_name: dict[str, Any],
        data: bytes,
        *,
        failure: str = "Revert",
        receipt: "Receipt | None" = None,
        signature: Signature | None = None,
        flaw: str = "",
        fields: str = "",
    ) -> None:
        self.name = name
        self.args_by_name = args_by_name
        self.data = data
        self.failure = failure
        self.receipt = receipt
        self.signature = signature
        self.known: Lookup | None = None
        self.retrace: Callable[[], Call] | None = None
        self.why: Callable[[], str] | None = None
        super().__init__(describe(Reason(name, args_by_name, signature, flaw, fields), data, failure))

    @classmethod
    def of(cls, reason: Reason, data: bytes, failure: str, receipt: "Receipt | None" = None) -> "Reverted":
        """Make the exception for a failed execution."""
        return cls(
            reason.name,
            reason.args,
            data,
            failure=failure,
            receipt=receipt,
            signature=reason.signature,
            flaw=reason.flaw,
            fields=reason.fields,
        )

    def __str__(self) -> str:
        message = super().__str__()
        if self.data or self.failure != "Revert" or self.why is None:
            return message
        why = self.why()
        return f"{message}: {why}" if why else message

    def __reduce__(self) -> tuple[Any, ...]:
        # What asks the chain does not travel to another process.
        restore, made, state = super().__reduce__()
        return restore, made, {**state, "known": None, "retrace": None, "why": None}


def encode_message(message: str) -> bytes:
    """Return the revert data of ``require(false, message)``."""
    return _ERROR.selector + _ERROR.encode((message,))


def decode(data: bytes, known: Lookup, *addresses: str, depth: int = 0) -> Reason:
    """Decode revert data by the ABIs of the contracts that failed, then by all others.

    Args:
        data: of the revert.
        known: ABIs.
        addresses: of the contracts that failed.
        depth: in how many other errors' arguments the data was found.
    """
    flaws = []
    for error in (*_BUILT_IN.get(data[:4], ()), *known.errors(data[:4], *addresses)):
        for how in (codec.decode, codec.decode_leniently):
            try:
                values = shaped(error.inputs, how(error.types, data[4:]))
            except DecodingError as flaw:
                flaws.append(f"it begins like {error.canonical}, but {flaw}")
                continue
            args = name_values(error.inputs, values)
            return Reason(error.name, args, error, fields=_written(args, known, depth))
    return Reason(flaw=flaws[-1] if flaws else "")


def is_ambiguous(data: bytes, known: Lookup) -> bool:
    """Tell whether known ABIs name the arguments of revert data differently."""
    errors = () if data[:4] in _BUILT_IN else known.errors(data[:4])
    return len({_names(error.inputs) for error in errors}) > 1


def _names(entries: Sequence[Entry]) -> tuple[Any, ...]:
    return tuple((entry.get("name"), _names(entry.get("components", ()))) for entry in entries)


def inner(known: Lookup, data: bytes, depth: int = 0) -> str | None:
    """Say in words what revert data means that a contract caught; None where bytes are no known error's."""
    if len(data) % _WORD != _SELECTOR or depth > _DEEPEST:
        return None
    if data[:4] not in _BUILT_IN and next(known.errors(data[:4]), None) is None:
        return None
    reason = decode(data, known, depth=depth)
    if reason.signature is None or reason.signature.encode(tuple(reason.args.values())) != data[4:]:
        return None
    return describe(reason, data, "Revert")


def _written(args: Mapping[str, Any], known: Lookup, depth: int) -> str:
    """Write an error's arguments; those that are revert data themselves as what they say."""

    def write(value: Any) -> str:
        meaning = inner(known, value, depth + 1) if isinstance(value, bytes) else None
        return shown(value) if meaning is None else meaning

    return shown_fields(args, write)


def names_known_to(known: Lookup) -> set[str]:
    """Return all that a failure may be called: errors of known ABIs, Error, Panic, and halts."""
    return known.error_names() | {_ERROR.name, _PANIC.name} | halts()


def describe(reason: Reason, data: bytes, failure: str) -> str:
    """Say in words what an execution failed with."""
    if failure != "Revert":
        return f"exceptional halt: {failure}"
    if reason.name == "Error":
        return f"reverted: {codec.printable(reason.args['message'])}"
    if reason.name == "Panic":
        code = reason.args["code"]
        return f"reverted: Panic({code:#04x}), {PANICS.get(code, 'unknown code')}"
    if reason.name:
        return f"{reason.name}({reason.fields or shown_fields(reason.args)})"
    if reason.flaw:
        return f"reverted with 0x{data.hex()}: {reason.flaw}"
    if data:
        more = f"… ({len(data)} bytes)" if len(data) > _SHOWN_BYTES else ""
        return f"reverted with 0x{data[:_SHOWN_BYTES].hex()}{more}, an error of no ABI that this chain knows"
    return "reverted without data"


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
            return (
                codec.printable(value)
                if error is _ERROR
                else _PANIC_WORDS.get(value, f"unknown panic code: {value:#x}")
            )
    return None
