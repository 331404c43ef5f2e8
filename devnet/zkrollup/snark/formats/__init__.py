"""The ecosystem's files: circom's .r1cs, .sym and .wtns, snarkjs's .zkey, JSON and calldata.

Each module reads and writes one format, and refuses what is not in it. Knows no circuit and makes no proof.
"""
