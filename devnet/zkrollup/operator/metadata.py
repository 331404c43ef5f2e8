"""What an ERC-20 says of itself: optional in the standard, and whatever its author likes.

Anybody may lock any token, so nothing here may stop the operator. Owns the defaults for tokens that say
nothing or nonsense.
"""

from typing import Any, NamedTuple

from zkrollup import artifacts
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain
from zkrollup.ledger.operations import ETH
from zkrollup.operator.queue import to_address

READ_GAS = 200_000
"""Enough for any honest answer; bounds what a hostile one costs to read."""
MAX_TEXT = 64
"""Characters of a name or symbol that are taken over."""


class TokenMetadata(NamedTuple):
    """How to show a token."""

    name: str
    symbol: str
    decimals: int


ETHER = TokenMetadata("Ether", "ETH", 18)


def token_metadata(l1: Chain, token: str) -> TokenMetadata:
    """What the token at address ``token`` says of itself; never fails, whatever the token does.

    Its address stands for a missing text, 0 for missing decimals.
    """
    name, symbol = (str(_read(l1, token, field, token))[:MAX_TEXT] for field in ("name", "symbol"))
    return TokenMetadata(name, symbol, int(_read(l1, token, "decimals", 0)))


def token_balance(l1: Chain, token: int, holder: str) -> int:
    """What ``holder`` has of a token on L1 by the token's own word, 0 where it has none; never fails."""
    if token == ETH:
        return l1.balance(holder)
    return int(_read(l1, to_address(token), "balanceOf", 0, holder))


def _read(l1: Chain, token: str, function: str, default: Any, *args: object) -> Any:
    contract = l1.contract(artifacts.load("TestToken").abi, token)
    try:
        return contract[function].call(*args, gas=READ_GAS)
    except (ZkRollupError, ValueError):  # reverts, no such function, bytes32, text that is no UTF-8
        return default
