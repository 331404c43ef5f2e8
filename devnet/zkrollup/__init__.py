"""A ZK-rollup devnet in one Python process: two EVM chains, an operator, real Groth16 proofs.

Importing this package is free of side effects and pulls in no heavy dependency; import the
subpackage that is needed.
"""

__version__ = "0.1.0"
