"""TEST keys kept from run to run: one file a circuit, made by one process while the others wait.

Owns when a key is made, read and made anew. Does not own the file format (``keyfile``) nor the place
(``storage``).
"""

import hashlib
import warnings
from functools import partial
from pathlib import Path

from zkrollup import kernels, storage
from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.snark import keyfile
from zkrollup.snark.keyfile import DamagedKeyFile, OtherKeyFormat
from zkrollup.snark.keys import InvalidKey, KeyMismatch, ProvingKey
from zkrollup.snark.r1cs import R1CS
from zkrollup.snark.trusted_setup import setup


class DamagedKeyWarning(UserWarning):
    """A stored key could not be used, so that a new one was made; its old proofs no longer verify."""


def proving_key(
    digest: str,
    r1cs: R1CS,
    *,
    progress: Progress = ignore_progress,
    waiting: storage.Waiting = storage.ignore_waiting,
) -> ProvingKey:
    """The stored key of a circuit, made now if there is none that is whole and sound.

    Without a writable cache a new key is made each time.

    Args:
        digest: names the circuit; equal only for equal constraints.
        r1cs: the circuit's constraints.
        progress: called with "make keys" if it comes to that.
        waiting: called once if another process is making this key.
    """
    path = key_path(digest)
    if path is None:
        return setup(r1cs, progress=progress)
    key, _ = _read(path, r1cs)
    if key is not None:
        return key
    # Here, where Ctrl-C ends it, and not on the pool's threads.
    kernels.load(pairing=False, progress=progress, waiting=waiting)
    with storage.exclusive(f"make-keys-{path.stem}", waiting, doing="makes keys"):
        key, problem = _read(path, r1cs)
        if key is None:
            key = setup(r1cs, progress=progress)
            storage.keep(path, partial(keyfile.write, key, name=path.stem))
    if problem:  # told once it is mended, since a warning may be made an error
        warnings.warn(f"making a new key: {problem}", DamagedKeyWarning, stacklevel=2)
    return key


def key_path(digest: str) -> Path | None:
    """Where a circuit's key is kept, or would be; None without a writable cache."""
    folder = storage.cache_dir("keys")
    name = hashlib.sha256(keyfile.MAGIC + digest.encode()).hexdigest()[:32]
    return None if folder is None else folder / f"{name}.key"


def examined() -> tuple[list[str], list[Path]]:
    """What is wrong with damaged keys in the cache, and the files that another version of this package wrote.

    Reads each whole: about a second for a gigabyte.
    """
    folder = storage.existing("keys")
    damaged: list[str] = []
    others: list[Path] = []
    for path in sorted(folder.glob("*.key")) if folder is not None else ():
        try:
            keyfile.read(path)
        except FileNotFoundError:
            continue
        except OtherKeyFormat:
            others.append(path)
        except (OSError, DamagedKeyFile, InvalidKey) as error:
            damaged.append(str(error))
    return damaged, others


def _read(path: Path, r1cs: R1CS) -> tuple[ProvingKey | None, str]:
    """The kept key; None where there is none that is whole and fits, and what is wrong with another."""
    try:
        key = keyfile.read(path)
        key.require_fit(r1cs)
    except FileNotFoundError:
        return None, ""
    except (OSError, DamagedKeyFile, InvalidKey, KeyMismatch) as error:
        return None, str(error)
    return key, ""
