"""Constructor arguments for a first test: guessed from types and names, as values and as Python.

Owns the guesses. Whether a contract takes them is found out by deploying it, in `starters`.
"""

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

OWNER: Final = "{owner}"
"""In a guess's text: whoever deploys in the test."""
_TAKEN: Final = frozenset({"accounts", "alice", "bob", "chain", "exit_", "owner", "project", "rollup"})


class NoGuess(Exception):  # inside the command only
    """A parameter that nothing can be guessed for; the message is it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An argument.

    Attributes:
        text: Python for it.
        value: the same.
        before: statements that the text needs, such as another contract's deployment.
    """

    text: str
    value: Any
    before: tuple[str, ...] = ()


def variable(name: str) -> str:
    """A contract's name as a variable: PriceOracle is price_oracle."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_$")
    words = re.sub(r"\W", "_", words) or "contract"
    return f"{words}_" if words in _TAKEN or keyword.iskeyword(words) else words


def guess(entry: Mapping[str, Any], owner: object, deployed: Callable[[str], Guess]) -> Guess:
    """Guess an argument.

    Args:
        entry: the parameter's ABI entry.
        owner: who deploys.
        deployed: gives another contract of the project by name.

    Raises:
        NoGuess: nothing sensible is known.
    """
    kind, name = str(entry["type"]), str(entry.get("name", "")).lower()
    if kind.endswith("]"):
        return _array(entry, owner, deployed)
    if kind == "tuple":
        return _several([guess(part, owner, deployed) for part in entry["components"]])
    if kind == "address":
        declared = str(entry.get("internalType", "address"))
        if declared.startswith("contract "):
            return deployed(declared.removeprefix("contract "))
        return Guess(OWNER, owner)
    if kind == "string":
        return _shown("TST" if "symbol" in name else "Test")
    if kind == "bool":
        return _shown(True)
    if kind.startswith("bytes"):
        size = int(kind[5:] or 0)
        return Guess(f"bytes({size})", bytes(size))
    number = re.fullmatch(r"u?int(\d*)", kind)
    if number:
        return _amount(int(number[1] or 256), name)
    raise NoGuess(f"{kind} {entry.get('name', '')}".strip())


def _amount(bits: int, name: str) -> Guess:
    if "decimals" in name or bits < 16:
        return _shown(18)
    return Guess("10**24", 10**24) if bits >= 96 else _shown(1000)


def _array(entry: Mapping[str, Any], owner: object, deployed: Callable[[str], Guess]) -> Guess:
    kind = str(entry["type"])
    element, _, size = kind[:-1].rpartition("[")
    inner = {**entry, "type": element, "internalType": str(entry.get("internalType", "")).rpartition("[")[0]}
    return _several([guess(inner, owner, deployed) for _ in range(int(size or 0))])


def _several(parts: Sequence[Guess]) -> Guess:
    text = ", ".join(part.text for part in parts) + ("," if len(parts) == 1 else "")
    before = tuple(dict.fromkeys(line for part in parts for line in part.before))
    return Guess(f"({text})", tuple(part.value for part in parts), before)


def _shown(value: object) -> Guess:
    return Guess(f'"{value}"' if isinstance(value, str) else repr(value), value)
