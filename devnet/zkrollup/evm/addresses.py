"""Addresses: how they are written (EIP-55), and where CREATE puts contracts (yellow paper, section 7)."""

import rlp
from eth_utils import (
    is_checksum_address,
    is_hex_address,
    keccak,
    to_canonical_address,
    to_checksum_address,
)


def contract_address(sender: str, nonce: int) -> str:
    """The checksummed address of the contract that ``sender``'s transaction number ``nonce`` creates."""
    return str(to_checksum_address(keccak(rlp.encode([to_canonical_address(sender), nonce]))[12:]))


def is_mistyped(text: str) -> bool:
    """Tell whether 40 hex digits are in mixed case that is not their checksum: a typing error (EIP-55)."""
    digits = text.removeprefix("0x")
    mixed = digits not in (digits.lower(), digits.upper())
    return mixed and is_hex_address(digits) and not is_checksum_address(f"0x{digits}")
