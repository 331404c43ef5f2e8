"""Amounts as people write them, and the smallest units that contracts count in.

Owns the conversion, which is exact or refused. How many decimals a token has is the token's matter.
"""

import operator
from decimal import Context, Decimal, InvalidOperation
from typing import Final, TypeAlias

from zkrollup.arguments import WrongArgumentType, WrongArgumentValue
from zkrollup.native import WRITE, Ether

Written: TypeAlias = int | str | Decimal | float
"""An amount in whole tokens: ``2``, ``"2.5"``, a Decimal, or a float that is exactly what it shows."""


ETHER_DECIMALS: Final = 18
"""A wei is 10^-18 ether."""

_GWEI: Final = 10**9
_WORD: Final = 1 << 256
_DIGITS: Final = 80
"""More than a word has."""

_EXACTLY: Final = Context(prec=_DIGITS)

_TOO_LARGE: Final = "it is more than 256 bits hold; pass a smaller amount"


def ether(amount: Written) -> int:
    """An amount of ether in wei: ``ether("1.5")`` is 1_500_000_000_000_000_000.

    Args:
        amount: In ether: an int, text, a Decimal, or a float that is exactly what it shows, as 1.5 is; 0.1
            is not, since no float is a tenth.

    Raises:
        WrongArgument: It is no number, is negative, is no whole number of wei, or no word holds it.
    """
    return smallest_units(amount, ETHER_DECIMALS)


def shown_wei(amount: int) -> str:
    """Wei as a reader takes it in: ``1.5 ETH``, or ``17 wei`` where nine decimals are not enough."""
    if amount % _GWEI:
        return f"{amount} wei"
    return f"{Decimal(amount).scaleb(-ETHER_DECIMALS, _EXACTLY).normalize(_EXACTLY):f} ETH"


def smallest_units(amount: Written, decimals: int) -> int:
    """An amount of a token in its smallest unit: ``smallest_units("2.5", 6)`` is 2_500_000.

    Args:
        amount: In whole tokens; see ``ether``.
        decimals: How many digits a whole token has after its point.

    Raises:
        WrongArgument: It is no number, is negative, has more decimals than the token, or no word holds it.
    """
    exact = _exact(amount)
    if exact < 0:
        raise WrongArgumentValue("amount", amount, "an amount is not negative; pass one of 0 or more")
    _, digits, exponent = exact.as_tuple()
    value, power = int("".join(map(str, digits))), int(exponent) + decimals
    if not value:
        return 0
    if exact.adjusted() > _DIGITS:
        raise WrongArgumentValue("amount", amount, _TOO_LARGE)
    if power < -len(digits):
        raise WrongArgumentValue("amount", amount, _too_fine(decimals))
    units, rest = (value * 10**power, 0) if power >= 0 else divmod(value, 10**-power)
    if rest:
        raise WrongArgumentValue("amount", amount, _too_fine(decimals))
    if units >= _WORD:
        raise WrongArgumentValue("amount", amount, _TOO_LARGE)
    return int(units)


def _too_fine(decimals: int) -> str:
    return f"it has more than {decimals} decimals; pass a whole number of the smallest unit"


def _exact(amount: object) -> Decimal:
    rule = "pass a number of whole tokens as an int, as text such as '1.5', or as a Decimal"
    if isinstance(amount, Ether):
        raise WrongArgumentType("amount", amount, WRITE)
    if hasattr(amount, "__index__") and not isinstance(amount, bool):
        amount = operator.index(amount)  # numpy's integers, too
    if isinstance(amount, bool) or not isinstance(amount, int | str | Decimal | float):
        raise WrongArgumentType("amount", amount, rule)
    try:
        exact = Decimal(amount.strip()) if isinstance(amount, str) else Decimal(amount)
    except InvalidOperation:
        raise WrongArgumentValue("amount", amount, rule) from None
    if not exact.is_finite():
        raise WrongArgumentValue("amount", amount, rule)
    if isinstance(amount, float) and exact != Decimal(repr(float(amount))):
        rule = f"as a float it is {exact:.25f}…; pass the text '{float(amount)!r}' for that number"
        raise WrongArgumentValue("amount", amount, rule)
    return exact
