"""``zkrollup warmup``: what it makes, that runs then make nothing, and that it then has nothing to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.devnet import faults

from zkrollup import storage
from zkrollup.circuits.batch import BatchSize
from zkrollup.cli.main import main
from zkrollup.cli.warmup import paired
from zkrollup.kernels.jit import fingerprint
from zkrollup.operator.prover import Prover

SMALLEST = ["--slots", "1", "--levels", "1"]
MADE = {f"{what} {name}" for what in ("circuit", "TEST key") for name in ("batch-1x1", "claim", "escape-1")}


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """A cache that has machine code, which takes half a minute to make, and nothing else."""
    Prover.prepare(BatchSize(1, 1))
    shared = storage.cache_dir("kernels", fingerprint())
    if shared is None:
        pytest.skip("no cache folder can be written: set ZK_CACHE_DIR to one that can")
    shutil.copytree(shared, tmp_path / "kernels" / fingerprint())
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    return tmp_path


def warm(*arguments):
    result = CliRunner().invoke(main, ["warmup", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def made(document):
    return {kept["name"] for kept in document["kept"] if kept["made"]}


def test_it_makes_what_is_not_there_and_says_where(cache):
    told = json.loads(warm("--json", *SMALLEST))
    assert made(told) == MADE
    assert {kept["name"] for kept in told["kept"]} == MADE | {"kernels"}
    for kept in told["kept"]:
        assert Path(kept["path"]).exists()
        assert Path(kept["path"]).is_relative_to(cache)
    assert (told["cache"], told["nothing_to_do"]) == (str(cache), False)


def test_then_there_is_nothing_to_make_for_a_run(cache):
    labels = []
    Prover.prepare(BatchSize(1, 1), progress=lambda label, _: labels.append(label))
    assert {"build circuits", "make keys"} <= set(labels)
    shutil.rmtree(cache / "keys")
    shutil.rmtree(cache / "circuits")
    warm(*SMALLEST)
    labels.clear()
    Prover.prepare(BatchSize(1, 1), progress=lambda label, _: labels.append(label))
    assert labels == []


def test_a_second_time_there_is_nothing_to_do(cache):
    first = warm(*SMALLEST)
    assert "made   TEST key claim" in first
    assert "Made in " in first
    keys = {path: path.read_bytes() for path in cache.glob("keys/*")}
    second = warm(*SMALLEST)
    assert "made " not in second
    assert second.endswith("Nothing to do: all of it was there.\n")
    assert json.loads(warm("--json", *SMALLEST))["nothing_to_do"] is True
    assert {path: path.read_bytes() for path in cache.glob("keys/*")} == keys


def test_a_damaged_file_is_made_anew_and_said_to_be(cache):
    told = json.loads(warm("--json", *SMALLEST))
    (key,) = (kept["path"] for kept in told["kept"] if kept["name"] == "TEST key claim")
    Path(key).write_bytes(Path(key).read_bytes()[:-64])
    result = CliRunner().invoke(main, ["warmup", "--json", *SMALLEST])
    assert made(json.loads(result.stdout)) == {"TEST key claim"}
    assert "Warning: making a new key" in result.stderr


def test_a_kernel_that_was_not_compiled_is_made(cache):
    next((cache / "kernels" / fingerprint()).glob("*.code")).unlink()
    command = [sys.executable, "-m", "zkrollup", "warmup", "--json", *SMALLEST]
    for expected in (MADE | {"kernels"}, set()):
        done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert made(json.loads(done.stdout)) == expected


def test_all_that_it_leaves_in_the_cache_is_listed(cache):
    told = json.loads(warm("--json", *SMALLEST))
    left = {path for folder in ("circuits", "keys") for path in (cache / folder).rglob("*") if path.is_file()}
    assert left == {Path(kept["path"]) for kept in told["kept"]} - {cache / "kernels" / fingerprint()}


def test_several_sizes_share_the_circuit_of_claims(cache):
    told = json.loads(warm("--json", "--slots", "1", "--slots", "2", "--levels", "1"))
    assert made(told) == MADE | {"circuit batch-2x1", "TEST key batch-2x1"}
    assert len(told["kept"]) == 1 + len(made(told))


@pytest.mark.parametrize(
    ("slots", "levels", "pairs"),
    [
        ([3], [4], [(3, 4)]),
        ([1, 5], [2, 7], [(1, 2), (5, 7)]),
        ([1, 5], [7], [(1, 7), (5, 7)]),
        ([5], [1, 2, 7], [(5, 1), (5, 2), (5, 7)]),
    ],
)
def test_repeated_options_make_pairs(slots, levels, pairs):
    assert paired(slots, levels) == pairs


def test_options_that_make_no_pairs_are_a_usage_error():
    with pytest.raises(click.UsageError, match="3 --slots and 2 --levels"):
        paired([1, 2, 3], [4, 5])
    assert CliRunner().invoke(main, ["warmup", "--slots", "0"]).exit_code == 2


@pytest.mark.filterwarnings("ignore::zkrollup.storage.UncachedWarning")
def test_where_nothing_can_be_kept_it_does_nothing_and_fails(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "file" / "inside"))
    result = CliRunner().invoke(main, ["warmup", *SMALLEST])
    assert result.exit_code == 1
    assert f"set {storage.ENVIRONMENT_VARIABLE}" in result.stderr


WARMUP = "from zkrollup.cli.main import main; main(['warmup', '--json', '--slots', '1', '--levels', '1'])"


def test_a_complete_cache_that_another_user_only_reads_needs_nothing(cache, open_path, nobody):
    warm(*SMALLEST)
    shared = shutil.copytree(cache, open_path / "cache")
    done = faults.run(WARMUP, shared, under=nobody)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["nothing_to_do"] is True


@pytest.mark.parametrize(
    ("folder", "work"),
    [("keys", "make keys"), ("circuits", "build circuits"), ("kernels", "compile kernels")],
)
def test_a_cache_that_is_only_read_and_lacks_something_is_refused(cache, open_path, nobody, folder, work):
    warm(*SMALLEST)
    shared = shutil.copytree(cache, open_path / "cache")
    next(path for path in (shared / folder).rglob("*.*") if path.is_file()).unlink()
    done = faults.run(WARMUP, shared, under=nobody)
    assert done.returncode == 1
    assert f"nothing can be kept: {work} is needed, and cannot write to {shared}" in done.stderr
