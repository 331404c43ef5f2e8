"""``zkrollup keys``: keys as files that other tools, and other machines, prove with."""

import hashlib

import pytest
from click.testing import CliRunner
from tests.devnet.snark.powers import key_of, write_ptau
from tests.devnet.snark.test_keycheck import CIRCUIT, described

from zkrollup.circuits.batch import BatchSize
from zkrollup.cli.main import main
from zkrollup.operator.prover import Prover
from zkrollup.snark.formats import r1cs, zkey

SIZE = ("--slots", "1", "--levels", "2")


@pytest.fixture(scope="module")
def prover():
    return Prover.prepare(BatchSize(1, 2))


def run(*arguments):
    return CliRunner().invoke(main, ["keys", "export", *map(str, arguments)])


def test_the_keys_that_users_leave_with_are_written_by_default(prover, tmp_path):
    folder = tmp_path / "new" / "folder"
    result = run(*SIZE, "--output", folder)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in folder.iterdir()) == ["claim.zkey", "escape-2.zkey"]
    for keyed, name in ((prover.claim, "claim.zkey"), (prover.escape, "escape-2.zkey")):
        assert f"{folder / name}  " in result.stdout
        found = zkey.read(folder / name)
        found.require_fit(keyed.circuit.r1cs)
        assert found.key.vk == keyed.vk


def test_circuits_can_be_named(prover, tmp_path):
    assert run("batch", *SIZE, "-o", tmp_path).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["batch-1x2.zkey"]
    assert zkey.read(tmp_path / "batch-1x2.zkey").key.vk == prover.batch.vk


def test_no_key_is_overwritten_unasked_and_none_is_written_beside_one_that_is_there(prover, tmp_path):
    there = tmp_path / "escape-2.zkey"
    there.write_bytes(b"of a ceremony")
    refused = run(*SIZE, "-o", tmp_path)
    assert refused.exit_code == 1
    assert "escape-2.zkey is there already, and was left as it is" in refused.output
    assert [path.name for path in tmp_path.iterdir()] == ["escape-2.zkey"]
    assert there.read_bytes() == b"of a ceremony"
    assert run(*SIZE, "-o", tmp_path, "--force").exit_code == 0
    assert zkey.read(there).key.vk == prover.escape.vk


def test_another_circuit_is_a_usage_error(tmp_path):
    result = run("transfer", "-o", tmp_path)
    assert result.exit_code == 2
    assert "'transfer' is not one of 'batch', 'claim', 'escape'" in result.output


def test_a_place_that_cannot_be_written_is_named(prover, tmp_path):
    (tmp_path / "file").write_text("occupied")
    result = run(*SIZE, "-o", tmp_path / "file" / "folder")
    assert result.exit_code == 1
    assert f"Could not open file '{tmp_path / 'file' / 'folder'}'" in result.output


# Keys of ceremonies


def test_a_key_that_follows_from_its_circuit_and_powers_is_said_to_with_its_digest(tmp_path):
    files = ceremony(tmp_path, CIRCUIT.r1cs)
    result = verify(*files)
    assert result.exit_code == 0, result.output
    assert "key.zkey: every point follows from square.r1cs and tau.ptau" in result.stdout
    assert f"SHA-256  {hashlib.sha256(files[2].read_bytes()).hexdigest()}" in result.stdout


def test_a_key_of_weaker_constraints_is_refused_with_exit_code_1(tmp_path):
    result = verify(*ceremony(tmp_path, described(weak=True).r1cs))
    assert result.exit_code == 1
    assert "is not what tau.ptau gives for these constraints" in " ".join(result.output.split())


def ceremony(folder, system):
    """The files of CIRCUIT, of powers of tau, and of the key of a constraint system."""
    files = (folder / "square.r1cs", folder / "tau.ptau", folder / "key.zkey")
    write_ptau(files[1], 4)
    with files[0].open("wb") as constraints, files[2].open("wb") as key:
        r1cs.write(r1cs.of(CIRCUIT.r1cs), constraints)
        zkey.write(key_of(system), system, key)
    return files


def verify(*files):
    return CliRunner().invoke(main, ["keys", "verify", *map(str, files)])


def test_no_batch_circuit_is_made_for_the_key_of_an_escape(prover, tmp_path, monkeypatch):
    monkeypatch.setattr("zkrollup.circuits.batch.batch_circuit", lambda size: pytest.fail("described"))
    assert run("escape", "--slots", "200", "--levels", "2", "-o", tmp_path).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["escape-2.zkey"]
