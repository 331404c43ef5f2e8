"""Runs suites over many targets in one pytest of their own, and tells which tests failed over which."""

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]


Outcomes: TypeAlias = dict[str, set[str]]
"""Names of the tests that "passed", "failed", or were "skipped"."""


def run_suites(text: str, folder: Path, names: Collection[str], **environment: str) -> dict[str, Outcomes]:
    """How the tests of the file ``text`` ended, which is parametrised by target, by target."""
    (folder / "test_suites.py").write_text(text, encoding="utf-8")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--junit-xml=report.xml",
            "--tb=short",
        ],
        cwd=folder,
        env=plain | environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    report = folder / "report.xml"
    assert report.exists(), done.stdout + done.stderr
    found: dict[str, Outcomes] = {
        name: {"passed": set(), "failed": set(), "skipped": set()} for name in names
    }
    for case in ElementTree.parse(report).iter("testcase"):
        function, _, parameters = case.get("name", "").rstrip("]").partition("[")
        (name,) = set(parameters.split("-")) & set(names)
        tags = {child.tag for child in case} & {"failure", "error", "skipped"}
        assert "error" not in tags, done.stdout
        outcome = "failed" if "failure" in tags else "skipped" if tags else "passed"
        found[name][outcome].add(function)
    return found
