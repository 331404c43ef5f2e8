"""Proofs kept from run to run, so that what was proved once need not be proved again.

Owns when a kept proof is used, and how much room all of them take. A file is never believed: what it holds is
verified against the key and the public inputs at hand before it is handed out, so whoever writes into the
store, or a bug that does, can cost time and nothing else.

One file a proof, a snarkjs ``proof.json``, named by a SHA-256 over circuit, verification key and witness. The
name lets whoever reads the folder confirm a guess of a witness: those of a test network are no secrets.

Readers take no lock. Writers replace whole files. Whoever finds the store too large removes what was used
longest ago, under a lock; a file that vanishes meanwhile is a miss.
"""

import hashlib
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from zkrollup import storage
from zkrollup.crypto.pairing import InvalidPoint
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark.formats.snarkjs_json import InvalidFormat, dump_proof, dump_verification_key, load_proof
from zkrollup.snark.keys import Proof, VerificationKey
from zkrollup.snark.r1cs import Limbs
from zkrollup.snark.satisfaction import Provable
from zkrollup.snark.storesize import limit
from zkrollup.snark.verifier import verify

MAX_FILE: Final = 2048
"""No proof.json is larger: eight numbers of 78 digits, and names."""
_FORMAT: Final = b"zkrollup proof, format 1\n"


class ProofStoreWarning(UserWarning):
    """A file of the store holds no proof of what it is named after, so that one is made anew."""


@dataclass(frozen=True, eq=False)
class Statement:
    """What a proof in the store is of: this circuit, under this key, holds for this witness.

    Attributes:
        circuit: Constraints, by their digest.
        vk: What the proof is checked against.
        witness: Canonical, (n_wires, 4). Of a false one there is no proof to keep.
    """

    circuit: Provable
    vk: VerificationKey
    witness: Limbs

    @cached_property
    def public(self) -> tuple[int, ...]:
        """The public inputs."""
        return tuple(to_ints(self.witness[1 : 1 + self.circuit.r1cs.n_public]))

    @cached_property
    def name(self) -> str:
        """64 hex digits; others for another circuit, key or witness."""
        digest = hashlib.sha256(_FORMAT)
        # Three digests of one length each, so that no part can run into the next.
        for part in (
            self.circuit.digest.encode(),
            dump_verification_key(self.vk).encode(),
            self.witness.astype("<u8").tobytes(),
        ):
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()


def find(statement: Statement) -> Proof | None:
    """The kept proof of a statement, verified just now; None where there is none that holds.

    A file that holds no proof of the statement is removed, with a warning.

    Raises:
        InvalidStoreSize: see ``limit``.
    """
    path = _path(statement)
    if path is None:
        return None
    try:
        proof = _verified(statement, path)
    except FileNotFoundError:
        return None
    except (OSError, InvalidFormat, InvalidPoint) as error:
        _drop(path, error)
        return None
    storage.mark_used(path)
    return proof


def keep(statement: Statement, proof: Proof) -> None:
    """Keep a proof that was verified; makes room for it where need be.

    Where it cannot be written, a warning says so and nothing is kept.

    Raises:
        InvalidStoreSize: see ``limit``.
    """
    path = _path(statement)
    if path is None:
        return
    text = dump_proof(proof).encode()
    if storage.keep(path, lambda file: file.write(text)):
        storage.make_room(path.parent, limit())


def damaged() -> list[str]:
    """What is wrong with files of the store: those that hold no proof, of whatever statement."""
    folder = storage.existing("proofs")
    found = []
    for path in sorted(folder.glob("*.json")) if folder is not None else ():
        try:
            load_proof(_read(path))
        except FileNotFoundError:
            continue
        except (OSError, InvalidFormat, InvalidPoint) as error:
            found.append(f"proof file {path}: {error}")
    return found


def _path(statement: Statement) -> Path | None:
    folder = storage.cache_dir("proofs") if limit() else None
    return None if folder is None else folder / f"{statement.name}.json"


def _verified(statement: Statement, path: Path) -> Proof:
    proof = load_proof(_read(path))
    if not verify(statement.vk, statement.public, proof):
        raise InvalidFormat("proof", path.name, "it does not verify")
    return proof


def _read(path: Path) -> str:
    if path.is_symlink():  # it could lead anywhere
        raise InvalidFormat("file", path.name, "it is a link")
    return storage.read(path, MAX_FILE).decode(errors="replace")


def _drop(path: Path, error: Exception) -> None:
    with suppress(OSError):  # a folder in its place, or not ours to remove: it stays, and is never believed
        path.unlink(missing_ok=True)
    warnings.warn(f"proof store: {path} is not used, proving again: {error}", ProofStoreWarning, stacklevel=3)
