"""Solidity's ABI: signatures, their arguments and results, and all signatures of one ABI by their hashes.

Owns no value's shape (`values`), no bytes (`codec`), and not what a call or a log means.
"""

import json
import keyword
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias

from eth_abi.exceptions import DecodingError
from eth_utils import keccak

from zkrollup.arguments import WrongArgumentType, WrongArgumentValue
from zkrollup.artifacts import BrokenArtifact
from zkrollup.artifacts.document import Node
from zkrollup.errors import ZkRollupError, suggestion
from zkrollup.evm import codec
from zkrollup.evm.values import ENCODING_ERRORS, Entry, from_abi, named_tuple, to_abi, type_of

Abi: TypeAlias = Sequence[Entry]
"""A contract's JSON ABI."""

OPTIONS: Final = frozenset({"sender", "value", "gas"})
"""Keyword arguments of a contract's methods that are the transaction's, not the function's."""

_INTERFACES: Final = 256
"""ABIs whose hashes are kept."""


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

    @classmethod
    def of(
        cls, function: "Signature", address: str, data: bytes, error: DecodingError
    ) -> "UndecodableResult":
        """Say what is wrong with bytes that were returned, and no more than is known."""
        if not data:
            hint = "it returned nothing, as a fallback does; check that this contract has the function"
        else:
            kinds = ", ".join(function.output_types)
            hint = f"that is not ({kinds}): {error}; check that the ABI is this contract's"
        return cls(function.canonical, address, data, hint)


@dataclass(frozen=True)
class Signature:
    """A function, event, error or constructor of an ABI; not slotted, since it caches its hash.

    Attributes:
        name: as declared; "constructor" for a constructor.
        inputs: ABI entries of the parameters.
        outputs: of the results; empty but for functions.
        mutability: "pure", "view", "nonpayable" or "payable"; "" for events and errors.
        anonymous: whether it is an event whose logs do not hold its hash.
    """

    name: str
    inputs: tuple[Entry, ...]
    outputs: tuple[Entry, ...] = ()
    mutability: str = ""
    anonymous: bool = False

    @cached_property
    def types(self) -> tuple[str, ...]:
        """Canonical types of the parameters."""
        return tuple(map(type_of, self.inputs))

    @cached_property
    def output_types(self) -> tuple[str, ...]:
        """Canonical types of the results."""
        return tuple(map(type_of, self.outputs))

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
                known = [argument_of(each) for each in names if each]
                rule = f"there is no such parameter, there is: {', '.join(known) or 'none with a name'}"
                raise InvalidArgument(self.declared, key, value, rule + suggestion(key, known))
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
        except ENCODING_ERRORS as error:
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

    def has_field(self, key: str) -> bool:
        """Tell whether a parameter has a name, or the one that Python has for it."""
        return parameter_of(key, self.names) in self.names

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters; those without one go by their positions."""
        return tuple(entry.get("name") or str(i) for i, entry in enumerate(self.inputs))

    def _values(self, args: Sequence[Any]) -> list[Any]:
        return [to_abi(value, entry) for value, entry in zip(args, self.inputs, strict=True)]

    def _blame(self, args: Sequence[Any], error: Exception) -> InvalidArgument:
        for arg, kind, entry in zip(args, self.types, self.inputs, strict=True):
            try:
                codec.encode([kind], [to_abi(arg, entry)])
            except ENCODING_ERRORS as cause:
                return InvalidArgument(self.canonical, f"{kind} {entry.get('name', '')}", arg, str(cause))
        return InvalidArgument(self.canonical, "all parameters", tuple(args), str(error))


def parameter_of(key: str, names: Collection[str]) -> str:
    """Return the parameter that a keyword argument means: ``from_`` is ``from``, ``value_`` is ``value``."""
    return key if key in names else key.removesuffix("_")


def argument_of(parameter: str) -> str:
    """Return the keyword argument that means a parameter: with an underscore where its name is taken."""
    return f"{parameter}_" if keyword.iskeyword(parameter) or parameter in OPTIONS else parameter


def field_of(parameter: str) -> str:
    """Return the keyword that means a field of an event or error: with an underscore after Python's own."""
    return f"{parameter}_" if keyword.iskeyword(parameter) else parameter


def signatures(abi: Abi, kind: str, *, anonymous: bool = False) -> list[Signature]:
    """Return an ABI's entries of a kind: "function", "event", "error" or "constructor".

    Anonymous events, whose logs have no hash to find them by, only where they are asked for.
    """
    return [
        Signature(
            entry.get("name", kind),
            tuple(entry.get("inputs", ())),
            tuple(entry.get("outputs", ())),
            _mutability(entry),
            anonymous,
        )
        for entry in abi
        if entry.get("type", "function") == kind and bool(entry.get("anonymous")) is anonymous
    ]


def _mutability(entry: Entry) -> str:
    """What an entry says of state; ABIs of solc before 0.5 and of Vyper before 0.2 say it in two flags."""
    if "stateMutability" in entry or entry.get("type", "function") in ("event", "error"):
        return str(entry.get("stateMutability", ""))
    if entry.get("constant"):
        return "view"
    return "payable" if entry.get("payable") else "nonpayable"


def decode(entries: Sequence[Entry], data: bytes) -> tuple[Any, ...]:
    """Decode values of the given ABI entries.

    Raises:
        eth_abi.exceptions.DecodingError: data is too short or not of these types.
    """
    return shaped(entries, codec.decode([type_of(entry) for entry in entries], data))


def shaped(entries: Sequence[Entry], values: Sequence[Any]) -> tuple[Any, ...]:
    """Give values that were decoded the shape that callers get."""
    return tuple(from_abi(value, entry) for value, entry in zip(values, entries, strict=True))


def decode_named(entries: Sequence[Entry], data: bytes) -> dict[str, Any]:
    """Decode to a dictionary; a parameter without a name goes by its position."""
    return name_values(entries, decode(entries, data))


def name_values(entries: Sequence[Entry], values: Sequence[Any]) -> dict[str, Any]:
    """Pair values with their names, or positions."""
    return {entry.get("name") or str(i): v for i, (entry, v) in enumerate(zip(entries, values, strict=True))}


def unwrap(entries: Sequence[Entry], values: tuple[Any, ...]) -> Any:
    """Turn a function's results into what its caller wants: nothing, the value, or a (named) tuple."""
    if not values:
        return None
    return values[0] if len(values) == 1 else named_tuple("Result", entries, values)


# --- all of an ABI


class Interface:
    """An ABI's signatures by their hashes.

    Attributes:
        functions: by selector; of several with one, the first.
        events: by topic, in order.
        anonymous: events without a topic.
        errors: by selector, in order.
    """

    def __init__(self, abi: Abi) -> None:
        self._abi = abi

    @classmethod
    def of(cls, abi: Abi) -> "Interface":
        """Return the interface of an ABI; equal ABIs share one.

        Raises:
            WrongArgument: it is no list of entries, or one has another form; the error names the field.
        """
        rule = "pass the ABI as a list of its entries, as json.loads gives it"
        if isinstance(abi, Mapping) or hasattr(abi, "abi"):
            raise WrongArgumentType("abi", abi, f"{rule}; of an artifact that is its abi")
        if isinstance(abi, str | bytes) or not isinstance(abi, Sequence):
            raise WrongArgumentType("abi", abi, rule)
        return _interface(json.dumps(abi, sort_keys=True, default=_plain))

    @cached_property
    def functions(self) -> Mapping[bytes, Signature]:  # noqa: D102  # see Attributes
        return {each.selector: each for each in reversed(signatures(self._abi, "function"))}

    @cached_property
    def events(self) -> Mapping[bytes, tuple[Signature, ...]]:  # noqa: D102
        named = signatures(self._abi, "event")
        return {topic: tuple(e for e in named if e.topic == topic) for topic in {e.topic for e in named}}

    @cached_property
    def anonymous(self) -> tuple[Signature, ...]:  # noqa: D102
        return tuple(signatures(self._abi, "event", anonymous=True))

    @cached_property
    def errors(self) -> Mapping[bytes, tuple[Signature, ...]]:  # noqa: D102
        errors = signatures(self._abi, "error")
        chosen = {each.selector for each in errors}
        return {selector: tuple(e for e in errors if e.selector == selector) for selector in chosen}


@lru_cache(maxsize=_INTERFACES)
def _interface(abi: str) -> Interface:
    entries = json.loads(abi)
    try:
        Node("the ABI", "abi", entries).abi()
    except BrokenArtifact as error:
        raise WrongArgumentValue("abi", entries, error.reason) from None
    return Interface(entries)


def _plain(value: object) -> object:
    """What json cannot write: mappings and sequences of other types, such as web3.py's."""
    return dict(value) if isinstance(value, Mapping) else list(value)  # type: ignore[call-overload]
