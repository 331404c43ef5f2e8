"""Holds what a tester expects of an event or an error against what there was.

An expectation is a value of the field's type, given as an argument may be; addresses need no checksum, and
an indexed string, bytes, array or struct is given as such, or as the hash that the log holds. Owns the
comparison and its words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from zkrollup.errors import suggestion
from zkrollup.evm.abi import Signature, field_of, parameter_of
from zkrollup.evm.values import ENCODING_ERRORS, Entry, is_hashed, normal, shown, topic_hash, type_of

_HASH_BYTES: Final = 32
_HAS_A_TYPE: Final = (int, float, complex, Decimal, Fraction, str, list, tuple, dict, set, frozenset)
"""Values for which the field's type decides. Not bytes, which undecodable text is, nor
matchers such as ``mock.ANY``."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What is expected of the fields of an event or error.

    Attributes:
        values: by parameter name, ``from_`` for ``from``.
        signature: of the event or error; None where it is unknown, which leaves Python's equality.
    """

    values: Mapping[str, Any]
    signature: Signature | None = None

    def fit(self, actual: Mapping[str, Any]) -> bool:
        """Tell whether all fields are there and have these values."""
        return all(
            name in actual and self._fits(name, actual[name], value) for name, value in self._named(actual)
        )

    def notes(self) -> list[str]:
        """Say which expectations nothing can meet: fields that there are not, values not of their type."""
        if self.signature is None:
            return []
        notes, names = [], self.signature.names
        for name, value in self._named(names):
            if name not in names:
                known = [field_of(each) for each in names]
                hint = suggestion(name, known) or f", it has: {', '.join(known) or 'none'}"
                notes.append(f"{self.signature.declared} has no field {name!r}{hint}")
                continue
            try:
                self._expected(name, value)
            except ENCODING_ERRORS as error:
                kind = type_of(self._entry(name) or {})
                notes.append(f"{value!r} is no {kind} for {name}: {error}")
        return notes

    def __str__(self) -> str:
        names = self.signature.names if self.signature else tuple(self.values)
        return ", ".join(f"{name}={self._shown(name, value)}" for name, value in self._named(names))

    def _named(self, names: Any) -> list[tuple[str, Any]]:
        return [(parameter_of(key, names), value) for key, value in self.values.items()]

    def _entry(self, name: str) -> Entry | None:
        if self.signature is None or name not in self.signature.names:
            return None
        return self.signature.inputs[self.signature.names.index(name)]

    def _expected(self, name: str, value: Any) -> Any:
        """An expectation in the shape of what was decoded, or Python's own error."""
        entry = self._entry(name)
        if entry is None:
            return getattr(value, "address", value)
        if not (entry.get("indexed") and is_hashed(entry)):
            return normal(value, entry)
        is_hash = isinstance(value, bytes) and len(value) == _HASH_BYTES and entry["type"] != "bytes"
        return value if is_hash else topic_hash(value, entry)

    def _fits(self, name: str, actual: Any, value: Any) -> bool:
        try:
            if self._expected(name, value) == actual:
                return True
        except ENCODING_ERRORS:
            pass
        by_itself = self._entry(name) is None or not isinstance(value, _HAS_A_TYPE)
        return (by_itself and bool(value == actual)) or _is_hash(value, actual, self._entry(name))

    def _shown(self, name: str, value: Any) -> str:
        entry = self._entry(name)
        try:
            expected = self._expected(name, value)
        except ENCODING_ERRORS:
            return repr(value)
        if entry is not None and entry.get("indexed") and is_hashed(entry) and expected is not value:
            return f"{shown(expected)} (the hash of {shown(normal(value, entry))})"
        return shown(expected)


def _is_hash(value: Any, actual: Any, entry: Entry | None) -> bool:
    """Whether an address without a type, or the hash of an indexed value, was given as text in hex."""
    if not isinstance(value := getattr(value, "address", value), str) or not value.startswith("0x"):
        return False
    if isinstance(actual, bytes):
        return value.lower() == f"0x{actual.hex()}"
    return entry is None and isinstance(actual, str) and value.lower() == actual.lower()


def written(name: str, fields: str) -> str:
    """Write an event or error with its fields."""
    return f"{name}({fields})" if fields else name
