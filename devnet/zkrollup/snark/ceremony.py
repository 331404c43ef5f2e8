"""A key from a .zkey file for a circuit, and how much of it was checked.

Owns what has to hold before a key may be called verified: every point follows from the circuit and the
powers of tau, or the file is the one whose digest was stated. Reading alone shows neither: C is in no .zkey,
so a key for weaker constraints proves each true statement, and false ones too.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from zkrollup.errors import ZkRollupError
from zkrollup.snark import keycheck
from zkrollup.snark.formats import ptau as ptau_file
from zkrollup.snark.formats import zkey as zkey_file
from zkrollup.snark.formats.zkey import Zkey
from zkrollup.snark.r1cs import R1CS
from zkrollup.snark.satisfaction import NoConstraints


class KeyCheck(StrEnum):
    """What is known of a circuit's key."""

    TEST = "TEST"
    """It was made on this machine, by a single party."""
    POWERS = "powers of tau"
    """All its points follow from the circuit and the powers of tau."""
    DIGEST = "SHA-256"
    """Its file is the one whose digest was stated."""
    NOTHING = "UNVERIFIED"
    """It may be for weaker constraints, so that false statements have proofs."""

    def described(self, contributions: int) -> str:
        """Such a key in words."""
        of = f"key of {contributions} contribution{'' if contributions == 1 else 's'}"
        match self:
            case KeyCheck.TEST:
                return "a TEST key"
            case KeyCheck.POWERS:
                return f"a {of}, verified against its powers of tau"
            case KeyCheck.DIGEST:
                return f"a {of}, of the stated SHA-256"
        return f"an UNVERIFIED {of}"


class UnverifiedKeyWarning(UserWarning):
    """Proofs under a key attest nothing: nobody has said which file it is, nor was it checked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path.name} is UNVERIFIED: a key for weaker constraints looks the same, and false statements "
            "have proofs under it. Give ptau=, the powers of tau that it was made from, or zkey_sha256=, the "
            "digest of the file that was verified"
        )


class KeyDigestMismatch(ZkRollupError):
    """A key file is not the one whose digest was stated.

    Attributes:
        path: The file.
        stated: The digest that was stated.
        found: The file's, hex.
    """

    def __init__(self, path: Path, stated: str, found: str) -> None:
        self.path, self.stated, self.found = path, stated, found
        super().__init__(
            f"{path} has SHA-256 {found}, not the stated {stated!r}; get the file again, or, once the new "
            "one was verified, state its digest"
        )


@dataclass(frozen=True, slots=True)
class CeremonyKey:
    """A key from a file.

    Attributes:
        zkey: What the file holds.
        check: What was checked of it.
        sha256: The digest of the bytes that ``zkey`` was read from, hex.
    """

    zkey: Zkey
    check: KeyCheck
    sha256: str


def read_key(
    path: Path, r1cs: R1CS | None, *, ptau: Path | None = None, sha256: str | None = None
) -> CeremonyKey:
    """The key of a .zkey file, which has to be the circuit's.

    Args:
        path: The file.
        r1cs: The circuit's constraints; None if there are none but those of the key.
        ptau: The powers of tau that the key was made from, or more of the same ceremony.
        sha256: The digest of the file, 64 hex digits.

    Raises:
        FileNotFoundError: A file is not there.
        NoConstraints: ``ptau`` is given without ``r1cs``.
        InvalidFile: A file is not what its format says.
        InvalidKey: The key is not sound.
        KeyDigestMismatch: The file has another digest.
        KeyMismatch: The key is for a circuit of other sizes.
        CoefficientMismatch: Its A or B is another circuit's.
        TooFewPowers: ``ptau`` is for smaller circuits.
        KeyNotOfCircuit: A point is not what the circuit and the powers of tau say.
    """
    content = path.read_bytes()  # once: the file may be another one when it is opened again
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256.lower().removeprefix("0x") != digest:
        raise KeyDigestMismatch(path, sha256, digest)
    if r1cs is None and ptau is not None:
        raise NoConstraints("checking a key against its powers of tau")
    found = zkey_file.read(path, content)
    if r1cs is not None:
        found.require_fit(r1cs)
    if r1cs is not None and ptau is not None:
        keycheck.require_made_from(found.key, r1cs, ptau_file.read(ptau, found.key.log_size))
        return CeremonyKey(found, KeyCheck.POWERS, digest)
    return CeremonyKey(found, KeyCheck.NOTHING if sha256 is None else KeyCheck.DIGEST, digest)
