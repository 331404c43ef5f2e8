"""The comparison of provers runs, on tiny circuits with ours alone, and notices false proofs."""

import json
import math
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.chain import START, chain, link, links_for
from benchmarks.contenders import BenchmarkError, Worker, others, plain, race
from benchmarks.plain_groth16 import PlainProver
from benchmarks.provers import squaring_statement
from benchmarks.scaling import Point, exponent, n_log_n
from benchmarks.statement import Statement

from zkrollup.crypto.poseidon import poseidon
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark import groth16
from zkrollup.snark.formats.snarkjs_json import dump_proof
from zkrollup.snark.prover import UnsatisfiedWitness

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def statement():
    return squaring_statement(3)


@pytest.fixture
def folder(statement, tmp_path):
    statement.write(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_quick_run_measures_all_that_is_ours(tmp_path):
    path = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.provers", "--quick", "--only-ours", "--json", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    document = json.loads(path.read_text())
    assert {"processor", "cores", "flags", "versions"} <= set(document["machine"])
    names = [[row["name"] for row in each["contenders"]] for each in document["races"]]
    assert names == [names[0], [*names[0], "plain Python (py_ecc)"]]
    assert names[0][0].startswith("ours, ")
    for row in (row for each in document["races"] for row in each["contenders"]):
        assert row["seconds"] == [row["lowest"]] == [row["median"]] == [row["highest"]]
    assert [point["log"] for point in document["curve"]["points"]] == [9, 10]
    assert all(point["proof_bytes"] > 10**7 for point in document["curve"]["points"])


# Statements


def test_a_chain_is_that_many_poseidon_hashes_one_after_the_other():
    _, witness = chain(3)
    own = link().r1cs.n_wires - 2
    first = poseidon([START])
    outputs = [first, poseidon([first]), poseidon([poseidon([first])])]
    assert [to_ints(witness[wire])[0] for wire in (1, 2, 2 + own, 2 + 2 * own)] == [START, *outputs]


def test_no_wire_of_a_chain_is_free():
    r1cs, witness = chain(2)
    key = groth16.setup(r1cs)
    assert groth16.verify(key.vk, [START], groth16.prove(key, r1cs, witness))
    for wire in range(1, r1cs.n_wires):
        wrong = witness.copy()
        wrong[wire, 0] ^= np.uint64(1)
        with pytest.raises(UnsatisfiedWitness):
            groth16.prove(key, r1cs, wrong)


@pytest.mark.parametrize("log", [9, 12])
def test_a_chain_fills_the_rows_that_it_is_for(log):
    constraints = link().n_constraints
    links = links_for(log, constraints)
    assert links * constraints + 2 <= 2**log < (links + 1) * constraints + 2


def test_a_statement_survives_its_folder(statement, folder):
    again = Statement.read(folder)
    assert again.public == statement.public == (19**8,)
    assert again.key.vk == statement.key.vk
    proof = groth16.prove(again.key, again.r1cs, again.witness)
    assert groth16.verify(statement.key.vk, statement.public, proof)


def test_plain_pythons_proof_holds_and_no_proof_of_a_false_witness_does(statement):
    prover = PlainProver.of(statement)
    proof = prover.prove()
    assert groth16.verify(statement.key.vk, statement.public, proof)
    assert not groth16.verify(statement.key.vk, [19**8 + 1], proof)
    wrong = replace(prover, wires=[*prover.wires[:-1], prover.wires[-1] + 1])
    assert not groth16.verify(statement.key.vk, statement.public, wrong.prove())


# The race


@dataclass
class Recorded:
    """A contender in this process that notes when it is asked."""

    name: str
    statement: Statement
    asked: list[str]
    about: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def start(self, _folder):
        yield self

    def prove(self):
        self.asked.append(self.name)
        proof = groth16.prove(self.statement.key, self.statement.r1cs, self.statement.witness)
        return float(len(self.asked)), dump_proof(proof)


def test_contenders_prove_in_turns_and_their_first_round_is_not_counted(statement, folder):
    asked = []
    results = race([Recorded(name, statement, asked) for name in "AB"], statement, folder, 3)
    assert asked == list("ABABABAB")
    assert [(each.name, each.seconds) for each in results] == [("A", (3, 5, 7)), ("B", (4, 6, 8))]


def test_a_contender_in_another_process_answers_with_a_proof_that_holds(statement, folder):
    (result,) = race([plain()], statement, folder, 2)
    assert len(result.seconds) == 2
    assert min(result.seconds) > 0


@pytest.mark.node
@pytest.mark.slow
def test_snarkjs_proves_from_the_files_that_are_written_for_others(statement, folder):
    statement.write_for_others(folder)
    snarkjs = [each for each in others() if each.name.startswith("snarkjs")]
    assert [each.name for each in race(snarkjs, statement, folder, 1)] == [
        "snarkjs, in process",
        "snarkjs, command",
    ]


def test_a_proof_that_does_not_hold_ends_the_race(statement, folder):
    another = squaring_statement(3)
    with pytest.raises(BenchmarkError, match="B made a proof that does not hold"):
        race([Recorded("A", statement, []), Recorded("B", another, [])], statement, folder, 1)


@pytest.mark.parametrize("code", ["raise SystemExit(7)", "print('{}', flush=True); raise SystemExit(7)"])
def test_a_contender_that_ends_early_ends_the_race(statement, folder, code):
    worker = Worker("short", [sys.executable, "-c", code])
    # The first contender's proof gives it time to end before it is asked.
    with pytest.raises(BenchmarkError, match="short ended with code 7"):
        race([Recorded("A", statement, []), worker], statement, folder, 1)


# The curve


def test_the_exponent_is_that_of_the_power_law():
    points = [Point(log, 2**log, 0, 0, (), (), 0) for log in (13, 15, 17)]
    assert exponent(points, [3e-6 * each.constraints**1.07 for each in points]) == pytest.approx(1.07)


def test_n_log_n_starts_at_the_first_measurement():
    points = [Point(log, 2**log, 0, 0, (), (), 0) for log in (10, 20)]
    expected = [0.7, 0.7 * 2**10 * 20 / 10]
    assert n_log_n(points, [0.7, math.inf]) == pytest.approx(expected)
