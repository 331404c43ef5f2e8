"""Where contracts will stand. Owns the CREATE rule (yellow paper, section 7)."""

import rlp
from eth_utils import keccak, to_canonical_address, to_checksum_address


def contract_address(sender: str, nonce: int) -> str:
    """The checksummed address of the contract that ``sender``'s transaction number ``nonce`` creates."""
    return str(to_checksum_address(keccak(rlp.encode([to_canonical_address(sender), nonce]))[12:]))
