"""Projects in a folder, a cache of their own, and compilers that are none."""

import json
import sys
from pathlib import Path

import pytest

from zkrollup import storage

ROOT = Path(__file__).parents[3]


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    """An empty cache; returns where compilers' outputs will be."""
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "compilations"


@pytest.fixture
def project(tmp_path):
    """Writes files, given as text by name, into a project's folder, and returns it."""
    folder = tmp_path / "project"

    def write(files):
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def solc(tmp_path, monkeypatch):
    """Makes ``$SOLC`` a script that answers as it is told; what it returns gives what was asked."""

    def make(answer, *, version="0.8.31+commit.fedcba98", code=0, seconds=0.0):
        script, asked = tmp_path / "our-solc", tmp_path / "asked"
        asked.mkdir(exist_ok=True)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        script.write_text(
            f"#!{sys.executable}\n"
            "import os, sys, time, pathlib\n"
            "if sys.argv[1:] == ['--version']:\n"
            f"    print('solc, the compiler\\nVersion: {version}.Linux.g++')\n"
            "    sys.exit()\n"
            f"pathlib.Path({str(asked)!r}, str(os.getpid())).write_text(sys.stdin.read())\n"
            f"time.sleep({seconds})\n"
            f"sys.stdout.write({text!r})\n"
            "sys.stderr.write('what it says besides')\n"
            f"sys.exit({code})\n"
        )
        script.chmod(0o755)
        monkeypatch.setenv("SOLC", str(script))
        return lambda: [json.loads(file.read_text()) for file in asked.iterdir()]

    return make


@pytest.fixture
def npm_solc(monkeypatch, project):
    """The repository's own solc, in the project's node_modules."""
    monkeypatch.delenv("SOLC", raising=False)
    packages = project({}) / "node_modules"
    packages.mkdir(parents=True)
    (packages / "solc").symlink_to(ROOT / "node_modules" / "solc", target_is_directory=True)
