"""The command as a newcomer types it."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from zkrollup import __version__
from zkrollup.cli import main as command
from zkrollup.cli.main import main
from zkrollup.errors import ZkRollupError

HEAVY = ("web3", "numpy", "numba", "rich", "eth", "eth_tester", "distributed")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["demo", "--help"], ["verifier", "export", "--help"]]
)
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys\nfrom zkrollup.cli.main import main\n"
        f"try: main({arguments})\nexcept SystemExit: pass\n"
        f"assert not set({HEAVY}) & set(sys.modules), set({HEAVY}) & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_help_lists_the_subcommands():
    output = CliRunner().invoke(main, ["--help"]).output
    assert all(name in output for name in ("demo", "doctor", "verifier", "warmup"))


def test_the_version_is_the_packages():
    assert CliRunner().invoke(main, ["--version"]).output.strip().endswith(__version__)


def test_the_demos_help_says_that_keys_are_for_tests():
    assert "TEST keys" in CliRunner().invoke(main, ["demo", "--help"]).output


@pytest.mark.parametrize(
    "options", [["--slots", "0"], ["--slots", "257"], ["--levels", "0"], ["--levels", "17"]]
)
def test_sizes_out_of_range_are_usage_errors(options):
    result = CliRunner().invoke(main, ["demo", *options])
    assert result.exit_code == 2
    assert "is not in the range" in result.output


@pytest.fixture
def _no_pairing(monkeypatch):
    monkeypatch.setenv("ZK_PAIRING", "abacus")


@pytest.mark.usefixtures("_no_pairing")
def test_an_error_of_ours_is_a_sentence_and_exit_code_1():
    # The first check of a point needs the implementation that ZK_PAIRING names.
    done = subprocess.run([sys.executable, "-m", "zkrollup", "demo"], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "Error: pairing implementation 'abacus'" in done.stderr
    assert "Set ZK_PAIRING to zksnake, kernels or py_ecc" in done.stderr


@pytest.mark.usefixtures("_no_pairing")
def test_the_same_error_has_a_traceback_where_asked_for():
    arguments = [sys.executable, "-m", "zkrollup", "--traceback", "demo"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert "UnknownImplementation" in done.stderr


def test_errors_that_are_not_ours_are_not_dressed_up(monkeypatch):
    def broken():
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("zkrollup.cli.doctor.examine", broken)
    result = CliRunner().invoke(command.main, ["doctor"])
    assert isinstance(result.exception, ZeroDivisionError)
    assert not issubclass(ZeroDivisionError, ZkRollupError)


def test_json_is_one_document_also_for_doctor():
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert isinstance(json.loads(result.stdout), list)


def test_a_warning_is_a_sentence_without_its_source_line(monkeypatch):
    monkeypatch.setattr("zkrollup.cli.doctor.examine", lambda: warnings.warn("a cloud", stacklevel=1) or [])
    result = CliRunner().invoke(main, ["doctor"])
    assert result.stderr == "Warning: a cloud\n"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--proofs", "none"], "'none' is not one of 'real', 'fresh', 'mock'"),
        (["--prover", "elsewhere"], "prover = 'elsewhere' is not 'threads'"),
        (["--prover", "dask://127.0.0.1:9"], "cannot prove at tcp://127.0.0.1:9: no scheduler answers"),
    ],
)
def test_modes_and_places_that_are_none_are_named(options, named):
    result = CliRunner().invoke(main, ["demo", *options])
    assert result.exit_code != 0
    assert named in result.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full; run it on Linux")
@pytest.mark.parametrize(
    "arguments", [["--help"], ["keys", "export", "--help"], ["doctor"], ["doctor", "--json"]]
)
def test_a_full_disk_is_said_in_one_line(arguments):
    code = f"import sys; sys.argv[1:] = {arguments}; from zkrollup.cli.entry import run; run()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the output cannot be written: ")


def test_ctrl_c_while_the_command_is_imported_is_said_in_one_line():
    code = """
import sys
from zkrollup.cli.entry import run

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "zkrollup.cli.warmup":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")
