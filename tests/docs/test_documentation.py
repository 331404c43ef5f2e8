"""The documentation's Python runs: tests in one pytest run of their own, scripts here; files it names exist.

Sphinx checks links to headings; README's first test is checked from a wheel in tests/test_readme.py.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.projects.building import foundry_project  # noqa: F401

ROOT = Path(__file__).parents[2]
OURS = "pytest-zkrollup"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMED_FILE = re.compile(r"`((?:tests|contracts|benchmarks|examples|docs)/[\w./-]+)`")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of Python."""

    page: Path
    line: int
    text: str

    @property
    def name(self) -> str:
        stem = str(self.page.relative_to(ROOT).with_suffix("")).replace("/", "_").replace("-", "_")
        return f"test_{stem}_line_{self.line}"

    @property
    def is_test(self) -> bool:
        return re.search(r"^def test_", self.text, re.MULTILINE) is not None


def blocks(page):
    text = page.read_text(encoding="utf-8")
    return [Block(page, text[: m.start(1)].count("\n") + 1, m[1]) for m in FENCE.finditer(text)]


BLOCKS = [block for page in PAGES for block in blocks(page)]
TESTS = [block for block in BLOCKS if block.is_test]
SCRIPTS = [block for block in BLOCKS if not block.is_test]
OF_A_PROJECT = ROOT / "docs" / "howto" / "own-contracts.md"
"""Its tests are those of a Foundry project: the one of tests/projects."""


def environment():
    """As a user's: no plugin options of this run, same cache."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}


def outcomes(report):
    """By file: how many of its tests passed, and the others' messages."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        passed, failures = found.setdefault(case.get("classname"), (0, []))
        found[case.get("classname")] = (passed + (len(case) == 0), failures)
        failures += [
            f"{case.get('name')}: {child.tag} {child.text}" for child in case if child.tag != "system-out"
        ]
    return found


def run_tests(files, folder):
    """Runs files, given as text by name, in one pytest; they share its devnet."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers"]
    done = subprocess.run(
        [*command, "--junit-xml=report.xml"], cwd=folder, env=environment(), capture_output=True, text=True
    )
    assert (folder / "report.xml").exists(), done.stdout + done.stderr
    found = outcomes(folder / "report.xml")
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.slow
def test_every_test_in_the_documentation_passes(tmp_path):
    require_passes([block for block in TESTS if block.page != OF_A_PROJECT], tmp_path)


@pytest.mark.slow
@pytest.mark.node
def test_every_test_of_ones_own_contracts_passes_in_a_foundry_project(foundry_project, tmp_path):  # noqa: F811
    folder = tmp_path / "vault"
    shutil.copytree(foundry_project, folder)
    require_passes([block for block in TESTS if block.page == OF_A_PROJECT], folder)


def require_passes(blocks, folder):
    assert blocks
    found = run_tests({block.name: block.text for block in blocks}, folder)
    for block in blocks:
        defined = len(re.findall(r"^def test_", block.text, re.MULTILINE))
        passed, failures = found.get(block.name, (0, ["it was not collected"]))
        assert not failures, f"{block.page}:{block.line}\n" + "\n".join(failures)
        assert passed >= defined, f"{block.page}:{block.line}: {passed} of {defined} tests ran"


def test_a_test_that_fails_is_noticed(tmp_path):
    files = {"test_good": "def test_a():\n    pass\n", "test_bad": "def test_b():\n    assert 3 == 7\n"}
    found = run_tests(files, tmp_path)
    assert found["test_good"] == (1, [])
    passed, failures = found["test_bad"]
    assert passed == 0
    assert "assert 3 == 7" in failures[0]


@pytest.mark.slow
@pytest.mark.parametrize("block", SCRIPTS, ids=lambda block: block.name)
def test_every_script_in_the_documentation_runs(block):
    exec(compile(block.text, f"{block.page}:{block.line}", "exec"), {"__name__": block.name})


def test_the_documentation_has_tests_and_scripts():
    assert TESTS
    assert SCRIPTS
    assert len({block.name for block in BLOCKS}) == len(BLOCKS)


def imported(page):
    """Packages that a page's Python imports, by their names on PyPI."""
    nodes = [node for block in blocks(page) for node in ast.walk(ast.parse(block.text))]
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    tops = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    return {canonicalize_name(name) for top in tops for name in packages_distributions().get(top, ())}


INSTALLED = {
    canonicalize_name(Requirement(text).name) for text in requires(OURS) if "extra ==" not in text
} | {OURS, "eth-account"}  # the last comes with web3
"""What `pip install` of this package brings."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_how_to_install_what_it_imports(page):
    text = page.read_text(encoding="utf-8")
    for name in imported(page) - INSTALLED:
        assert f"pip install {name}" in text or f"pytest-zkrollup[{name}]" in text, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file(page):
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_repository_that_is_named_exists(page):
    named = NAMED_FILE.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("snapshot", "page", "labels"),
    [
        ("constraints", "circuits", None),
        ("gas", "gas", ("verifier execution over the floor, 3 inputs",)),
        ("gas", "cli", ("exported verifier over the shipped one, 3 inputs",)),
    ],
    ids=["constraints", "gas", "gas of the command's verifier"],
)
def test_figures_are_those_of_the_snapshots(snapshot, page, labels):
    """``labels`` None: all figures above 200, which none of the page's other numbers hide."""
    figures = json.loads((ROOT / "tests" / "snapshots" / f"{snapshot}.json").read_text(encoding="utf-8"))
    chosen = labels or [label for label, figure in figures.items() if figure > 200]
    shown = re.findall(r"[\d,]*\d", (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8"))
    assert [label for label in chosen if f"{figures[label]:,}" not in shown] == []


def test_a_link_to_nowhere_is_noticed():
    assert LINK.findall(
        "see [this](docs/nowhere.md#part), [that](https://example.org/x), [here](#there)"
    ) == ["docs/nowhere.md"]


@pytest.mark.parametrize(
    "picture", sorted((ROOT / "docs" / "images").glob("*.svg")), ids=lambda path: path.name
)
def test_every_picture_is_well_formed_and_says_what_it_shows(picture):
    root = ElementTree.parse(picture).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox")
    for part in ("title", "desc"):
        found = root.find(f"{{http://www.w3.org/2000/svg}}{part}")
        assert found is not None
        assert found.text
