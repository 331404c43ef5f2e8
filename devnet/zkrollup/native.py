"""The native token: ether as a token among others, which is no unit to count in.

Owns the one value that stands for it. Amounts of ether are ``zkrollup.units``'s.
"""

from typing import Final, NoReturn

from zkrollup.errors import ZkRollupError

WRITE: Final = "ETH is the token, not a unit; for five ether pass ether('5')"
"""What to do instead of counting with ETH."""


class EtherIsNoUnit(ZkRollupError, TypeError):
    """Somebody calculated with ETH, as in ``5 * ETH``, which as an int would be 0."""

    def __init__(self) -> None:
        super().__init__(WRITE)


def _no_arithmetic(_: "Ether", *__: object) -> NoReturn:
    raise EtherIsNoUnit


class Ether(int):
    """Ether's number among tokens, the zero address; an int that reports show by its name.

    It compares, sorts and hashes as 0 does, and can be written as an address. Calculating with it raises
    ``EtherIsNoUnit``: ``5 * ETH`` would be 0, and a test of nothing passes.
    """

    __slots__ = ()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_arithmetic
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _no_arithmetic
    __divmod__ = __rdivmod__ = __pow__ = __rpow__ = _no_arithmetic
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _no_arithmetic
    __neg__ = __pos__ = __abs__ = __invert__ = _no_arithmetic

    def __repr__(self) -> str:
        return "ETH"

    def __str__(self) -> str:
        return int.__repr__(self)

    def __reduce__(self) -> tuple[type["Ether"], tuple[int]]:
        return Ether, (int(self),)


ETH: Final = Ether(0)
"""Ether as a token: L1's zero address, 0."""
