"""What an ERC-20 says of itself: optional in the standard, and whatever its author likes.

Anybody may lock any token, so nothing here may stop the operator. Owns the defaults for tokens that say
nothing or nonsense.
"""

from typing import Any, NamedTuple

from zkrollup import artifacts
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract
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
    name, symbol = (_text(l1, token, field) for field in ("name", "symbol"))
    return TokenMetadata(name, symbol, int(_read(l1, token, "decimals", 0)))


def token_balance(l1: Chain, token: int, holder: str) -> int:
    """What ``holder`` has of a token on L1 by the token's own word, 0 where it has none; never fails."""
    if token == ETH:
        return l1.balance(holder)
    return int(_read(l1, to_address(token), "balanceOf", 0, holder))


def _text(l1: Chain, token: str, function: str) -> str:
    text = str(_read(l1, token, function, token))
    try:
        text.encode()
    except UnicodeEncodeError:  # its bytes are not UTF-8, which no file and no other chain would take
        return token
    return text[:MAX_TEXT]


def _read(l1: Chain, token: str, function: str, default: Any, *args: object) -> Any:
    contract = Contract(l1, token, artifacts.load("TestToken").abi)  # of which the chain learns nothing
    try:
        return contract[function].call(*args, gas=READ_GAS)
    except (ZkRollupError, ValueError):  # reverts, no such function, bytes32
        return default
