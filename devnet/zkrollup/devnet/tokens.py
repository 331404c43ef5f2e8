"""Tokens and recipients as testers name them, and the one form in which targets get them.

Owns the forms and their check. What a token does is its contract's matter.
"""

from functools import cache
from typing import TypeAlias

from eth_utils import is_checksum_address, is_hex_address

from zkrollup import artifacts
from zkrollup.circuits.encoding import ADDRESS_BITS
from zkrollup.evm import Chain, Contract, InvalidAddress
from zkrollup.evm.abi import Abi
from zkrollup.native import ETH
from zkrollup.operator.queue import to_address

Token: TypeAlias = Contract | str | int
"""A token's contract, its address as text, or ETH."""

__all__ = ["ETH", "ETH_ADDRESS", "Token", "address_number", "erc20", "token_address", "token_number"]

ETH_ADDRESS = to_address(ETH)
"""What stands for ether where a token's address is asked for: the zero address."""


def token_number(token: Token) -> int:
    """A token as the ledger numbers it: its L1 address, 0 for ETH.

    Raises:
        InvalidAddress: It is no address.
    """
    if isinstance(token, int):
        if isinstance(token, bool) or not 0 <= token < 1 << ADDRESS_BITS:
            raise InvalidAddress(token)
        return int(token)  # a number to calculate with, which ETH is not
    return address_number(token)


def token_address(token: Token) -> str:
    """A token's address, checksummed; ``ETH_ADDRESS`` for ETH.

    Raises:
        InvalidAddress: It is no address.
    """
    return to_address(token_number(token))


def address_number(value: object) -> int:
    """An address as a number. Mixed case needs a right checksum (EIP-55): a typing error would burn money.

    Raises:
        InvalidAddress: It is neither an address nor has one.
    """
    text = getattr(value, "address", value)
    if not isinstance(text, str):
        raise InvalidAddress(value)
    if is_checksum_address(text) or (is_hex_address(text) and text == text.lower()):
        return int(text, 16)
    raise InvalidAddress(value)


def erc20(l1: Chain, token: str) -> Contract:
    """The ERC-20 at an address; what its own ABI is, the chain is not told."""
    return Contract(l1, token, _erc20_abi())


@cache
def _erc20_abi() -> Abi:
    return artifacts.load("TestToken").abi
