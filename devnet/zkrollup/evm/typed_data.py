"""What EIP-712 data must look like. Owns the fit of values to their types, not their encoding.

eth-account signs zeros for members that are missing, arrays of another length than the type says, numbers as
text and as bytes, shorter words padded, and any value as a truth value. ethers and viem refuse them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from zkrollup.errors import ZkRollupError
from zkrollup.evm.addresses import is_mistyped

Types: TypeAlias = Mapping[str, Sequence[Mapping[str, str]]]
"""Members of each struct, with name and type."""

_ARRAY: Final = re.compile(r"(.+)\[(\d*)\]\Z")
_NUMBER: Final = re.compile(r"-?(\d+|0x[0-9a-fA-F]+)\Z")
_HEX: Final = re.compile(r"0x([0-9a-fA-F]{2})*\Z")
_DOMAIN: Final = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}
"""Members that a domain may have (EIP-712, "Definition of domainSeparator")."""


class Misfit(ZkRollupError):
    """A value that does not fit its type. The message says what would.

    Attributes:
        value: as given.
    """

    def __init__(self, value: object, rule: str) -> None:
        self.value = value
        super().__init__(rule)


def check_types(types: Types) -> None:
    """Check that types are described as EIP-712 describes them.

    Raises:
        Misfit: they are not.
    """
    rule = "types are {'Pay': [{'name': 'to', 'type': 'address'}, ...], ...}"
    if not isinstance(types, Mapping) or not types:
        raise Misfit(types, rule)
    for members in types.values():
        if isinstance(members, str | bytes) or not isinstance(members, Sequence):
            raise Misfit(members, rule)
        for member in members:
            words = [member.get(key) for key in ("name", "type")] if isinstance(member, Mapping) else [None]
            if not all(isinstance(word, str) and word for word in words):
                raise Misfit(member, rule)


def check_domain(domain: Mapping[str, Any]) -> None:
    """Check a domain: it has some of the members that EIP-712 knows, each of its type.

    Raises:
        Misfit: it has not.
    """
    if not isinstance(domain, Mapping) or not set(domain) <= set(_DOMAIN):
        raise Misfit(domain, f"a domain has some of the members {', '.join(_DOMAIN)}")
    for name, value in domain.items():
        check({}, _DOMAIN[name], value)
        check_addresses({}, _DOMAIN[name], value)


def check(types: Types, kind: str, value: Any) -> None:
    """Check a value against a type; ranges of numbers, and addresses, are left to the encoding.

    Raises:
        Misfit: a struct has other members than its type, an array another length, or a value another kind.
    """
    if array := _ARRAY.match(kind):
        _check_array(types, array[1], array[2], value)
    elif kind in types:
        members = {member["name"]: member["type"] for member in types[kind]}
        if not isinstance(value, Mapping) or set(value) != set(members):
            raise Misfit(value, f"{kind} has the members {', '.join(members)}; give just these")
        for name, inner in members.items():
            check(types, inner, value[name])
    elif (rule := _rule_broken(kind, value)) is not None:
        raise Misfit(value, f"{kind} is {rule}")


def _rule_broken(kind: str, value: Any) -> str | None:
    """What a value of a type without parts must be; None where it is."""
    if kind == "string":
        return None if isinstance(value, str) else "text"
    if kind == "bool":
        return None if isinstance(value, bool) else "True or False"
    if kind.startswith("bytes"):
        data = bytes.fromhex(value[2:]) if isinstance(value, str) and _HEX.match(value) else value
        size = kind.removeprefix("bytes")
        if isinstance(data, bytes | bytearray) and size in ("", str(len(data))):
            return None
        return f"{size or 'any number of'} bytes, or 0x and pairs of hex digits"
    if kind.startswith(("uint", "int")):
        is_number = hasattr(value, "__index__") and not isinstance(value, bool)
        is_written = isinstance(value, str) and _NUMBER.match(value)
        return None if is_number or is_written else "a whole number"
    return None


def _check_array(types: Types, kind: str, size: str, value: Any) -> None:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise Misfit(value, f"{kind}[{size}] is a list")
    if size and len(value) != int(size):
        raise Misfit(value, f"{kind}[{size}] has {size} items, not {len(value)}")
    for each in value:
        check(types, kind, each)


def check_addresses(types: Types, kind: str, value: Any) -> None:
    """Check the addresses in a value that fits its type.

    Raises:
        Misfit: one is in mixed case with a wrong checksum (EIP-55).
    """
    if array := _ARRAY.match(kind):
        for each in value:
            check_addresses(types, array[1], each)
    elif kind in types:
        for member in types[kind]:
            check_addresses(types, member["type"], value[member["name"]])
    elif kind == "address" and isinstance(value, str) and is_mistyped(value):
        raise Misfit(value, "its checksum is wrong (EIP-55)")


def outermost(types: Types) -> set[str]:
    """Return the types that are in no other: one, or eth-account refuses them."""
    return set(types) - {member["type"].split("[")[0] for members in types.values() for member in members}
