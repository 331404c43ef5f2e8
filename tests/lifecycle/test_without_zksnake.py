"""Proofs are made, checked and settled where zksnake has no wheel: kernels pair points, in the EVM too."""

import os
import subprocess
import sys

import pytest

SETTLE = """
import sys
sys.modules["zksnake"] = None  # importing it fails
from zkrollup.circuits.batch import BatchSize
from zkrollup.crypto import pairing
from zkrollup.devnet import ETH, Devnet
from zkrollup.snark.modes import ProofMode
devnet = Devnet.start(BatchSize(1, 1), mode=ProofMode.FRESH)
alice = devnet.user("alice")
devnet.rollup.deposit(ETH, 503, sender=alice)
devnet.rollup.settle()
exit_ = devnet.rollup.withdraw(ETH, 211, sender=alice)
devnet.rollup.settle()
before = alice.l1_balance(ETH)
exit_.claim(sender=devnet.user("bob"))
print(pairing.implementation().name, alice.l1_balance(ETH) - before)
"""


@pytest.mark.slow
def test_a_batch_is_proved_and_a_claim_paid_without_zksnake():
    environment = {name: value for name, value in os.environ.items() if name != "ZK_PAIRING"}
    done = subprocess.run([sys.executable, "-c", SETTLE], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["kernels", "211"]
