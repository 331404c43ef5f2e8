"""Each folder of examples is a test suite that passes where it is copied to."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted(path for path in (Path(__file__).parents[1] / "examples").iterdir() if path.is_dir())


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_it_passes_as_pasted_into_an_empty_folder(example, tmp_path):
    folder = shutil.copytree(example, tmp_path / "pasted")
    defined = sum(
        len(re.findall(r"^def test_", file.read_text(), re.MULTILINE)) for file in folder.glob("*.py")
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert defined > 0
    assert f" {defined} passed" in done.stdout


def test_all_examples_are_found():
    assert {path.name for path in EXAMPLES} >= {"first_test", "own_circuit", "own_verifier"}
