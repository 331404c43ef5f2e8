"""Values of the ABI in Python: the shapes that are taken and given, their names, equality and notation.

Integers are int, addresses checksummed text, bytes are bytes, structs named tuples. Owns no signature; bytes
on the wire are `codec`'s.
"""

import keyword
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, Final, TypeAlias

from eth_abi.exceptions import EncodingError
from eth_utils import is_checksum_address, keccak, to_checksum_address
from eth_utils.abi import collapse_if_tuple

from zkrollup.errors import suggestion
from zkrollup.evm import codec
from zkrollup.evm.addresses import is_mistyped
from zkrollup.native import WRITE, Ether

Entry: TypeAlias = Mapping[str, Any]
"""A parameter of a JSON ABI."""

# eth-abi lets Python's own errors through where a value has the wrong shape.
ENCODING_ERRORS: Final = (EncodingError, TypeError, ValueError, AttributeError)

_WORD: Final = 32


def type_of(entry: Entry) -> str:
    """Return the canonical type of a parameter, such as ``(uint256,address)[]``."""
    return collapse_if_tuple(dict(entry))


def is_hashed(entry: Entry) -> bool:
    """Tell whether an indexed parameter of this type is a hash in the log."""
    kind: str = entry["type"]
    return kind in ("string", "bytes", "tuple") or kind.endswith("]")


# --- names


@cache
def python_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return attribute names for fields: ``from_`` for ``from``, ``x`` for ``_x``, ``_2`` for the unnamed."""
    taken = {name for name in names if _is_plain(name)}
    return _fields_of(tuple(name if name in taken else _renamed(name, taken) for name in names))


def _is_plain(name: str) -> bool:
    return _is_usable(name) and not name.endswith("_")


def _is_usable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")


def _renamed(name: str, taken: set[str]) -> str:
    base = name.strip("_")
    free = [each for each in (base, f"{base}_") if _is_usable(each) and each not in taken]
    taken.update(free[:1])
    return free[0] if free else ""


def _fields_of(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_tuple_type("Fields", names)._fields)


@cache
def _tuple_type(name: str, fields: tuple[str, ...]) -> Any:
    # Renamed fields are those that have no name in the ABI, or one that Python cannot write.
    return namedtuple(name, fields, rename=True)


def named_tuple(name: str, entries: Sequence[Entry], values: tuple[Any, ...]) -> Any:
    """Return values with names; plain where no entry has one."""
    names = tuple(entry.get("name", "") for entry in entries)
    return _tuple_type(name, python_names(names))(*values) if any(names) else values


def _struct_name(entry: Entry) -> str:
    # internalType reads "struct Rollup.BatchHeader[]".
    name = str(entry.get("internalType", "")).split(" ")[-1].split(".")[-1].split("[")[0]
    return name if _is_usable(name) else "Struct"


# --- from Python and back


def to_abi(value: Any, entry: Entry, *, any_case: bool = False) -> Any:
    """Return a value as eth-abi takes it.

    Args:
        value: hex for bytes; a mapping, sequence or object for a struct; what has an address for one.
        entry: its parameter.
        any_case: whether an address needs no checksum.

    Raises:
        TypeError: it is ETH, and the parameter no address.
        ValueError: a mapping has other keys than the struct has fields, hex is not hex, or an address has the
            checksum of another one.
    """
    kind: str = entry["type"]
    if isinstance(value, Enum):
        value = value.value
    if kind.endswith("]"):
        is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        return [to_abi(item, element(entry), any_case=any_case) for item in value] if is_list else value
    if kind == "tuple":
        parts = entry["components"]
        value = _members(value, parts)
        is_list = isinstance(value, Sequence) and len(value) == len(parts)
        paired = zip(value, parts, strict=True) if is_list else ()
        return tuple(to_abi(v, p, any_case=any_case) for v, p in paired) if is_list else value
    if kind == "address":
        return _address(getattr(value, "address", value), any_case=any_case)
    if isinstance(value, Ether):
        raise TypeError(WRITE)
    if kind.startswith("bytes") and isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    return value


def _address(value: Any, *, any_case: bool) -> Any:
    if isinstance(value, Ether):
        return f"0x{value:040x}"
    if isinstance(value, str) and any_case:
        return value.lower()
    if isinstance(value, str) and is_mistyped(value):
        raise ValueError("its checksum is wrong (EIP-55)")
    return value


def _members(value: Any, parts: Sequence[Entry]) -> Any:
    """Return a struct's members in order, whatever they were given as; anything else stays as it is."""
    names = [part.get("name", "") for part in parts]
    known = python_names(tuple(names))
    if isinstance(value, Mapping):
        return _from_mapping(value, names, known)
    if isinstance(value, Sequence):
        return value
    for way in (known, names):
        if all(name and hasattr(value, name) for name in way):
            return [getattr(value, name) for name in way]
    return value


def _from_mapping(value: Mapping[Any, Any], names: Sequence[str], known: Sequence[str]) -> list[Any]:
    places: dict[int, Any] = {}
    for key, item in value.items():
        place = names.index(key) if key in names else known.index(key) if key in known else None
        if place is None:
            hint = suggestion(str(key), known) or f"; there is: {', '.join(known)}"
            raise ValueError(f"there is no field {key!r}{hint}")
        if place in places:
            raise ValueError(f"the field {known[place]} is given twice, as {key!r} too")
        places[place] = item
    missing = [name for place, name in enumerate(known) if place not in places]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    return [places[place] for place in range(len(names))]


def from_abi(value: Any, entry: Entry) -> Any:
    """Return a value that eth-abi decoded in the shape that callers get."""
    kind: str = entry["type"]
    if kind.endswith("]"):
        return [from_abi(item, element(entry)) for item in value]
    if kind == "tuple":
        parts = entry["components"]
        values = tuple(from_abi(v, p) for v, p in zip(value, parts, strict=True))
        return named_tuple(_struct_name(entry), parts, values)
    return to_checksum_address(value) if kind == "address" else value


def element(entry: Entry) -> Entry:
    """Return the parameter that an array's elements are."""
    return {**entry, "type": entry["type"][: entry["type"].rindex("[")]}


# --- equality and notation


def normal(value: Any, entry: Entry) -> Any:
    """Return a value in the shape that decoding gives, so that two of them can be compared and shown.

    Raises:
        EncodingError, TypeError, ValueError, AttributeError: it is not of the type.
    """
    kinds = [type_of(entry)]
    return from_abi(codec.decode(kinds, codec.encode(kinds, [to_abi(value, entry, any_case=True)]))[0], entry)


def topic_hash(value: Any, entry: Entry) -> bytes:
    """Return what a log holds of an indexed string, bytes, array or struct.

    The hash of its parts in place, each padded to words but for a string or bytes alone (Solidity's ABI,
    "Encoding of Indexed Event Parameters").

    Raises:
        EncodingError, TypeError, ValueError, AttributeError: it is not of the type.
    """
    return bytes(keccak(_in_place(normal(value, entry), entry)))


def _in_place(value: Any, entry: Entry) -> bytes:
    kind: str = entry["type"]
    if kind.endswith("]"):
        return b"".join(_padded(item, element(entry)) for item in value)
    if kind == "tuple":
        return b"".join(_padded(v, p) for v, p in zip(value, entry["components"], strict=True))
    if kind == "string":
        return str(value).encode("utf-8", "surrogateescape")
    return bytes(value) if kind == "bytes" else codec.encode([kind], [value])


def _padded(value: Any, entry: Entry) -> bytes:
    data = _in_place(value, entry)
    return data + bytes(-len(data) % _WORD)


def shown(value: Any) -> str:
    """Write a value: addresses bare, bytes in hex, text quoted, structs with their fields."""
    value = getattr(value, "address", value)
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, Enum):
        return shown(value.value)
    if isinstance(value, str):
        return value if is_checksum_address(value) else f"'{codec.printable(value)}'"
    if isinstance(value, Mapping):
        return f"({shown_fields(value)})"
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return f"{type(value).__name__}({shown_fields(dict(zip(value._fields, value, strict=True)))})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    return str(value)


def shown_fields(fields: Mapping[str, Any], write: Callable[[Any], str] = shown) -> str:
    """Write values with their names."""
    return ", ".join(f"{name}={write(value)}" for name, value in fields.items())
