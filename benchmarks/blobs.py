"""What a batch's data in a blob would cost, beside calldata: constraints, seconds and L1 gas.

Each figure is of real things: the circuits' witnesses hold for the opening of a real blob, a Groth16 proof of
each way is made and verified, our chain mines the blob's transaction and its precompile accepts the opening.
What they mean is in docs/reference/blobs.md.
"""

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click
from benchmarks.blob.circuits import PLAIN, VARIANTS, Statement, Variant, describe
from benchmarks.blob.onchain import TRANSACTION_GAS, Opening, deployed, opened, record_gas, send
from benchmarks.machine import ROOT, is_busy, machine, summary
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from zkrollup.circuits.batch import BatchSize, batch_circuit
from zkrollup.circuits.encoding import OPERATION_BITS, Op, SlotWords, pack_operation
from zkrollup.evm.chain import Chain
from zkrollup.snark import groth16
from zkrollup.snark.verifier import verify

SIZES = (3, 16, 64, 256)
ELEMENTS_A_SLOT = 2
"""A circuit has room for a withdrawal in every slot: operation and recipient."""
LARGEST_DESCRIBED = 16
SNAPSHOTS = ROOT / "tests" / "snapshots"
INPUT_GAS = 6_150 + (2_713 - 1_639) // 3 + 32 * 16
"""Of the second commitment, a fourth public input: precompiles, the verifier beside them, and calldata."""
CHALLENGE_BITS = 250
AMOUNT, RECIPIENT = 0x0102030405060708, int.from_bytes(bytes(range(1, 21)), "big")


@dataclass(frozen=True, slots=True)
class Count:
    """Constraints that a way adds to a batch."""

    variant: str
    slots: int
    elements: int
    added: int
    batch: int
    percent: float


@dataclass(frozen=True, slots=True)
class Gas:
    """Of one batch's ``submitBatch`` by calldata, and with a blob; blob gas has a fee of its own."""

    way: str
    slots: int
    execution: int
    blob: int

    def a_transfer(self, blob_share: int) -> int:
        return round((self.execution + blob_share * self.blob) / self.slots)


def statement(variant: Variant, elements: int) -> tuple[Statement, Opening]:
    """Made-up words in a real blob, opened where the contract draws z."""
    rng = random.Random(elements)
    data = [rng.getrandbits(OPERATION_BITS) for _ in range(elements)]
    opening = opened(variant.blob(data), data)
    return Statement(data, opening.z, opening.y, rng.getrandbits(CHALLENGE_BITS)), opening


def counts(slots: int) -> list[Count]:
    """Of each way; every witness is checked."""
    elements = ELEMENTS_A_SLOT * slots
    plain, _ = describe(PLAIN, statement(PLAIN, elements)[0])
    found = []
    for variant in VARIANTS.values():
        circuit, witness = describe(variant, statement(variant, elements)[0])
        circuit.check(witness)
        added, batch = circuit.n_constraints - plain.n_constraints, batch_constraints(slots)
        found.append(Count(variant.name, slots, elements, added, batch, 100 * added / batch))
    return found


@cache
def batch_constraints(slots: int) -> int:
    """Of the batch circuit at 4 levels: counted up to 16 slots, above that in proportion."""
    if slots <= LARGEST_DESCRIBED:
        return batch_circuit(BatchSize(slots)).n_constraints
    small, large = batch_constraints(3), batch_constraints(LARGEST_DESCRIBED)
    return small + (slots - 3) * (large - small) // (LARGEST_DESCRIBED - 3)


def proof_seconds(variant: Variant, elements: int) -> tuple[int, float]:
    """Constraints and seconds of the second of two proofs, which is verified."""
    circuit, witness = describe(variant, statement(variant, elements)[0])
    key = groth16.setup(circuit.r1cs)
    seconds = 0.0
    for _ in range(2):
        start = time.perf_counter()
        proof = groth16.prove(key, circuit.r1cs, witness)
        seconds = time.perf_counter() - start
    if not verify(key.vk, circuit.public_values(witness), proof):
        raise click.ClickException(f"the proof of {circuit.name} does not hold")
    return circuit.n_constraints, seconds


def gas(sizes: Sequence[int]) -> list[Gas]:
    """By calldata, as asserted; with a blob, that without data, and what our chain charges beside it."""
    contract = deployed(Chain())
    _, opening = statement(PLAIN, ELEMENTS_A_SLOT)
    mined = send(contract, opening, opening.y, [opening.versioned_hash])
    if not mined.status or mined.output[:32] != opening.versioned_hash:
        raise click.ClickException(f"the chain refuses the blob's opening: {mined.output.hex()}")
    point = contract.tellPoint(opening.z, opening.y, 3).gas
    figures, rows = submit_gas(), []
    without_data = figures[64] - 64 * (figures[256] - figures[64]) // (256 - 64)
    fixed = without_data + mined.gas_used - TRANSACTION_GAS + INPUT_GAS
    for slots in sizes:
        arguments = (opening.z, opening.y, 3, ELEMENTS_A_SLOT * slots)
        told = {
            "blob, z and y": point,
            "blob, powers of z": contract.tellPowers(*arguments).gas,
            "blob, Lagrange weights": contract.tellLagrange(*arguments).gas,
        }
        rows.append(Gas("calldata", slots, figures[slots], 0))
        rows += [Gas(way, slots, fixed + words, mined.blob_gas_used) for way, words in told.items()]
    return rows


def slot_gas() -> Mapping[str, int]:
    """What a further slot costs as calldata, by its operation."""
    contract, fee = deployed(Chain()), 1_203 * 10**12
    operations = {
        "transfer": SlotWords(pack_operation(Op.TRANSFER, 1, 2, AMOUNT, fee=fee)),
        "withdrawal": SlotWords(pack_operation(Op.WITHDRAW, 1, 0, AMOUNT, fee=fee), RECIPIENT),
    }
    return {name: record_gas(contract, words) for name, words in operations.items()}


def submit_gas() -> Mapping[int, int]:
    """Of ``submitBatch`` with a batch full of transfers, by slots."""
    known = json.loads((SNAPSHOTS / "gas.json").read_text(encoding="utf-8"))
    return {slots: known[f"submit {slots} transfers"] for slots in SIZES}


def break_even(rows: Sequence[Gas], way: str, blob_share: int) -> float | None:
    """Slots from which on a way costs less than calldata: from the lines through the largest sizes."""
    lines = []
    for name in ("calldata", way):
        low, high = [row for row in rows if row.way == name][-2:]
        slope = (high.execution - low.execution) / (high.slots - low.slots)
        lines.append((slope, high.execution + blob_share * high.blob - slope * high.slots))
    (calldata_slope, calldata_start), (slope, start) = lines
    return None if slope >= calldata_slope else (start - calldata_start) / (calldata_slope - slope)


def table(console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    shown = Table(*headings, title=title, title_justify="left", box=SIMPLE_HEAD)
    for row in rows:
        shown.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    console.print(shown)


def show_counts(console: Console, found: Sequence[Count]) -> None:
    rows = [(c.variant, c.slots, c.elements, c.added, c.batch, f"{c.percent:.1f} %") for c in found]
    table(console, "Constraints", ("way", "slots", "elements", "added", "batch", "share"), rows)


def show_gas(console: Console, rows: Sequence[Gas]) -> None:
    shown = [(r.way, r.slots, r.execution, r.blob, r.a_transfer(0), r.a_transfer(1)) for r in rows]
    headings = ("way", "slots", "execution", "blob gas", "a transfer, blob gas free", "equal base fees")
    table(console, "L1 gas of submitBatch", headings, shown)


@click.command()
@click.option("--quick", is_flag=True, help="Constraints at 3 slots only.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write all figures here.")
def main(quick: bool, json_path: Path | None) -> None:
    """Count constraints, prove, and measure L1 gas."""
    console, about = Console(width=110), machine()
    console.print(summary(about) + (", other work is running" if is_busy(about) else ""))
    found = [count for slots in SIZES[: 1 if quick else None] for count in counts(slots)]
    show_counts(console, found)
    proofs = {name: proof_seconds(v, ELEMENTS_A_SLOT * SIZES[0]) for name, v in VARIANTS.items()}
    rows = [(name, constraints, f"{seconds:.3f}") for name, (constraints, seconds) in proofs.items()]
    table(console, "A proof of the data part, 3 slots", ("way", "constraints", "seconds"), rows)
    charged = gas(SIZES)
    show_gas(console, charged)
    slot = slot_gas()
    table(console, "A further slot by calldata", ("operation", "gas"), list(slot.items()))
    ways = dict.fromkeys(row.way for row in charged if row.way != "calldata")
    breaks: dict[str, Any] = {way: [break_even(charged, way, share) for share in (0, 1)] for way in ways}
    shown = [(way, *("never" if b is None else f"{b:.0f}" for b in both)) for way, both in breaks.items()]
    table(
        console, "Slots from which on a blob is cheaper", ("way", "blob gas free", "equal base fees"), shown
    )
    if json_path is not None:
        document = {
            "machine": about,
            "constraints": [asdict(count) for count in found],
            "proofs": proofs,
            "gas": [asdict(row) for row in charged],
            "slot": slot,
            "break_even": breaks,
        }
        json_path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
