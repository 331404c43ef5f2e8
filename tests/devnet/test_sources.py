"""What cached results depend on: each source that could shape them, wherever it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import zkrollup
from zkrollup import sources
from zkrollup.sources import CIRCUITS, KERNELS, MissingSources

DESCRIBE = """
import sys
from zkrollup.circuits.batch import BatchSize, batch_circuit
from zkrollup.circuits.claim import claim_circuit
from zkrollup.circuits.escape import escape_circuit
batch_circuit(BatchSize(1, 1)), claim_circuit(), escape_circuit(1)
print(*(name for name in sys.modules if name.startswith("zkrollup.")))
"""

COMPILE = """
import sys
from zkrollup import kernels
kernels.entries(pairing=True)
print(*(name for name in sys.modules if name.startswith("zkrollup.")))
"""

SHAPE_NOTHING = {
    *("arguments", "cores", "errors", "expectations", "jsontext", "native", "permissions"),
    *("sources", "storage"),
}
"""Modules that say where and when, not what."""


@pytest.fixture
def package(tmp_path):
    for name, text in (("kernels/curve.py", "a"), ("kernels/deep/er/field.py", "b"), ("other/x.py", "c")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def digest(root: Path, *packages: str) -> bytes:
    return sources.digest.__wrapped__(packages or ("kernels",), root)


def test_the_same_sources_have_the_same_digest_wherever_they_are(package, tmp_path_factory):
    before = digest(package)
    moved = package.rename(tmp_path_factory.mktemp("elsewhere") / "moved")
    for file in moved.rglob("*.py"):
        os.utime(file, (1, 1))
    assert digest(moved) == before


@pytest.mark.parametrize(
    "name", ["kernels/curve.py", "kernels/deep/er/field.py", "kernels/new.py", "kernels/a/new.py"]
)
def test_a_changed_or_new_file_changes_the_digest_at_any_depth(package, name):
    before = digest(package)
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("edited")
    assert digest(package) != before


def test_a_moved_or_removed_file_changes_the_digest(package):
    before = digest(package)
    (package / "kernels/deep/er/field.py").rename(package / "kernels/deep/field.py")
    moved = digest(package)
    (package / "kernels/deep/field.py").unlink()
    assert len({before, moved, digest(package)}) == 3


def test_other_packages_change_nothing(package):
    before = digest(package)
    (package / "other/x.py").write_text("edited")
    assert digest(package) == before
    assert digest(package, "kernels", "other") != before


def test_a_package_that_is_not_there_is_refused(package):
    with pytest.raises(MissingSources, match=r"moved.*no Python sources") as caught:
        digest(package, "kernels", "moved")
    assert caught.value.folder == package / "moved"


@pytest.mark.parametrize("packages", [KERNELS, CIRCUITS])
def test_the_lists_name_packages_that_are_here(packages):
    assert len(sources.digest(packages)) == 32


@pytest.mark.parametrize(("program", "packages"), [(DESCRIBE, CIRCUITS), (COMPILE, KERNELS)])
def test_all_that_a_result_runs_through_is_in_its_list(program, packages):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    used = {name.split(".")[1] for name in done.stdout.split()}
    assert used - SHAPE_NOTHING <= set(packages)
    assert set(KERNELS) <= used


def test_no_source_shapes_nothing_without_being_one():
    names = {path.stem for path in Path(zkrollup.__file__).parent.iterdir()}
    assert names >= SHAPE_NOTHING
