"""Solidity's ABI in Python values: signatures, encoding, decoding.

Owns the shapes values take: integers as int, addresses as checksummed strings, bytes as bytes,
structs as named tuples. Does not own what a call or a log means.
"""

import keyword
from collections import namedtuple
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, TypeAlias

from eth_abi import abi as codec
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils import keccak, to_checksum_address
from eth_utils.abi import collapse_if_tuple

from zkrollup.errors import ZkRollupError
from zkrollup.evm.addresses import is_mistyped

Abi: TypeAlias = Sequence[Mapping[str, Any]]
"""A contract's JSON ABI."""

OPTIONS: Final = frozenset({"sender", "value", "gas"})
"""Keyword arguments of a contract's methods that are the transaction's, not the function's."""

# eth-abi lets Python's own errors through where a value has the wrong shape.
_ENCODING_ERRORS = (EncodingError, TypeError, ValueError, AttributeError)


class InvalidArgument(ZkRollupError):
    """A value that the ABI has no encoding for.

    Attributes:
        parameter: name and type of the parameter.
        value: what was given.
    """

    def __init__(self, signature: str, parameter: str, value: object, rule: str) -> None:
        self.parameter = parameter
        self.value = value
        super().__init__(f"{signature} cannot take {value!r} for {parameter}: {rule}")


class UndecodableResult(ZkRollupError):
    """A call returned what its ABI does not allow.

    Attributes:
        function: canonical signature.
        address: of the contract called.
        data: what came back.
    """

    def __init__(self, function: str, address: str, data: bytes, hint: str) -> None:
        self.function = function
        self.address = address
        self.data = data
        super().__init__(f"{function} at {address} returned {len(data)} bytes (0x{data.hex()}): {hint}")


@dataclass(frozen=True)
class Signature:
    """A function, event, error or constructor of an ABI; not slotted, since it caches its hash.

    Attributes:
        name: as declared; "constructor" for a constructor.
        inputs: ABI entries of the parameters.
        outputs: of the results; empty but for functions.
        mutability: "pure", "view", "nonpayable" or "payable"; "" for events and errors.
    """

    name: str
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...] = ()
    mutability: str = ""

    @cached_property
    def types(self) -> tuple[str, ...]:
        """Canonical types of the parameters."""
        return tuple(collapse_if_tuple(dict(p)) for p in self.inputs)

    @cached_property
    def output_types(self) -> tuple[str, ...]:
        """Canonical types of the results."""
        return tuple(collapse_if_tuple(dict(p)) for p in self.outputs)

    @cached_property
    def canonical(self) -> str:
        """The signature that is hashed."""
        return f"{self.name}({','.join(self.types)})"

    @cached_property
    def declared(self) -> str:
        """The signature with the names of its parameters, as a reader of the source knows it."""
        names = [entry.get("name", "") for entry in self.inputs]
        listed = [f"{kind} {name}".rstrip() for kind, name in zip(self.types, names, strict=True)]
        return f"{self.name}({', '.join(listed)})"

    @cached_property
    def topic(self) -> bytes:
        """Hash of the signature, 32 bytes."""
        return bytes(keccak(text=self.canonical))

    @property
    def selector(self) -> bytes:
        """First four bytes of the hash."""
        return self.topic[:4]

    @property
    def reads(self) -> bool:
        """Whether it is a view or pure function."""
        return self.mutability in ("view", "pure")

    def __hash__(self) -> int:
        return hash(self.canonical)

    def bind(self, args: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, ...]:
        """Put arguments into the order declared; names that Python keeps for itself have an underscore.

        Raises:
            InvalidArgument: too many or too few, a name that there is not, or one given twice.
        """
        if not named and len(args) == len(self.inputs):
            return tuple(args)
        names = [entry.get("name", "") for entry in self.inputs]
        values = dict(enumerate(args))
        for key, value in named.items():
            name = parameter_of(key, names)
            if name not in names:
                known = ", ".join(map(argument_of, filter(None, names))) or "none with a name"
                raise InvalidArgument(
                    self.declared, key, value, f"there is no such parameter, there is: {known}"
                )
            if names.index(name) in values:
                raise InvalidArgument(self.declared, name, value, "it is given by position too")
            values[names.index(name)] = value
        missing = [
            argument_of(name) if name else f"number {i + 1}"
            for i, name in enumerate(names)
            if i not in values
        ]
        if missing or len(values) != len(names):
            rule = f"it takes {len(names)} arguments, {len(values)} were given"
            if missing:
                rule += f", without {', '.join(missing)}"
            raise InvalidArgument(self.declared, "all parameters", tuple(values.values()), rule)
        return tuple(values[i] for i in range(len(names)))

    def encode(self, args: Sequence[Any], named: Mapping[str, Any] | None = None) -> bytes:
        """Encode arguments, without selector.

        Raises:
            InvalidArgument: wrong number, name, type or range.
        """
        args = self.bind(args, named or {})
        try:
            return codec.encode(self.types, self._values(args))
        except _ENCODING_ERRORS as error:
            raise self._blame(args, error) from error

    def encode_result(self, value: Any) -> bytes:
        """Encode what a function returns: nothing, the value, or a sequence or mapping of several.

        Raises:
            InvalidArgument: it has no encoding.
        """
        results = Signature(f"the result of {self.declared}", self.outputs)
        if len(self.outputs) == 1:
            return results.encode((value,))
        if value is None:
            return results.encode(())
        if isinstance(value, Mapping):
            return results.encode((), value)
        return results.encode(value if isinstance(value, Sequence) else (value,))

    def decode_result(self, data: bytes) -> Any:
        """Decode what a function returned: nothing, the value, or a (named) tuple.

        Raises:
            eth_abi.exceptions.DecodingError: data is too short or not of these types.
        """
        return unwrap(self.outputs, decode(self.outputs, data))

    def _values(self, args: Sequence[Any]) -> list[Any]:
        return [_to_abi(value, entry) for value, entry in zip(args, self.inputs, strict=True)]

    def _blame(self, args: Sequence[Any], error: Exception) -> InvalidArgument:
        for arg, kind, entry in zip(args, self.types, self.inputs, strict=True):
            try:
                codec.encode([kind], [_to_abi(arg, entry)])
            except _ENCODING_ERRORS as cause:
                return InvalidArgument(self.canonical, f"{kind} {entry.get('name', '')}", arg, str(cause))
        return InvalidArgument(self.canonical, "all parameters", tuple(args), str(error))


def parameter_of(key: str, names: Collection[str]) -> str:
    """Return the parameter that a keyword argument means: ``from_`` is ``from``, ``value_`` is ``value``."""
    return key if key in names else key.removesuffix("_")


def argument_of(parameter: str) -> str:
    """Return the keyword argument that means a parameter: with an underscore where its name is taken."""
    return f"{parameter}_" if keyword.iskeyword(parameter) or parameter in OPTIONS else parameter


def signatures(abi: Abi, kind: str) -> list[Signature]:
    """Return an ABI's entries of a kind: "function", "event", "error" or "constructor"."""
    return [
        Signature(
            entry.get("name", kind),
            tuple(entry.get("inputs", ())),
            tuple(entry.get("outputs", ())),
            entry.get("stateMutability", ""),
        )
        for entry in abi
        # An anonymous event has no hash in its log to find it by.
        if entry.get("type", "function") == kind and not entry.get("anonymous")
    ]


def decode(entries: Sequence[Mapping[str, Any]], data: bytes) -> tuple[Any, ...]:
    """Decode values of the given ABI entries.

    Raises:
        eth_abi.exceptions.DecodingError: data is too short or not of these types.
    """
    types = [collapse_if_tuple(dict(entry)) for entry in entries]
    try:
        values = codec.decode(types, data)
    except (OverflowError, UnicodeDecodeError) as error:  # a length beyond all memory; text that is no UTF-8
        raise DecodingError(str(error)) from error
    return tuple(_from_abi(value, entry) for value, entry in zip(values, entries, strict=True))


def decode_named(entries: Sequence[Mapping[str, Any]], data: bytes) -> dict[str, Any]:
    """Decode to a dictionary; a parameter without a name goes by its position."""
    return name_values(entries, decode(entries, data))


def name_values(entries: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> dict[str, Any]:
    """Pair values with their names, or positions."""
    return {entry.get("name") or str(i): v for i, (entry, v) in enumerate(zip(entries, values, strict=True))}


def unwrap(entries: Sequence[Mapping[str, Any]], values: tuple[Any, ...]) -> Any:
    """Turn a function's results into what its caller wants: nothing, the value, or a (named) tuple."""
    if not values:
        return None
    return values[0] if len(values) == 1 else _named_tuple("Result", entries, values)


def _element(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**entry, "type": entry["type"][: entry["type"].rindex("[")]}


def _to_abi(value: Any, entry: Mapping[str, Any]) -> Any:
    kind: str = entry["type"]
    if kind.endswith("]"):
        is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        return [_to_abi(item, _element(entry)) for item in value] if is_list else value
    if kind == "tuple":
        parts = entry["components"]
        if isinstance(value, Mapping):
            value = [value[part["name"]] for part in parts if part["name"] in value]
        elif not isinstance(value, Sequence) and all(hasattr(value, part["name"]) for part in parts):
            value = [getattr(value, part["name"]) for part in parts]
        is_list = isinstance(value, Sequence) and len(value) == len(parts)
        return tuple(_to_abi(v, p) for v, p in zip(value, parts, strict=True)) if is_list else value
    if kind == "address":
        return _address(getattr(value, "address", value))
    if kind.startswith("bytes") and isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    return value


def _address(value: Any) -> Any:
    if isinstance(value, str) and is_mistyped(value):
        raise ValueError("its checksum is wrong (EIP-55)")
    return value


def _from_abi(value: Any, entry: Mapping[str, Any]) -> Any:
    kind: str = entry["type"]
    if kind.endswith("]"):
        return [_from_abi(item, _element(entry)) for item in value]
    if kind == "tuple":
        parts = entry["components"]
        values = tuple(_from_abi(v, p) for v, p in zip(value, parts, strict=True))
        return _named_tuple(_struct_name(entry), parts, values)
    return to_checksum_address(value) if kind == "address" else value


def _struct_name(entry: Mapping[str, Any]) -> str:
    # internalType reads "struct Rollup.BatchHeader[]".
    name = str(entry.get("internalType", "")).split(" ")[-1].split(".")[-1].split("[")[0]
    return name if name.isidentifier() else "Struct"


@cache
def _tuple_type(name: str, fields: tuple[str, ...]) -> Any:
    return namedtuple(name, fields)  # fields are known at run time only


def _named_tuple(name: str, entries: Sequence[Mapping[str, Any]], values: tuple[Any, ...]) -> Any:
    fields = tuple(entry.get("name", "").rstrip("_") for entry in entries)
    usable = all(f.isidentifier() and not keyword.iskeyword(f) and not f.startswith("_") for f in fields)
    if not usable or len(set(fields)) < len(fields):
        return values
    return _tuple_type(name, fields)(*values)
