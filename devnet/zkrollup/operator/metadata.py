"""What an ERC-20 says of itself: optional in the standard, and whatever its author likes.

Anybody may lock any token, so nothing here may stop the operator. Owns the defaults for tokens that say
nothing or nonsense.
"""

from typing import Any, NamedTuple

from zkrollup import artifacts
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain

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
    contract = l1.contract(artifacts.load("TestToken").abi, token)

    def read(function: str, default: Any) -> Any:
        try:
            return contract[function].call(gas=READ_GAS)
        except (ZkRollupError, ValueError):  # reverts, no such function, bytes32, text that is no UTF-8
            return default

    name, symbol = (str(read(field, token))[:MAX_TEXT] for field in ("name", "symbol"))
    return TokenMetadata(name, symbol, int(read("decimals", 0)))
