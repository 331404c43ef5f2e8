"""README's first test is the example, and it passes from a wheel in an empty folder."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIRST = ROOT / "examples" / "first_test" / "test_first.py"


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_the_first_test_of_a_page_is_the_example(page):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert FIRST.read_text() in blocks


def test_the_first_test_passes_from_a_wheel_in_an_empty_folder(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    site, folder = tmp_path / "site", tmp_path / "empty"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    folder.mkdir()
    check = (
        f"import zkrollup\n\ndef test_it_is_the_wheel(): assert zkrollup.__file__.startswith({str(site)!r})\n"
    )
    (folder / "test_first.py").write_text(FIRST.read_text() + "\n\n" + check)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | {
        "PYTHONPATH": str(site)
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
