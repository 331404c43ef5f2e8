"""What EIP-712 data must look like. Owns the fit of values to their types, not their encoding.

eth-account signs zeros for members that are missing, and arrays of another length than the type says.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from zkrollup.errors import ZkRollupError
from zkrollup.evm.addresses import is_mistyped

Types: TypeAlias = Mapping[str, Sequence[Mapping[str, str]]]
"""Members of each struct, with name and type."""

_ARRAY: Final = re.compile(r"(.+)\[(\d*)\]\Z")


class Misfit(ZkRollupError):
    """A value that does not fit its type. The message says what would.

    Attributes:
        value: as given.
    """

    def __init__(self, value: object, rule: str) -> None:
        self.value = value
        super().__init__(rule)


def check(types: Types, kind: str, value: Any) -> None:
    """Check a value against a type; scalars are left to the encoding.

    Raises:
        Misfit: a struct has other members than its type, an array another length.
    """
    if array := _ARRAY.match(kind):
        _check_array(types, array[1], array[2], value)
    elif kind in types:
        members = {member["name"]: member["type"] for member in types[kind]}
        if not isinstance(value, Mapping) or set(value) != set(members):
            raise Misfit(value, f"{kind} has the members {', '.join(members)}")
        for name, inner in members.items():
            check(types, inner, value[name])


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
