"""Where shipped contracts are found, and what is said of those that are not."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from zkrollup import artifacts
from zkrollup.artifacts import BrokenArtifact, UnknownArtifact

ROOT = Path(__file__).parents[3]
CONTRACTS = ("Groth16Verifier", "Lock", "Mint", "MockVerifier", "Rollup", "TestToken")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (path,) = folder.glob("pytest_zkrollup-*.whl")
    return path


def run_python(path: Path, code: str) -> str:
    """Run code that imports zkrollup from ``path`` alone: -S keeps an editable install's hooks out."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, env=environment, cwd=path.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_checkout_ships_every_contract():
    assert artifacts.names() == CONTRACTS
    for name in CONTRACTS:
        artifact = artifacts.load(name)
        assert artifact.name == name
        assert artifact.source_name == f"src/{name}.sol"
        assert len(artifact.runtime) <= len(artifact.bytecode)


def test_an_unknown_name_is_refused_with_the_names_that_exist():
    with pytest.raises(UnknownArtifact, match=f"has {', '.join(CONTRACTS)}") as caught:
        artifacts.load("Vault")
    assert caught.value.name == "Vault"
    assert caught.value.available == CONTRACTS


def test_a_name_cannot_leave_the_folder():
    assert (ROOT / "contracts" / "solc-input.json").is_file()
    with pytest.raises(UnknownArtifact):
        artifacts.load("../solc-input")


def test_immutables_lie_within_the_runtime_and_are_zero():
    rollup = artifacts.load("Rollup")
    assert len(rollup.immutable_references) >= 9
    for start, length in rollup.immutable_references:
        assert rollup.runtime[start : start + length] == bytes(length)


def test_sources_that_the_map_numbers_are_named():
    rollup = artifacts.load("Rollup")
    numbers = {
        int(entry.split(":")[2])
        for entry in rollup.source_map.split(";")
        if entry.count(":") > 1 and entry.split(":")[2]
    }
    assert {rollup.source_ids[number] for number in numbers - {-1} if number in rollup.source_ids} >= {
        "src/Rollup.sol",
        "src/libraries/BatchData.sol",
        "src/libraries/BabyJubJub.sol",
    }


def test_a_well_formed_file_is_read(tmp_path):
    file = tmp_path / "Lock.json"
    file.write_bytes((ROOT / "contracts" / "artifacts" / "Lock.json").read_bytes())
    assert artifacts.read(file) == artifacts.load("Lock")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text[:-40], "Expecting"),
        (lambda _: "[]", "no JSON object"),
        (lambda text: text.replace('"abi"', '"ABI"'), "'abi' is missing"),
        (lambda text: text.replace('"bytecode": "0x', '"bytecode": "0xzz'), "hexadecimal"),
        (lambda text: text.replace('"bytecode": "0x', '"bytecode": "'), "not 0x"),
        (lambda text: json.dumps({**json.loads(text), "abi": {}}), "abi is no list"),
    ],
    ids=["truncated", "not an object", "no abi", "no hex", "no prefix", "abi no list"],
)
def test_a_broken_file_is_refused_with_path_and_reason(tmp_path, change, reason):
    file = tmp_path / "Lock.json"
    file.write_text(change((ROOT / "contracts" / "artifacts" / "Lock.json").read_text()))
    with pytest.raises(BrokenArtifact, match=reason) as caught:
        artifacts.read(file)
    assert caught.value.path == str(file)


def test_a_missing_file_is_refused_with_its_path(tmp_path):
    with pytest.raises(BrokenArtifact, match="cannot be read"):
        artifacts.read(tmp_path / "Lock.json")


LOAD = """
from zkrollup import artifacts
print(artifacts.__file__)
print(artifacts.names())
print(artifacts.load("Lock").runtime.hex())
"""


def test_an_unpacked_wheel_has_its_own_contracts(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    file, names, runtime = run_python(tmp_path / "site", LOAD).splitlines()
    assert file.startswith(str(tmp_path))
    assert names == str(CONTRACTS)
    assert runtime == artifacts.load("Lock").runtime.hex()


def test_a_wheel_on_the_path_is_read_without_unpacking(wheel):
    file, names, runtime = run_python(wheel, LOAD).splitlines()
    assert file.startswith(str(wheel))
    assert names == str(CONTRACTS)
    assert runtime == artifacts.load("Lock").runtime.hex()


def test_a_package_without_its_contracts_says_where_it_looked(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if "_contracts/" not in name]
        assert len(members) == len(archive.namelist()) - len(CONTRACTS)
        archive.extractall(tmp_path / "site", members)
    code = "from zkrollup import artifacts as a\ntry: a.load('Lock')\nexcept a.UnknownArtifact as e: print(e)"
    message = run_python(tmp_path / "site", code)
    assert "_contracts" in message
    assert "reinstall" in message
