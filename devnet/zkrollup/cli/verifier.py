"""``zkrollup verifier``: contracts that verify proofs of one key, as source or as code to deploy.

Owns where the key comes from: a file, or this machine's key for a circuit of the rollup. Every key is checked
before anything is written.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkrollup.cli.commands import Commands
from zkrollup.cli.keys import CIRCUITS
from zkrollup.cli.options import levels_option, slots_option
from zkrollup.cli.outputs import force_option, require_free

if TYPE_CHECKING:
    from zkrollup.snark.keys import VerificationKey


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A key, and where it comes from in words."""

    vk: "VerificationKey"
    origin: str


@click.group(cls=Commands)
def verifier() -> None:
    """Write a contract that verifies the proofs of one key.

    The key is that of a file, or, with --circuit, the one that this machine proves with: a TEST key, made by
    a single party who could forge proofs.
    """


def _takes_key(command: Callable[..., None]) -> Callable[..., Any]:
    """Gives ``command`` the key that the command line names, as ``chosen``, and a place to write to."""

    @click.argument("key", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--circuit", type=click.Choice(CIRCUITS), help="Take this machine's TEST key for it.")
    @slots_option
    @levels_option
    @click.option(
        "-o",
        "--output",
        default="-",
        type=click.Path(dir_okay=False, writable=True, allow_dash=True),
        help="A file to write, in place of standard output.",
    )
    @force_option
    @wraps(command)
    def choose(
        key: Path | None,
        circuit: str | None,
        slots: int,
        levels: int,
        output: str,
        force: bool,
        **others: Any,
    ) -> None:
        if (key is None) == (circuit is None):
            raise click.UsageError("give either KEY, a file, or --circuit")
        require_free(*([] if output == "-" else [Path(output)]), force=force)
        chosen = _of_circuit(circuit or "", slots, levels) if key is None else _of_file(key)
        command(chosen=chosen, output=output, **others)

    return choose


@verifier.command()
@_takes_key
@click.option("--solidity", is_flag=True, expose_value=False, help="The language; there is no other yet.")
@click.option("--name", default="Groth16Verifier", show_default=True, help="The contract's name.")
@click.option("--pragma", default="^0.8.20", show_default=True, help="Compilers that may compile it.")
@click.option("--proof-bytes", is_flag=True, help="Take a proof as bytes, as Tornado Cash's pools pass it.")
def export(chosen: _Chosen, output: str, name: str, pragma: str, proof_bytes: bool) -> None:
    """Write a verifier's source, to be read and compiled.

    KEY is a verification_key.json or a .zkey of snarkjs. The contract's verifyProof(a, b, c, inputs) is
    called as that of snarkjs's verifier is; with --proof-bytes it is verifyProof(proof, inputs).
    """
    from zkrollup.snark.verifier_source import verifier_source

    source = verifier_source(
        chosen.vk, origin=chosen.origin, name=name, pragma=pragma, proof_bytes=proof_bytes
    )
    _write(output, source)


@verifier.command()
@_takes_key
@click.option("--abi", is_flag=True, help="Print the contract's ABI, as JSON, in place of its code.")
def bytecode(chosen: _Chosen, output: str, abi: bool) -> None:
    """Print code, in hex, that deploys a verifier without any compiler.

    KEY is a verification_key.json or a .zkey of snarkjs.
    """
    from zkrollup.snark.verifier_contract import verifier_abi, verifier_init_code

    code = f"0x{verifier_init_code(chosen.vk).hex()}"
    _write(output, f"{json.dumps(verifier_abi(chosen.vk.n_public), indent=2) if abi else code}\n")


def _write(output: str, text: str) -> None:
    """Opens the file only now that there is something to write."""
    with click.open_file(output, "w", encoding="utf-8") as file:
        file.write(text)


def _of_file(path: Path) -> _Chosen:
    from zkrollup.snark.keyreader import read_verification_key

    vk, digest = read_verification_key(path)
    return _Chosen(
        vk,
        f"that in {path.name}, SHA-256 {digest}, UNVERIFIED. Nothing here says how the key was made: whoever "
        "knows its secrets, or made it for weaker constraints, can forge proofs.",
    )


def _of_circuit(circuit: str, slots: int, levels: int) -> _Chosen:
    from zkrollup.circuits.batch import BatchSize
    from zkrollup.cli import terminal
    from zkrollup.cli.progress import progress_shown, waiting_shown, warn_of_size
    from zkrollup.operator.prover import Ways
    from zkrollup.snark.verifier_source import TEST_KEY

    console = terminal.console(stderr=True)
    size = BatchSize(slots, levels)
    if circuit == "batch":
        warn_of_size(console, size)
    with progress_shown(console, size if circuit == "batch" else None) as progress:
        keyed = Ways(progress=progress, waiting=waiting_shown(console)).named(circuit, size)
    name = keyed.circuit.name
    return _Chosen(keyed.vk, f"that of circuit {name}, kept by the machine that wrote this. {TEST_KEY}")
