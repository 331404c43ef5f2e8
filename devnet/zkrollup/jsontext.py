"""JSON that others wrote, parsed without a crash.

Owns the bound on nesting. Python's parser calls itself for each level, and stops at Python's recursion limit,
which py-evm lifts: text of 200,000 brackets would then take the process down.
"""

import itertools
import json
from typing import Any, Final

DEEPEST: Final = 2000
"""Levels that a reader takes unless it says otherwise. solc's parser stops at 1,200: its syntax trees fit."""

_STEPS: Final = bytes(1 if byte in b"[{" else 255 if byte in b"]}" else byte for byte in range(256))
_OTHERS: Final = bytes(set(range(256)) - set(b"[]{}"))


class TooDeep(ValueError):
    """Objects and arrays are nested deeper than a reader takes.

    Attributes:
        deepest: How many levels it takes.
    """

    def __init__(self, deepest: int) -> None:
        self.deepest = deepest
        super().__init__(f"its objects and arrays are nested deeper than {deepest}")


def loads(text: str | bytes, *, deepest: int = DEEPEST) -> Any:
    """What ``json.loads`` gives, of text that need not be trusted.

    Args:
        text: JSON, or its bytes in UTF-8, UTF-16 or UTF-32; a byte-order mark is skipped in bytes.
        deepest: Levels of objects and arrays that are taken.

    Raises:
        ValueError: It is no JSON, is not of its encoding, or is ``TooDeep``.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    if text.count("[") + text.count("{") > deepest and _depth(text) > deepest:
        raise TooDeep(deepest)
    try:
        return json.loads(text)
    except RecursionError:  # where Python's limit is what it was, and below ours
        raise TooDeep(deepest) from None


def _depth(text: str) -> int:
    """The most brackets that are open at once, outside of strings."""
    plain = text.encode("utf-8", "surrogatepass").replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(plain.split(b'"')[::2]).translate(_STEPS, _OTHERS)
    return max(itertools.accumulate(memoryview(brackets).cast("b")), default=0)
