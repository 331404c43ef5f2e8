"""``zkrollup keys``: keys as files that other tools, and other machines, prove with."""

import pytest
from click.testing import CliRunner

from zkrollup.circuits.batch import BatchSize
from zkrollup.cli.main import main
from zkrollup.operator.prover import Prover
from zkrollup.snark.formats import zkey

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


def test_another_circuit_is_a_usage_error(tmp_path):
    result = run("transfer", "-o", tmp_path)
    assert result.exit_code == 2
    assert "'transfer' is not one of 'batch', 'claim', 'escape'" in result.output


def test_a_place_that_cannot_be_written_is_named(prover, tmp_path):
    (tmp_path / "file").write_text("occupied")
    result = run(*SIZE, "-o", tmp_path / "file" / "folder")
    assert result.exit_code == 1
    assert "claim.zkey" in result.output


def test_no_batch_circuit_is_made_for_the_key_of_an_escape(prover, tmp_path, monkeypatch):
    monkeypatch.setattr("zkrollup.operator.prover.batch_circuit", lambda size: pytest.fail("described"))
    assert run("escape", "--slots", "200", "--levels", "2", "-o", tmp_path).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["escape-2.zkey"]
