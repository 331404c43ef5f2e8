"""What is wrong with an argument that a tester passed, and the check of amounts.

Owns the errors of arguments and their words. What stands for a user or a token is ``devnet.arguments``'s.
"""

import operator
from typing import Final

from zkrollup.errors import ZkRollupError
from zkrollup.native import WRITE, Ether

MOST: Final = 2**128 - 1
"""The largest amount that the reference rollup's balances hold."""

UNITS: Final = (
    "pass a whole number of the token's smallest unit, such as 5, ether('1.5') or token.units('2.5')"
)
"""What to pass as an amount of a token."""

_SHOWN: Final = 80
"""Characters of a value that a message shows."""


class WrongArgument(ZkRollupError):
    """An argument was refused before anything happened.

    Attributes:
        argument: Its name.
        value: What was passed.
        rule: What it must be, and what to pass.
    """

    def __init__(self, argument: str, value: object, rule: str) -> None:
        self.argument, self.value, self.rule = argument, value, rule
        super().__init__(f"{argument}={shown(value)} is {_kind(value)}: {rule}")


class WrongArgumentType(WrongArgument, TypeError):
    """It is of a type that is never right."""


class WrongArgumentValue(WrongArgument, ValueError):
    """It is of a right type, with a value that is not."""


def shown(value: object) -> str:
    """A value in one short line; accounts by their address, since their own repr says nothing."""
    address = getattr(value, "address", None)
    text = repr(value)
    if isinstance(address, str) and address not in text:
        text = f"<{type(value).__name__} {address}>"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def amount(value: object, name: str = "amount", *, most: int = MOST) -> int:
    """An amount of a token's smallest unit as an int, from whatever Python counts as an integer.

    That is what has ``__index__``, such as numpy's integers, and is no bool.

    Args:
        value: What was passed.
        name: Of the argument.
        most: The largest one that is taken.

    Raises:
        WrongArgumentType: It is no integer.
        WrongArgumentValue: It is negative, or larger than ``most``.
    """
    number = integer(value, name, UNITS)
    if not 0 <= number <= most:
        raise WrongArgumentValue(name, value, f"an amount is in [0, {_limit(most)}]")
    return number


def integer(value: object, name: str, rule: str = "pass a whole number") -> int:
    """An int, from whatever Python counts as an integer: what has ``__index__``, and is neither bool nor ETH.

    Raises:
        WrongArgumentType: It is none; the error ends with ``rule``, or with what ETH is.
    """
    if type(value) is int:
        return value
    if isinstance(value, bool | Ether):
        raise WrongArgumentType(name, value, WRITE if isinstance(value, Ether) else rule)
    try:
        return int(operator.index(value))  # type: ignore[arg-type]  # that is the question
    except TypeError:
        raise WrongArgumentType(name, value, rule) from None


def name(value: object, argument: str = "name") -> str:
    """A name for reports.

    Raises:
        WrongArgumentType: It is no text.
        WrongArgumentValue: It is empty, or does not print in one line.
    """
    if not isinstance(value, str):
        raise WrongArgumentType(argument, value, "pass a name, such as 'carol'")
    if not value.strip() or not value.isprintable():
        raise WrongArgumentValue(argument, value, "pass a name that prints, such as 'carol'")
    return value


def _limit(most: int) -> str:
    bits = (most + 1).bit_length() - 1
    return f"2^{bits} - 1" if most + 1 == 1 << bits else f"{most:,}"


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else _full(kind)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _full(kind: type) -> str:
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
