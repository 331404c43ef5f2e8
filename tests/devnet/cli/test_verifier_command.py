"""``zkrollup verifier``: where keys come from, what is written, and that nothing is written for a bad key."""

import hashlib
import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from tests.contracts.support import BATCH_KEY

from zkrollup.circuits.batch import BatchSize
from zkrollup.cli.main import main
from zkrollup.operator.prover import Prover, Ways
from zkrollup.snark.formats.snarkjs_json import dump_verification_key
from zkrollup.snark.verifier_contract import verifier_abi, verifier_init_code
from zkrollup.snark.verifier_source import TEST_KEY, verifier_source

FORGEABLE = replace(BATCH_KEY.key, delta=BATCH_KEY.key.gamma)


@pytest.fixture
def key_file(tmp_path):
    """Writes a key as snarkjs does."""

    def write(vk=BATCH_KEY.key):
        path = tmp_path / "verification_key.json"
        path.write_text(dump_verification_key(vk))
        return path

    return write


def run(*arguments):
    return CliRunner().invoke(main, ["verifier", *map(str, arguments)])


def unwrapped(text):
    return re.sub(r"\n// ", " ", text)


def test_the_source_of_a_key_file_names_the_file_and_its_digest(key_file):
    path = key_file()
    result = run("export", "--solidity", path)
    assert result.exit_code == 0, result.output
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    origin = f"that in verification_key.json, SHA-256 {digest}, UNVERIFIED."
    assert origin in unwrapped(result.stdout)
    assert "Nothing here says how the key was made" in unwrapped(result.stdout)
    rest = result.stdout.partition("\n/// @title")[2]
    expected = verifier_source(BATCH_KEY.key, origin="", name="Groth16Verifier", pragma="^0.8.20")
    assert rest == expected.partition("\n/// @title")[2]


def test_name_and_pragma_are_those_asked_for_and_a_file_takes_the_text(key_file, tmp_path):
    path = tmp_path / "Mine.sol"
    result = run("export", key_file(), "--name", "Mine", "--pragma", "0.8.24", "-o", path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "pragma solidity 0.8.24;" in path.read_text()
    assert "contract Mine {" in path.read_text()


@pytest.mark.parametrize("command", ["export", "bytecode"])
def test_no_file_is_overwritten_unasked(key_file, tmp_path, command):
    path = tmp_path / "Mine.sol"
    path.write_text("mine")
    refused = run(command, key_file(), "-o", path)
    assert refused.exit_code == 1
    assert f"{path} is there already, and was left as it is" in refused.output
    assert path.read_text() == "mine"
    assert run(command, key_file(), "-o", path, "--force").exit_code == 0
    assert path.read_text() == run(command, key_file()).stdout


def test_what_is_no_regular_file_may_be_written(key_file):
    assert run("bytecode", key_file(), "-o", "/dev/null").exit_code == 0


@pytest.mark.parametrize("circuit", ["batch", "claim"])
def test_a_circuits_source_has_this_machines_key_and_says_that_it_is_for_tests(circuit):
    result = run("export", "--circuit", circuit, "--slots", "1", "--levels", "1")
    assert result.exit_code == 0, result.output
    assert TEST_KEY in unwrapped(result.stdout)
    keyed = getattr(Prover.prepare(BatchSize(1, 1)), circuit)
    assert f"circuit {keyed.circuit.name}," in unwrapped(result.stdout)
    assert f"ALPHA_X = {keyed.vk.alpha[0]};" in result.stdout
    assert f"IC{keyed.vk.n_public}_Y = {keyed.vk.ic[-1][1]};" in result.stdout


def test_the_bytecode_is_init_code_in_hex(key_file):
    result = run("bytecode", key_file())
    assert (result.exit_code, result.stdout) == (0, f"0x{verifier_init_code(BATCH_KEY.key).hex()}\n")


def test_the_abi_is_that_of_the_bytecode(key_file):
    result = run("bytecode", key_file(), "--abi")
    assert (result.exit_code, json.loads(result.stdout)) == (0, verifier_abi(3))


@pytest.mark.parametrize("command", [["export"], ["bytecode"], ["bytecode", "--abi"]])
def test_a_key_that_lets_proofs_be_forged_is_refused_before_anything_is_written(key_file, tmp_path, command):
    output = tmp_path / "output"
    output.write_text("as it was")
    result = run(*command, key_file(FORGEABLE), "-o", output, "--force")
    assert result.exit_code == 1
    assert "Error: verification key: delta" in result.stderr
    assert "anybody can forge proofs" in result.stderr
    assert output.read_text() == "as it was"


def test_a_file_of_another_kind_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "key.txt"
    path.touch()
    result = run("export", path)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {path}: suffix '.txt'")


def test_a_name_that_is_no_identifier_is_refused_in_a_sentence(key_file):
    result = run("export", key_file(), "--name", "3D")
    assert result.exit_code == 1
    assert result.stderr == "Error: name = '3D': a Solidity identifier is needed, such as MyVerifier\n"


@pytest.mark.parametrize("command", ["export", "bytecode"])
def test_no_key_or_two_keys_are_usage_errors(key_file, command):
    for arguments in ([], [key_file(), "--circuit", "claim"]):
        result = run(command, *arguments)
        assert result.exit_code == 2
        assert "give either KEY, a file, or --circuit" in result.stderr


def test_a_file_that_does_not_exist_is_a_usage_error(tmp_path):
    assert run("export", tmp_path / "nothing.json").exit_code == 2


def test_a_folder_that_does_not_exist_is_a_sentence(key_file, tmp_path):
    result = run("bytecode", key_file(), "-o", tmp_path / "nowhere" / "file")
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_no_batch_circuit_is_made_for_the_verifier_of_escapes(monkeypatch):
    monkeypatch.setattr("zkrollup.circuits.batch.batch_circuit", lambda size: pytest.fail("described"))
    result = run("bytecode", "--circuit", "escape", "--slots", "200", "--levels", "2")
    assert result.exit_code == 0, result.output
    escape = Ways().named("escape", BatchSize(200, 2))
    assert result.stdout == f"0x{verifier_init_code(escape.vk).hex()}\n"
