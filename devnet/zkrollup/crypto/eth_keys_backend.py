"""eth-keys, and so eth-account, over libsecp256k1.

Owns the translation. eth-keys' own arithmetic is Python's, and takes a hundred times as long.
"""

import eth_keys.backends
from btclib_secp256k1 import keys
from eth_keys.backends.base import BaseECCBackend
from eth_keys.datatypes import BaseSignature, NonRecoverableSignature, PrivateKey, PublicKey, Signature
from eth_keys.exceptions import BadSignature

from zkrollup.crypto import secp256k1


class Libsecp256k1Backend(BaseECCBackend):
    """What eth-keys asks of a backend; it has checked the arguments."""

    def ecdsa_sign(self, msg_hash: bytes, private_key: PrivateKey) -> Signature:
        """Sign 32 bytes (RFC 6979)."""
        return Signature(vrs=secp256k1.sign(msg_hash, private_key.to_bytes()), backend=self)

    def ecdsa_sign_non_recoverable(self, msg_hash: bytes, private_key: PrivateKey) -> NonRecoverableSignature:
        """Sign 32 bytes (RFC 6979), without the parity."""
        signed = secp256k1.sign(msg_hash, private_key.to_bytes())
        return NonRecoverableSignature(rs=(signed.r, signed.s), backend=self)

    def ecdsa_verify(self, msg_hash: bytes, signature: BaseSignature, public_key: PublicKey) -> bool:
        """Tell whether a key made a signature."""
        return secp256k1.verify(msg_hash, signature.r, signature.s, public_key.to_bytes())

    def ecdsa_recover(self, msg_hash: bytes, signature: Signature) -> PublicKey:
        """Return who signed.

        Raises:
            BadSignature: no key made it.
        """
        try:
            found = secp256k1.recover(msg_hash, *signature.vrs)
        except secp256k1.NoSigner as error:
            raise BadSignature(str(error)) from error
        return PublicKey(found, backend=self)

    def private_key_to_public_key(self, private_key: PrivateKey) -> PublicKey:
        """Return a key's public key."""
        return PublicKey(secp256k1.public_key(private_key.to_bytes()), backend=self)

    def decompress_public_key_bytes(self, compressed_public_key_bytes: bytes) -> bytes:
        """Return 64 bytes for 33."""
        return keys.reserialize(compressed_public_key_bytes, compressed=False)[1:]

    def compress_public_key_bytes(self, uncompressed_public_key_bytes: bytes) -> bytes:
        """Return 33 bytes for 64."""
        return keys.reserialize(b"\x04" + uncompressed_public_key_bytes)


def become_default() -> None:
    """Let eth-keys use this backend in this process, unless ECC_BACKEND_CLASS names another.

    The variable itself would reach child processes, whose environment may lack this package.
    """
    path = f"{__name__}.{Libsecp256k1Backend.__name__}"
    eth_keys.backends.get_default_backend_class = lambda: path
