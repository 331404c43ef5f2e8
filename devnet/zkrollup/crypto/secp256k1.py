"""secp256k1: the curve of Ethereum's signatures, over libsecp256k1.

Owns keys, signing and recovery in plain integers and bytes. Does not own what a transaction or a precompile
accepts of a signature, nor hashes. A public key is 64 bytes: x, then y, big-endian.

Source: SEC 1, version 2, sections 4.1.3 and 4.1.6; RFC 6979.
"""

from typing import Final, NamedTuple

from btclib_secp256k1 import dsa, keys, recovery

from zkrollup.errors import ZkRollupError

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the group."""


class InvalidKey(ZkRollupError):
    """Bytes that are no private key. The message leaves them out: they may be a secret."""

    def __init__(self, size: int) -> None:
        rule = (
            f"it has {size} bytes" if size != 32 else "its number is 0, or not below the order n of secp256k1"
        )
        super().__init__(f"not a private key: {rule}; pass 32 bytes, big-endian, of a number in [1, n)")


class InvalidDigest(ZkRollupError):
    """Bytes that cannot have been signed, for they are no hash."""

    def __init__(self, digest: bytes) -> None:
        self.digest = digest
        super().__init__(f"not a digest: it has {len(digest)} bytes; pass the 32 bytes of a hash")


class NoSigner(ZkRollupError):
    """A signature that no key has made.

    Attributes:
        parity: of the signature.
        r: of the signature.
        s: of the signature.
    """

    def __init__(self, parity: int, r: int, s: int) -> None:
        self.parity, self.r, self.s = parity, r, s
        super().__init__(
            f"no key signed with parity {parity}, r {r:#x}, s {s:#x}: parity must be 0 or 1, "
            "r and s in [1, n), and r the x of a point of secp256k1"
        )


class Signature(NamedTuple):
    """A recoverable signature.

    Attributes:
        parity: 0 or 1, of the nonce point's y.
        r: in [1, n).
        s: in [1, n / 2].
    """

    parity: int
    r: int
    s: int


def public_key(key: bytes) -> bytes:
    """Return the public key, 64 bytes.

    Raises:
        InvalidKey: the key is not 32 bytes of a number in [1, n).
    """
    try:
        return keys.pubkey_from_prvkey(key, compressed=False)[1:]
    except ValueError as error:
        raise InvalidKey(len(key)) from error


def sign(digest: bytes, key: bytes) -> Signature:
    """Sign 32 bytes with the nonce of RFC 6979: the same signature each time, s in the lower half.

    Raises:
        InvalidKey: the key is not 32 bytes of a number in [1, n).
        InvalidDigest: what is to be signed is not 32 bytes.
    """
    _require_digest(digest)
    try:
        # Unverified: whoever gets the signature recovers the signer, and a check takes as long as that.
        compact, parity = recovery.sign(digest, key, verify=False)
    except ValueError as error:
        raise InvalidKey(len(key)) from error
    return Signature(parity, int.from_bytes(compact[:32]), int.from_bytes(compact[32:]))


def recover(digest: bytes, parity: int, r: int, s: int) -> bytes:
    """Return the public key, 64 bytes, that signed 32 bytes. Both halves of s's range are accepted.

    Raises:
        NoSigner: parity, r or s is out of range, or no key gives this signature.
        InvalidDigest: what was signed is not 32 bytes.
    """
    _require_digest(digest)
    if parity not in (0, 1) or not 0 < r < ORDER or not 0 < s < ORDER:
        raise NoSigner(parity, r, s)
    try:
        return recovery.recover(digest, r.to_bytes(32) + s.to_bytes(32), parity, compressed=False)[1:]
    except ValueError as error:
        raise NoSigner(parity, r, s) from error


def verify(digest: bytes, r: int, s: int, key: bytes) -> bool:
    """Tell whether a public key, 64 bytes, signed 32 bytes. Both halves of s's range are accepted.

    Raises:
        InvalidDigest: what was signed is not 32 bytes.
    """
    _require_digest(digest)
    if not 0 < r < ORDER or not 0 < s < ORDER:
        return False
    compact = r.to_bytes(32) + s.to_bytes(32)
    try:
        return dsa.verify(digest, b"\x04" + key, compact, compact=True, normalize=True)
    except ValueError:  # the key is no point
        return False


def _require_digest(digest: bytes) -> None:
    if len(digest) != 32:
        raise InvalidDigest(digest)
