"""Makes a real proof of the smallest batch, has L1 verify it, and writes key, proof and public inputs.

``python proof.py FOLDER`` runs on the processor under test; ``check`` reads the files, which are snarkjs's.
"""

import platform
import sys
import time
from pathlib import Path

import click

from zkrollup import kernels
from zkrollup.circuits.batch import BatchSize
from zkrollup.crypto.pairing import uses_kernels
from zkrollup.devnet import ETH, Devnet
from zkrollup.kernels.processor import kernel_set
from zkrollup.operator.prover import Prover
from zkrollup.snark.formats import snarkjs_json
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.verifier import verify

SIZE = BatchSize(1, 1)
MACHINES = ("aarch64", "arm64")


def say(label: str, fraction: float) -> None:
    """Tell that emulation goes on."""
    click.echo(f"{time.strftime('%H:%M:%S')} {label} {fraction:.0%}")


def main(folder: Path) -> None:
    """Prove, verify, write."""
    assert platform.machine() in MACHINES, platform.machine()
    assert kernel_set() == "portable", kernel_set()
    kernels.load(pairing=uses_kernels(), progress=say, waiting=click.echo)
    prover = Prover.prepare(SIZE, mode=ProofMode.FRESH, progress=say)
    devnet = Devnet(prover)
    rollup, alice = devnet.rollup, devnet.user("alice")
    rollup.deposit(ETH, 501, sender=alice)
    (sealed,) = rollup.operator.state.sealed  # one deposit fills the batch
    proven = prover.prove_batch(sealed)
    commitment, *others = public = sealed.instance.as_tuple()
    assert verify(prover.batch.vk, public, proven.proof)
    assert not verify(prover.batch.vk, (commitment + 1, *others), proven.proof)

    rollup.settle()
    assert rollup.contract.stateRoot() == sealed.root_after != sealed.root_before
    assert alice.l2_balance(ETH) == 501

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verification_key.json").write_text(snarkjs_json.dump_verification_key(prover.batch.vk))
    (folder / "proof.json").write_text(snarkjs_json.dump_proof(proven.proof))
    (folder / "public.json").write_text(snarkjs_json.dump_public(public))
    circuit = prover.batch.circuit
    click.echo(f"proved {circuit.name} with {circuit.n_constraints} constraints in {proven.seconds:.1f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
