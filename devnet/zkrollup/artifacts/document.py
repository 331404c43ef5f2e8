"""A JSON document whose places have names, so that what is wrong with one can be said of the place.

Owns checked access, and code in hex with the placeholders of unlinked libraries. Knows no tool's format.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, Final

from zkrollup import jsontext
from zkrollup.artifacts.artifact import Abi, BrokenArtifact, ByteRange, LinkReference

_ADDRESS: Final = 20
_PLACEHOLDER: Final = re.compile(r"__.{36}__")
_KINDS: Final = {dict: "object", list: "array", str: "string", int: "whole number"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a document.

    Attributes:
        origin: the document's file.
        path: keys that lead to the value, with dots; empty for the whole document.
        value: as json reads it.
    """

    origin: str
    path: str
    value: Any

    def __getitem__(self, key: str) -> "Node":
        """Return the value of a key.

        Raises:
            BrokenArtifact: this is no object, or lacks the key.
        """
        found = self.get(key)
        if found is None:
            raise self.broken(f"field {self._below(key)!r} is missing", field=self._below(key))
        return found

    def get(self, key: str) -> "Node | None":
        """Return the value of a key, None where it is missing or null."""
        value = self._typed(dict).get(key)
        return None if value is None else Node(self.origin, self._below(key), value)

    def items(self) -> "Iterator[tuple[str, Node]]":
        """Return keys and values of an object."""
        return ((key, Node(self.origin, self._below(key), value)) for key, value in self._typed(dict).items())

    def elements(self) -> "Iterator[Node]":
        """Return the values of an array."""
        values = enumerate(self._typed(list))
        return (Node(self.origin, f"{self.path}[{i}]", value) for i, value in values)

    def text(self) -> str:
        """Return a string."""
        return str(self._typed(str))

    def number(self) -> int:
        """Return a whole number, which may not be negative."""
        value = int(self._typed(int))
        if value < 0:
            raise self.broken(f"field {self.path!r} is negative: {value}")
        return value

    def mapping(self) -> dict[str, Any]:
        """Return an object as it is."""
        return dict(self._typed(dict))

    def abi(self) -> Abi:
        """Return a JSON ABI.

        Raises:
            BrokenArtifact: it has another form than Solidity's documentation, "Contract ABI Specification",
                "JSON", gives it; a type's name may be any, since those of libraries' functions are.
        """
        entries = list(self.elements())
        for entry in entries:
            _check_named(entry)
            for group in ("inputs", "outputs"):
                _check_parameters(entry.get(group))
        return [entry.mapping() for entry in entries]

    def broken(self, reason: str, *, field: str | None = None) -> BrokenArtifact:
        """Return the error that says what is wrong here."""
        return BrokenArtifact(self.origin, reason, field=self.path if field is None else field)

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _typed(self, kind: type) -> Any:
        # JSON's true is Python's 1.
        if not isinstance(self.value, kind) or isinstance(self.value, bool):
            what = f"field {self.path!r}" if self.path else "it"
            raise self.broken(f"{what} is no {_KINDS[kind]}, but {str(self.value)[:40]!r}")
        return self.value


def _check_named(entry: Node) -> None:
    for key in ("name", "type"):
        word = entry.get(key)
        if word is not None:
            word.text()


def _check_parameters(listed: Node | None) -> None:
    for each in listed.elements() if listed is not None else ():
        _check_named(each)
        if each["type"].text().startswith("tuple"):
            each["components"]
            _check_parameters(each.get("components"))


def load(file: Traversable) -> Node:
    """Return a file's document.

    Raises:
        BrokenArtifact: it cannot be read, or is no JSON.
    """
    try:
        return Node(str(file), "", jsontext.loads(file.read_bytes()))
    except OSError as error:
        raise BrokenArtifact(str(file), f"it cannot be read ({error})") from error
    except ValueError as error:  # of JSON and of UTF-8
        raise BrokenArtifact(str(file), f"it is no JSON ({error})") from error


def ranges(node: Node | None) -> dict[str, tuple[ByteRange, ...]]:
    """Return ranges of code by key, as solc lists immutables."""
    return {
        key: tuple(ByteRange(each["start"].number(), each["length"].number()) for each in listed.elements())
        for key, listed in (node.items() if node else ())
    }


def code(text: Node, references: Node | None = None) -> tuple[bytes, tuple[LinkReference, ...]]:
    """Return code, zero where a library's address belongs, and where that is.

    Args:
        text: hex digits, with or without 0x, and solc's placeholders.
        references: solc's ``linkReferences``.

    Raises:
        BrokenArtifact: it is not hex, or a placeholder belongs to no reference.
    """
    links = _links(references)
    digits = text.text().removeprefix("0x")
    for link in links:
        start, end = 2 * link.start, 2 * (link.start + link.length)
        if link.length != _ADDRESS or end > len(digits):
            raise text.broken(
                f"field {text.path!r} has no 20 bytes at {link.start} for the library {link.library}"
            )
        digits = digits[:start] + "0" * (end - start) + digits[end:]
    unlisted = _PLACEHOLDER.search(digits)
    if unlisted:
        raise text.broken(
            f"field {text.path!r} has an unlinked library at byte {unlisted.start() // 2} ({unlisted[0]}), "
            "which linkReferences does not name"
        )
    try:
        return bytes.fromhex(digits), links
    except ValueError as error:
        raise text.broken(f"field {text.path!r} is no code in hexadecimal digits ({error})") from error


def _links(references: Node | None) -> tuple[LinkReference, ...]:
    return tuple(
        LinkReference(source, library, place["start"].number(), place["length"].number())
        for source, libraries in (references.items() if references else ())
        for library, places in libraries.items()
        for place in places.elements()
    )
