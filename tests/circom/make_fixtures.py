"""Makes the committed files of examples/own_circuit, examples/own_verifier and tests/circom/circuits.

    python tests/circom/make_fixtures.py             compile; with the same compiler nothing changes
    python tests/circom/make_fixtures.py ceremony    also a new key and a new proof: both are random

The ceremony has two contributors and a beacon, all of them this script: it shows the steps and gives tests a
key that snarkjs made. Nobody may rely on the key.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from zkrollup.compilers.node import find_node

ROOT = Path(__file__).parents[2]
CIRCUIT = ROOT / "examples" / "own_circuit"
VERIFIER = ROOT / "examples" / "own_verifier"
CIRCUITS = ROOT / "tests" / "circom" / "circuits"
CIRCOM, SNARKJS = (str(ROOT / "node_modules" / name) for name in ("circom2/cli.js", "snarkjs/build/cli.cjs"))
BEACON = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100"
INPUTS = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}
COMPILED = ("invoice.r1cs", "invoice.sym", "invoice.wasm")


def compile_circuit(out):
    """Writes invoice.r1cs, invoice.sym and invoice.wasm into a folder."""
    compile_source(CIRCUIT / "invoice.circom", out, "--O1")


def compile_circuits(out):
    """The same for each source of tests/circom/circuits, with the compiler's own options."""
    for source in sorted(CIRCUITS.glob("*.circom")):
        compile_source(source, out)


def compile_source(source, out, *options):
    """Writes .r1cs, .sym and .wasm of a source into a folder."""
    run_node(source.parent, CIRCOM, source.name, "--r1cs", "--sym", "--wasm", *options, "-o", str(out))
    made = out / f"{source.stem}_js"
    (made / f"{source.stem}.wasm").replace(out / f"{source.stem}.wasm")
    shutil.rmtree(made)


def hold_ceremony(work, constraints=CIRCUIT / "invoice.r1cs", *, power=8):
    """Powers of tau for 2^power rows, then the circuit's phase, two contributions and a beacon: key.zkey."""
    snarkjs(work, "powersoftau", "new", "bn128", str(power), "tau_0.ptau")
    for i, name in enumerate(("first", "second")):
        snarkjs(
            work,
            "powersoftau",
            "contribute",
            f"tau_{i}.ptau",
            f"tau_{i + 1}.ptau",
            f"--name={name}",
            f"-e={name}",
        )
    snarkjs(work, "powersoftau", "beacon", "tau_2.ptau", "tau_3.ptau", BEACON, "10", "--name=beacon")
    snarkjs(work, "powersoftau", "prepare", "phase2", "tau_3.ptau", "tau.ptau")
    snarkjs(work, "groth16", "setup", str(constraints), "tau.ptau", "key_0.zkey")
    for i, name in enumerate(("first", "second")):
        snarkjs(
            work, "zkey", "contribute", f"key_{i}.zkey", f"key_{i + 1}.zkey", f"--name={name}", f"-e={name}"
        )
    snarkjs(work, "zkey", "beacon", "key_2.zkey", "key.zkey", BEACON, "10", "--name=beacon")
    return snarkjs(work, "zkey", "verify", str(constraints), "tau.ptau", "key.zkey")


def prove(work):
    """A proof by snarkjs under key.zkey, with its public inputs and the verification key."""
    (work / "inputs.json").write_text(json.dumps(INPUTS))
    wasm = str(CIRCUIT / "invoice.wasm")
    snarkjs(work, "groth16", "fullprove", "inputs.json", wasm, "key.zkey", "proof.json", "public.json")
    snarkjs(work, "zkey", "export", "verificationkey", "key.zkey", "verification_key.json")


def snarkjs(folder, *arguments):
    """What snarkjs prints."""
    return run_node(folder, SNARKJS, *arguments)


def run_node(folder, program, *arguments):
    """What one of npm's programs prints; its errors are shown."""
    command = [find_node().program, program, *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    compile_circuit(CIRCUIT)
    compile_circuits(CIRCUITS)
    if sys.argv[1:] != ["ceremony"]:
        return
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        sys.stdout.write(hold_ceremony(work))
        prove(work)
        shutil.copy(work / "key.zkey", CIRCUIT / "invoice.zkey")
        for file in ("verification_key.json", "proof.json", "public.json"):
            shutil.copy(work / file, VERIFIER)


if __name__ == "__main__":
    main()
