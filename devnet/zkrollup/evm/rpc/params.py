"""Parameters: from JSON to what the engine takes. Owns what is well formed; knows no state.

A parser takes a value and where it stands, and raises InvalidParams. Amounts may also be JSON numbers,
and bytes Python's, as web3 leaves some.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from zkrollup.evm.engine.blocks import BlockId
from zkrollup.evm.engine.simulation import Override
from zkrollup.evm.engine.transactions import AccessList, Authorization, CallFields
from zkrollup.evm.rpc.errors import InvalidParams

T = TypeVar("T")
Parser: TypeAlias = Callable[[Any, str], T]

_REQUIRED: Final = object()
_HEX: Final = re.compile(r"0x([0-9a-fA-F]{2})*\Z")
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}\Z")
_TAGS: Final = ("latest", "pending", "earliest", "safe", "finalized")
_MOST_DATA: Final = 2**24


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a method.

    Attributes:
        name: for messages and documentation.
        parse: its parser.
        default: what stands in if it is absent or null, parsed; none for a required one.
    """

    name: str
    parse: Parser[Any]
    default: Any = _REQUIRED

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is _REQUIRED

    def read(self, value: Any) -> Any:
        """Parse a value that was given.

        Raises:
            InvalidParams: it is malformed, or null and required.
        """
        if value is None and not self.required:
            return self.default
        return self.parse(value, self.name)


# --- scalars


def quantity(value: Any, where: str) -> int:
    """Parse 0 to 2^256 - 1."""
    if isinstance(value, str) and _QUANTITY.match(value):
        return int(value, 16)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return value
    raise InvalidParams(where, value, "a quantity: 0x and 1 to 64 hex digits")


def below(limit: int) -> Parser[int]:
    """Return a parser of quantities below a limit."""

    def parse(value: Any, where: str) -> int:
        number = quantity(value, where)
        if number >= limit:
            raise InvalidParams(where, value, f"below {limit}")
        return number

    return parse


def loose_quantity(value: Any, where: str) -> int:
    """Parse a quantity that may be a decimal string, as time and counts often are."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 78:
        return quantity(int(value), where)
    return quantity(value, where)


def seconds(value: Any, where: str) -> int:
    """Parse a time or a span in seconds, 0 to 2^63 - 1, so that no sum leaves 64 bits."""
    number = loose_quantity(value, where)
    if number >= 2**63:
        raise InvalidParams(where, value, "seconds, below 2^63")
    return number


def data(value: Any, where: str) -> bytes:
    """Parse bytes of any length up to 16 MiB."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str) and len(value) <= 2 * _MOST_DATA and _HEX.match(value):
        return bytes.fromhex(value[2:])
    raise InvalidParams(where, value, "data: 0x and an even number of hex digits, at most 16 MiB")


def sized(size: int) -> Parser[bytes]:
    """Return a parser of that many bytes."""

    def parse(value: Any, where: str) -> bytes:
        if isinstance(value, str) and len(value) == 2 * size + 2 and _HEX.match(value):
            return bytes.fromhex(value[2:])
        if isinstance(value, (bytes, bytearray)) and len(value) == size:
            return bytes(value)
        raise InvalidParams(where, value, f"{size} bytes: 0x and {2 * size} hex digits")

    return parse


address: Final = sized(20)
digest: Final = sized(32)


def word(value: Any, where: str) -> int:
    """Parse a storage slot or value: a quantity, or up to 32 bytes."""
    if isinstance(value, (bytes, bytearray)) and len(value) <= 32:
        return int.from_bytes(value, "big")
    return quantity(value, where)


def boolean(value: Any, where: str) -> bool:
    """Parse true or false."""
    if isinstance(value, bool):
        return value
    raise InvalidParams(where, value, "true or false")


def block_id(value: Any, where: str) -> BlockId:
    """Parse a tag, a number, a hash, or EIP-1898's object."""
    if value in _TAGS and isinstance(value, str):
        return value  # type: ignore[return-value]  # one of the tags
    if isinstance(value, Mapping):
        if "blockHash" in value:
            return digest(value["blockHash"], f"{where}.blockHash")
        return quantity(value.get("blockNumber"), f"{where}.blockNumber")
    if isinstance(value, (bytes, bytearray)) or (isinstance(value, str) and len(value) == 66):
        return digest(value, where)
    try:
        return quantity(value, where)
    except InvalidParams:
        rule = f"a quantity, a hash of 32 bytes, or one of {', '.join(_TAGS)}"
        raise InvalidParams(where, value, rule) from None


def anything(value: Any, where: str) -> Any:  # noqa: ARG001
    """Take a value as it is."""
    return value


# --- lists and objects


def listed(parse: Parser[T], most: int = 10_000) -> Parser[tuple[T, ...]]:
    """Return a parser of lists."""

    def parse_list(value: Any, where: str) -> tuple[T, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > most:
            raise InvalidParams(where, value, f"a list of at most {most}")
        return tuple(parse(one, f"{where}[{i}]") for i, one in enumerate(value))

    return parse_list


def optional(parse: Parser[T]) -> Parser[T | None]:
    """Return a parser that lets null pass."""
    return lambda value, where: None if value is None else parse(value, where)


def one_or_more(parse: Parser[T]) -> Parser[tuple[T, ...]]:
    """Return a parser of one value or a list of them."""
    many = listed(parse)
    return lambda value, where: (
        many(value, where) if isinstance(value, (list, tuple)) else (parse(value, where),)
    )


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """Parse an object whose members are parsed elsewhere."""
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    raise InvalidParams(where, value, "an object")


def _member(given: Mapping[str, Any], name: str, where: str, parse: Parser[T], absent: T) -> T:
    value = given.get(name)
    return absent if value is None else parse(value, f"{where}.{name}")


def _slots(value: Any, where: str) -> dict[int, int]:
    return {
        word(slot, f"a slot of {where}"): word(held, f"{where}[{slot}]")
        for slot, held in mapping(value, where).items()
    }


def override(value: Any, where: str) -> Override:
    """Parse the state override of one account."""
    given = mapping(value, where)
    if given.get("movePrecompileToAddress") is not None:
        raise InvalidParams(where, value, "without movePrecompileToAddress: precompiles stay where they are")
    if given.get("state") is not None and given.get("stateDiff") is not None:
        raise InvalidParams(where, value, "either with state or with stateDiff")
    return Override(
        balance=_member(given, "balance", where, optional(quantity), None),
        nonce=_member(given, "nonce", where, optional(below(2**64)), None),
        code=_member(given, "code", where, optional(data), None),
        storage=_member(given, "state", where, optional(_slots), None),
        storage_diff=_member(given, "stateDiff", where, _slots, {}),
    )


def overrides(value: Any, where: str) -> dict[bytes, Override]:
    """Parse a state override set."""
    return {
        address(account, f"an address of {where}"): override(one, f"{where}[{account}]")
        for account, one in mapping(value, where).items()
    }


_BLOCK_OVERRIDES: Final[Mapping[str, tuple[str, Parser[Any]]]] = {
    "number": ("block_number", quantity),
    "time": ("timestamp", seconds),
    "gasLimit": ("gas_limit", below(2**63)),
    "coinbase": ("coinbase", address),
    "feeRecipient": ("coinbase", address),
    "random": ("mix_hash", digest),
    "prevRandao": ("mix_hash", digest),
    "baseFee": ("base_fee_per_gas", quantity),
    "baseFeePerGas": ("base_fee_per_gas", quantity),
}


def block_overrides(value: Any, where: str) -> dict[str, Any]:
    """Parse block overrides, by the names of the engine's context."""
    found = {}
    for name, given in mapping(value, where).items():
        if name not in _BLOCK_OVERRIDES:
            raise InvalidParams(where, value, f"of {', '.join(_BLOCK_OVERRIDES)}")
        field, parse = _BLOCK_OVERRIDES[name]
        found[field] = parse(given, f"{where}.{name}")
    return found


# --- transactions


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction object.

    Attributes:
        fields: for the engine; the sender is empty if none was named.
        chain_id: None if none was named.
    """

    fields: CallFields
    chain_id: int | None


def _access_entry(value: Any, where: str) -> tuple[bytes, tuple[int, ...]]:
    given = mapping(value, where)
    keys = listed(word)(given.get("storageKeys", ()), f"{where}.storageKeys")
    return address(given.get("address"), f"{where}.address"), keys


def _authorization(value: Any, where: str) -> Authorization:
    given = mapping(value, where)
    numbers = {
        name: parse(given.get(key), f"{where}.{key}")
        for name, key, parse in (
            ("chain_id", "chainId", quantity),
            ("nonce", "nonce", below(2**64)),
            ("y_parity", "yParity", below(256)),
            ("r", "r", quantity),
            ("s", "s", quantity),
        )
    }
    return Authorization(address=address(given.get("address"), f"{where}.address"), **numbers)


_NO_ACCESS: Final[AccessList] = ()
_AMOUNTS: Final[tuple[tuple[str, str, Parser[int]], ...]] = (
    ("gas", "gas", below(2**64)),
    ("nonce", "nonce", below(2**64)),
    ("gasPrice", "gas_price", quantity),
    ("maxFeePerGas", "max_fee_per_gas", quantity),
    ("maxPriorityFeePerGas", "max_priority_fee_per_gas", quantity),
    ("maxFeePerBlobGas", "max_fee_per_blob_gas", quantity),
    ("type", "type_id", below(5)),
)


def call(value: Any, where: str) -> Call:
    """Parse a transaction object; members that no node knows are ignored, as nodes do."""
    given = mapping(value, where)
    amounts: dict[str, Any] = {
        name: parse(given[key], f"{where}.{key}")
        for key, name, parse in _AMOUNTS
        if given.get(key) is not None
    }
    if "gas_price" in amounts and ("max_fee_per_gas" in amounts or "max_priority_fee_per_gas" in amounts):
        raise InvalidParams(where, value, "either with gasPrice or with the fees of EIP-1559")
    to = given.get("to")
    fields = CallFields(
        sender=_member(given, "from", where, address, b""),
        to=b"" if to is None or to in ("", "0x", b"") else address(to, f"{where}.to"),
        data=_payload(given, where),
        value=_member(given, "value", where, quantity, 0),
        access_list=_member(given, "accessList", where, listed(_access_entry), _NO_ACCESS),
        blob_versioned_hashes=_member(given, "blobVersionedHashes", where, listed(digest, 16), ()),
        authorization_list=_member(given, "authorizationList", where, listed(_authorization, 256), ()),
        **amounts,
    )
    _check_type(fields, value, where)
    return Call(fields, _member(given, "chainId", where, optional(quantity), None))


def _payload(given: Mapping[str, Any], where: str) -> bytes:
    old = _member(given, "data", where, optional(data), None)
    new = _member(given, "input", where, optional(data), None)
    if old is not None and new is not None and old != new:
        raise InvalidParams(where, dict(given), "with the same bytes in data and input, or one of them")
    return (old if new is None else new) or b""


def _check_type(fields: CallFields, value: Any, where: str) -> None:
    """A named type must carry what it needs, and nothing that only others have."""
    kind = fields.type_id
    if kind is None:
        return
    if (kind < 2 and fields.max_fee_per_gas is not None) or (kind > 1 and fields.gas_price is not None):
        raise InvalidParams(where, value, f"with the fees that type {kind} has")
    if (
        (kind == 0 and fields.access_list)
        or (kind != 3 and fields.blob_versioned_hashes)
        or (kind != 4 and fields.authorization_list)
    ):
        raise InvalidParams(where, value, f"without lists that type {kind} has not")


# --- logs


@dataclass(frozen=True, slots=True)
class LogRange:
    """Which logs are wanted, and where.

    Attributes:
        first: block.
        last: block, included.
        addresses: any of these; empty for any at all.
        topics: by position.
    """

    first: BlockId
    last: BlockId
    addresses: tuple[bytes, ...]
    topics: tuple[tuple[bytes, ...] | None, ...]


def log_range(value: Any, where: str) -> LogRange:
    """Parse a filter object."""
    given = mapping(value, where)
    at = given.get("blockHash")
    if at is not None and (given.get("fromBlock") is not None or given.get("toBlock") is not None):
        raise InvalidParams(where, value, "either with blockHash or with fromBlock and toBlock")
    return LogRange(
        first=digest(at, f"{where}.blockHash")
        if at
        else _member(given, "fromBlock", where, block_id, "latest"),
        last=digest(at, f"{where}.blockHash") if at else _member(given, "toBlock", where, block_id, "latest"),
        addresses=_member(given, "address", where, one_or_more(address), ()),
        topics=_member(given, "topics", where, listed(optional(one_or_more(digest)), 4), ()),
    )
