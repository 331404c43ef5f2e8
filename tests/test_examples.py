"""Each folder of examples is a test suite that passes where it is copied to."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.projects.building import run

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())


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
    passed = int(re.search(r" (\d+) passed", done.stdout)[1])
    # More where a suite of the plugin is imported.
    assert passed >= defined
    assert ("suites." in "".join(file.read_text() for file in folder.glob("*.py"))) == (passed > defined)


def test_all_examples_are_found():
    assert {path.name for path in EXAMPLES} >= {
        "first_test",
        "my_bridge",
        "my_token",
        "own_circuit",
        "own_verifier",
    }


@pytest.mark.node
@pytest.mark.parametrize(
    "example", [path for path in EXAMPLES if (path / "foundry.toml").exists()], ids=lambda path: path.name
)
def test_what_is_built_is_what_forge_makes_of_the_sources(example, tmp_path):
    shutil.copytree(example / "src", tmp_path / "src")
    shutil.copy(example / "foundry.toml", tmp_path)
    forge = ROOT / "node_modules" / ".bin" / "forge"
    run([str(forge), "build", "--offline"], tmp_path, FOUNDRY_SOLC=str(ROOT / "tests/projects/solc.mjs"))
    committed = sorted((example / "out").rglob("*.json"))
    assert committed
    for file in committed:
        made = tmp_path / file.relative_to(example)
        assert json.loads(file.read_text()) == json.loads(made.read_text())
