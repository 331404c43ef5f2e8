"""Checks the proof in a folder with the pairing that ZK_PAIRING names; exits with 1 if it does not hold."""

import sys
from pathlib import Path

from zkrollup.snark import groth16, keyfile
from zkrollup.snark.formats.snarkjs_json import load_proof, load_public

folder = Path(sys.argv[1])
public = load_public((folder / "inputs.json").read_text(encoding="utf-8"))
proof = load_proof((folder / "checked.json").read_text(encoding="utf-8"))
sys.exit(not groth16.verify(keyfile.read(folder / "statement.key").vk, public, proof))
