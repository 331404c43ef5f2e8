"""L2 keys from Ethereum wallets: one EIP-712 signature, hashed to a BabyJubJub scalar.

Owns the typed data and the derivation. The signature is the key's only secret, hence: its domain names
chain and Rollup, so another rollup's page cannot ask for the same one; it is asked for twice, because
a wallet that signs with random nonces would give a key that nobody can derive again; and
it is normalised, because wallets differ in how they write one and the same signature.
"""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zkrollup.crypto.babyjubjub import SUBORDER
from zkrollup.crypto.eddsa import PrivateKey
from zkrollup.crypto.field import is_integer
from zkrollup.crypto.secp256k1 import ORDER
from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

Signer = Callable[[dict[str, Any]], bytes]
"""Signs EIP-712 typed data, in the shape that eth_signTypedData_v4 takes: r, s and v as 65 bytes."""

NAME = "zkrollup L2 key"
VERSION = "1"
WARNING = (
    "Signing this creates the key to your funds on the rollup named above. "
    "Whoever gets this signature can spend them. Sign only on a page that you trust with that."
)

_KEY_TAG = b"zkrollup L2 key from signature v1"


class MalformedSignature(ZkRollupError):
    """A wallet returned no 65-byte ECDSA signature. What it did return may be secret: not repeated."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The wallet's signature is malformed: {reason}. Needed are 65 bytes, r, s and v, with r and s "
            "in [1, n) and v one of 0, 1, 27, 28. Contract wallets and compact signatures give no L2 key."
        )


class UnstableSignature(ZkRollupError):
    """A wallet signed the same message twice with different results."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(
            f"The wallet of {owner} gave two different signatures of one message, so a key derived from one "
            "could never be derived again. Use a wallet with deterministic signatures (RFC 6979)."
        )


class WrongSigner(ZkRollupError):
    """A signature was made by another account than the owner."""

    def __init__(self, owner: str, recovered: str) -> None:
        self.owner = owner
        self.recovered = recovered
        super().__init__(
            f"The signature is by {recovered}, not by the owner {owner}. "
            "Select the owner's account in the wallet."
        )


class InvalidKeyRequest(ZkRollupError):
    """The chain id or an address to derive a key for is not one."""

    def __init__(self, name: str, value: object, rule: str) -> None:
        self.name = name
        self.value = value
        super().__init__(f"{name} = {value!r} cannot go into an L2 key's message: {rule}.")


def typed_data(chain_id: int, rollup_address: str, owner: str) -> dict[str, Any]:
    """Return the EIP-712 message whose signature an L2 key is derived from.

    Raises:
        InvalidKeyRequest: the chain id is not in [1, 2^256), or an address is not 20 bytes in hex.
    """
    if not is_integer(chain_id) or not 0 < chain_id < 1 << 256:
        raise InvalidKeyRequest("chain_id", chain_id, "an int in [1, 2^256) is needed")
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "L2Key": [{"name": "owner", "type": "address"}, {"name": "warning", "type": "string"}],
        },
        "primaryType": "L2Key",
        "domain": {
            "name": NAME,
            "version": VERSION,
            "chainId": chain_id,
            "verifyingContract": _address("rollup_address", rollup_address),
        },
        "message": {"owner": _address("owner", owner), "warning": WARNING},
    }


def derive(sign: Signer, *, chain_id: int, rollup_address: str, owner: str) -> PrivateKey:
    """Derive the owner's key on one rollup; `sign` is called twice, each time with a message of its own.

    Raises:
        InvalidKeyRequest: see `typed_data`.
        MalformedSignature: an answer is not a 65-byte ECDSA signature.
        UnstableSignature: the two answers differ, after normalisation.
        WrongSigner: the signature is not the owner's.
        InvalidPrivateKey: the derived scalar is 0, which happens to one signature in 2^251.
    """
    first, second = (normalise(sign(typed_data(chain_id, rollup_address, owner))) for _ in range(2))
    if first != second:
        raise UnstableSignature(owner)
    message = typed_data(chain_id, rollup_address, owner)
    recovered = _recover(message, first)
    if recovered != message["message"]["owner"]:
        raise WrongSigner(message["message"]["owner"], recovered)
    return PrivateKey(int.from_bytes(hashlib.sha512(_KEY_TAG + first).digest()) % SUBORDER)


def derive_for_account(account: "LocalAccount", *, chain_id: int, rollup_address: str) -> PrivateKey:
    """Derive the key of an eth_account account: see `derive`."""
    return derive(
        lambda message: bytes(account.sign_typed_data(full_message=message).signature),
        chain_id=chain_id,
        rollup_address=rollup_address,
        owner=account.address,
    )


def normalise(signature: bytes) -> bytes:
    """Return the signature's one canonical form: s in the lower half of its range, v 27 or 28.

    (r, s, v) and (r, n - s, the other v) are the same signature, and v counts from 0 or from 27.

    Raises:
        MalformedSignature: it is not 65 bytes, r or s is not in [1, n), or v is not 0, 1, 27 or 28.
    """
    if not isinstance(signature, bytes):
        raise MalformedSignature(f"it is a {type(signature).__name__}, not bytes")
    if len(signature) != 65:
        raise MalformedSignature(f"it has {len(signature)} bytes")
    r, s, v = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]), signature[64]
    if v not in (0, 1, 27, 28):
        raise MalformedSignature(f"v is {v}")
    for name, value in (("r", r), ("s", s)):
        if not 0 < value < ORDER:
            raise MalformedSignature(f"{name} is zero or not below the order of secp256k1")
    parity = v % 27
    if s > ORDER // 2:
        s, parity = ORDER - s, 1 - parity
    return r.to_bytes(32) + s.to_bytes(32) + bytes([27 + parity])


def _address(name: str, value: str) -> str:
    from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address

    # Mixed case with a wrong checksum is a typing error, though eth_utils' is_address lets it pass.
    if not is_checksum_address(value) and not (is_hex_address(value) and value == value.lower()):
        raise InvalidKeyRequest(
            name, value, "an address of 20 bytes in hex, with a right checksum, is needed"
        )
    return to_checksum_address(value)


def _recover(message: dict[str, Any], signature: bytes) -> str:
    """Return the signer's checksummed address."""
    # Imported late: eth_account takes most of a second, and only this needs it.
    from eth_account import Account
    from eth_account.messages import encode_typed_data
    from eth_keys.exceptions import BadSignature

    try:
        recovered: str = Account.recover_message(encode_typed_data(full_message=message), signature=signature)
    except BadSignature:
        raise MalformedSignature("no key has made it: r is not a point of secp256k1") from None
    return recovered
