"""What a benchmark proves: constraints, a TEST key and a witness, in a folder that other processes read.

Owns the folder's layout. Files for other provers are written by ``zkrollup.snark.formats``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zkrollup.kernels.limbs import Limbs, to_ints
from zkrollup.snark import groth16, keyfile
from zkrollup.snark.keys import ProvingKey
from zkrollup.snark.r1cs import R1CS, SparseMatrix

_PARTS = ("ptr", "col", "val")


@dataclass(frozen=True, slots=True)
class Statement:
    """A true statement that can be proved."""

    r1cs: R1CS
    key: ProvingKey
    witness: Limbs

    @property
    def public(self) -> tuple[int, ...]:
        return tuple(to_ints(self.witness[1 : 1 + self.r1cs.n_public]))

    @classmethod
    def of(cls, r1cs: R1CS, witness: Limbs) -> "Statement":
        return cls(r1cs, groth16.setup(r1cs), witness)

    def write(self, folder: Path) -> None:
        """For our own prover."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "statement.key").open("wb") as file:
            keyfile.write(self.key, file, "statement")
        np.savez(folder / "circuit.npz", **_arrays(self.r1cs))
        np.save(folder / "witness.npy", self.witness)

    def write_for_others(self, folder: Path) -> None:
        """For provers that read snarkjs's files."""
        from zkrollup.snark.formats import wtns, zkey
        from zkrollup.snark.formats.snarkjs_json import dump_verification_key

        with (folder / "statement.zkey").open("wb") as file:
            zkey.write(self.key, self.r1cs, file)
        with (folder / "witness.wtns").open("wb") as file:
            wtns.write(self.witness, file)
        (folder / "verification_key.json").write_text(dump_verification_key(self.key.vk), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Statement":
        with np.load(folder / "circuit.npz") as file:
            r1cs = _r1cs({name: file[name] for name in file.files})
        return cls(r1cs, keyfile.read(folder / "statement.key"), np.load(folder / "witness.npy"))


def _arrays(r1cs: R1CS) -> dict[str, Any]:
    arrays = {
        f"{name}.{part}": getattr(getattr(r1cs, name), part) for name in ("a", "b", "c") for part in _PARTS
    }
    return {**arrays, "sizes": np.array([r1cs.n_wires, r1cs.n_public], np.int64)}


def _r1cs(arrays: Mapping[str, Any]) -> R1CS:
    sides = [SparseMatrix(*(arrays[f"{name}.{part}"] for part in _PARTS)) for name in ("a", "b", "c")]
    n_wires, n_public = map(int, arrays["sizes"])
    return R1CS(n_wires, n_public, *sides)
