"""groth16py: arkworks's prover, in Rust. It is given the .zkey once, and reads the .wtns for each proof."""

import sys
from importlib.metadata import version
from pathlib import Path

import groth16py
from benchmarks.workers import serve

from zkrollup.snark.formats.snarkjs_json import dump_proof
from zkrollup.snark.keys import Proof

folder = Path(sys.argv[1])
key, _ = groth16py.import_zkey(str(folder / "statement.zkey"))


def to_json(blob: bytes) -> str:
    """From the words of Ethereum's calldata."""
    words = [int.from_bytes(blob[i : i + 32], "big") for i in range(0, 256, 32)]
    ax, ay, bx1, bx0, by1, by0, cx, cy = words
    return dump_proof(Proof((ax, ay), ((bx0, bx1), (by0, by1)), (cx, cy)))


serve(
    lambda: groth16py.prove_wtns(key, str(folder / "witness.wtns")), to_json, groth16py=version("groth16py")
)
