"""The committed artifacts are what the committed sources compile to."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(root: Path, *arguments: str):
    command = ["node", str(root / "contracts" / "build.mjs"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=root)


@pytest.fixture
def copy(tmp_path):
    """The repository's part that the build reads, to be changed."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copy(ROOT / "package.json", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "contracts" / "artifacts").iterdir()}


@pytest.mark.node
def test_rebuilding_gives_the_committed_artifacts_byte_for_byte(copy):
    (copy / "contracts" / "artifacts" / "Lock.json").unlink()
    (copy / "contracts" / "artifacts" / "Removed.json").write_text("{}")
    done = build(copy)
    assert done.returncode == 0, done.stderr
    assert contents(copy) == contents(ROOT)


@pytest.mark.node
def test_a_change_of_one_source_changes_its_artifact_alone(copy):
    source = copy / "contracts" / "src" / "Mint.sol"
    source.write_text(source.read_text().replace("totalSupply -= amount", "totalSupply -= amount + 1 - 1"))
    assert build(copy).returncode == 0
    before, after = contents(ROOT), contents(copy)
    assert {name for name in before if before[name] != after[name]} == {"Mint.json"}


@pytest.mark.node
def test_a_warning_in_our_sources_fails_the_build(copy):
    source = copy / "contracts" / "src" / "Mint.sol"
    source.write_text(
        source.read_text().replace("_take(from, amount);", "uint256 unused; _take(from, amount);", 1)
    )
    done = build(copy)
    assert done.returncode == 1
    assert "Unused local variable" in done.stderr
    assert contents(copy) == contents(ROOT)


@pytest.mark.node
def test_another_compiler_than_the_pinned_one_is_refused(copy):
    package = json.loads((copy / "package.json").read_text())
    package["devDependencies"]["solc"] = "0.8.36"
    (copy / "package.json").write_text(json.dumps(package))
    done = build(copy)
    assert done.returncode == 1
    assert "pins 0.8.36" in done.stderr


@pytest.mark.node
def test_a_source_that_does_not_exist_is_refused(tmp_path):
    done = build(ROOT, "--out", str(tmp_path), "solady/src/tokens/Nothing.sol")
    assert done.returncode == 1
    assert "solady/src/tokens/Nothing.sol" in done.stderr


def test_packages_are_pinned_exactly_and_name_no_registry():
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    versions = [version.rpartition("@")[2] for version in package["devDependencies"].values()]  # aliases too
    assert all(version[0].isdigit() for version in versions)
    installed = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(installed) > 50
    assert not [name for name, entry in installed.items() if "resolved" in entry]
    assert all(entry["integrity"].startswith("sha512-") for entry in installed.values())


def test_artifacts_name_no_folder_of_this_machine():
    for name, text in contents(ROOT).items():
        assert str(ROOT).encode() not in text, name
        assert b"/home/" not in text
        assert b"/root/" not in text
