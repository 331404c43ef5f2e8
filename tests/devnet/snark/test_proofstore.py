"""Proofs kept from run to run: used only for the same statement, and only after they were verified again."""

import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest

from zkrollup import storage
from zkrollup.kernels import limbs
from zkrollup.snark import groth16, proofstore, storesize
from zkrollup.snark.builder import Builder
from zkrollup.snark.formats.snarkjs_json import dump_proof, load_proof
from zkrollup.snark.maker import ProofMaker
from zkrollup.snark.modes import ProofMode, ProofOrigin
from zkrollup.snark.proofstore import ProofStoreWarning, Statement
from zkrollup.snark.prover import UnsatisfiedWitness
from zkrollup.snark.storesize import InvalidStoreSize

REAL, FRESH = ProofMaker(), ProofMaker(ProofMode.FRESH)
MADE, STORED, MOCKED = ProofOrigin.MADE, ProofOrigin.STORED, ProofOrigin.MOCKED


def product(offset=0):
    """Knows x and y whose product, plus an offset, is public."""
    builder = Builder(f"product {offset}")
    total = builder.public("product")
    builder.enforce(builder.private("x"), builder.private("y"), total - offset, "product")
    return builder.build()


@pytest.fixture(scope="module")
def circuit():
    return product()


@pytest.fixture(scope="module")
def key(circuit):
    return groth16.setup(circuit.r1cs)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    monkeypatch.delenv(storesize.ENVIRONMENT_VARIABLE, raising=False)
    return tmp_path / "proofs"


def witness(x, y):
    return limbs.from_ints([1, x * y, x, y])


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def kept(folder):
    (path,) = folder.glob("*.json")
    return path


# What is reused


def test_a_proof_is_made_once_and_then_comes_from_the_store(folder, circuit, key):
    first, second = (REAL.make(circuit, key, witness(11, 13)) for _ in range(2))
    assert (first.origin, second.origin) == (MADE, STORED)
    assert second.proof == first.proof
    assert groth16.verify(key.vk, [143], second.proof)


def test_another_witness_of_the_same_public_inputs_is_proved_anew(folder, circuit, key):
    made = [REAL.make(circuit, key, witness(*factors)).origin for factors in ((6, 14), (14, 6), (6, 14))]
    assert made == [MADE, MADE, STORED]


def test_another_key_or_circuit_is_proved_anew(folder, circuit, key):
    other = product(7)
    assert REAL.make(circuit, key, witness(11, 13)).origin is MADE
    assert REAL.make(circuit, groth16.setup(circuit.r1cs), witness(11, 13)).origin is MADE
    assert REAL.make(other, groth16.setup(other.r1cs), limbs.from_ints([1, 150, 11, 13])).origin is MADE
    assert REAL.make(circuit, key, witness(11, 13)).origin is STORED


def test_fresh_neither_reads_nor_keeps(folder, circuit, key):
    REAL.make(circuit, key, witness(11, 13))
    before = files(folder)
    assert FRESH.make(circuit, key, witness(11, 13)).origin is MADE
    assert FRESH.make(circuit, key, witness(17, 19)).origin is MADE
    assert files(folder) == before


def test_mock_neither_reads_nor_keeps(folder, circuit, key):
    assert ProofMaker(ProofMode.MOCK).make(circuit, key, witness(11, 13)).origin is MOCKED
    assert not folder.exists()


def test_a_false_statement_leaves_nothing_in_the_store(folder, circuit, key):
    with pytest.raises(UnsatisfiedWitness):
        REAL.make(circuit, key, limbs.from_ints([1, 144, 11, 13]))
    assert files(folder) == []


def test_a_kept_proof_is_what_snarkjs_reads(folder, circuit, key):
    made = REAL.make(circuit, key, witness(11, 13))
    assert load_proof(kept(folder).read_text()) == made.proof
    assert json.loads(kept(folder).read_text())["protocol"] == "groth16"
    assert kept(folder).stat().st_size < proofstore.MAX_FILE


# What somebody may have put there


def of_another_statement(circuit, key):
    return dump_proof(groth16.prove(key, circuit.r1cs, witness(17, 19)))


def of_another_key(circuit, key):
    return dump_proof(groth16.prove(groth16.setup(circuit.r1cs), circuit.r1cs, witness(11, 13)))


def off_the_curve(circuit, key):
    return dump_proof(replace(groth16.prove(key, circuit.r1cs, witness(11, 13)), a=(3, 5)))


def all_infinity(circuit, key):
    return dump_proof(replace(groth16.prove(key, circuit.r1cs, witness(11, 13)), a=None, b=None, c=None))


POISON = {
    "a proof of another statement": of_another_statement,
    "a proof under another key": of_another_key,
    "a point off the curve": off_the_curve,
    "points at infinity": all_infinity,
    "nothing": lambda circuit, key: "",
    "no JSON": lambda circuit, key: "\udcff not a proof",
    "other JSON": lambda circuit, key: "[1, 2]",
    "nested JSON": lambda circuit, key: "[" * 2000,
    "a large file": lambda circuit, key: " " * (proofstore.MAX_FILE + 1),
}


@pytest.mark.parametrize("poison", POISON)
def test_a_poisoned_file_costs_time_and_is_never_accepted(folder, circuit, key, poison):
    REAL.make(circuit, key, witness(11, 13))
    path = kept(folder)
    path.write_text(POISON[poison](circuit, key), errors="surrogateescape")
    with pytest.warns(ProofStoreWarning, match="proving again"):
        again = REAL.make(circuit, key, witness(11, 13))
    assert again.origin is MADE
    assert groth16.verify(key.vk, [143], again.proof)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert REAL.make(circuit, key, witness(11, 13)).origin is STORED


@pytest.mark.parametrize("place", ["a folder", "a pipe", "a link"])
def test_what_is_no_file_is_not_read(folder, circuit, key, place, tmp_path):
    REAL.make(circuit, key, witness(11, 13))
    path = kept(folder)
    path.rename(tmp_path / "moved")
    if place == "a folder":
        path.mkdir()
    elif place == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "moved")
    with pytest.warns(ProofStoreWarning):
        assert REAL.make(circuit, key, witness(11, 13)).origin is MADE
    assert (tmp_path / "moved").is_file()


def test_a_true_proof_that_somebody_else_made_is_as_good(folder, circuit, key):
    # It holds for the statement at hand, and that is all that a proof has to do.
    REAL.make(circuit, key, witness(11, 13))
    other = groth16.prove(key, circuit.r1cs, witness(11, 13))
    kept(folder).write_text(dump_proof(other))
    assert REAL.make(circuit, key, witness(11, 13)).proof == other


# Room


def statements(circuit, key, count):
    return [Statement(circuit, key.vk, witness(23 + 2 * i, 29)) for i in range(count)]


def fill(folder, circuit, key, count):
    """Keeps proofs of as many statements, used one second after the other."""
    proof = groth16.prove(key, circuit.r1cs, witness(11, 13))
    made = statements(circuit, key, count)
    for age, statement in enumerate(made):
        proofstore.keep(statement, proof)
        if (path := folder / f"{statement.name}.json").exists():
            os.utime(path, (1_000_000 + age, 1_000_000 + age))
    return made


def test_the_store_stays_within_its_size_and_drops_what_was_used_longest_ago(
    folder, circuit, key, monkeypatch
):
    monkeypatch.setenv(storesize.ENVIRONMENT_VARIABLE, str(8 * storage.BLOCK))
    made = fill(folder, circuit, key, 8)
    assert files(folder) == sorted(f"{each.name}.json" for each in made)
    REAL.make(circuit, key, witness(11, 13))
    # Down to seven eighths, so that the next one finds room.
    left = {f"{each.name}.json" for each in made[2:]}
    assert left < set(files(folder))
    assert len(files(folder)) == 7


def test_a_proof_that_is_used_stays(folder, circuit, key, monkeypatch):
    monkeypatch.setenv(storesize.ENVIRONMENT_VARIABLE, str(4 * storage.BLOCK))
    REAL.make(circuit, key, witness(11, 13))
    used = kept(folder)
    os.utime(used, (999, 999))
    fill(folder, circuit, key, 3)
    assert REAL.make(circuit, key, witness(11, 13)).origin is STORED
    REAL.make(circuit, key, witness(17, 19))
    assert used.exists()
    assert len(files(folder)) == 3


def test_what_a_killed_writer_left_counts_and_goes_first(folder, circuit, key, monkeypatch):
    monkeypatch.setenv(storesize.ENVIRONMENT_VARIABLE, str(2 * storage.BLOCK))
    REAL.make(circuit, key, witness(11, 13))
    left = folder / ".half.json.x1"
    left.write_text("half")
    os.utime(left, (999, 999))
    REAL.make(circuit, key, witness(17, 19))
    assert not left.exists()


@pytest.mark.parametrize("size", ["0", "00"])
def test_a_store_of_size_0_keeps_nothing(folder, circuit, key, monkeypatch, size):
    monkeypatch.setenv(storesize.ENVIRONMENT_VARIABLE, size)
    assert [REAL.make(circuit, key, witness(11, 13)).origin for _ in range(2)] == [MADE, MADE]
    assert not folder.exists()


@pytest.mark.parametrize("size", ["", "-1", "64M", "1e6", "٣"])
def test_a_size_that_is_none_is_refused_with_its_value(folder, circuit, key, monkeypatch, size):
    monkeypatch.setenv(storesize.ENVIRONMENT_VARIABLE, size)
    with pytest.raises(InvalidStoreSize, match="whole number of bytes") as refusal:
        REAL.make(circuit, key, witness(11, 13))
    assert refusal.value.value == size


# Without a store, and with many users of one


@pytest.mark.filterwarnings("ignore::zkrollup.storage.UncachedWarning")
def test_without_a_writable_cache_each_proof_is_made(tmp_path, monkeypatch, circuit, key):
    (tmp_path / "file").write_text("occupied")
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "file"))
    assert [REAL.make(circuit, key, witness(11, 13)).origin for _ in range(2)] == [MADE, MADE]


def test_a_store_that_fills_the_disk_is_a_warning_and_no_failure(folder, circuit, key, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "atomic_write", full)
    with pytest.warns(storage.UncachedWarning, match=r"proofs.*No space left"):
        assert REAL.make(circuit, key, witness(11, 13)).origin is MADE


def test_a_store_that_was_deleted_meanwhile_is_made_again(folder, circuit, key):
    REAL.make(circuit, key, witness(11, 13))
    kept(folder).unlink()
    folder.rmdir()
    assert REAL.make(circuit, key, witness(11, 13)).origin is MADE
    assert kept(folder).is_file()


CHURN = """
import sys
from zkrollup.kernels import limbs
from zkrollup.snark import proofstore
from zkrollup.snark.builder import Builder
from zkrollup.snark.formats.snarkjs_json import load_proof, load_verification_key
from pathlib import Path
builder = Builder("product")
product = builder.public("product")
builder.enforce(builder.private("x"), builder.private("y"), product, "product")
circuit, folder = builder.build(), Path(sys.argv[1])
vk = load_verification_key((folder / "vk.json").read_text())
proof = load_proof((folder / "proof.json").read_text())
for i in range(60):
    x, y = [(11, 13), (13, 11), (1, 143), (143, 1)][(i + int(sys.argv[2])) % 4]
    statement = proofstore.Statement(circuit, vk, limbs.from_ints([1, 143, x, y]))
    proofstore.keep(statement, proof)
    found = proofstore.find(statement)
    assert found in (None, proof)
print("done")
"""


@pytest.mark.slow
def test_processes_that_write_read_and_make_room_at_once_do_not_disturb_each_other(
    folder, circuit, key, tmp_path
):
    from zkrollup.snark.formats.snarkjs_json import dump_verification_key

    (tmp_path / "vk.json").write_text(dump_verification_key(key.vk))
    (tmp_path / "proof.json").write_text(dump_proof(groth16.prove(key, circuit.r1cs, witness(11, 13))))
    environment = {
        **os.environ,
        storage.ENVIRONMENT_VARIABLE: str(tmp_path),
        storesize.ENVIRONMENT_VARIABLE: str(
            2 * storage.BLOCK
        ),  # so that nearly every write removes something
    }
    command = [sys.executable, "-W", "error", "-c", CHURN, str(tmp_path)]
    running = [
        subprocess.Popen([*command, str(i)], env=environment, stdout=subprocess.PIPE, text=True)
        for i in range(3)
    ]
    assert [process.communicate(timeout=300)[0] for process in running] == ["done\n"] * 3
    assert len([name for name in files(folder) if not name.startswith(".")]) <= 2


def test_damage_that_is_made_an_error_ends_one_run_and_not_the_next(folder, circuit, key):
    REAL.make(circuit, key, witness(11, 13))
    kept(folder).write_text("no proof")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ProofStoreWarning):
            REAL.make(circuit, key, witness(11, 13))
        assert REAL.make(circuit, key, witness(11, 13)).origin is MADE
        assert REAL.make(circuit, key, witness(11, 13)).origin is STORED
