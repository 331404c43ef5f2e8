"""What is timed on each chain. An operation prepares, which is not timed, and returns what is.

Each use of a proof takes one that no chain has seen: a chain that keeps a precompile's answers gains nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from benchmarks.nodes import GAS, Client
from benchmarks.statement import Statement

from zkrollup.snark import groth16
from zkrollup.snark.verifier_contract import verify_proof_calldata

Timed: TypeAlias = Callable[[], object]
Operation: TypeAlias = Callable[[Client], Timed]


def proofs(statement: Statement) -> Iterator[bytes]:
    """Calldata of proofs of one statement, each with randomness of its own."""
    while True:
        proof = groth16.prove(statement.key, statement.r1cs, statement.witness)
        yield verify_proof_calldata(proof, statement.public)


def operations(calldata: Iterator[bytes], seeds: Iterator[int], heavy: bool) -> Mapping[str, Operation]:
    """All that is compared, by name; opcode-heavy ones where there is a contract for them."""

    def submit(client: Client) -> Timed:
        proof = next(calldata)
        return lambda: client.submit(proof)

    def case(client: Client) -> Timed:
        proof = next(calldata)
        return lambda: mixed(client, proof)

    def permute(client: Client) -> Timed:
        seed = next(seeds)
        return lambda: client.permute(seed)

    def merkle(client: Client) -> Timed:
        seed = next(seeds)
        return lambda: client.merkle(seed)

    return {
        "value transfer": lambda client: client.transfer,
        "ERC-20 transfer": lambda client: client.token_transfer,
        "ERC-20 transfer, gas given": lambda client: lambda: client.token_transfer(GAS),
        "call": lambda client: client.balance,
        # Before the proof: eth-tester reverts by executing its latest block again.
        "snapshot and revert": lambda client: lambda: client.revert(client.snapshot()),
        "Groth16 submit": submit,
        "deploy": lambda client: client.deploy,
        "mixed test case": case,
        **({"Poseidon-like, 65 rounds": permute, "Merkle root, 128 leaves": merkle} if heavy else {}),
    }


def mixed(client: Client, calldata: bytes) -> None:
    """A test: three token transfers, a proof and two calls, between snapshot and revert."""
    snapshot = client.snapshot()
    for _ in range(3):
        client.token_transfer()
    client.submit(calldata)
    client.balance()
    client.balance()
    client.revert(snapshot)


def growing() -> Mapping[str, Operation]:
    """What must not take longer on a longer chain."""

    def receipt(client: Client) -> Timed:
        sent = client.token_transfer(GAS)
        return lambda: client.receipt(sent)

    return {
        "value transfer": lambda client: client.transfer,
        "ERC-20 transfer, gas given": lambda client: lambda: client.token_transfer(GAS),
        "receipt": receipt,
        "call": lambda client: client.balance,
        "snapshot and revert": lambda client: lambda: client.revert(client.snapshot()),
    }
